/** From what was in Kafka at which moment to the connector's rate, and from drains to the points of the curve. */
import type { CurveDrain, CurvePoint } from "../../core/contracts/connector-curve.ts";

/** A look at the topics while a backlog drains. */
export interface DrainLook {
  readonly atMs: number;
  /** Changes of the backlog that are in Kafka. */
  readonly eventCount: number;
  /** CPU so far by stage. */
  readonly cpuMs: Readonly<Record<string, number>>;
}

export interface DrainFigures {
  readonly eventsPerS: number;
  readonly cpuMicrosPerEvent: Readonly<Record<string, number>>;
}

/** Where a task starts and where its last batch ends belongs to neither its speed nor its price. */
const FROM_RATIO = 0.1;
const TO_RATIO = 0.9;

/** Undefined when the looks are too few or too far apart to tell. */
export function drainFigures(
  looks: readonly DrainLook[],
  eventCount: number,
): DrainFigures | undefined {
  const from = momentOf(looks, eventCount * FROM_RATIO);
  const to = momentOf(looks, eventCount * TO_RATIO);
  if (from === undefined || to === undefined || to.atMs <= from.atMs) return undefined;
  const middleCount = eventCount * (TO_RATIO - FROM_RATIO);
  const stages = Object.keys(to.cpuMs);
  return {
    eventsPerS: middleCount / ((to.atMs - from.atMs) / 1000),
    cpuMicrosPerEvent: Object.fromEntries(
      stages.map((stage) => [
        stage,
        (Math.max(0, (to.cpuMs[stage] ?? 0) - (from.cpuMs[stage] ?? 0)) * 1000) / middleCount,
      ]),
    ),
  };
}

/** When so many were there, and what CPU had been used by then: between two looks by straight lines. */
function momentOf(
  looks: readonly DrainLook[],
  count: number,
): Omit<DrainLook, "eventCount"> | undefined {
  const index = looks.findIndex((look) => look.eventCount >= count);
  const after = looks[index];
  const before = looks[index - 1];
  if (after === undefined || before === undefined) return undefined;
  const part = (count - before.eventCount) / (after.eventCount - before.eventCount);
  const between = (low: number, high: number): number => low + (high - low) * part;
  return {
    atMs: between(before.atMs, after.atMs),
    cpuMs: Object.fromEntries(
      Object.entries(after.cpuMs).map(([stage, ms]) => [
        stage,
        between(before.cpuMs[stage] ?? 0, ms),
      ]),
    ),
  };
}

/** One point for each size and number, in order; the median drain of each gives all its figures but the range. */
export function curvePoints(drains: readonly CurveDrain[]): readonly CurvePoint[] {
  const cells = Map.groupBy(drains, ({ transactionRowCount, slotCount }) =>
    JSON.stringify([transactionRowCount, slotCount]),
  );
  const points = [...cells.values()].flatMap(pointOf);
  return points
    .map((point) => {
      const single = points.find(
        (other) => other.slotCount === 1 && other.transactionRowCount === point.transactionRowCount,
      );
      if (single === undefined || point.slotCount === 1) return point;
      return { ...point, speedupRatio: point.eventsPerS / single.eventsPerS };
    })
    .toSorted(
      (one, other) =>
        one.slotCount - other.slotCount || one.transactionRowCount - other.transactionRowCount,
    );
}

function pointOf(drains: readonly CurveDrain[]): readonly CurvePoint[] {
  const ordered = drains.toSorted((one, other) => one.eventsPerS - other.eventsPerS);
  // Of an even number the slower of the two in the middle.
  const median = ordered[Math.floor((ordered.length - 1) / 2)];
  if (median === undefined) return [];
  const { transactionRowCount, slotCount, eventsPerS, firstEventMs } = median;
  return [
    {
      ...{ transactionRowCount, slotCount, drainCount: drains.length, eventsPerS, firstEventMs },
      eventsPerSMin: ordered.at(0)?.eventsPerS ?? eventsPerS,
      eventsPerSMax: ordered.at(-1)?.eventsPerS ?? eventsPerS,
      walBytesPerEvent: median.walBytesPerEvent,
      cpuMicrosPerEvent: median.cpuMicrosPerEvent,
    },
  ];
}
