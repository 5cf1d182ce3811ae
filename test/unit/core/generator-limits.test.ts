import { describe, expect, it } from "vitest";
import type { Arrivals } from "../../../core/contracts/plan.ts";
import type { GeneratorLimits, SinkLimit } from "../../../core/contracts/generator-limits.ts";
import {
  checkKafkaRate,
  checkRate,
  generatorCeiling,
  peakRatePerS,
} from "../../../core/generator-limits.ts";

const MACHINE = {
  ...{ cpuModel: "A CPU", cpuCount: 2, memoryBytes: 8 * 2 ** 30 },
  ...{ kernel: "Linux 6.1", nodeVersion: "v24.0.0" },
};

function limitOf(change: Partial<SinkLimit>): SinkLimit {
  return {
    ...{ sink: "sql", threadCount: 1, ratePerS: 50_000, isLimit: true, limitedBy: "generator" },
    ...{ because: "busy 91 %", stepCount: 9, measuredAtEpochMs: 0, ...change },
  };
}

function calibrated(...limits: readonly SinkLimit[]): GeneratorLimits {
  return {
    ...{ schema: "lakeproof.generator-limits/1", lakeproofVersion: "0.1.0", machine: MACHINE },
    ...{ limits, notMeasured: [] },
  };
}

const wish = (rateEventsPerS: number, topology = "dev"): Parameters<typeof checkRate>[0] => ({
  bank: { rateEventsPerS, arrivals: "poisson" },
  topology,
});

describe("checkRate", () => {
  it("only tells that nothing is known where nothing is", () => {
    const check = checkRate(wish(1e6), undefined, MACHINE);
    expect(check).toMatchObject({ kind: "unknown" });
    expect(check.kind === "unknown" && check.note).toContain("lakeproof calibrate");
  });

  it.for([
    ["cpuCount", { cpuCount: 64 }],
    ["cpuModel", { cpuModel: "Another" }],
    ["memoryBytes", { memoryBytes: 1 }],
    ["kernel", { kernel: "Linux 7" }],
    ["nodeVersion", { nodeVersion: "v26.0.0" }],
  ] as const)("does not believe a calibration of another machine: %s", ([name, change]) => {
    const check = checkRate(wish(1e6), calibrated(limitOf({})), { ...MACHINE, ...change });
    expect(check.kind === "unknown" && check.note).toContain(name);
  });

  it("lets through what was found to go, and refuses what lies above it", () => {
    const known = calibrated(limitOf({}));
    expect(checkRate(wish(50_000), known, MACHINE).kind).toBe("fits");
    expect(checkRate(wish(50_001), known, MACHINE)).toMatchObject({
      kind: "too-much",
      ratePerS: 50_001,
      limit: { sink: "sql", ratePerS: 50_000 },
    });
  });

  it("names the lowest of the limits in the way", () => {
    const known = calibrated(
      limitOf({}),
      limitOf({ sink: "postgres", topology: "dev", ratePerS: 3_000 }),
    );
    const check = checkRate(wish(60_000), known, MACHINE);
    expect(check.kind === "too-much" && check.limit.sink).toBe("postgres");
  });

  it("does not hold another topology, another encoding, or a search without an end against it", () => {
    const known = calibrated(
      limitOf({ sink: "postgres", topology: "mini", ratePerS: 10 }),
      limitOf({ sink: "envelopes", ratePerS: 10 }),
      limitOf({ ratePerS: 10, isLimit: false }),
    );
    expect(checkRate(wish(1000), known, MACHINE).kind).toBe("fits");
    expect(checkRate(wish(1000, "mini"), known, MACHINE).kind).toBe("too-much");
  });
});

describe("the queries of a plan", () => {
  const queries = [{ ratePerS: 40 }, { ratePerS: 30 }];

  it("count together, against what k6 can ask", () => {
    const known = calibrated(limitOf({ sink: "k6", ratePerS: 60 }));
    const check = checkRate({ ...wish(1000), queries }, known, MACHINE);
    expect(check).toMatchObject({ kind: "too-much", ratePerS: 70, limit: { sink: "k6" } });
    expect(checkRate(wish(1000), known, MACHINE).kind).toBe("fits");
    const day = { kind: "diurnal", spacing: "poisson", periodMs: 60_000, peakRatio: 2 } as const;
    const waves = [{ ratePerS: 31, arrivals: day }];
    expect(checkRate({ ...wish(1000), queries: waves }, known, MACHINE).kind).toBe("too-much");
    const more = calibrated(limitOf({ sink: "k6", ratePerS: 80 }));
    expect(checkRate({ ...wish(1000), queries }, more, MACHINE).kind).toBe("fits");
  });
});

describe("the load of a plan on the BI tier", () => {
  // 500 refreshes and 1000 calls a minute are 25 a second; 1000 users once a minute are 17 more.
  const open = { targetMs: 1000, rampMs: 0 };
  const bi = {
    dashboards: { ratePerMin: 500, ...open },
    apiCalls: { ratePerMin: 1000, ...open },
    users: { count: 1000, thinkMsMean: 60_000, targetMs: 2000 },
  };

  it("counts together, users at the rate of their pauses, against what a k6 of its own can ask", () => {
    const known = calibrated(limitOf({ sink: "bi", ratePerS: 40 }));
    const check = checkRate({ ...wish(1000), bi }, known, MACHINE);
    expect(check).toMatchObject({ kind: "too-much", limit: { sink: "bi" } });
    expect(check.kind === "too-much" && check.ratePerS).toBeCloseTo(25 + 1000 / 60, 6);
    const { users, ...withoutUsers } = bi;
    expect(users.count).toBe(1000);
    expect(checkRate({ ...wish(1000), bi: withoutUsers }, known, MACHINE).kind).toBe("fits");
    const other = calibrated(limitOf({ sink: "k6", ratePerS: 1 }));
    expect(checkRate({ ...wish(1000), bi }, other, MACHINE).kind).toBe("fits");
  });

  it("is not hidden by queries that fit", () => {
    const known = calibrated(
      limitOf({ sink: "k6", ratePerS: 100 }),
      limitOf({ sink: "bi", ratePerS: 1 }),
    );
    const both = { ...wish(1000), queries: [{ ratePerS: 10 }], bi };
    expect(checkRate(both, known, MACHINE)).toMatchObject({ limit: { sink: "bi" } });
  });
});

describe("peakRatePerS", () => {
  it("is the rate of the bursts, because the generator has to offer those", () => {
    const burst: Arrivals = {
      kind: "burst",
      spacing: "poisson",
      periodMs: 60_000,
      burstMs: 6000,
      peakRatio: 4,
    };
    expect(peakRatePerS({ rateEventsPerS: 1000, arrivals: burst })).toBe(4000);
    expect(peakRatePerS({ rateEventsPerS: 1000, arrivals: "uniform" })).toBe(1000);
    expect(
      checkRate(
        { bank: { rateEventsPerS: 1000, arrivals: burst }, topology: "dev" },
        calibrated(limitOf({ ratePerS: 3000 })),
        MACHINE,
      ).kind,
    ).toBe("too-much");
  });
});

describe("checkKafkaRate", () => {
  const known = calibrated(
    limitOf({ sink: "sql", ratePerS: 10 }),
    limitOf({ sink: "envelopes", ratePerS: 60_000 }),
    limitOf({ sink: "envelopes", ratePerS: 110_000, threadCount: 2 }),
    limitOf({ sink: "kafka", topology: "broker", ratePerS: 90_000, threadCount: 2 }),
  );
  const kafkaWish = (
    rateEventsPerS: number,
    topology: string | undefined,
  ): Parameters<typeof checkKafkaRate>[0] => ({ rateEventsPerS, topology, arrivals: "poisson" });

  it("refuses what lies above the brokers that were measured, of their topology alone", () => {
    expect(checkKafkaRate(kafkaWish(90_000, "broker"), known, MACHINE).kind).toBe("fits");
    const tooMuch = checkKafkaRate(kafkaWish(90_001, "broker"), known, MACHINE);
    expect(tooMuch).toMatchObject({ kind: "too-much", limit: { sink: "kafka" } });
    expect(checkKafkaRate(kafkaWish(100_000, "mini"), known, MACHINE).kind).toBe("fits");
  });

  it("refuses anywhere what all threads together cannot write, and nothing for the sake of one thread", () => {
    expect(checkKafkaRate(kafkaWish(110_000, undefined), known, MACHINE).kind).toBe("fits");
    const tooMuch = checkKafkaRate(kafkaWish(110_001, undefined), known, MACHINE);
    expect(tooMuch).toMatchObject({
      kind: "too-much",
      limit: { sink: "envelopes", ratePerS: 110_000 },
    });
  });

  it("counts the peak of a day", () => {
    const arrivals = {
      kind: "diurnal",
      spacing: "poisson",
      periodMs: 60_000,
      peakRatio: 2,
    } as const;
    const day = { rateEventsPerS: 60_000, topology: undefined, arrivals };
    expect(checkKafkaRate(day, known, MACHINE)).toMatchObject({
      kind: "too-much",
      ratePerS: 120_000,
    });
  });

  it("only tells what is not known", () => {
    expect(checkKafkaRate(kafkaWish(1e9, "broker"), undefined, MACHINE).kind).toBe("unknown");
    const elsewhere = { ...MACHINE, cpuCount: 64 };
    expect(checkKafkaRate(kafkaWish(1e9, "broker"), known, elsewhere).kind).toBe("unknown");
    expect(checkKafkaRate(kafkaWish(1e9, "broker"), calibrated(), MACHINE).kind).toBe("fits");
  });
});

describe("generatorCeiling", () => {
  const known = calibrated(
    limitOf({ sink: "envelopes", ratePerS: 60_000 }),
    limitOf({ sink: "envelopes", ratePerS: 110_000, threadCount: 2 }),
    limitOf({ sink: "k6", ratePerS: 300, isLimit: false }),
  );

  it("is the most that any number of threads made", () => {
    expect(generatorCeiling(["envelopes"], known, MACHINE)).toBe(110_000);
  });

  it("is not there where no limit was met, nothing was measured, or elsewhere", () => {
    expect(generatorCeiling(["k6"], known, MACHINE)).toBeUndefined();
    expect(generatorCeiling(["kafka"], known, MACHINE)).toBeUndefined();
    expect(generatorCeiling(["envelopes"], undefined, MACHINE)).toBeUndefined();
    const elsewhere = { ...MACHINE, cpuCount: 64 };
    expect(generatorCeiling(["envelopes"], known, elsewhere)).toBeUndefined();
  });
});
