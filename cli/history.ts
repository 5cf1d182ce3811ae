/** `lakeproof history`: runs kept for good, where their metrics changed, and who said that it may stand. */
import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import type { Command } from "commander";
import { closest } from "fastest-levenshtein";
import type {
  Acknowledgement,
  HistoryChange,
  HistoryEntry,
  SeriesHistory,
} from "../core/contracts/comparison.ts";
import { LakeproofError } from "../core/errors.ts";
import { host } from "../core/host.ts";
import { readJournal } from "../core/journal.ts";
import { judge } from "../core/judge.ts";
import { renderHistory } from "../reports/history.ts";
import { CHECKS } from "../slo/checks/index.ts";
import { historyEntry, seriesHistory, seriesOf } from "../slo/regression/history.ts";
import { openHistory, type HistoryStore } from "./regression/history-store.ts";
import {
  consoleOptions,
  EFFECT_DEFAULT,
  randomFrom,
  ratioOption,
  SEED_DEFAULT,
} from "./regression/options.ts";
import { isPartOf, unusableReasons } from "./regression/read-runs.ts";

export interface HistoryOptions {
  readonly history: string;
  readonly json: boolean;
  readonly suite?: string;
  readonly reason?: string;
  readonly metrics?: string;
  readonly minEffect: string;
}

export function addHistory(
  verb: (name: string, about: string) => Command,
  exit: (code: number) => void,
): void {
  const history = verb("history", "runs kept for good, and where their metrics changed");
  const action = (name: string, about: string): Command =>
    history
      .command(name)
      .description(about)
      .option("--history <dir>", "where the store is", join(host.cwd, "history"))
      .option("--json", "machine-readable output on stdout", false)
      .option("--min-effect <ratio>", "smallest change worth a verdict", EFFECT_DEFAULT);
  action("add <runs...>", "keep runs: one file each, written once and never again")
    .option("--suite <name>", "series to keep them in; default: the scenario's name")
    .action(async (runs: string[], options: HistoryOptions) => {
      exit(await historyAdd(runs, options));
    });
  action("list", "the series of the store").action((options: HistoryOptions) => {
    exit(historyList(options));
  });
  action("show [series]", "levels and change points; 12 while a regression stands unacknowledged")
    .option("--metrics <names>", "only these, e.g. latency,freshness.p95")
    .action((series: string | undefined, options: HistoryOptions) => {
      exit(historyShow(series, options));
    });
  action("ack <changes...>", "say why changes may stand: their ids, or the run they began with")
    .requiredOption("--reason <text>", "for those who come after")
    .action((changes: string[], options: HistoryOptions) => {
      exit(historyAck(changes, options));
    });
}

/** All runs are read before the first is written, so that an unreadable one leaves the store as it was. */
export async function historyAdd(
  runDirs: readonly string[],
  options: HistoryOptions,
): Promise<number> {
  const entries: HistoryEntry[] = [];
  for (const runDir of runDirs) entries.push(await entryOf(runDir, options.suite));
  const store = openHistory(options.history);
  for (const entry of entries) {
    const { path, isNew } = store.add(entry);
    if (options.json) {
      const body = { schema: "lakeproof.history-added/1", path, isNew, entry };
      host.out(`${JSON.stringify(body)}\n`);
    } else host.out(`${isNew ? "added" : "already there:"} ${path}\n`);
  }
  return 0;
}

async function entryOf(runDir: string, suite: string | undefined): Promise<HistoryEntry> {
  const journal = await readJournal(runDir);
  const unusable = unusableReasons(journal);
  if (unusable.length > 0) {
    throw new LakeproofError(
      "RUN_UNUSABLE",
      `Run ${journal.runId} is no point of a history: ${unusable.join("; ")}`,
      { hint: "Keep only runs that came to their end and measured what they were meant to." },
    );
  }
  const bytes = await readFile(join(runDir, "journal.ndjson"));
  const journalSha256 = createHash("sha256").update(bytes).digest("hex");
  const judgement = judge(journal, Object.values(CHECKS));
  return historyEntry({ journal, judgement, journalSha256, suite });
}

export function historyList(options: HistoryOptions): number {
  const series = allSeries(openHistory(options.history), options).map((one) => {
    const newest = one.metrics.flatMap((metric) => metric.points).at(-1);
    return {
      series: one.series,
      runCount: one.runCount,
      newestRunId: newest?.runId ?? "",
      openCount: one.exit.reasons.length,
    };
  });
  if (options.json) {
    host.out(`${JSON.stringify({ schema: "lakeproof.history-list/1", series })}\n`);
    return 0;
  }
  for (const one of series) {
    const open = one.openCount === 0 ? "" : `  ${String(one.openCount)} unacknowledged`;
    host.out(`${one.series}  ${String(one.runCount)} runs, newest ${one.newestRunId}${open}\n`);
  }
  return 0;
}

/** 12 while the newest level of a metric is worse than the one before it and nobody has said why. */
export function historyShow(wanted: string | undefined, options: HistoryOptions): number {
  const all = allSeries(openHistory(options.history), options);
  const shown = wanted === undefined ? all : all.filter(({ series }) => isBelow(series, wanted));
  if (wanted !== undefined && shown.length === 0) {
    const known = all.map(({ series }) => series);
    throw new LakeproofError("USAGE", `The history holds no series ${JSON.stringify(wanted)}.`, {
      hint: known.length === 0 ? "It is empty." : `Did you mean ${closest(wanted, known)}?`,
    });
  }
  for (const one of shown) {
    host.out(options.json ? `${JSON.stringify(one)}\n` : renderHistory(one, consoleOptions()));
  }
  return shown.some((one) => one.exit.code === 12) ? 12 : 0;
}

/** Each name is a change, or a run: then all that changed with it and was not acknowledged yet. */
export function historyAck(names: readonly string[], options: HistoryOptions): number {
  const reason = options.reason?.trim() ?? "";
  if (reason === "") {
    throw new LakeproofError("USAGE", "--reason is empty.", {
      hint: "Say in a sentence why the change may stand.",
    });
  }
  const store = openHistory(options.history);
  const changes = allSeries(store, options).flatMap(({ series, metrics }) =>
    metrics.flatMap((metric) => metric.changes.map((change) => ({ series, change }))),
  );
  const acknowledgements = names
    .flatMap((name) => changesNamed(name, changes))
    .map(({ series, change }): Acknowledgement => ({
      schema: "lakeproof.acknowledgement/1",
      changeId: change.id,
      series,
      metricId: change.metricId,
      runId: change.firstRunId,
      direction: change.direction,
      reason,
      acknowledgedAtEpochMs: host.epochMs(),
    }));
  for (const acknowledgement of acknowledgements) {
    const path = store.acknowledge(acknowledgement);
    if (options.json) {
      const body = { schema: "lakeproof.acknowledged/1", path, acknowledgement };
      host.out(`${JSON.stringify(body)}\n`);
    } else host.out(`acknowledged ${path}\n`);
  }
  return 0;
}

interface NamedChange {
  readonly series: string;
  readonly change: HistoryChange;
}

function changesNamed(name: string, changes: readonly NamedChange[]): readonly NamedChange[] {
  const found = changes.filter(
    ({ change }) =>
      change.id === name || (change.firstRunId === name && change.acknowledgement === undefined),
  );
  if (found.length > 0) return found;
  const known = changes.map(({ change }) => change.id);
  throw new LakeproofError("USAGE", `The history holds no change ${JSON.stringify(name)}.`, {
    hint:
      known.length === 0
        ? "Nothing has changed in it."
        : `Did you mean ${closest(name, known)}? \`lakeproof history show\` lists them.`,
  });
}

function allSeries(store: HistoryStore, options: HistoryOptions): readonly SeriesHistory[] {
  const entries = store.entries();
  const acknowledgements = store.acknowledgements();
  const effectRatioMin = ratioOption("--min-effect", options.minEffect, 0.001, 1);
  const randomOf = randomFrom(SEED_DEFAULT);
  const wanted = options.metrics?.split(",").map((name) => name.trim());
  return [...Map.groupBy(entries, seriesOf)].map(([, own]) =>
    seriesHistory(wanted === undefined ? own : own.map((entry) => withOnly(entry, wanted)), {
      effectRatioMin,
      randomOf,
      acknowledgements,
    }),
  );
}

function withOnly(entry: HistoryEntry, wanted: readonly string[]): HistoryEntry {
  const metrics = entry.metrics.filter(({ id }) => wanted.some((name) => isPartOf(id, name)));
  return { ...entry, metrics };
}

function isBelow(series: string, wanted: string): boolean {
  return series === wanted || series.startsWith(`${wanted}/`);
}
