/** `lakeproof run <capacity scenario>`: search, keep the night, hold it against those before, look again, report. */
import { createHash } from "node:crypto";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join, relative, resolve } from "node:path";
import type { CapacityScenario } from "../core/contracts/capacity.ts";
import type { HistoryEntry, SeriesHistory } from "../core/contracts/comparison.ts";
import type { NightlyReport, NightRerun } from "../core/contracts/nightly.ts";
import { LakeproofError, reasonOf } from "../core/errors.ts";
import { host } from "../core/host.ts";
import { eventCosts, rightSizing } from "../core/right-sizing.ts";
import type { LabState } from "../infra/drivers/lab.ts";
import { renderCapacityMarkdown } from "../reports/capacity.ts";
import { nightAnnotations } from "../reports/github.ts";
import { renderNightlyPage } from "../reports/html-nightly.ts";
import { renderNightly, renderNightlyMarkdown } from "../reports/nightly.ts";
import { CAPACITY_SCENARIOS } from "../scenarios/index.ts";
import { capacityMetrics } from "../slo/capacity/metrics.ts";
import { nightExit } from "../slo/capacity/night.ts";
import { rerunQuestions } from "../slo/capacity/rerun.ts";
import { searchLengthMs } from "../slo/capacity/search-length.ts";
import { searchFingerprint } from "../slo/regression/differences.ts";
import { assembledEntry, openChanges, seriesHistory, seriesOf } from "../slo/regression/history.ts";
import { JOURNAL_FILE } from "./capacity/journal.ts";
import { withLab } from "./capacity/lab-for.ts";
import { checkedSeed } from "./capacity/lab-plan.ts";
import {
  searchLab,
  WINDOW_OVERHEAD_MS,
  type Searched,
  type SearchedLab,
} from "./capacity/search-lab.ts";
import { openHistory, type HistoryStore } from "./regression/history-store.ts";
import { consoleOptions, randomFrom, SEED_DEFAULT } from "./regression/options.ts";
import { emitDrawn, takesStdout, wantedReports, type WantedReport } from "./reporters.ts";

export interface NightlyOptions {
  readonly json: boolean;
  readonly subnet: string;
  readonly isolation: string;
  readonly seed: string | undefined;
  readonly aboveCalibration: boolean;
  readonly runsDir: string;
  /** Directory of the history store. */
  readonly history: string;
  /** Options that made the search another one, for the command that repeats it: " --stages lake", or nothing. */
  readonly searchText: string;
  readonly reporters: readonly string[] | undefined;
}

export function capacityScenario(name: string): CapacityScenario | undefined {
  return (CAPACITY_SCENARIOS as Readonly<Record<string, CapacityScenario>>)[name];
}

interface Night {
  readonly scenario: CapacityScenario;
  readonly options: NightlyOptions;
  readonly seed: string;
  readonly store: HistoryStore;
  readonly reports: readonly WantedReport[];
}

/**
 * 0 passed; 12 a level is worse and was so again when looked at; 21 a stage, or the second look, could not be judged; 11 a
 * stage has no rate or an unconfirmed one; 130 and 143 stopped. Throws HISTORY_INVALID before anything starts.
 */
export async function runNightly(
  scenario: CapacityScenario,
  options: NightlyOptions,
): Promise<number> {
  const reports = nightReports(options);
  const store = openHistory(options.history);
  // A store that is not as it was written is found now, and not after an hour of load.
  store.entries();
  store.acknowledgements();
  const seed = checkedSeed(options.seed ?? SEED_DEFAULT);
  const { subnet, isolation } = options;
  const night: Night = { scenario, options, seed, store, reports };
  return withLab({ topology: scenario.topology.name, subnet, isolation }, (state) =>
    searchAndJudge(night, state),
  );
}

const REPORTS_OF_A_NIGHT: readonly string[] = ["html", "json", "markdown", "github"];

/** A night has no verdicts on objectives, so that not every report of a run has something to say. */
function nightReports({ reporters, json }: NightlyOptions): readonly WantedReport[] {
  const wanted = wantedReports(reporters, json);
  const none = wanted.find(({ name }) => !REPORTS_OF_A_NIGHT.includes(name));
  if (none === undefined) return wanted;
  throw new LakeproofError("USAGE", `A capacity scenario has no ${none.name} report.`, {
    hint: `Reports of it are ${REPORTS_OF_A_NIGHT.join(", ")}.`,
  });
}

async function searchAndJudge(night: Night, state: LabState): Promise<number> {
  const { scenario, options, seed, store } = night;
  const { targets, windowMs, settleMs, search, effectRatioMin } = scenario;
  const searched = await searchLab(state, {
    ...{ seed, targets, windowMs, settleMs, search },
    runsDir: resolve(host.cwd, options.runsDir),
    runDir: undefined,
    ratePerSMax: options.aboveCalibration ? search.ratePerSMax : undefined,
    label: scenario.name,
    rerunsOf: (soFar) => {
      const candidate = entryOf(night, soFar, [], "");
      const open = openChanges(seriesWith(store, candidate, effectRatioMin));
      return rerunQuestions(open, soFar.report, effectRatioMin);
    },
  });
  const report = concluded(night, searched);
  write(searched, report);
  print(night, report);
  host.err(`report ${join(searched.runDir, "report.html")}\n`);
  return report.exit.code;
}

/** The night kept and held against its series; one that was cut short is told and not kept. */
function concluded(night: Night, searched: SearchedLab): NightlyReport {
  const { scenario, store, seed } = night;
  const { report: capacity, reruns, runDir, startedAtEpochMs, stopCode } = searched;
  const { name, purpose, effectRatioMin } = scenario;
  const sizing = rightSizing(capacity);
  const facts = {
    schema: "lakeproof.nightly/1",
    ...{ runId: capacity.runId, scenario: name, purpose, startedAtEpochMs },
    ...{ effectRatioMin, capacity, reruns },
    costs: eventCosts(capacity),
    ...(sizing === undefined ? {} : { sizing }),
    exit: nightExit(capacity, reruns, stopCode),
    rerun: `npx lakeproof run ${name} --seed ${seed}${night.options.searchText}`,
  } as const;
  if (capacity.ended !== "completed") {
    return { ...facts, kept: { reason: `the search ${capacity.ended}` } };
  }
  const journal = readFileSync(join(runDir, JOURNAL_FILE));
  const entry = entryOf(
    night,
    searched,
    reruns,
    createHash("sha256").update(journal).digest("hex"),
  );
  try {
    const history = seriesWith(store, entry, effectRatioMin);
    const { path } = store.add(entry);
    return { ...facts, kept: { path: relative(host.cwd, path) }, history };
  } catch (error) {
    // The night was measured all the same; whoever changed the store meanwhile is told.
    const reason = reasonOf(error);
    const { exit } = facts;
    const code = exit.code === 0 ? 2 : exit.code;
    const reasons = [...exit.reasons, `2 the night could not be kept: ${reason}`];
    return { ...facts, kept: { reason }, exit: { code, reasons } };
  }
}

function entryOf(
  { scenario }: Night,
  { report, plan, startedAtEpochMs }: Searched,
  reruns: readonly NightRerun[],
  journalSha256: string,
): HistoryEntry {
  const { environment, runId, topology } = report;
  const exit = nightExit(report, reruns, undefined);
  return assembledEntry({
    ...{ runId, startedAtEpochMs, topology, environment, journalSha256 },
    suite: scenario.name,
    fingerprint: searchFingerprint(environment, plan, scenario),
    verdict: { status: exit.code === 0 ? "PASSED" : "FAILED", exitCode: exit.code },
    ...capacityMetrics(report),
    reruns: reruns.map(({ metricId, status, because }) => ({ metricId, status, because })),
  });
}

function seriesWith(
  store: HistoryStore,
  entry: HistoryEntry,
  effectRatioMin: number,
): SeriesHistory {
  const series = seriesOf(entry);
  const own = store
    .entries()
    .filter((one) => seriesOf(one) === series && one.runId !== entry.runId);
  return seriesHistory([...own, entry], {
    effectRatioMin,
    randomOf: randomFrom(SEED_DEFAULT),
    acknowledgements: store.acknowledgements(),
  });
}

function write({ runDir, report: capacity }: SearchedLab, report: NightlyReport): void {
  mkdirSync(runDir, { recursive: true });
  const files = {
    "capacity.json": jsonText(capacity),
    "capacity.md": renderCapacityMarkdown(capacity),
    "nightly.json": jsonText(report),
    "summary.md": renderNightlyMarkdown(report),
    "report.html": renderNightlyPage(report),
  };
  for (const [name, body] of Object.entries(files)) writeFileSync(join(runDir, name), body);
}

function jsonText(value: object): string {
  return `${JSON.stringify(value, null, 2)}\n`;
}

function print({ options, reports }: Night, report: NightlyReport): void {
  if (options.json) host.out(`${JSON.stringify(report)}\n`);
  const text = renderNightly(report, consoleOptions());
  if (options.json || takesStdout(reports)) host.err(text);
  else host.out(text);
  emitDrawn(reports, {
    bodyOf: (name) => {
      if (name === "html") return renderNightlyPage(report);
      return name === "json" ? jsonText(report) : renderNightlyMarkdown(report);
    },
    annotations: () => nightAnnotations(report),
  });
}

/** What a capacity scenario would do and how long that takes; starts nothing. */
export function printNightlyPlan(scenario: CapacityScenario, json: boolean): number {
  if (json) {
    host.out(jsonText(scenario));
    return 0;
  }
  const { name, purpose, topology, targets, windowMs, settleMs, search, effectRatioMin } = scenario;
  host.out(
    [
      `scenario ${name}  topology ${topology.name}`,
      purpose,
      `stages ${targets.join(", ")}: each from ${String(search.startRatePerS)} events/s up until something breaks, to ${String(search.toleranceRatio * 100)} %`,
      nightLengthText(scenario),
      `windows of ${String(windowMs / 1000)} s after ${String(settleMs / 1000)} s of load, twice as long where a rate is confirmed; at most ${String(search.stepCountMax)} a stage`,
      `history: a level that is worse by ${String(effectRatioMin * 100)} % is looked at again at its own rate, and fails the night only where it comes out again`,
      "",
    ].join("\n"),
  );
  return 0;
}

/** Of a stage, where it ends at so many times the first rate: they are what is looked for, so a span is told. */
const LIMIT_RATIOS = [2, 5, 10, 20, 50];

function nightLengthText({ targets, search, windowMs, settleMs }: CapacityScenario): string {
  const windows = { windowMs, settleMs, overheadMs: WINDOW_OVERHEAD_MS };
  const minutes = LIMIT_RATIOS.map((ratio) => {
    const oneMs = searchLengthMs(search, windows, search.startRatePerS * ratio);
    return Math.ceil((targets.length * oneMs) / 60_000);
  });
  return `length: about ${String(Math.min(...minutes))} to ${String(Math.max(...minutes))} min, and the lab's start`;
}
