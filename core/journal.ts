/**
 * Writes and reads journal.ndjson. A crash can leave at most one half line behind; the reader stops trusting
 * the file there, says so, and serves everything before it.
 */
import { createWriteStream, type WriteStream } from "node:fs";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { JOURNAL_SCHEMA } from "./contracts/journal.ts";
import type {
  EventOf,
  JournalBody,
  JournalEvent,
  JournalKind,
  JournalReader,
  JournalWriter,
} from "./contracts/journal.ts";
import { LakeproofError, reasonOf } from "./errors.ts";

const JOURNAL_FILE = "journal.ndjson";

const KNOWN_KINDS: Readonly<Record<JournalKind, true>> = {
  "run.started": true,
  "phase.entered": true,
  "instance.ready": true,
  "instance.memory": true,
  "load.window": true,
  "latency.window": true,
  "ops.settled": true,
  "ledger.changes": true,
  "ledger.state": true,
  "ledger.anomaly": true,
  "query.digest": true,
  "script.ended": true,
  "ledger.metadata": true,
  "readers.differ": true,
  "lake.damaged": true,
  "fence.visible": true,
  "canary.seen": true,
  "canary.censored": true,
  "sample.taken": true,
  "probe.blind": true,
  "fault.changed": true,
  "selftest.defect": true,
  "residue.checked": true,
  note: true,
  "run.ended": true,
};

/** `monotonicMs` is injected so that simulations can drive the clock. */
export function openJournal(runDir: string, monotonicMs: () => number): JournalWriter {
  const stream = createWriteStream(join(runDir, JOURNAL_FILE), { flags: "a" });
  const startMs = monotonicMs();
  const listeners: ((event: JournalEvent) => void)[] = [];
  const nowMs = (): number => Math.round((monotonicMs() - startMs) * 1000) / 1000;
  return {
    append(body: JournalBody) {
      const event = { atMs: nowMs(), ...body } as JournalEvent;
      stream.write(`${JSON.stringify(event)}\n`);
      for (const listener of listeners) listener(event);
    },
    nowMs,
    onEvent: (listener) => void listeners.push(listener),
    flush: () => flushed(stream),
    [Symbol.asyncDispose]: () =>
      new Promise((resolve) => {
        stream.end(() => {
          resolve();
        });
      }),
  };
}

function flushed(stream: WriteStream): Promise<void> {
  return new Promise((resolve, reject) => {
    stream.write("", (error) => {
      if (error) reject(error);
      else resolve();
    });
  });
}

export async function readJournal(runDir: string): Promise<JournalReader> {
  const path = join(runDir, JOURNAL_FILE);
  let text: string;
  try {
    text = await readFile(path, "utf8");
  } catch (error) {
    throw new LakeproofError("RUN_NOT_FOUND", `No journal at ${path}: ${reasonOf(error)}.`, {
      hint: "Name a run directory below runs/; `lakeproof list runs` shows them.",
      cause: error,
    });
  }
  return parseJournal(text);
}

interface Parsed {
  readonly events: readonly JournalEvent[];
  readonly problems: string[];
}

export function parseJournal(text: string): JournalReader {
  const { events, problems } = parseLines(text);
  const started = events.find((event) => event.kind === "run.started");
  if (started === undefined) {
    throw new LakeproofError("JOURNAL_INVALID", "The journal has no run.started event.", {
      hint: "The file was cut off before the run began; there is nothing to judge.",
    });
  }
  if ((started.schema as string) !== JOURNAL_SCHEMA) {
    problems.push(
      `Journal version ${JSON.stringify(started.schema)} is not ${JOURNAL_SCHEMA}: read as far as its events are known.`,
    );
  }
  if (!events.some((event) => event.kind === "run.ended")) {
    problems.push("The journal has no run.ended event: the harness died during the run.");
  }
  return readerOf(events, started, problems);
}

function parseLines(text: string): Parsed {
  const events: JournalEvent[] = [];
  const problems: string[] = [];
  const unknownKinds = new Map<string, number>();
  const lines = text.split("\n");
  for (const [index, line] of lines.entries()) {
    if (line === "") continue;
    const event = parseLine(line);
    if (event === undefined) {
      const rest = lines.length - 1 - index;
      problems.push(
        rest <= 1
          ? `Line ${String(index + 1)} is cut off: judged up to there.`
          : `Line ${String(index + 1)} is not valid JSON; ${String(rest)} further lines were not trusted.`,
      );
      break;
    }
    if (event.kind in KNOWN_KINDS) events.push(event);
    else unknownKinds.set(event.kind, (unknownKinds.get(event.kind) ?? 0) + 1);
  }
  for (const [kind, count] of unknownKinds) {
    problems.push(
      `Unknown event kind ${JSON.stringify(kind)} (${String(count)}×) was passed over.`,
    );
  }
  return { events, problems };
}

function parseLine(line: string): JournalEvent | undefined {
  try {
    const value: unknown = JSON.parse(line);
    if (typeof value !== "object" || value === null || !("kind" in value)) return undefined;
    return value as JournalEvent;
  } catch {
    return undefined;
  }
}

function readerOf(
  events: readonly JournalEvent[],
  started: EventOf<"run.started">,
  problems: readonly string[],
): JournalReader {
  const byKind = Map.groupBy(events, (event) => event.kind);
  return {
    runId: started.runId,
    plan: started.plan,
    environment: started.environment,
    startedAtEpochMs: started.startedAtEpochMs,
    rerun: started.rerun,
    endMs: events.at(-1)?.atMs ?? 0,
    problems,
    of: <K extends JournalKind>(kind: K) =>
      (byKind.get(kind) ?? []) as unknown as readonly EventOf<K>[],
    all: () => events,
  };
}
