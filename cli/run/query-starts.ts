/** What k6 is told of a class whose starts are no even ticks, and with how many workers it comes. Pure. */
import { arrivalShape } from "../../core/arrival-shape.ts";
import type { Arrivals, QueryClassPlan } from "../../core/contracts/plan.ts";
import { queryPeakPerS } from "../../core/generator-limits.ts";
import type { StartShape } from "../../generators/k6/starts.ts";

/** Straight lines between them: a start lies within one of these steps of where it should. */
const STEP_COUNT = 400;
const DIGITS = 6;

/** Undefined: even ticks. */
export function startShapeOf(arrivals: Arrivals | undefined): StartShape | undefined {
  if (arrivals === undefined || arrivals === "uniform") return undefined;
  if (arrivals === "poisson") return { spacing: arrivals, periodMs: 1000, shares: [0, 1] };
  const { spacing, periodMs } = arrivals;
  // One start a period: counts are shares.
  const shape = arrivalShape(arrivals, 1000 / periodMs);
  const shareAt = (step: number): number =>
    Number(shape.expectedCount((step * periodMs) / STEP_COUNT).toFixed(DIGITS));
  return {
    ...{ spacing, periodMs },
    shares: Array.from({ length: STEP_COUNT + 1 }, (_, step) => shareAt(step)),
  };
}

/** Some for the queries that hang until their time-out; a missing worker would only hide the engine's state. */
const WORKER_COUNT_MIN = 24;
/** Each takes some MiB of k6. */
const WORKER_COUNT_MAX = 200;
/** Answers this slow are still seen at the full rate. */
const WORKER_MS_MIN = 1000;

/** Queries of a class that can be under way at once. */
export function workerCountOf(query: QueryClassPlan): number {
  const workerS = Math.max(query.targetMs, WORKER_MS_MIN) / 1000;
  const wanted = Math.ceil(queryPeakPerS(query) * workerS);
  return Math.min(WORKER_COUNT_MAX, Math.max(WORKER_COUNT_MIN, wanted));
}
