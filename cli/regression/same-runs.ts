/** Runs of the very same thing, found where runs are kept: what a calibration (A/A) needs, without naming each. */
import { existsSync, readdirSync } from "node:fs";
import { join, resolve } from "node:path";
import { closest } from "fastest-levenshtein";
import type { HistoryEntry } from "../../core/contracts/comparison.ts";
import { LakeproofError, reasonOf } from "../../core/errors.ts";
import { host } from "../../core/host.ts";
import { readJournal } from "../../core/journal.ts";
import { CALIBRATION_RUN_COUNT_MIN } from "../../slo/regression/calibrate.ts";
import { digestOf, type Fingerprint } from "../../slo/regression/differences.ts";
import { seriesOf } from "../../slo/regression/history.ts";
import { openHistory } from "./history-store.ts";
import { readRun, type ReadRun } from "./read-runs.ts";

const JOURNAL = "journal.ndjson";

/**
 * The largest group of usable runs of one testbed, configuration and plan in a folder; of several as large, the newest. What
 * is left out is told. Throws USAGE where no group is large enough.
 */
export async function sameRuns(
  folder: string,
  scenario: string | undefined,
): Promise<readonly ReadRun[]> {
  const root = resolve(host.cwd, folder);
  const found = await usableRuns(root);
  const runs = found
    .filter((one) => scenario === undefined || one.scenario === scenario)
    .map(({ run }) => run);
  const what = scenario === undefined ? "" : ` of scenario ${scenario}`;
  return largest(runs, `${root}${what}`);
}

/**
 * Usable runs of a folder with the testbed, configuration and plan of `base`, without it and without `others`. Throws
 * USAGE where they are too few to measure anything.
 */
export async function runsLike(
  folder: string,
  base: ReadRun,
  others: readonly ReadRun[],
): Promise<readonly ReadRun[]> {
  const root = resolve(host.cwd, folder);
  const compared = new Set([base, ...others].map(({ runId }) => runId));
  const alike = (await usableRuns(root))
    .map(({ run }) => run)
    .filter((run) => !compared.has(run.runId))
    .filter(({ fingerprint }) => keyOf(fingerprint) === keyOf(base.fingerprint));
  if (alike.length >= CALIBRATION_RUN_COUNT_MIN) return alike;
  throw new LakeproofError(
    "USAGE",
    `${root} holds ${String(alike.length)} other run(s) of what ${base.runId} is: ${String(CALIBRATION_RUN_COUNT_MIN)} are the least for a noise.`,
    { hint: "Run the base's scenario and seed again on this machine, or assume one with --noise." },
  );
}

/** The same from a history store; `wanted` is a series or what it begins with. Its figures stand as they were kept. */
export function sameEntries(store: string, wanted: string | undefined): readonly ReadRun[] {
  const entries = openHistory(store).entries();
  const own = entries.filter(
    (entry) => wanted === undefined || `${seriesOf(entry)}/`.startsWith(`${wanted}/`),
  );
  if (wanted !== undefined && own.length === 0) {
    const known = [...new Set(entries.map(seriesOf))];
    throw new LakeproofError("USAGE", `The history holds no series ${JSON.stringify(wanted)}.`, {
      hint: known.length === 0 ? "It is empty." : `Did you mean ${closest(wanted, known)}?`,
    });
  }
  return largest(own.map(asRun), store);
}

function asRun(entry: HistoryEntry): ReadRun {
  const { runId, startedAtEpochMs, metrics, unmeasured } = entry;
  const { testbedFields: testbed, configFields: config, planFields: plan } = entry;
  return {
    runId,
    // The suite is part of what is the same: two of them may have the same plan.
    fingerprint: { testbed, config, plan: { ...plan, suite: entry.suite } },
    metrics: { runId, startedAtEpochMs, metrics, unmeasured },
    unusable: [],
  };
}

function runNames(root: string): readonly string[] {
  if (!existsSync(root)) {
    throw new LakeproofError("RUN_NOT_FOUND", `There is no folder ${root}.`, {
      hint: "Name the folder that `run --runs` writes to; its default is ./runs.",
    });
  }
  return readdirSync(root, { withFileTypes: true })
    .filter((item) => item.isDirectory() && existsSync(join(root, item.name, JOURNAL)))
    .map((item) => item.name)
    .sort();
}

interface UsableRun {
  readonly scenario: string;
  readonly run: ReadRun;
}

async function usableRuns(root: string): Promise<readonly UsableRun[]> {
  const runs: UsableRun[] = [];
  for (const name of runNames(root)) {
    const found = await usable(join(root, name));
    if (found !== undefined) runs.push(found);
  }
  return runs;
}

async function usable(runDir: string): Promise<UsableRun | undefined> {
  try {
    const journal = await readJournal(runDir);
    const run = readRun(journal);
    if (run.unusable.length === 0) return { scenario: journal.plan.scenario, run };
    host.err(`left out ${run.runId}: ${run.unusable[0] ?? ""}\n`);
  } catch (error) {
    host.err(`left out ${runDir}: ${reasonOf(error)}\n`);
  }
  return undefined;
}

function largest(runs: readonly ReadRun[], where: string): readonly ReadRun[] {
  const groups = [...Map.groupBy(runs, ({ fingerprint }) => keyOf(fingerprint)).values()];
  const newest = (group: readonly ReadRun[]): number =>
    Math.max(...group.map(({ metrics }) => metrics.startedAtEpochMs));
  const [first = []] = groups.sort((a, b) => b.length - a.length || newest(b) - newest(a));
  if (first.length < CALIBRATION_RUN_COUNT_MIN) {
    throw new LakeproofError(
      "USAGE",
      `${where} holds at most ${String(first.length)} run(s) of the same thing: ${String(CALIBRATION_RUN_COUNT_MIN)} are the least.`,
      {
        hint: "Run the same scenario again on this machine, or name the runs: what differs is told.",
      },
    );
  }
  const rest = runs.length - first.length;
  if (rest > 0)
    host.err(`left out ${String(rest)} run(s) of another plan, configuration or machine\n`);
  return [...first].sort((a, b) => a.metrics.startedAtEpochMs - b.metrics.startedAtEpochMs);
}

function keyOf({ testbed, config, plan }: Fingerprint): string {
  return [testbed, config, plan].map(digestOf).join(" ");
}
