import { describe, expect, it } from "vitest";
import type { Arrivals } from "../../../core/contracts/plan.ts";
import type { GeneratorLimits, SinkLimit } from "../../../core/contracts/generator-limits.ts";
import { checkRate, generatorCeiling, peakRatePerS } from "../../../core/generator-limits.ts";

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
    const more = calibrated(limitOf({ sink: "k6", ratePerS: 80 }));
    expect(checkRate({ ...wish(1000), queries }, more, MACHINE).kind).toBe("fits");
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
