/** Where the time of a change goes between its intended commit and the moment a reader sees it. Pure, and decides nothing. */
import { canaryWays, type CanaryWay, type Checkpoint } from "./canary-ways.ts";
import type { JournalReader } from "./contracts/journal.ts";
import {
  FRESHNESS_STAGES,
  type FreshnessStage,
  type FreshnessStages,
  type StagedCanary,
  type StageFigures,
} from "./contracts/lake-commits.ts";
import { faultWindows, steadyIntervals, within } from "./timeline.ts";

const CLOCK =
  "One machine, one clock: what Flink, Iceberg and PostgreSQL stamp (whole milliseconds) was set against the run's own clock when it was read.";

const EXAMPLE_QUANTILES = [0.5, 0.95, 1] as const;

/** Undefined where the journal follows no change on its way, and where none was read back in steady time. */
export function freshnessStages(journal: JournalReader): FreshnessStages | undefined {
  const kinds = ["canary.captured", "checkpoint.completed", "lake.committed"] as const;
  if (kinds.every((kind) => journal.of(kind).length === 0)) return undefined;
  const ways = steadyWays(journal);
  const [first] = ways;
  if (first === undefined) return undefined;
  const totalMs = sumOf(ways.map(({ freshnessMs }) => freshnessMs));
  const stages = FRESHNESS_STAGES.map((stage) => figuresOf(stage, ways, totalMs));
  const unknownShareRatio = ratio(sumOf(ways.map(({ unknownMs }) => unknownMs)), totalMs);
  const longest = longestOf(stages, unknownShareRatio);
  const checkpoints = checkpointFigures(ways);
  const byAge = ways.toSorted((a, b) => a.freshnessMs - b.freshnessMs);
  const exampleAt = (share: number): CanaryWay => atShare(byAge, share) ?? first;
  return {
    canaryCount: ways.length,
    wholeCount: ways.filter(isWhole).length,
    freshnessMsMean: totalMs / ways.length,
    freshnessMsP50: exampleAt(0.5).freshnessMs,
    freshnessMsP95: exampleAt(0.95).freshnessMs,
    freshnessMsMax: exampleAt(1).freshnessMs,
    stages,
    unknownShareRatio,
    ...(longest === undefined ? {} : { longest }),
    examples: EXAMPLE_QUANTILES.map((quantileRatio) => ({
      quantileRatio,
      way: stagedOf(exampleAt(quantileRatio)),
    })),
    ...(checkpoints === undefined ? {} : { checkpoints }),
    clock: CLOCK,
  };
}

/** Those whose whole way lay in steady time: what a fault holds up says nothing of where time usually goes. */
function steadyWays(journal: JournalReader): readonly CanaryWay[] {
  const steady = steadyIntervals(journal);
  const excluded = faultWindows(journal).filter(({ faultClass }) => faultClass !== "W");
  return canaryWays(journal).filter(
    ({ intendedMs, visibleMs }) =>
      within(intendedMs, steady) &&
      !excluded.some(({ fromMs, toMs }) => fromMs < visibleMs && toMs > intendedMs),
  );
}

function figuresOf(
  stage: FreshnessStage,
  ways: readonly CanaryWay[],
  totalMs: number,
): StageFigures {
  const known = ways.flatMap(({ stageMs }) => stageMs[stage] ?? []).sort((a, b) => a - b);
  const facts = { stage, knownCount: known.length, shareRatio: ratio(sumOf(known), totalMs) };
  const [p50, p95, max] = [0.5, 0.95, 1].map((share) => atShare(known, share));
  if (p50 === undefined || p95 === undefined || max === undefined) return facts;
  return { ...facts, durationMsP50: p50, durationMsP95: p95, durationMsMax: max };
}

function longestOf(
  stages: readonly StageFigures[],
  unknownShareRatio: number,
): FreshnessStage | undefined {
  const [longest] = stages.toSorted((a, b) => b.shareRatio - a.shareRatio);
  if (longest === undefined || longest.shareRatio <= unknownShareRatio) return undefined;
  return longest.stage;
}

function checkpointFigures(ways: readonly CanaryWay[]): FreshnessStages["checkpoints"] {
  const found = new Set<Checkpoint>(ways.flatMap(({ checkpoint }) => checkpoint ?? []));
  const durations = [...found]
    .map(({ triggeredAtMs, completedAtMs }) => completedAtMs - triggeredAtMs)
    .sort((a, b) => a - b);
  const [p50, max] = [atShare(durations, 0.5), durations.at(-1)];
  if (p50 === undefined || max === undefined) return undefined;
  return { count: durations.length, durationMsP50: p50, durationMsMax: max };
}

function isWhole({ stageMs }: StagedCanary): boolean {
  return FRESHNESS_STAGES.every((stage) => stageMs[stage] !== undefined);
}

function stagedOf(way: CanaryWay): StagedCanary {
  const { canary, table, partition, intendedMs, freshnessMs, stageMs, unknownMs } = way;
  return { canary, table, partition, intendedMs, freshnessMs, stageMs, unknownMs };
}

/** Nearest rank. */
function atShare<T>(sorted: readonly T[], share: number): T | undefined {
  return sorted[Math.max(0, Math.ceil(share * sorted.length - 1e-9) - 1)];
}

function sumOf(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0);
}

function ratio(part: number, whole: number): number {
  return whole === 0 ? 0 : part / whole;
}
