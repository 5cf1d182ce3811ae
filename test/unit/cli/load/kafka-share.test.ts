/** Agents and threads share lanes out; what happens in a lane never depends on how. */
import { describe, expect, it } from "vitest";
import {
  eventsPerTxn,
  LANE_COUNT,
  lanesOfAgent,
  lanesOfThreads,
  planDigest,
  rateOfAgent,
} from "../../../../cli/load/kafka-share.ts";
import { bucketOf, LaneFeed } from "../../../../cli/load/lane-feed.ts";
import { seqOf } from "../../../../generators/bank-rows.ts";
import { buildDictionaries, openBankLane, type LaneDigest } from "../../../../generators/bank.ts";

const PLAN = { seed: 17n, userCount: 1600, rateEventsPerS: 8000, arrivals: "poisson" } as const;
const STOP_MS = 3000;
const dictionaries = buildDictionaries(PLAN.seed);
const AGENTS_AND_WORKERS = [1, 2, 3, 5, 8].flatMap((agents) =>
  [1, 2, 8].map((workers) => [agents, workers] as const),
);

interface LaneRun {
  readonly lane: number;
  readonly operations: readonly string[];
  readonly digest: LaneDigest;
}

/** One thread with these lanes, whose loop comes round every so often. */
function drive(lanes: readonly number[], perTxn: number, stepMs: number): readonly LaneRun[] {
  const operations = new Map<number, string[]>(lanes.map((lane) => [lane, []]));
  const banks = lanes.map((lane) =>
    openBankLane({
      ...{ seed: PLAN.seed, lane, laneCount: LANE_COUNT, dictionaries },
      userCount: PLAN.userCount / LANE_COUNT,
      opening: "implied",
    }),
  );
  const feed = new LaneFeed({
    ...{ seed: PLAN.seed, arrivals: PLAN.arrivals, lanes: banks, stopMs: STOP_MS },
    ratePerSPerLane: PLAN.rateEventsPerS / perTxn / LANE_COUNT,
    dropMs: Infinity,
  });
  for (let nowMs = 0; nowMs <= STOP_MS + stepMs; nowMs += stepMs) {
    feed.fill(nowMs, {
      isFull: () => false,
      take: (bank, { changes }, intendedMs) => {
        const rows = changes.map(
          (change) =>
            `${change.table} ${change.op} ${String(seqOf(change))} ${String(change.row.fp)}`,
        );
        operations
          .get(bank.lane)
          ?.push(`${String(intendedMs)} ${String(bucketOf(intendedMs))} ${rows.join(";")}`);
      },
      drop: () => undefined,
    });
  }
  return banks.map((bank) => ({
    lane: bank.lane,
    operations: operations.get(bank.lane) ?? [],
    digest: bank.digest(),
  }));
}

describe("lanes", () => {
  it.each(AGENTS_AND_WORKERS)(
    "are each with one thread alone over %d agents of %d threads",
    (count, workerCount) => {
      const shares = Array.from({ length: count }, (_, index) => ({ index, count }));
      const threads = shares.map((share) => lanesOfThreads(share, workerCount));
      const all = threads.flat(2).toSorted((one, other) => one - other);
      expect(all).toEqual([0, 1, 2, 3, 4, 5, 6, 7]);
      for (const [index, own] of threads.entries()) {
        expect(own.flat().toSorted((one, other) => one - other)).toEqual(
          lanesOfAgent({ index, count }),
        );
        expect(own.length).toBeLessThanOrEqual(workerCount);
        expect(own.every((lanes) => lanes.length > 0)).toBe(true);
      }
      const rates = shares.map((share) => rateOfAgent(PLAN.rateEventsPerS, share));
      expect(rates.reduce((sum, rate) => sum + rate, 0)).toBeCloseTo(PLAN.rateEventsPerS, 6);
    },
  );

  it("have the same operations at the same times, and the same end, however they are shared out", () => {
    const perTxn = eventsPerTxn(PLAN);
    const alone = drive([0, 1, 2, 3, 4, 5, 6, 7], perTxn, 10);
    expect(alone.every(({ operations }) => operations.length > 100)).toBe(true);
    for (const [count, workerCount] of AGENTS_AND_WORKERS) {
      const shared = Array.from({ length: count }, (_, index) =>
        lanesOfThreads({ index, count }, workerCount).map((lanes, worker) =>
          drive(lanes, perTxn, 5 + 9 * worker + 4 * index),
        ),
      ).flat(2);
      expect(shared.toSorted((one, other) => one.lane - other.lane)).toEqual(alone);
    }
  });
});

describe("planDigest", () => {
  it("is the same whenever it is made of the same plan", () => {
    expect(planDigest(PLAN)).toBe(planDigest({ ...PLAN }));
  });

  it.each([
    { seed: 18n },
    { userCount: 1608 },
    { rateEventsPerS: 8001 },
    { arrivals: "uniform" as const },
  ])("is another for another plan", (change) => {
    expect(planDigest({ ...PLAN, ...change })).not.toBe(planDigest(PLAN));
  });
});
