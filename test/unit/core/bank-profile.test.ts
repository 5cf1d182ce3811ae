/** The arithmetic of a profile against sums done by hand, and the profiles that cannot be. */
import { describe, expect, it } from "vitest";
import {
  bankProfile,
  bankProfileProblems,
  meanEventsPerTxn,
  merchantCountOf,
  merchantTransferRatio,
  operationRatios,
} from "../../../core/bank-profile.ts";
import type { BankProfile } from "../../../core/contracts/plan.ts";
import { plan } from "../../../core/plan.ts";
import type { PlanPorts } from "../../../core/plan.ts";
import type { Scenario } from "../../../core/contracts/scenario.ts";
import { smoke } from "../../../scenarios/smoke.ts";

/** A quarter inserts, half of them of closed accounts, and nothing but transfers besides. */
const GROWING: Partial<BankProfile> = {
  insertRatio: 0.25,
  updateRatio: 0.7,
  deleteRatio: 0.05,
  reopenRatio: 0.5,
  transferRatio: 1,
  profileRatio: 0,
  salaryRatio: 0,
  merchantEventRatio: 0.01,
};

describe("operationRatios", () => {
  it("gives the operations that make up the declared events", () => {
    // Of 100 events: 25 openings (25 c, 25 u), 5 closings (5 d, 10 u), and 35 u left for 17.5 transfers.
    const profile = bankProfile(GROWING, 1);
    const ratios = operationRatios(profile);
    const total = 25 + 5 + 17.5;
    expect(ratios.open).toBeCloseTo(12.5 / total, 12);
    expect(ratios.reopen).toBeCloseTo(12.5 / total, 12);
    expect(ratios.close).toBeCloseTo(5 / total, 12);
    expect(ratios.transfer).toBeCloseTo(17.5 / total, 12);
    expect(meanEventsPerTxn(profile)).toBeCloseTo(100 / total, 12);
  });

  it("counts the accounts a salary pays, and the operations of a transaction", () => {
    const salaries = bankProfile(
      {
        insertRatio: 0,
        updateRatio: 1,
        deleteRatio: 0,
        transferRatio: 0,
        profileRatio: 0,
        salaryRatio: 1,
        salaryAccountCountMin: 10,
        salaryAccountCountMax: 20,
        merchantCount: 0,
        txnSizes: [
          { operationCount: 1, txnRatio: 0.75 },
          { operationCount: 5, txnRatio: 0.25 },
        ],
      },
      1,
    );
    expect(meanEventsPerTxn(salaries)).toBeCloseTo((1 + 15) * 2, 12);
  });
});

describe("merchants", () => {
  it("are dealt out to the lanes in turn", () => {
    const profile = bankProfile({ merchantCount: 5 }, 3);
    expect([0, 1, 2].map((lane) => merchantCountOf(profile, lane, 3))).toEqual([2, 2, 1]);
  });

  it("take of one lane's transfers what makes their share of all lanes' events", () => {
    // 17.5 transfers in 100 events; 1 % of the events of 4 lanes are 4 of 100 in one lane.
    const profile = bankProfile(GROWING, 4);
    expect(merchantTransferRatio(profile, 4, 1)).toBeCloseTo(4 / 17.5, 12);
    expect(merchantTransferRatio(profile, 4, 0)).toBe(0);
  });

  it("have a default share that any number of lanes can carry, 1.5 % up to eight of them", () => {
    for (let laneCount = 1; laneCount <= 64; laneCount += 1) {
      const profile = bankProfile(undefined, laneCount);
      expect(bankProfileProblems(profile, laneCount)).toEqual([]);
      if (laneCount <= 8) expect(profile.merchantEventRatio).toBe(0.015);
    }
  });
});

describe("bankProfileProblems", () => {
  it.each<[Partial<BankProfile>, number, string]>([
    [{ zipfExponent: 0 }, 1, "zipfExponent is 0: allowed are 0.01 to 3."],
    [{ zipfExponent: Number.NaN }, 1, "zipfExponent is NaN"],
    [{ entropyRatio: 1.5 }, 1, "entropyRatio is 1.5: allowed are 0 to 1."],
    [{ payloadBytes: 1.5 }, 1, "payloadBytes must be a whole number."],
    [{ salaryAccountCountMin: 9, salaryAccountCountMax: 8 }, 1, "salaryAccountCountMax is 8"],
    [{ insertRatio: 0.5 }, 1, "insertRatio, updateRatio and deleteRatio must be"],
    [{ transferRatio: 1.2, profileRatio: -0.25 }, 1, "add up to 1"],
    [{ txnSizes: [] }, 1, "the txnRatio of all txnSizes must be at least 0 and add up to 1, not 0"],
    [{ txnSizes: [{ operationCount: 0, txnRatio: 1 }] }, 1, "operationCount must be a whole"],
    [{ insertRatio: 0.4, updateRatio: 0.4, deleteRatio: 0.2 }, 1, "at least insertRatio + 2 ×"],
    [{ merchantEventRatio: 0.015 }, 64, "one of 64 lanes can carry up to 0.00"],
    [{ transferRatio: 0, profileRatio: 1, salaryRatio: 0 }, 1, "can carry up to 0.0000"],
  ])("refuses %j with %d lane(s)", (given, laneCount, problem) => {
    expect(bankProfileProblems(bankProfile(given, laneCount), laneCount).join(" ")).toContain(
      problem,
    );
  });
});

describe("plan", () => {
  const PORTS: PlanPorts = {
    driver: "none",
    isolation: "none",
    capabilities: new Set(),
    network: {},
    faults: {},
    objectives: [],
    budgetOf: () => ({ budgetMs: 0, formula: "" }),
    toleranceOf: () => 0,
    rolesOf: () => [],
    duplicatesOf: () => 0,
    provable: () => [],
    nearest: (word) => word,
  };
  const scenario = (bank: Partial<Scenario["bank"]>): Scenario => ({
    ...smoke,
    faults: [],
    claims: [],
    bank: { ...smoke.bank, ...bank },
  });

  it("writes the whole profile down, with what the scenario declares in it", () => {
    const { bank } = plan(scenario({ profile: { zipfExponent: 0.99 } }), 1n, PORTS);
    expect(bank.profile).toEqual({ ...bankProfile(undefined, 4), zipfExponent: 0.99 });
  });

  it("refuses shapes and profiles that cannot be, all at once", () => {
    const broken = scenario({
      arrivals: { kind: "diurnal", spacing: "poisson", periodMs: 60_000, peakRatio: 3 },
      profile: { zipfExponent: 9 },
      userCountPerLane: 9_000_000,
    });
    expect(() => plan(broken, 1n, PORTS)).toThrow(
      /bank\.arrivals\.peakRatio is 3[^]*36000000 users[^]*bank\.profile: zipfExponent is 9/,
    );
  });
});
