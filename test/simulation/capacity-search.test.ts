/** Whole searches against stages whose limit is known: does it find it, say only what it saw, and end? */
import { describe, expect, it } from "vitest";
import { Random } from "../../generators/random.ts";
import { decide, resultSoFar } from "../../slo/capacity/search.ts";
import { SEARCH, searchStage, type Searched } from "../fixtures/synthetic-stage.ts";

const TRIALS = Array.from({ length: 300 }, (_, trial) => trial);
/** Rates are asked for with three digits. */
const ROUNDING = 0.005;

/** Knees from 20 to 500 000 a second, as many in each decade. */
function kneeOf(trial: number): number {
  return 20 * 25_000 ** new Random(BigInt(trial + 1)).unit();
}

function heldAt(searched: Searched, ratePerS: number, purpose: string): boolean {
  return searched.steps.some(
    (step) => step.purpose === purpose && step.ratePerS === ratePerS && step.status === "holds",
  );
}

describe("an exact stage", () => {
  it.for(TRIALS)("is found within the tolerance, trial %i", (trial) => {
    const kneePerS = kneeOf(trial);
    const { result } = searchStage({ kneePerS });
    expect(result.status).toBe("found");
    expect(result.ratePerS).toBeLessThanOrEqual(kneePerS);
    expect((result.ratePerS ?? 0) * (1.05 + ROUNDING)).toBeGreaterThanOrEqual(
      kneePerS * (1 - ROUNDING),
    );
    expect(result.brokenRatePerS).toBeGreaterThan(kneePerS);
    // Eleven doublings at most, four halvings, two confirmations; breaks in a row are seen twice.
    expect(result.stepCount).toBeLessThanOrEqual(26);
  });

  it("is confirmed: held at 100 % in a window twice as long, broken at 105 %", () => {
    const searched = searchStage({ kneePerS: 3_210 });
    const [last, before] = [searched.questions.at(-1), searched.questions.at(-2)];
    expect(before).toMatchObject({ purpose: "confirm-100", windowRatio: 2 });
    expect(last).toMatchObject({ purpose: "confirm-105", windowRatio: 1 });
    expect((last?.ratePerS ?? 0) / (before?.ratePerS ?? 1)).toBeCloseTo(1.05, 2);
  });

  it("that carries everything ends at the highest rate that may be offered", () => {
    const options = { ...SEARCH, ratePerSMax: 12_345 };
    const { result, questions } = searchStage({ kneePerS: 1e9 }, options);
    expect(result).toMatchObject({ status: "at-least", ratePerS: 12_345 });
    expect(result.brokenRatePerS).toBeUndefined();
    expect(questions.every(({ ratePerS }) => ratePerS <= 12_345)).toBe(true);
  });

  it("that carries nothing ends at the lowest, and names no rate", () => {
    const { result, questions } = searchStage({ kneePerS: 1 });
    expect(result).toMatchObject({ status: "none", brokenRatePerS: SEARCH.ratePerSMin });
    expect(result.ratePerS).toBeUndefined();
    expect(Math.min(...questions.map(({ ratePerS }) => ratePerS))).toBe(SEARCH.ratePerSMin);
  });
});

describe("a generator that ends before the stage", () => {
  it.for(TRIALS.slice(0, 60))("gives a lower bound and never a limit, trial %i", (trial) => {
    const blindFromPerS = kneeOf(trial);
    const searched = searchStage({ kneePerS: 1e9, blindFromPerS });
    const { result } = searched;
    expect(result.status).toBe("at-least");
    expect(result.ratePerS).toBeLessThan(blindFromPerS);
    expect(heldAt(searched, result.ratePerS ?? 0, "confirm-100")).toBe(true);
    expect(result.because).toContain("headroom");
  });

  it("from the start gives nothing at all", () => {
    const { result } = searchStage({ kneePerS: 1e9, blindFromPerS: 1 });
    expect(result.status).toBe("blind");
    expect(result.ratePerS).toBeUndefined();
  });

  it("is asked more than once before it is believed", () => {
    const { questions } = searchStage({ kneePerS: 1e9, blindFromPerS: 900 });
    expect(questions.filter(({ ratePerS }) => ratePerS === 1000).length).toBe(2);
  });
});

describe("a noisy stage", () => {
  const NOISE = 0.1;
  const all = TRIALS.map((trial) => {
    const kneePerS = kneeOf(trial);
    return { kneePerS, ...searchStage({ kneePerS, noiseRatio: NOISE }, SEARCH, trial) };
  });

  it("always ends, within the steps it may take", () => {
    expect(Math.max(...all.map(({ result }) => result.stepCount))).toBeLessThanOrEqual(
      SEARCH.stepCountMax,
    );
    const confirmed = all.filter(({ result }) => result.status === "found");
    expect(confirmed.length / all.length).toBeGreaterThan(0.97);
  });

  it("is never named higher than noise and tolerance allow, nor lower", () => {
    const ratios = all.map(({ kneePerS, result }) => (result.ratePerS ?? 0) / kneePerS);
    // One window may be wrong by the noise; the rate below it by the tolerance besides.
    expect(Math.max(...ratios)).toBeLessThanOrEqual((1 + NOISE) * (1 + ROUNDING));
    expect(Math.min(...ratios)).toBeGreaterThanOrEqual(((1 - NOISE) / 1.05) * (1 - ROUNDING));
  });

  it("has the windows repeated that are near or broke after another, and no clear one", () => {
    for (const { steps, questions } of all) {
      for (const [index, { attempt }] of questions.entries()) {
        if (attempt === 1) continue;
        const before = steps.slice(index - attempt + 1, index);
        const brokeTwice =
          before[0]?.status === "breaks" && steps[index - attempt]?.status === "breaks";
        expect(before.some(({ isNear }) => isNear) || brokeTwice).toBe(true);
      }
    }
    expect(all.some(({ questions }) => questions.some(({ attempt }) => attempt === 3))).toBe(true);
  });

  it("is only called found where the rate held when it was confirmed, and the next one did not last", () => {
    for (const searched of all.filter(({ result }) => result.status === "found")) {
      const { ratePerS = 0, brokenRatePerS = 0 } = searched.result;
      const confirmed = heldAt(searched, ratePerS, "confirm-100");
      // A rate that held at 105 % of a lower one needs its own confirmation as well.
      expect(confirmed).toBe(true);
      const last = searched.steps.at(-1);
      expect(last).toMatchObject({ purpose: "confirm-105" });
      // Or it held there for a while, and twice not for longer.
      const brokeForLonger = searched.steps.filter(
        (step) =>
          step.purpose === "confirm-100" &&
          step.status === "breaks" &&
          step.ratePerS > ratePerS &&
          step.ratePerS <= brokenRatePerS,
      );
      if (last?.status === "holds") expect(brokeForLonger.length).toBeGreaterThan(1);
      else expect(last?.ratePerS).toBe(brokenRatePerS);
    }
  });
});

describe("a stage with a hangover from overload", () => {
  it.for([0.5, 1, 1.5])("of %d windows is given its rate back", (windowCount) => {
    for (const trial of TRIALS.slice(0, 100)) {
      const kneePerS = kneeOf(trial);
      const { result } = searchStage({ kneePerS, hangover: { lossRatio: 0.25, windowCount } });
      expect(result.status).toBe("found");
      expect(result.ratePerS).toBeLessThanOrEqual(kneePerS);
      const reached = (result.ratePerS ?? 0) * (1.05 + ROUNDING);
      expect(reached).toBeGreaterThanOrEqual(kneePerS * (1 - ROUNDING));
    }
  });

  it("that outlasts every rest is never named above its knee", () => {
    for (const trial of TRIALS.slice(0, 100)) {
      const kneePerS = kneeOf(trial);
      const { result } = searchStage({ kneePerS, hangover: { lossRatio: 0.5, windowCount: 6 } });
      expect(result.ratePerS ?? 0).toBeLessThanOrEqual(kneePerS);
      expect(result.ratePerS ?? 0).toBeGreaterThan(0.4 * kneePerS);
    }
  });

  it("is rested after each break, and longer where it broke twice", () => {
    const { steps, questions } = searchStage({ kneePerS: 3_000 });
    for (const [index, { restRatio, attempt }] of questions.entries()) {
      const broke = index > 0 && steps[index - 1]?.status === "breaks";
      const rest = attempt === 1 ? 0.5 : 1.5;
      expect(restRatio).toBe(broke ? rest : 0);
    }
  });
});

describe("a search that was interrupted", () => {
  it("goes on from its answers as if nothing had happened", () => {
    const { steps, questions } = searchStage({ kneePerS: 4_321, noiseRatio: 0.1 }, SEARCH, 7);
    for (const [index, question] of questions.entries()) {
      expect(decide(SEARCH, steps.slice(0, index))).toEqual(question);
    }
  });

  it("tells what is known: the bracket, never a confirmed rate", () => {
    const { steps, questions } = searchStage({ kneePerS: 4_321 });
    const until = questions.findIndex(({ purpose }) => purpose === "confirm-100");
    const known = resultSoFar(SEARCH, steps.slice(0, until));
    expect(known.status).toBe("unconfirmed");
    expect(known.ratePerS).toBeLessThanOrEqual(4_321);
    expect(known.brokenRatePerS).toBeGreaterThan(4_321);
    expect(resultSoFar(SEARCH, [])).toEqual({
      status: "unconfirmed",
      because: "The search was cut short.",
      stepCount: 0,
    });
  });

  it("refuses answers of another search", () => {
    const { steps } = searchStage({ kneePerS: 4_321 });
    expect(() => decide({ ...SEARCH, startRatePerS: 700 }, steps)).toThrow("answers no question");
  });
});

describe("what broke above what holds", () => {
  /** Sick for its first windows below its limit of 3000 a second, as after an overload; well from then on. */
  function sickAtFirst(sickCount: number): { asked: readonly number[]; status: string } {
    const steps: Parameters<typeof decide>[1][number][] = [];
    const asked: number[] = [];
    let sick = sickCount;
    for (;;) {
      const decision = decide(SEARCH, steps);
      if (decision.kind === "done") return { asked, status: decision.result.status };
      const { purpose, ratePerS } = decision;
      const isSick = ratePerS > 2000 && ratePerS < 3000 && sick > 0;
      if (isSick) sick -= 1;
      const status = ratePerS >= 3000 || isSick ? "breaks" : "holds";
      asked.push(ratePerS);
      steps.push({ purpose, ratePerS, status, isNear: false, because: status });
    }
  }

  it.for([0, 2, 4])("stands when what broke below it is refuted, %i sick windows", (count) => {
    const { asked, status } = sickAtFirst(count);
    expect(status).toBe("found");
    // The ramp's break was not contradicted: nothing above it is offered.
    expect(asked.filter((ratePerS) => ratePerS > 4000)).toEqual([]);
  });
});

it("a rate that holds for a while and never for longer ends the search below it", () => {
  const steps: Parameters<typeof decide>[1][number][] = [];
  for (;;) {
    const decision = decide(SEARCH, steps);
    if (decision.kind === "done") {
      const { status, ratePerS = 0, brokenRatePerS = 0 } = decision.result;
      expect(status).toBe("found");
      expect(ratePerS).toBeLessThan(1000);
      expect(brokenRatePerS).toBeGreaterThanOrEqual(1000);
      expect(brokenRatePerS).toBeLessThanOrEqual(1.06 * ratePerS);
      expect(steps.length).toBeLessThan(40);
      return;
    }
    const { purpose, ratePerS } = decision;
    // Up to 1,100 a second for one window, below 1,000 for two.
    const breaks = ratePerS > 1100 || (purpose === "confirm-100" && ratePerS >= 1000);
    const status = breaks ? "breaks" : "holds";
    steps.push({ purpose, ratePerS, status, isNear: false, because: status });
  }
});
