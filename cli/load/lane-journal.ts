/**
 * What the lanes of a load have begun and what became of it, one file a writer: enough for another process to go on
 * where this one was killed. A line is written before anything is sent; nothing waits for the disk, because a process
 * that is killed loses no line it has written.
 */
import { closeSync, openSync, readdirSync, readFileSync, writeSync } from "node:fs";
import { join } from "node:path";
import { z } from "zod";
import type { Outcome } from "../../core/contracts/values.ts";
import { LakeproofError } from "../../core/errors.ts";
import type { LaneStep } from "../../generators/resume.ts";

const Opened = z.object({
  kind: z.literal("opened"),
  /** How many processes before this one were killed. */
  part: z.number(),
  seed: z.string(),
  userCountPerLane: z.number(),
  laneCount: z.number(),
  lanes: z.array(z.number()).readonly(),
});
const Line = z.discriminatedUnion("kind", [
  Opened,
  z.object({
    kind: z.literal("begun"),
    group: z.number(),
    atEpochMs: z.number(),
    /** Lane, bucket, and how many transactions, in the order of each lane. */
    txns: z.array(z.tuple([z.number(), z.number(), z.number()])).readonly(),
  }),
  z.object({ kind: z.literal("settled"), group: z.number(), outcome: z.enum(["ok", "fail"]) }),
  /** What nobody knew of these lanes has been looked up, and made good where it can be. */
  z.object({ kind: z.literal("resumed"), unclear: z.enum(["ok", "fail"]) }),
]);
type Line = z.infer<typeof Line>;

export type LaneJournalHead = Omit<z.infer<typeof Opened>, "kind">;
export type BegunTxns = [lane: number, bucket: number, txnCount: number][];

export class LaneJournal implements Disposable {
  readonly #file: number;
  #group = 0;

  constructor(dir: string, head: LaneJournalHead) {
    const writer = String(head.lanes[0] ?? 0).padStart(3, "0");
    const name = `lanes-${String(head.part).padStart(3, "0")}-${writer}.ndjson`;
    this.#file = openSync(join(dir, name), "ax");
    this.#write({ kind: "opened", ...head });
  }

  /** Returns only once the line is out of our hands: then it may be sent. Returns the number of the group. */
  begin(atEpochMs: number, txns: BegunTxns): number {
    this.#group += 1;
    this.#write({ kind: "begun", group: this.#group, atEpochMs, txns });
    return this.#group;
  }

  /** Nothing is written of what nobody knows: that is how it stands already. */
  settled(group: number, outcome: Outcome): void {
    if (outcome !== "unknown") this.#write({ kind: "settled", group, outcome });
  }

  resumed(unclear: "ok" | "fail"): void {
    this.#write({ kind: "resumed", unclear });
  }

  #write(line: Line): void {
    writeSync(this.#file, `${JSON.stringify(line)}\n`);
  }

  [Symbol.dispose](): void {
    closeSync(this.#file);
  }
}

export interface LaneHistory extends Omit<LaneJournalHead, "part" | "lanes"> {
  /** Processes so far. */
  readonly partCount: number;
  readonly steps: ReadonlyMap<number, readonly LaneStep[]>;
  /** When the first transaction of unknown outcome was begun. Absent: all outcomes are known. */
  readonly unclearSinceEpochMs?: number;
}

interface Begun {
  readonly lane: number;
  readonly atEpochMs: number;
  readonly step: LaneStep & { outcome: Outcome };
}

/** Throws USAGE where the directory holds no lanes, or those of different loads; JOURNAL_INVALID where a line is damaged. */
export function readLaneJournals(dir: string): LaneHistory {
  const begun: Begun[] = [];
  const names = namesIn(dir);
  // A process that was killed while it opened its journal had begun nothing.
  const heads = names.flatMap((name) => readJournal(join(dir, name), begun) ?? []);
  const [head] = heads;
  if (head === undefined) throw unusable(dir, "has no lanes of a load");
  const { seed, userCountPerLane, laneCount } = head;
  const isOther = (other: LaneJournalHead): boolean =>
    other.seed !== seed || other.userCountPerLane !== userCountPerLane;
  if (heads.some(isOther)) {
    throw unusable(dir, "has lanes of different loads");
  }
  const steps = new Map<number, LaneStep[]>();
  for (const { lane, step } of begun) {
    const own = steps.get(lane);
    if (own === undefined) steps.set(lane, [step]);
    else own.push(step);
  }
  const unclear = begun.filter(({ step }) => step.outcome === "unknown");
  const sinceEpochMs = Math.min(...unclear.map(({ atEpochMs }) => atEpochMs));
  return {
    ...{ seed, userCountPerLane, laneCount, steps },
    partCount: Math.max(...names.map(partOf)) + 1,
    ...(unclear.length === 0 ? {} : { unclearSinceEpochMs: sinceEpochMs }),
  };
}

function unusable(dir: string, what: string): LakeproofError {
  return new LakeproofError("USAGE", `${dir} ${what}.`, {
    hint: "Give the directory that the load printed when it started.",
  });
}

/** In the order of their processes. */
function namesIn(dir: string): readonly string[] {
  try {
    return readdirSync(dir)
      .filter((name) => /^lanes-\d+-\d+\.ndjson$/.test(name))
      .sort();
  } catch {
    return [];
  }
}

function partOf(name: string): number {
  return Number(name.split("-")[1]);
}

function lineIn(text: string): Line | undefined {
  try {
    return Line.parse(JSON.parse(text));
  } catch {
    return undefined;
  }
}

/** Nobody knows what was sent after that, so nothing can go on from there. */
function damaged(path: string, lineNumber: number, lineCount: number): LakeproofError {
  return new LakeproofError(
    "JOURNAL_INVALID",
    `${path}, line ${String(lineNumber)} is not what was written: ${String(lineCount)} line(s) from there on are not trusted.`,
    { hint: "A load cannot go on from it: start a new one, with topics of its own." },
  );
}

function readJournal(path: string, begun: Begun[]): LaneJournalHead | undefined {
  // The last line may be cut off: what it was about had not begun, or counts as unknown.
  const texts = readFileSync(path, "utf8").split("\n").slice(0, -1);
  const groups = new Map<number, Begun[]>();
  let head: LaneJournalHead | undefined;
  for (const [at, text] of texts.entries()) {
    const line = lineIn(text);
    if (line === undefined) throw damaged(path, at + 1, texts.length - at);
    switch (line.kind) {
      case "opened":
        head = line;
        break;
      case "begun": {
        const made = line.txns.map(([lane, bucket, txnCount]): Begun => {
          const step = { bucket, txnCount, outcome: "unknown" as Outcome };
          return { lane, atEpochMs: line.atEpochMs, step };
        });
        groups.set(line.group, made);
        begun.push(...made);
        break;
      }
      case "settled":
        for (const { step } of groups.get(line.group) ?? []) step.outcome = line.outcome;
        break;
      case "resumed":
        for (const { lane, step } of begun) {
          const isOwn = head?.lanes.includes(lane) === true;
          if (isOwn && step.outcome === "unknown") step.outcome = line.unclear;
        }
    }
  }
  return head;
}
