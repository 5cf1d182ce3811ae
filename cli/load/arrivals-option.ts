/** `--arrivals`: how starts are spread over time, as one word or a word with its numbers. */
import { arrivalProblems } from "../../core/arrival-shape.ts";
import type { Arrivals, ArrivalSpacing } from "../../core/contracts/plan.ts";
import { LakeproofError } from "../../core/errors.ts";

const FORMS =
  "poisson, uniform, burst:periodMs=60000,burstMs=6000,peakRatio=4 or diurnal:periodMs=600000,peakRatio=1.8; " +
  "the last two are spaced poisson, or uniform with ,spacing=uniform";

/** Numbers that a shape needs, each of them and no other. */
const NUMBERS = {
  burst: ["periodMs", "burstMs", "peakRatio"],
  diurnal: ["periodMs", "peakRatio"],
} as const;

/** Throws USAGE, with every problem and what is allowed. */
export function arrivalsOf(text: string): Arrivals {
  if (text === "poisson" || text === "uniform") return text;
  const [kind = "", rest = ""] = text.split(/:(.*)/s);
  if (kind !== "burst" && kind !== "diurnal") throw refused(text, []);
  const fields = new Map(
    rest.split(",").map((part) => {
      const [name = "", value = ""] = part.split(/=(.*)/s);
      return [name.trim(), value.trim()] as const;
    }),
  );
  const names: readonly string[] = NUMBERS[kind];
  const unknown = [...fields.keys()].filter((name) => !names.includes(name) && name !== "spacing");
  const problems = [
    ...unknown.map((name) => `${JSON.stringify(name)} is not known.`),
    ...names
      .filter((name) => !/^\d+(\.\d+)?$/.test(fields.get(name) ?? ""))
      .map((name) => `${name} is no number.`),
  ];
  if (problems.length > 0) throw refused(text, problems);
  const number = (name: string): number => Number(fields.get(name));
  const shape = {
    // What is neither is told by arrivalProblems.
    spacing: (fields.get("spacing") ?? "poisson") as ArrivalSpacing,
    periodMs: number("periodMs"),
    peakRatio: number("peakRatio"),
  };
  const arrivals: Arrivals =
    kind === "burst" ? { kind, ...shape, burstMs: number("burstMs") } : { kind, ...shape };
  const wrong = arrivalProblems(arrivals, "--arrivals");
  if (wrong.length > 0) throw refused(text, wrong);
  return arrivals;
}

function refused(text: string, problems: readonly string[]): LakeproofError {
  const message = [`--arrivals is ${JSON.stringify(text)}.`, ...problems].join(" ");
  return new LakeproofError("USAGE", message, { hint: `Give ${FORMS}.` });
}
