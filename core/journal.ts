/**
 * Writes and reads journal.ndjson. A crash can leave at most one half line behind; the reader stops trusting
 * the file there, says so, and serves everything before it.
 */
import { createWriteStream, type WriteStream } from "node:fs";
import { open } from "node:fs/promises";
import { join } from "node:path";
import { JOURNAL_SCHEMA } from "./contracts/journal.ts";
import type {
  JournalBody,
  JournalEvent,
  JournalKind,
  JournalReader,
  JournalWriter,
} from "./contracts/journal.ts";
import { LakeproofError, reasonOf } from "./errors.ts";
import { JournalLines } from "./journal-lines.ts";

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

export async function readJournal(runDir: string): Promise<JournalReader> {
  const path = join(runDir, JOURNAL_FILE);
  const lines = new JournalLines(KNOWN_KINDS);
  try {
    await using file = await open(path);
    let chunk = Buffer.allocUnsafe(CHUNK_BYTES);
    let kept = 0;
    for (;;) {
      // A line longer than the chunk: run.started with its plan may be.
      if (kept === chunk.length) chunk = Buffer.concat([chunk], 2 * chunk.length);
      const { bytesRead } = await file.read(chunk, kept, chunk.length - kept);
      if (bytesRead === 0) break;
      const filled = kept + bytesRead;
      const taken = lines.take(chunk.subarray(0, filled));
      chunk.copyWithin(0, taken, filled);
      kept = filled - taken;
    }
    lines.takeLast(chunk.subarray(0, kept));
  } catch (error) {
    throw new LakeproofError("RUN_NOT_FOUND", `No journal at ${path}: ${reasonOf(error)}.`, {
      hint: "Name a run directory below runs/; `lakeproof list runs` shows them.",
      cause: error,
    });
  }
  return readerOf(lines);
}

export function parseJournal(text: string): JournalReader {
  const lines = new JournalLines(KNOWN_KINDS);
  const bytes = Buffer.from(text, "utf8");
  lines.takeLast(bytes.subarray(lines.take(bytes)));
  return readerOf(lines);
}

function readerOf(lines: JournalLines): JournalReader {
  const problems = lines.problems();
  const { eventCount, endMs } = lines;
  const started = lines.of("run.started").at(0);
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
  if (lines.of("run.ended").length === 0) {
    problems.push("The journal has no run.ended event: the harness died during the run.");
  }
  return {
    runId: started.runId,
    plan: started.plan,
    environment: started.environment,
    startedAtEpochMs: started.startedAtEpochMs,
    rerun: started.rerun,
    endMs,
    problems,
    eventCount,
    of: (kind) => lines.of(kind),
    all: () => lines.all(),
  };
}
