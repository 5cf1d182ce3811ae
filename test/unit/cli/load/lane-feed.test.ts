/** The open loop of one load thread, driven by a clock of the test's own. */
import { describe, expect, it } from "vitest";
import { LaneFeed } from "../../../../cli/load/lane-feed.ts";
import { arrivals } from "../../../../generators/arrivals.ts";
import { seqOf } from "../../../../generators/bank-rows.ts";
import { buildDictionaries, lanesOfWorker, openBankLane } from "../../../../generators/bank.ts";
import type { BankLane, Txn } from "../../../../generators/bank.ts";
import { subSeed } from "../../../../generators/random.ts";

const SEED = 11n;
const LANE_COUNT = 4;
const RATE = 500;
const STOP_MS = 4_000;
const dictionaries = buildDictionaries(SEED);

function lanes(numbers: readonly number[]): readonly BankLane[] {
  return numbers.map((lane) =>
    openBankLane({
      ...{ seed: SEED, lane, laneCount: LANE_COUNT, userCount: 200, dictionaries },
      opening: "implied",
    }),
  );
}

interface Taken {
  readonly txns: ReadonlyMap<number, string[]>;
  readonly intendedMs: number[];
  readonly droppedMs: number[];
  readonly banks: readonly BankLane[];
}

/** Drives one worker's lanes; `stepMs` is how long each turn of its loop takes. */
function drive(
  numbers: readonly number[],
  stepMs: number,
  options: { readonly dropMs?: number; readonly room?: number } = {},
): Taken & { readonly feed: LaneFeed } {
  const banks = lanes(numbers);
  const feed = new LaneFeed({
    ...{ seed: SEED, arrivals: "poisson", ratePerSPerLane: RATE, lanes: banks, stopMs: STOP_MS },
    dropMs: options.dropMs ?? Infinity,
  });
  const txns = new Map<number, string[]>(numbers.map((lane) => [lane, []]));
  const taken = { txns, intendedMs: [] as number[], droppedMs: [] as number[], banks };
  for (let nowMs = 0; nowMs <= STOP_MS + stepMs; nowMs += stepMs) {
    let left = options.room ?? Infinity;
    feed.fill(nowMs, {
      isFull: () => left <= 0,
      take: (bank, txn, intendedMs) => {
        left -= 1;
        expect(intendedMs).toBeLessThanOrEqual(nowMs);
        taken.intendedMs.push(intendedMs);
        txns.get(bank.lane)?.push(textOf(txn));
      },
      drop: (intendedMs) => {
        expect(nowMs - intendedMs).toBeGreaterThan(options.dropMs ?? Infinity);
        taken.droppedMs.push(intendedMs);
      },
    });
  }
  return { ...taken, feed };
}

function textOf({ changes }: Txn): string {
  return changes
    .map(
      (change) =>
        `${change.table} ${change.op} ${String(change.row.id)} ${String(seqOf(change))} ${String(change.row.fp)}`,
    )
    .join(";");
}

/** Every start of the lanes before the end, from the schedule itself. */
function scheduled(numbers: readonly number[]): readonly number[] {
  return numbers.flatMap((lane) => {
    const seed = subSeed(SEED, "lane", String(lane));
    const starts: number[] = [];
    for (const startMs of arrivals({ kind: "poisson", ratePerS: RATE, seed })) {
      if (startMs >= STOP_MS) return starts;
      starts.push(startMs);
    }
    return starts;
  });
}

const ALL = [0, 1, 2, 3];
const ascending = (values: readonly number[]): readonly number[] =>
  values.toSorted((a, b) => a - b);

describe("the feed of a load thread", () => {
  it("offers every start of the schedule once, none before its time", () => {
    const { intendedMs, feed } = drive(ALL, 7);
    expect(ascending(intendedMs)).toEqual(ascending(scheduled(ALL)));
    expect(feed.earliestMs).toBe(Infinity);
    expect(feed.countLeft()).toBe(0);
  });

  it.each([1, 2, 3, 4])(
    "makes the same operations lane by lane, and the same final state, with %d workers",
    (workerCount) => {
      const alone = drive(ALL, 10);
      for (let worker = 0; worker < workerCount; worker += 1) {
        const numbers = lanesOfWorker(worker, workerCount, LANE_COUNT);
        const shared = drive(numbers, 3 + 10 * worker, { room: 400 });
        for (const bank of shared.banks) {
          expect(shared.txns.get(bank.lane)).toEqual(alone.txns.get(bank.lane));
          expect(bank.digest()).toEqual(alone.banks[bank.lane]?.digest());
        }
      }
    },
  );

  it("lets the schedule wait while nothing more fits, and counts what is left at the end", () => {
    const { intendedMs, droppedMs, feed } = drive(ALL, 100, { room: 30 });
    expect(intendedMs.length).toBeLessThanOrEqual(42 * 30);
    expect(droppedMs).toEqual([]);
    expect(intendedMs.length + feed.countLeft()).toBe(scheduled(ALL).length);
  });

  it("drops what is too late without making it: the next operation made is the one that is missing", () => {
    const { intendedMs, droppedMs, txns, feed } = drive(ALL, 100, { room: 30, dropMs: 500 });
    expect(droppedMs.length).toBeGreaterThan(1_000);
    expect(intendedMs.length + droppedMs.length + feed.countLeft()).toBe(scheduled(ALL).length);
    const whole = drive(ALL, 10).txns;
    for (const [lane, made] of txns) expect(made).toEqual(whole.get(lane)?.slice(0, made.length));
  });

  it("gives every lane its turn when not everything fits", () => {
    const { txns } = drive(ALL, 100, { room: 30 });
    const counts = [...txns.values()].map(({ length }) => length);
    expect(Math.max(...counts) - Math.min(...counts)).toBeLessThanOrEqual(64);
  });
});
