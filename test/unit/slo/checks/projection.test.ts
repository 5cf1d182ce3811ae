/** Projected uptime and recovery objectives: the arithmetic redone by hand, and each reason not to believe it. */
import { describe, expect, it } from "vitest";
import type { FaultEntry } from "../../../../core/contracts/fault.ts";
import type { JournalEvent } from "../../../../core/contracts/journal.ts";
import type { FaultRate } from "../../../../core/contracts/plan.ts";
import type { Projection, Verdict } from "../../../../core/contracts/slo.ts";
import { healthyEvents } from "../../../../slo/checks/synthetic.ts";
import { planned, verdictFor, without, type Events } from "../../../fixtures/verdicts.ts";

const INJECTED_FROM_MS = 42_000;
const APART_MS = 8_000;

interface Injections {
  /** From each injection until it was recovered; undefined: never. */
  readonly downMs: readonly (number | undefined)[];
  readonly rates?: readonly FaultRate[];
  readonly evidence?: readonly string[];
  readonly service?: string;
  readonly faultClass?: FaultEntry["faultClass"];
}

/** The healthy run with other faults in it, and queries that are answered throughout. */
function runWith({
  downMs,
  rates,
  evidence = ["gone"],
  service = "kafka",
  faultClass = "W",
}: Injections): Events {
  const sound = without(healthyEvents(), "fault.changed").map((event): JournalEvent =>
    event.kind === "load.window" && event.failed > 0
      ? { ...event, ok: event.offered, failed: 0 }
      : event,
  );
  const faults = downMs.map((_, index): FaultEntry => ({
    fault: "process-kill",
    count: 1,
    takesOver: true,
    params: {},
    holdMs: 3_000,
    recoveryBudgetMs: 40_000,
    recoveryBudgetFormula: "made up",
    id: `f${String(index + 1)}`,
    service,
    instanceId: `${service}-0`,
    faultClass,
  }));
  const changes = faults.flatMap((fault, index) =>
    changesOf(fault, index, downMs[index], evidence),
  );
  const events = [...sound, ...changes].sort((a, b) => a.atMs - b.atMs);
  return planned(events, () => ({ faults, ...(rates === undefined ? {} : { faultRates: rates }) }));
}

function changesOf(
  { id, fault, instanceId, faultClass }: FaultEntry,
  index: number,
  downMs: number | undefined,
  evidence: readonly string[],
): readonly JournalEvent[] {
  const fromMs = INJECTED_FROM_MS + index * APART_MS;
  const change = { kind: "fault.changed", id, fault, instanceId, faultClass } as const;
  const recovered =
    downMs === undefined
      ? []
      : [{ ...change, atMs: fromMs + downMs, state: "recovered", recoveryMs: downMs } as const];
  return [
    { ...change, atMs: fromMs, state: "injecting" },
    { ...change, atMs: fromMs + 10, state: "active", evidence },
    { ...change, atMs: fromMs + 20, state: "healed" },
    ...recovered,
  ];
}

const TEN = [4_000, 5_000, 4_500, 5_500, 4_200, 4_800, 5_200, 4_100, 5_900, 4_800];
const RATE: FaultRate = { fault: "process-kill", service: "kafka", countPerMonth: 4 };

function projected(injections: Injections): Verdict & { readonly projection: Projection } {
  const verdict = verdictFor("objectives", "objective.uptime.projected", runWith(injections));
  if (verdict.projection === undefined) throw new RangeError("There is no projection.");
  return { ...verdict, projection: verdict.projection };
}

describe("objective.uptime.projected", () => {
  it("multiplies declared rates with measured recoveries, and shows each term", () => {
    const { status, projection, because } = projected({ downMs: TEN, rates: [RATE] });
    const [term, background] = projection.terms;
    const mean = TEN.reduce((sum, ms) => sum + ms, 0) / TEN.length;
    expect(mean).toBe(4_800);
    expect(term).toMatchObject({
      name: "process-kill/kafka",
      countPerMonth: 4,
      isDeclared: true,
      injectionCount: 10,
      injectionCountMissing: 0,
      downMsMean: mean,
      periodDownMsMean: 4 * mean,
    });
    expect(term?.downMsUpper).toBeGreaterThan(mean);
    // By hand: s = 591.6 ms of ten, t(0.95; 9) = 1.833; the skewness to the right adds a little to 5 143 ms.
    expect(term?.downMsUpper).toBeGreaterThan(5_143 - 1);
    expect(term?.downMsUpper).toBeLessThan(5_400);
    expect(background?.name).toBe("background");
    expect(projection.budgetMs).toBeCloseTo(2_592_000, 3);
    const upper = projection.terms.reduce((sum, one) => sum + (one.periodDownMsUpper ?? NaN), 0);
    expect(projection.periodDownMsUpper).toBeCloseTo(upper, 6);
    expect(projection.availabilityRatioLower).toBeCloseTo(1 - upper / 2_592_000_000, 12);
    expect(because).toContain("(budget 43 min 12 s)");
    expect(status).toBe("PROVEN");
  });

  it("asks for the injections that are missing, one kind at a time", () => {
    const { status, needed } = projected({ downMs: TEN.slice(0, 4), rates: [RATE] });
    expect(status).toBe("INCONCLUSIVE");
    expect(needed).toBe("More injections of each kind: 6 of process-kill/kafka.");
  });

  it("never leaves out an injection that did not recover, or of which nothing shows that it bit", () => {
    const open = projected({ downMs: [...TEN, undefined], rates: [RATE] });
    expect(open.status).toBe("INCONCLUSIVE");
    expect(open.projection.terms[0]).toMatchObject({ injectionCount: 11, unrecoveredCount: 1 });
    expect(open.projection).not.toHaveProperty("periodDownMsUpper");
    expect(open.needed).toContain("Every injection seen to recover");
    expect(projected({ downMs: TEN, rates: [RATE], evidence: [] }).status).toBe("INCONCLUSIVE");
  });

  it("counts a declared kind that is not injected, as bounded by nothing", () => {
    const other = { fault: "process-kill", service: "minio", countPerMonth: 1 };
    const { status, needed } = projected({ downMs: TEN, rates: [RATE, other] });
    expect(status).toBe("INCONCLUSIVE");
    expect(needed).toContain("10 of process-kill/minio");
  });

  it("says which rates nobody declared", () => {
    const { because, projection } = projected({ downMs: TEN });
    expect(projection.terms[0]).toMatchObject({ countPerMonth: 1, isDeclared: false });
    expect(because).toContain("1 of the 1 rates are assumed: once a month each.");
  });

  it("is not proven where the declared rate is too much for the measured recovery", () => {
    const often = { ...RATE, countPerMonth: 600 };
    const { status, needed } = projected({ downMs: TEN, rates: [often] });
    // 600 × 4.8 s are 48 min: over the budget, but all was answered while it lasted, so nothing is violated.
    expect(status).toBe("INCONCLUSIVE");
    expect(needed).toContain("most of it is process-kill/kafka");
  });

  it("is no proof without load outside the faults, or without faults", () => {
    const silent = without(runWith({ downMs: TEN, rates: [RATE] }), "load.window");
    const verdict = verdictFor("objectives", "objective.uptime.projected", silent);
    expect(verdict.status).toBe("INCONCLUSIVE");
    const calm = planned(runWith({ downMs: [] }), () => ({ faults: [] }));
    expect(verdictFor("objectives", "objective.uptime.projected", calm)).toMatchObject({
      status: "INCONCLUSIVE",
      because: "No fault was injected, and none is declared to happen.",
    });
  });
});

describe("objective.recovery", () => {
  const recovery = (faultClass: "W" | "B" | "X", injections: Injections): Verdict =>
    verdictFor(
      "objectives",
      `objective.recovery.${faultClass}`,
      runWith({ ...injections, faultClass }),
    );

  it("counts injections of its own class, and says how many a proof takes", () => {
    const verdict = recovery("B", { downMs: TEN });
    expect(verdict).toMatchObject({
      status: "INCONCLUSIVE",
      sample: { n: 10, bad: 0 },
      observed: { value: 5_900, unit: "ms" },
    });
    expect(verdict.needed).toContain("59 class B faults at the observed share");
    const other = verdictFor("objectives", "objective.recovery.X", runWith({ downMs: TEN }));
    expect(other.sample?.n).toBe(0);
  });

  it("counts one without evidence as missing, and one not over when the run ended as doubtful", () => {
    const blind = recovery("W", { downMs: TEN, evidence: [] });
    expect(blind).toMatchObject({ status: "INCONCLUSIVE", sample: { n: 10, bad: 0 } });
    expect(blind.because).toContain("No class W faults were measured");
    const open = recovery("X", { downMs: [...TEN, undefined] });
    expect(open.sample).toMatchObject({ n: 11, bad: 0, censored: 1 });
    expect(open.because).toContain("1 missing or doubtful");
  });

  it("is violated when most take longer", () => {
    const late = recovery("W", { downMs: [61_000, 62_000, 63_000] });
    expect(late).toMatchObject({ status: "VIOLATED", sample: { bad: 3 }, exitCode: 10 });
  });
});

describe("rows by phase and fault, budgets and power", () => {
  const healthy = healthyEvents();
  const errors = (events: Events): Verdict =>
    verdictFor("objectives", "objective.errors.queries", events);

  it("show the fault the verdict leaves out", () => {
    const { windows = [], burn, status } = errors(healthy);
    expect(windows.map(({ name }) => name)).toEqual(["control", "measure", "f1"]);
    // 4 classes of 50 queries every 5 s: 30 s, 120 s, and 25 s of which the first 20 failed.
    expect(windows.map(({ n, bad }) => [n, bad])).toEqual([
      [1_200, 0],
      [4_800, 800],
      [1_000, 800],
    ]);
    expect(windows[2]).toMatchObject({ status: "VIOLATED" });
    expect(windows[2]?.burnRate).toBeCloseTo(800, 6);
    expect(burn).toMatchObject({ burnRate: 0, budgetUsedRatio: 0 });
    expect(status).toBe("PROVEN");
  });

  it("raise the alerts the same figures would have raised", () => {
    const events = healthy.map((event): JournalEvent =>
      event.kind === "load.window" && event.class !== undefined && event.fromMs === 130_000
        ? { ...event, ok: event.ok - 10, failed: event.failed + 10 }
        : event,
    );
    const { burn } = errors(events);
    const firings = (name: string): number | undefined =>
      burn?.alerts.find((alert) => alert.name === name)?.firings.length;
    // 40 of the 3 800 queries so far are 10.5 times the one in a thousand that is allowed.
    expect([firings("page-1h"), firings("page-6h")]).toEqual([0, 1]);
    const worse = events.map((event): JournalEvent =>
      event.kind === "load.window" && event.class !== undefined && event.fromMs >= 130_000
        ? { ...event, ok: 25, failed: 25 }
        : event,
    );
    expect(errors(worse).burn?.alerts.find(({ name }) => name === "page-1h")?.firings).toHaveLength(
      1,
    );
  });

  it("bound the observed quantile from both sides, and say how likely the proof was", () => {
    const {
      interval,
      observed,
      power = [],
    } = verdictFor("objectives", "objective.freshness", healthy);
    expect(observed?.value).toBe(8_000);
    expect(interval).toMatchObject({ lower: 8_000, upper: 8_000 });
    const shares = power.map(({ trueBadRatio }) => Number(trueBadRatio.toFixed(6)));
    expect(shares).toEqual([0, 0.0125, 0.025, 0.0375]);
    const ratios = power.map(({ powerRatio }) => powerRatio);
    expect(ratios[0]).toBe(1);
    expect(ratios).toEqual([...ratios].sort((a, b) => b - a));
  });
});
