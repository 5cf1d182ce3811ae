/** Runs as the regression verbs need them: figures, fingerprint, and whether they may be compared at all. */
import { closest } from "fastest-levenshtein";
import {
  DIFFERENCE_GROUPS,
  type Difference,
  type DifferenceGroup,
} from "../../core/contracts/comparison.ts";
import type { JournalReader } from "../../core/contracts/journal.ts";
import { LakeproofError } from "../../core/errors.ts";
import { readJournal } from "../../core/journal.ts";
import { CHECKS } from "../../slo/checks/index.ts";
import {
  differencesOf,
  fingerprintOf,
  type Fingerprint,
} from "../../slo/regression/differences.ts";
import { runMetrics, type RunMetrics } from "../../slo/regression/run-metrics.ts";

export interface ReadRun {
  readonly runId: string;
  readonly fingerprint: Fingerprint;
  readonly metrics: RunMetrics;
  /** Why its figures must not be compared; empty when they may. */
  readonly unusable: readonly string[];
}

/** One after the other: a long run's journal is large, and only its figures are kept. */
export async function readRuns(runDirs: readonly string[]): Promise<readonly ReadRun[]> {
  const runs: ReadRun[] = [];
  for (const runDir of runDirs) runs.push(readRun(await readJournal(runDir)));
  return runs;
}

export function readRun(journal: JournalReader): ReadRun {
  return {
    runId: journal.runId,
    fingerprint: fingerprintOf(journal),
    metrics: runMetrics(journal),
    unusable: unusableReasons(journal),
  };
}

/** What makes the measurement itself worthless. Violated objectives do not: those are what is compared. */
export function unusableReasons(journal: JournalReader): readonly string[] {
  const validity = [
    CHECKS["journal-complete"],
    CHECKS["offered-load"],
    CHECKS["generator-headroom"],
    CHECKS.telemetry,
  ].flatMap((check) => check.judge(journal));
  return validity
    .filter(({ id, status }) => status === "INVALID" || (id === COMPLETE && status !== "PROVEN"))
    .map((verdict) => `${verdict.title}: ${verdict.status}. ${verdict.because}`);
}

const COMPLETE = "validity.journal-complete";

export interface Allowances {
  readonly different: readonly DifferenceGroup[];
  readonly invalid: boolean;
}

export function allowedGroups(text: string | undefined): readonly DifferenceGroup[] {
  const words = (text ?? "").split(",").map((word) => word.trim());
  return words
    .filter((word) => word !== "")
    .map((word) => {
      const group = DIFFERENCE_GROUPS.find((known) => known === word);
      if (group !== undefined) return group;
      const known = [...DIFFERENCE_GROUPS];
      throw new LakeproofError("USAGE", `--allow-different knows no ${JSON.stringify(word)}.`, {
        hint: `Did you mean ${closest(word, known)}? Allowed are ${known.join(", ")}, separated by commas.`,
      });
    });
}

export interface Refusal {
  readonly differences: readonly Difference[];
  readonly error: LakeproofError;
}

/**
 * What stands between these runs and a comparison. The deviations are what was allowed and must be said.
 * Throws RUN_UNUSABLE, and USAGE when one run is given twice.
 */
export function examine(
  runs: readonly ReadRun[],
  allow: Allowances,
): { readonly deviations: readonly string[]; readonly refusal?: Refusal } {
  const twice = runs.find((run, index) =>
    runs.slice(0, index).some((one) => one.runId === run.runId),
  );
  if (twice !== undefined) {
    throw new LakeproofError("USAGE", `Run ${twice.runId} is given twice.`, {
      hint: "Give different runs: a run compared with itself, or counted twice, says nothing.",
    });
  }
  const unusable = runs.flatMap((run) => run.unusable.map((why) => `run ${run.runId}: ${why}`));
  if (unusable.length > 0 && !allow.invalid) {
    throw new LakeproofError("RUN_UNUSABLE", listed("Nothing can be concluded from", unusable), {
      hint: "Run again what was cut short; --allow-invalid compares all the same and says so.",
    });
  }
  const differences = differencesOf(runs);
  const refused = differences.filter(({ group }) => !allow.different.includes(group));
  const deviations = [...unusable, ...distinctTexts(differences)];
  if (refused.length === 0) return { deviations };
  const groups = [...new Set(refused.map(({ group }) => group))];
  const error = new LakeproofError(
    "RUNS_DIFFER",
    listed("These runs differ", distinctTexts(refused)),
    {
      hint: `Compare runs of one kind, or allow it: --allow-different ${groups.join(",")}.`,
    },
  );
  return { deviations, refusal: { differences: refused, error } };
}

const LINE_COUNT_MAX = 30;

function listed(title: string, lines: readonly string[]): string {
  const rest = lines.length - LINE_COUNT_MAX;
  const more = rest > 0 ? [`and ${String(rest)} more`] : [];
  return `${title}:\n${[...lines.slice(0, LINE_COUNT_MAX), ...more].map((line) => `  - ${line}`).join("\n")}`;
}

/** The same difference of several runs is said once. */
function distinctTexts(differences: readonly Difference[]): readonly string[] {
  const grouped = Map.groupBy(
    differences,
    ({ group, field, value, baseValue }) =>
      `${group} ${field}: ${short(baseValue)} → ${short(value)}`,
  );
  return [...grouped].map(([text, same]) => `${text} (${same.map((one) => one.runId).join(", ")})`);
}

/** Digests are told apart by their first characters. */
function short(value: string): string {
  return value.length > 40 ? `${value.slice(0, 12)}…` : value;
}

/** Keeps the metrics whose id begins with one of the names, part by part: "latency" or "latency.simple". */
export function selectMetrics(
  runs: readonly Pick<ReadRun, "metrics">[],
  names: string | undefined,
): readonly RunMetrics[] {
  if (names === undefined) return runs.map((run) => run.metrics);
  const wanted = names.split(",").map((name) => name.trim());
  const ids = [
    ...new Set(
      runs.flatMap(({ metrics }) =>
        [...metrics.metrics, ...metrics.unmeasured].map((one) => one.id),
      ),
    ),
  ];
  const unknown = wanted.find((name) => !ids.some((id) => isPartOf(id, name)));
  if (unknown !== undefined) {
    throw new LakeproofError("USAGE", `These runs have no metric ${JSON.stringify(unknown)}.`, {
      hint: `Did you mean ${closest(unknown, ids)}? They have ${ids.join(", ")}.`,
    });
  }
  const isWanted = ({ id }: { readonly id: string }): boolean =>
    wanted.some((name) => isPartOf(id, name));
  return runs.map(({ metrics }) => ({
    ...metrics,
    metrics: metrics.metrics.filter(isWanted),
    unmeasured: metrics.unmeasured.filter(isWanted),
  }));
}

export function isPartOf(id: string, name: string): boolean {
  return id === name || id.startsWith(`${name}.`);
}
