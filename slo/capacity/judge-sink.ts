/** One window of load into a sink: did the generator keep its schedule, with headroom left? */
import type { SinkLimit } from "../../core/contracts/generator-limits.ts";
import type { SearchStep } from "../../core/contracts/capacity.ts";
import type { SinkWindow } from "../../core/contracts/load-sink.ts";
import { STEP_LIMITS } from "./judge-step.ts";

/** How late an operation may start when nothing but the generator is there: the seed's figure for its lag. */
const START_LAG_MS_MAX = 100;
const NEAR_RATIO = 1.1;

export type JudgedWindow = Pick<SearchStep, "status" | "isNear" | "because"> & {
  /** Whose limit the tightest condition is. */
  readonly limitedBy: Exclude<SinkLimit["limitedBy"], "ceiling">;
};

interface Condition {
  readonly text: string;
  readonly pressureRatio: number;
  readonly limitedBy: JudgedWindow["limitedBy"];
}

/** `isNull`: there is nothing behind the generator, so that every limit is its own. */
export function judgeSink(window: SinkWindow, isNull: boolean): JudgedWindow {
  const worst = conditionsOf(window, isNull).reduce((most, next) =>
    next.pressureRatio > most.pressureRatio ? next : most,
  );
  const { pressureRatio, text, limitedBy } = worst;
  return {
    status: pressureRatio > 1 ? "breaks" : "holds",
    isNear: pressureRatio < NEAR_RATIO && pressureRatio > 1 / NEAR_RATIO,
    because: text,
    limitedBy,
  };
}

function conditionsOf(window: SinkWindow, isNull: boolean): readonly Condition[] {
  const { dueCount, settledCount, failedCount, latencyMsP99, busyRatio, loopDelayMsP99 } = window;
  const behind = isNull ? "generator" : "sink";
  const shortfall = dueCount === 0 ? 0 : Math.max(0, 1 - settledCount / dueCount);
  const shortfallMax = STEP_LIMITS.shortfallRatio + 3 / Math.sqrt(Math.max(1, dueCount));
  const failedRatio = settledCount === 0 ? 0 : failedCount / settledCount;
  const latencyMsMax = isNull ? START_LAG_MS_MAX : STEP_LIMITS.latencyMsP95;
  return [
    {
      text: `busy ${percent(busyRatio)} of a core (limit ${percent(STEP_LIMITS.cpuRatio)})`,
      pressureRatio: busyRatio / STEP_LIMITS.cpuRatio,
      limitedBy: "generator",
    },
    {
      text: `its loop late by ${loopDelayMsP99.toFixed(0)} ms (limit ${String(STEP_LIMITS.loopDelayMs)} ms)`,
      pressureRatio: loopDelayMsP99 / STEP_LIMITS.loopDelayMs,
      limitedBy: "generator",
    },
    {
      text: `${percent(shortfall)} of what was due not done (limit ${percent(shortfallMax)})`,
      pressureRatio: shortfall / shortfallMax,
      limitedBy: behind,
    },
    {
      text: `${percent(failedRatio)} failed (limit ${percent(STEP_LIMITS.failedRatio)})`,
      pressureRatio: failedRatio / STEP_LIMITS.failedRatio,
      limitedBy: behind,
    },
    {
      text: `p99 ${latencyMsP99.toFixed(1)} ms after its intended start (limit ${String(latencyMsMax)} ms)`,
      pressureRatio: latencyMsP99 / latencyMsMax,
      limitedBy: behind,
    },
  ];
}

function percent(ratio: number): string {
  return `${(ratio * 100).toFixed(1)} %`;
}
