/**
 * Finds the highest rate that holds. Pure: the next question is a function of the options and of the answers so
 * far, so that a search that was interrupted goes on from its journal as if nothing had happened.
 *
 * Ramp until something breaks, bisect between the highest rate that held and the lowest that broke, and confirm:
 * at 100 % in a longer window, where it must hold again, and at 105 %, where it must break. What contradicts an
 * earlier answer replaces it: a system that was still sick from the overload before is given its rate back. What broke
 * above what holds stands, so that the search goes on between the two and not from the beginning.
 */
import type {
  SearchOptions,
  SearchResult,
  SearchStep,
  StepPurpose,
  StepStatus,
} from "../../core/contracts/capacity.ts";
import { requireThat, requireWhole } from "../maths/ranges.ts";

export interface Question {
  readonly kind: "step";
  readonly purpose: StepPurpose;
  readonly ratePerS: number;
  /** 1 for the first window at this rate and purpose. */
  readonly attempt: number;
  /** Length of the window over the usual one: what is confirmed is looked at longer. */
  readonly windowRatio: number;
  /** Rest before it, over the usual window: after an overload, so that the next window does not pay for it. */
  readonly restRatio: number;
}

export type Decision = Question | { readonly kind: "done"; readonly result: SearchResult };

const CONFIRM_WINDOW_RATIO = 2;
const OVERSHOOT_RATIO = 1.05;
const REST_RATIO = 0.5;
/** Where it broke twice in a row, the second time may have been the first one's fault. */
const LONG_REST_RATIO = 1.5;
/** So often a short window may refute a longer one. */
const REFUTED_COUNT_MAX = 1;
/** Rates are asked for with so many digits: nobody needs 1234.567 events a second. */
const DIGITS = 3;
/** Rounding must not make two steps of a ramp the same. */
const GROWTH_RATIO_MIN = 1.1;

interface Ceiling {
  readonly ratePerS: number;
  readonly status: Exclude<StepStatus, "holds">;
  readonly because: string;
}

interface State {
  readonly purpose: StepPurpose;
  readonly ratePerS: number;
  /** Answers at the present question. */
  readonly attempts: readonly SearchStep[];
  /** The latest window of all broke. */
  readonly lastBroke: boolean;
  /** The window before the present question's first one did. */
  readonly isAfterBreak: boolean;
  /** Rates that held, ascending, all below the ceiling. */
  readonly held: readonly number[];
  /** Rates that did not, ascending, none contradicted since. The lowest is the ceiling. */
  readonly broken: readonly Ceiling[];
  /** Rates that did not hold in the longer window, each time anew. */
  readonly unconfirmed: readonly Ceiling[];
  readonly stepCount: number;
  readonly done: Omit<SearchResult, "stepCount"> | undefined;
}

/** The next step, or the result. Throws INTERNAL when an answer does not belong to the question asked. */
export function decide(options: SearchOptions, steps: readonly SearchStep[]): Decision {
  const state = stateAfter(options, steps);
  if (state.done !== undefined) {
    return { kind: "done", result: { ...state.done, stepCount: state.stepCount } };
  }
  if (state.stepCount >= options.stepCountMax) {
    const because = `${String(options.stepCountMax)} steps were not enough.`;
    return { kind: "done", result: summary(state, because) };
  }
  const { purpose, ratePerS, attempts } = state;
  const windowRatio = purpose === "confirm-100" ? CONFIRM_WINDOW_RATIO : 1;
  const rest = attempts.length === 0 ? REST_RATIO : LONG_REST_RATIO;
  const restRatio = state.lastBroke ? rest : 0;
  return { kind: "step", purpose, ratePerS, attempt: attempts.length + 1, windowRatio, restRatio };
}

/** What is known when nobody asks any further. */
export function resultSoFar(options: SearchOptions, steps: readonly SearchStep[]): SearchResult {
  const state = stateAfter(options, steps);
  if (state.done !== undefined) return { ...state.done, stepCount: state.stepCount };
  return summary(state, "The search was cut short.");
}

function stateAfter(options: SearchOptions, steps: readonly SearchStep[]): State {
  requireWhole("attemptCountMax", options.attemptCountMax, 1);
  requireThat(
    options.growthRatio >= GROWTH_RATIO_MIN && options.toleranceRatio > 0,
    `growthRatio is ${String(options.growthRatio)} and toleranceRatio ${String(options.toleranceRatio)}.`,
    `Give a growthRatio of at least ${String(GROWTH_RATIO_MIN)} and a toleranceRatio above 0.`,
  );
  requireThat(
    options.ratePerSMin > 0 && options.ratePerSMin <= options.ratePerSMax,
    `Rates go from ${String(options.ratePerSMin)} to ${String(options.ratePerSMax)}.`,
    "Give a lowest rate above 0 that is not above the highest.",
  );
  const start: State = {
    ...asking("ramp", within(options, options.startRatePerS)),
    lastBroke: false,
    isAfterBreak: false,
    held: [],
    broken: [],
    unconfirmed: [],
    stepCount: 0,
    done: undefined,
  };
  return steps.reduce((state, step) => advance(options, state, step), start);
}

function summary(state: State, because: string): SearchResult {
  const { broken, stepCount } = state;
  const [ceiling] = broken;
  const ratePerS = state.held.at(-1);
  return {
    status: "unconfirmed",
    ...(ratePerS === undefined ? {} : { ratePerS }),
    ...(ceiling === undefined ? {} : { brokenRatePerS: ceiling.ratePerS }),
    because,
    stepCount,
  };
}

function asking(
  purpose: StepPurpose,
  ratePerS: number,
): Pick<State, "purpose" | "ratePerS" | "attempts"> {
  return { purpose, ratePerS, attempts: [] };
}

/** Rounded, and never outside what may be tried. */
function within({ ratePerSMin, ratePerSMax }: SearchOptions, ratePerS: number): number {
  const rounded = Number(ratePerS.toPrecision(DIGITS));
  return Math.min(ratePerSMax, Math.max(ratePerSMin, rounded));
}

function advance(options: SearchOptions, before: State, step: SearchStep): State {
  requireThat(
    before.done === undefined &&
      step.purpose === before.purpose &&
      step.ratePerS === before.ratePerS,
    `A ${step.purpose} step at ${String(step.ratePerS)} answers no question: ${before.purpose} at ${String(before.ratePerS)} was asked.`,
    "Go on with the journal and the options that the search was begun with.",
  );
  const attempts = [...before.attempts, step];
  const state: State = {
    ...before,
    attempts,
    isAfterBreak: before.attempts.length === 0 ? before.lastBroke : before.isAfterBreak,
    lastBroke: step.status === "breaks",
    stepCount: before.stepCount + 1,
  };
  const answer = settled(options, state);
  if (answer === undefined) return state;
  switch (state.purpose) {
    case "ramp":
    case "bisect":
      return narrowed(options, state, answer);
    case "confirm-100":
      return confirmed(options, state, answer);
    case "confirm-105":
      return overshot(options, state, answer);
  }
}

/**
 * A clear answer stands at once. One that is near a limit, that is blind, or that broke right after another
 * window had, is asked for again until most windows agree; where they never do, the rate is not one to rely on.
 */
function settled(
  { attemptCountMax }: SearchOptions,
  { attempts, isAfterBreak }: State,
): SearchStep | undefined {
  const last = attempts.at(-1);
  if (last === undefined) return undefined;
  const isDoubtful = last.isNear || (last.status === "breaks" && isAfterBreak);
  if (attempts.length === 1 && !isDoubtful && last.status !== "blind") return last;
  const most = Math.floor(attemptCountMax / 2) + 1;
  const agreeing = attempts.filter((step) => step.status === last.status);
  if (agreeing.length >= most) return last;
  if (attempts.length < attemptCountMax) return undefined;
  return attempts.findLast((step) => step.status !== "holds") ?? last;
}

/** A rate of the ramp or of the bisection was answered: the bracket is narrower by it. */
function narrowed(options: SearchOptions, state: State, answer: SearchStep): State {
  const { ratePerS } = state;
  if (answer.status === "holds") {
    return onward(options, { ...state, held: [...state.held, ratePerS] });
  }
  const { status, because } = answer;
  return onward(options, { ...state, broken: withBroken(state, { ratePerS, status, because }) });
}

/** The latest answer at a rate is the one that counts. */
function withBroken({ broken }: State, one: Ceiling): readonly Ceiling[] {
  return [...broken.filter(({ ratePerS }) => ratePerS !== one.ratePerS), one].toSorted(
    (a, b) => a.ratePerS - b.ratePerS,
  );
}

/** Asks the next question from the bracket alone. */
function onward(options: SearchOptions, state: State): State {
  const [ceiling] = state.broken;
  const low = state.held.at(-1);
  if (low === undefined) {
    if (ceiling === undefined) return state;
    if (ceiling.ratePerS <= options.ratePerSMin) return { ...state, done: nothingHeld(ceiling) };
    const lower = within(options, ceiling.ratePerS / options.growthRatio);
    return { ...state, ...asking("ramp", lower) };
  }
  if (ceiling === undefined) {
    if (low >= options.ratePerSMax) return { ...state, ...asking("confirm-100", low) };
    return { ...state, ...asking("ramp", within(options, low * options.growthRatio)) };
  }
  const middle = within(options, Math.sqrt(low * ceiling.ratePerS));
  const isNarrow = ceiling.ratePerS <= low * (1 + options.toleranceRatio);
  // Rounding can leave no rate between the two.
  if (isNarrow || middle <= low || middle >= ceiling.ratePerS) {
    return { ...state, ...asking("confirm-100", low) };
  }
  return { ...state, ...asking("bisect", middle) };
}

function nothingHeld(ceiling: Ceiling): Omit<SearchResult, "stepCount"> {
  const { ratePerS: brokenRatePerS, because } = ceiling;
  return { status: ceiling.status === "blind" ? "blind" : "none", brokenRatePerS, because };
}

function confirmed(options: SearchOptions, state: State, answer: SearchStep): State {
  const { ratePerS } = state;
  if (answer.status !== "holds") {
    // It held once and does not hold for longer: the next lower one has to stand for it.
    const held = state.held.slice(0, -1);
    const { status, because } = answer;
    const one: Ceiling = { ratePerS, status, because };
    const unconfirmed = [...state.unconfirmed, one];
    return onward(options, { ...state, held, broken: withBroken(state, one), unconfirmed });
  }
  const [ceiling] = state.broken;
  if (ceiling?.status === "blind") return { ...state, done: atLeast(ratePerS, ceiling) };
  const higher = within(options, ratePerS * OVERSHOOT_RATIO);
  if (higher <= ratePerS || ceiling === undefined) {
    const because = `${String(options.ratePerSMax)} a second is the highest rate that may be offered.`;
    return { ...state, done: { status: "at-least", ratePerS, because } };
  }
  return { ...state, ...asking("confirm-105", higher) };
}

function atLeast(ratePerS: number, ceiling: Ceiling): Omit<SearchResult, "stepCount"> {
  const { ratePerS: brokenRatePerS, because } = ceiling;
  return { status: "at-least", ratePerS, brokenRatePerS, because };
}

function overshot(options: SearchOptions, state: State, answer: SearchStep): State {
  const { ratePerS } = state;
  const low = state.held.at(-1) ?? ratePerS;
  switch (answer.status) {
    case "breaks": {
      const because = answer.because;
      return {
        ...state,
        done: { status: "found", ratePerS: low, brokenRatePerS: ratePerS, because },
      };
    }
    case "blind":
      return {
        ...state,
        done: atLeast(low, { ratePerS, status: "blind", because: answer.because }),
      };
    case "holds": {
      // Twice it held for a while and not for longer: the limit lies between, and asking on would never end.
      const lasting = state.unconfirmed.filter(
        (one) => one.ratePerS > low && one.ratePerS <= ratePerS,
      );
      const again = lasting[REFUTED_COUNT_MAX];
      if (again !== undefined) {
        const { ratePerS: brokenRatePerS, because } = again;
        return { ...state, done: { status: "found", ratePerS: low, brokenRatePerS, because } };
      }
      // What broke below it was not the limit: the system was still sick, or it was noise.
      const broken = state.broken.filter((one) => one.ratePerS > ratePerS);
      return onward(options, { ...state, held: [...state.held, ratePerS], broken });
    }
  }
}
