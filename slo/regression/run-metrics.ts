/** Everything one run says in figures, from its journal alone. */
import type { JournalReader } from "../../core/contracts/journal.ts";
import type { Unmeasured } from "../../core/contracts/comparison.ts";
import { faultWindows, owedFaults, within } from "../../core/timeline.ts";
import { canaryEvidence } from "../checks/evidence/canaries.ts";
import { steadyWithMargin } from "../checks/evidence/time.ts";
import { CPU_PROBE } from "../checks/generator-headroom.ts";
import { recoveryMsOf } from "../checks/recovery.ts";
import { loadMetrics } from "./load.ts";
import {
  NEVER_MS,
  quantileMetric,
  TAIL_SAMPLE_COUNT_MIN,
  type Extracted,
  type MeasuredMetric,
} from "./metric.ts";
import { joinNeighbours, quantileTable, spacingMs } from "./pieces.ts";

export interface RunMetrics {
  readonly runId: string;
  readonly startedAtEpochMs: number;
  readonly metrics: readonly MeasuredMetric[];
  readonly unmeasured: readonly Unmeasured[];
}

export function runMetrics(journal: JournalReader): RunMetrics {
  const extracted = [
    ...loadMetrics(journal),
    ...freshnessMetrics(journal),
    ...recoveryMetrics(journal),
    ...cpuMetrics(journal),
  ];
  return {
    runId: journal.runId,
    startedAtEpochMs: journal.startedAtEpochMs,
    metrics: extracted.flatMap((one) => (one.kind === "measured" ? [one.metric] : [])),
    unmeasured: extracted.flatMap((one) =>
      one.kind === "unmeasured" ? [{ id: one.id, reason: one.reason }] : [],
    ),
  };
}

/** A canary that was never seen, and one that should have been written and was not, stand last. */
function freshnessMetrics(journal: JournalReader): readonly Extracted[] {
  const { ratePerS, freshnessTargetMs } = journal.plan.canary;
  if (ratePerS <= 0) return [];
  const { samples, missingMs } = canaryEvidence(journal, freshnessTargetMs);
  const inTime = [
    ...samples.map((sample) => ({
      atMs: sample.intendedMs,
      value: sample.censored ? NEVER_MS : sample.freshnessMs,
    })),
    ...missingMs.map((atMs) => ({ atMs, value: NEVER_MS })),
  ].sort((a, b) => a.atMs - b.atMs);
  const groups = joinNeighbours(inTime.map(({ value }) => ({ value, count: 1 })));
  const table = quantileTable(groups);
  return [
    { name: "p50", ratio: 0.5 },
    { name: "p95", ratio: 0.95 },
  ].map(({ name, ratio }) =>
    quantileMetric({
      id: `freshness.${name}`,
      title: `freshness ${name}`,
      unit: "ms",
      ratio,
      sampleCountMin: Math.ceil(TAIL_SAMPLE_COUNT_MIN / (1 - ratio) - 1e-9),
      noun: "canaries",
      table,
      pieceCount: groups.length,
      pieceMs: ((groups[0]?.length ?? 0) * 1000) / ratePerS,
    }),
  );
}

function recoveryMetrics(journal: JournalReader): readonly Extracted[] {
  const windows = new Map(faultWindows(journal).map((window) => [window.entry.id, window]));
  return owedFaults(journal).map((entry): Extracted => {
    const id = `recovery.${entry.id}`;
    const window = windows.get(entry.id);
    if (window === undefined) {
      return { kind: "unmeasured", id, reason: "the fault was never injected" };
    }
    const metric: MeasuredMetric = {
      id,
      title: `recovery from ${entry.fault} of ${entry.instanceId}`,
      unit: "ms",
      better: "lower",
      value: recoveryMsOf(window) ?? NEVER_MS,
      n: 1,
    };
    return { kind: "measured", metric };
  });
}

const CPU_PROBES = [
  { id: "cpu.generator", title: "CPU of the load generator", probe: CPU_PROBE },
  { id: "cpu.k6", title: "CPU of k6", probe: "k6.cpuRatio" },
] as const;

/** Median of the steady samples; a run without such samples says nothing about them. */
function cpuMetrics(journal: JournalReader): readonly Extracted[] {
  const steady = steadyWithMargin(journal, 0);
  return CPU_PROBES.flatMap(({ id, title, probe }) => {
    const samples = journal
      .of("sample.taken")
      .filter((sample) => sample.probe === probe && within(sample.atMs, steady));
    if (samples.length === 0) return [];
    const groups = joinNeighbours(
      samples.map((sample) => ({ value: sample.observed.value, count: 1 })),
    );
    return quantileMetric({
      id,
      title,
      unit: "ratio",
      ratio: 0.5,
      sampleCountMin: 2 * TAIL_SAMPLE_COUNT_MIN,
      noun: "samples",
      table: quantileTable(groups),
      pieceCount: groups.length,
      pieceMs: (groups[0]?.length ?? 0) * spacingMs(samples.map((sample) => sample.atMs)),
    });
  });
}
