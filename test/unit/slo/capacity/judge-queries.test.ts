import { describe, expect, it } from "vitest";
import type { JournalEvent } from "../../../../core/contracts/journal.ts";
import type { QueryClassName } from "../../../../core/contracts/plan.ts";
import { encodeHistogram, newHistogram, recordMs } from "../../../../core/histogram.ts";
import {
  judgeQueries,
  mixAt,
  observeQueries,
  type QueryFrame,
} from "../../../../slo/capacity/judge-queries.ts";

const MIX = [
  { name: "simple", ratePerS: 0.3, targetMs: 100 },
  { name: "large", ratePerS: 0.1, targetMs: 30_000 },
] as const;

const FRAME: QueryFrame = {
  classes: mixAt(MIX, 20),
  fromMs: 2000,
  toMs: 4000,
  graceMs: 30_000,
  cpuCount: 2,
};

interface Counts {
  readonly ok: number;
  readonly failed?: number;
  readonly unknown?: number;
  readonly dropped?: number;
}

/** What a second of one class comes to, with all its answers after so long. */
function second(
  name: QueryClassName,
  fromMs: number,
  { ok, failed = 0, unknown = 0, dropped = 0 }: Counts,
  latencyMs = 40,
): readonly JournalEvent[] {
  const histogram = newHistogram();
  const count = ok + failed + unknown;
  for (let index = 0; index < count; index += 1) recordMs(histogram, latencyMs);
  const where = { workload: "queries", class: name, fromMs, windowMs: 1000, atMs: fromMs } as const;
  const offered = count + dropped;
  return [
    {
      kind: "load.window",
      ...where,
      ...{ offered, ok, failed, unknown, dropped, events: 0 },
    },
    { kind: "latency.window", ...where, count, histogramUs: encodeHistogram(histogram) },
  ];
}

const CALM: readonly JournalEvent[] = [2000, 3000].flatMap((fromMs) => [
  ...second("simple", fromMs, { ok: 15 }),
  ...second("large", fromMs, { ok: 5 }, 2000),
]);

describe("mixAt", () => {
  it("keeps the proportions at any rate", () => {
    const [simple, large] = mixAt(MIX, 20);
    expect(simple?.ratePerS).toBeCloseTo(15, 9);
    expect(large?.ratePerS).toBeCloseTo(5, 9);
  });

  it("gives each class users enough for answers at its target, as long as there are so many", () => {
    for (const { ratePerS, targetMs, vuCount, isCapped } of mixAt(MIX, 20)) {
      expect(vuCount).toBeGreaterThan((ratePerS * targetMs) / 1000);
      expect(isCapped).toBe(false);
    }
    const many = mixAt(MIX, 1000);
    expect(many.every(({ isCapped }) => isCapped)).toBe(true);
    const users = many.reduce((sum, { vuCount }) => sum + vuCount, 0);
    expect(users).toBeLessThanOrEqual(410);
  });
});

describe("observeQueries", () => {
  it("counts what was due by the schedule and what ended, inside the window only", () => {
    const around = [...second("simple", 1000, { ok: 99 }), ...second("simple", 4000, { ok: 99 })];
    const seen = observeQueries([...around, ...CALM], FRAME);
    expect(seen).toMatchObject({ dueCount: 40, settledCount: 40, failedCount: 0 });
    expect(seen.achievedPerS).toBe(20);
    // Three digits are kept.
    expect(seen.classes[0]?.latencyMsP95).toBeCloseTo(40, 1);
    expect(seen.classes[1]?.latencyMsP95).toBeCloseTo(2000, -1);
    expect(judgeQueries(seen).status).toBe("holds");
  });

  it("does not take a query that was still under way for one that is done", () => {
    const seen = observeQueries(second("simple", 2000, { ok: 10, unknown: 5 }), FRAME);
    expect(seen.settledCount).toBe(10);
  });

  it("takes queries that were never started for slower than all that were", () => {
    const seen = observeQueries(second("simple", 2000, { ok: 10, dropped: 5 }), FRAME);
    expect(seen.classes[0]?.latencyMsP95).toBe(32_000);
  });

  it("shares k6's processor time among the cores", () => {
    const samples = [1.2, 1.4, 1.3].map((value, index): JournalEvent => ({
      ...{ atMs: 2000 + index * 500, kind: "sample.taken", probe: "k6.cpuRatio" },
      observed: { value, unit: "ratio" },
    }));
    expect(observeQueries([...CALM, ...samples], FRAME).generator?.cpuRatio).toBeCloseTo(0.65, 9);
  });
});

describe("judgeQueries", () => {
  const seen = observeQueries(CALM, FRAME);

  it.for([
    ["queries due and not done", { settledCount: 10 }, "queries.done"],
    ["a query in forty that fails", { failedCount: 1 }, "queries.failed"],
    [
      "one class over its target",
      { classes: [{ name: "simple", targetMs: 100, latencyMsP95: 180 }] },
      "queries.latency.simple",
    ],
  ] as const)("breaks by %s", ([, change, criterion]) => {
    const judged = judgeQueries({ ...seen, ...change });
    expect(judged.status).toBe("breaks");
    const broken = judged.criteria.filter(({ pressureRatio }) => pressureRatio > 1);
    expect(broken.map(({ id }) => id)).toEqual([criterion]);
  });

  it("is blind where k6 died, or its users were too few to tell", () => {
    const died: JournalEvent = { atMs: 1, kind: "probe.blind", probe: "k6", reason: "gone" };
    expect(judgeQueries(observeQueries([...CALM, died], FRAME))).toMatchObject({
      status: "blind",
      because: "gone",
    });
    const drops = second("large", 2000, { ok: 1, dropped: 9 });
    const capped = { ...FRAME, classes: mixAt(MIX, 1000) };
    expect(judgeQueries(observeQueries(drops, capped)).status).toBe("blind");
    expect(judgeQueries(observeQueries(drops, FRAME)).status).toBe("breaks");
  });

  it("is blind where k6 takes the processors", () => {
    const busy = { ...seen, generator: { cpuRatio: 0.95, loopDelayMsP99: 0 } };
    expect(judgeQueries(busy).status).toBe("blind");
  });
});
