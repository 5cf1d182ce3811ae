/**
 * A target that answers nobody for two seconds, on a clock of the test's own: the percentiles of the load must be
 * those that the schedule alone predicts, and a generator that waits with the target is caught by the same figures.
 */
import { describe, expect, it } from "vitest";
import { LaneFeed } from "../../cli/load/lane-feed.ts";
import { LatencyCounts } from "../../core/latency-counts.ts";
import { buildDictionaries, openBankLane } from "../../generators/bank.ts";

const SEED = 23n;
const RATE_PER_S = 500;
const LANE_COUNT = 4;
const STOP_MS = 30_000;
const TICK_MS = 20;
const ANSWER_MS = 5;
const IN_FLIGHT_MAX = 5;
const FREEZE = { fromMs: 12_000, untilMs: 14_000 };

interface Sent {
  readonly answerMs: number;
  readonly startsMs: readonly number[];
}

/** `startOf` gives the moment that an operation's latency counts from. */
function latencies(startOf: (intendedMs: number, sentMs: number) => number): LatencyCounts {
  const dictionaries = buildDictionaries(SEED);
  const feed = new LaneFeed({
    ...{ seed: SEED, arrivals: "uniform", ratePerSPerLane: RATE_PER_S, stopMs: STOP_MS },
    dropMs: Infinity,
    lanes: Array.from({ length: LANE_COUNT }, (_, lane) =>
      openBankLane({
        ...{ seed: SEED, lane, laneCount: LANE_COUNT, userCount: 100, dictionaries },
        opening: "implied",
      }),
    ),
  });
  const counts = new LatencyCounts();
  let inFlight: Sent[] = [];
  for (let nowMs = 0; feed.earliestMs < Infinity || inFlight.length > 0; nowMs += 1) {
    for (const { answerMs, startsMs } of inFlight.filter((sent) => sent.answerMs <= nowMs)) {
      for (const startMs of startsMs) counts.recordMs(answerMs - startMs);
    }
    inFlight = inFlight.filter((sent) => sent.answerMs > nowMs);
    if (nowMs % TICK_MS !== 0 || inFlight.length >= IN_FLIGHT_MAX) continue;
    const startsMs: number[] = [];
    const sentMs = nowMs;
    feed.fill(nowMs, {
      isFull: () => false,
      take: (_bank, _txn, intendedMs) => startsMs.push(startOf(intendedMs, sentMs)),
      drop: () => expect.unreachable(),
    });
    inFlight.push({ answerMs: answered(nowMs), startsMs });
  }
  return counts;
}

function answered(sentMs: number): number {
  const frozen = sentMs + ANSWER_MS > FREEZE.fromMs && sentMs < FREEZE.untilMs;
  return ANSWER_MS + (frozen ? FREEZE.untilMs : sentMs);
}

/** From the schedule alone: even starts, each answered at once or when the freeze is over. */
function expectedMs(percentile: number): number {
  const count = RATE_PER_S * (STOP_MS / 1000);
  const waits = Array.from({ length: count }, (_, index) => {
    const startMs = (index * 1000) / RATE_PER_S;
    const frozen = startMs >= FREEZE.fromMs && startMs < FREEZE.untilMs;
    return frozen ? FREEZE.untilMs - startMs : 0;
  }).sort((a, b) => a - b);
  return waits[Math.ceil((percentile / 100) * count) - 1] ?? Number.NaN;
}

describe("a target frozen for two seconds", () => {
  it.each([95, 97, 99, 99.9, 100])("shows in percentile %d as the schedule says", (percentile) => {
    const histogram = latencies((intendedMs) => intendedMs).histogram();
    expect(histogram.totalCount).toBe(LANE_COUNT * RATE_PER_S * (STOP_MS / 1000));
    const seenMs = histogram.getValueAtPercentile(percentile) / 1000;
    // What an operation takes anyhow: the wait for its tick, and the answer.
    expect(seenMs).toBeGreaterThanOrEqual(expectedMs(percentile));
    expect(seenMs).toBeLessThanOrEqual(expectedMs(percentile) + 2 * TICK_MS + ANSWER_MS + 2);
  });

  it("would be hidden by latencies that count from the sending", () => {
    const histogram = latencies((_intendedMs, sentMs) => sentMs).histogram();
    expect(expectedMs(99)).toBeGreaterThan(1_500);
    expect(histogram.getValueAtPercentile(99) / 1000).toBeLessThan(100);
  });
});
