import { describe, expect, it } from "vitest";
import type { Provable } from "../../../../core/contracts/plan.ts";
import { provableLines, recoveryLine } from "../../../../slo/objectives/provable-text.ts";

const COUNTED: Provable = {
  objectiveId: "uptime",
  claimed: false,
  sampleCountExpected: 45,
  sampleCountNeeded: 2_995,
  provable: false,
  durationMsNeeded: 29_950_000,
};

const UPTIME: Provable = {
  ...COUNTED,
  withBad: {
    badRatio: 0.0005,
    powerRatio: 0.9,
    sampleCountNeeded: 10_000,
    durationMsNeeded: 100_000_000,
  },
};

const lineOf = (more: Partial<Provable>): string =>
  provableLines([{ ...UPTIME, ...more }])[0] ?? "";

describe("provableLines", () => {
  it("says how long the proof takes that this run cannot give", () => {
    expect(lineOf({}).replaceAll(/ +/g, " ")).toBe(
      "uptime not claimed not provable in this run 45 of 2995 samples, takes 8.3 h with none bad; " +
        "a chance of 90 % with 0.05 % bad takes 27.8 h",
    );
  });

  it("says of what is provable how sure it is", () => {
    const provable = { provable: true, claimed: true, sampleCountExpected: 4_000 };
    expect(lineOf(provable)).toContain(
      "4000 samples, 2995 needed with none bad; a chance of 90 % with 0.05 % bad takes 27.8 h",
    );
    expect(lineOf({ ...provable, sampleCountExpected: 10_000 })).toContain(
      "with none bad; a chance of at least 90 % even with 0.05 % bad",
    );
  });

  it("says that no length would do, and counts a rate in seconds", () => {
    expect(lineOf({ durationMsNeeded: 0 })).toContain("no length would do");
    const held = { ...COUNTED, sampleCountNeeded: 60, durationMsNeeded: 60_000 };
    expect(provableLines([held])[0]).toMatch(/45 of 60 seconds, takes 60 s$/);
  });

  it.each([
    [90_000, "2 min"],
    [3 * 3_600_000, "3.0 h"],
    [100 * 3_600_000, "4.2 days"],
  ])("reads %i ms as %s", (durationMsNeeded, text) => {
    expect(lineOf({ durationMsNeeded })).toContain(`takes ${text} with none bad`);
  });
});

describe("recoveryLine", () => {
  it("proves as little as the rarest kind", () => {
    expect(recoveryLine(["kill", "kill", "cut"])).toBe(
      "each kind of fault at least once: if all recover, a recovery probability of 5 % is proven " +
        "(95 % takes 59 injections of a kind)",
    );
    expect(recoveryLine(["kill", "kill", "kill"])).toContain(
      "at least 3 times: if all recover, a recovery probability of 36.8 %",
    );
    expect(recoveryLine([])).toContain("nothing is proven about recovery");
  });
});
