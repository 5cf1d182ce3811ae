/**
 * Writes and reads journal.ndjson. A crash can leave at most one half line behind; the reader stops trusting
 * the file there, says so, and serves everything before it.
 */
import { createWriteStream, type WriteStream } from "node:fs";
import { open } from "node:fs/promises";
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

export const JOURNAL_FILE = "journal.ndjson";

const KNOWN_KINDS: Readonly<Record<JournalKind, true>> = {
  "run.started": true,
  "phase.entered": true,
  "lake.maintained": true,
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
  "balances.seen": true,
  "fence.visible": true,
  "canary.seen": true,
  "canary.censored": true,
  "canary.captured": true,
  "checkpoint.completed": true,
  "lake.committed": true,
  "sample.taken": true,
  "probe.blind": true,
  "fault.changed": true,
  "guard.tripped": true,
  "selftest.defect": true,
  "residue.checked": true,
  note: true,
  "gameday.chosen": true,
  "gameday.expected": true,
  "gameday.detected": true,
  "gameday.judged": true,
  "gameday.healed": true,
  "gameday.noted": true,
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

/** Read in pieces: a day of one-second windows is larger than what may be held in memory twice. */
const CHUNK_BYTES = 1 << 20;
const NEWLINE = 0x0a;

export async function readJournal(runDir: string): Promise<JournalReader> {
  const path = join(runDir, JOURNAL_FILE);
  const lines = new LineReader();
  try {
    await using file = await open(path);
    const chunk = Buffer.allocUnsafe(CHUNK_BYTES);
    let rest = Buffer.alloc(0);
    for (;;) {
      const { bytesRead } = await file.read(chunk, 0, CHUNK_BYTES);
      if (bytesRead === 0) break;
      const end = chunk.lastIndexOf(NEWLINE, bytesRead - 1) + 1;
      if (end > 0) {
        lines.take(Buffer.concat([rest, chunk.subarray(0, end)]).toString("utf8"));
        rest = Buffer.from(chunk.subarray(end, bytesRead));
      } else rest = Buffer.concat([rest, chunk.subarray(0, bytesRead)]);
    }
    lines.take(rest.toString("utf8"));
  } catch (error) {
    throw new LakeproofError("RUN_NOT_FOUND", `No journal at ${path}: ${reasonOf(error)}.`, {
      hint: "Name a run directory below runs/; `lakeproof list runs` shows them.",
      cause: error,
    });
  }
  return readerOf(lines.parsed());
}

export function parseJournal(text: string): JournalReader {
  const lines = new LineReader();
  lines.take(text);
  return readerOf(lines.parsed());
}

interface Parsed {
  readonly events: readonly JournalEvent[];
  readonly problems: string[];
}

/** Trusts lines up to the first that is no event, and counts what comes after it. */
class LineReader {
  readonly #events: JournalEvent[] = [];
  readonly #unknownKinds = new Map<string, number>();
  #lineCount = 0;
  #badLine: number | undefined;

  /** Any number of lines; only the last text given may end within one. */
  take(text: string): void {
    let from = 0;
    while (from < text.length) {
      const newline = text.indexOf("\n", from);
      const to = newline < 0 ? text.length : newline;
      if (to > from && this.#badLine === undefined) this.#takeLine(text.slice(from, to));
      if (newline >= 0) this.#lineCount += 1;
      from = to + 1;
    }
  }

  #takeLine(line: string): void {
    const event = parseLine(line);
    if (event === undefined) this.#badLine = this.#lineCount;
    else if (event.kind in KNOWN_KINDS) this.#events.push(event);
    else this.#unknownKinds.set(event.kind, (this.#unknownKinds.get(event.kind) ?? 0) + 1);
  }

  parsed(): Parsed {
    const problems: string[] = [];
    if (this.#badLine !== undefined) {
      const rest = this.#lineCount - this.#badLine;
      const line = `Line ${String(this.#badLine + 1)}`;
      problems.push(
        rest <= 1
          ? `${line} is cut off: judged up to there.`
          : `${line} is not valid JSON; ${String(rest)} further lines were not trusted.`,
      );
    }
    for (const [kind, count] of this.#unknownKinds) {
      problems.push(
        `Unknown event kind ${JSON.stringify(kind)} (${String(count)}×) was passed over.`,
      );
    }
    return { events: this.#events, problems };
  }
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

function readerOf({ events, problems }: Parsed): JournalReader {
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
  const byKind = Map.groupBy(events, (event) => event.kind);
  if (!byKind.has("run.ended")) {
    problems.push("The journal has no run.ended event: the harness died during the run.");
  }
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
