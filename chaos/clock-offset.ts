/** A clock that is wrong: the instance's wall clock jumps, and jumps back; time that is measured goes on as before. */
import { z } from "zod";
import type { Fault, FaultContext } from "../core/contracts/fault.ts";
import { host } from "../core/host.ts";
import { allAnswer, machineFault, machineOf } from "./machine-fault.ts";
import { greyReach, specOf } from "./reach.ts";

/** A year: further away certificates and caches would be another fault. */
const OFFSET_MS_MAX = 31_536_000_000;
/** Less could not be told from an answer in whole seconds. */
const OFFSET_MS_MIN = 2000;
const DRIFT_MS_PER_S_MAX = 200;
/** What a right clock may differ by: an answer has a way back, and a reading is never of one moment. */
const TOLERANCE_MS = 250;
const READ_MS_MAX = 5000;
const FELT_MS_MAX = 10_000;
const RETRY_MS = 250;

const Params = z.strictObject({
  offsetMs: z
    .number()
    .int()
    .min(-OFFSET_MS_MAX)
    .max(OFFSET_MS_MAX)
    .refine((ms) => Math.abs(ms) >= OFFSET_MS_MIN, {
      message: `expected at least ${String(OFFSET_MS_MIN)} ms ahead or behind`,
    })
    .default(60_000),
  driftMsPerS: z.number().min(-DRIFT_MS_PER_S_MAX).max(DRIFT_MS_PER_S_MAX).default(0),
});
type Params = z.infer<typeof Params>;

/** True time (ms since 1970) between which and the next the shift began. */
interface Began {
  readonly earliestMs: number;
  readonly latestMs: number;
}

interface OffsetReading {
  /** How far ahead of ours the instance's clock is, in the middle of what the answer leaves open. */
  readonly aheadMs: number;
  /** Half of what the answer leaves open, its way there and back included. */
  readonly errorMs: number;
}

/** Pure: what an answer says, asked and answered at these moments of our clock. */
export function offsetOf(
  reading: { readonly epochMs: number; readonly errorMs: number },
  askedAtEpochMs: number,
  answeredAtEpochMs: number,
): OffsetReading {
  const middleMs = (askedAtEpochMs + answeredAtEpochMs) / 2;
  return {
    aheadMs: reading.epochMs - middleMs,
    errorMs: reading.errorMs + (answeredAtEpochMs - askedAtEpochMs) / 2,
  };
}

/** Pure: whether a reading is what such a shift makes of a right clock. A reading that could be both is neither. */
export function isShifted(
  reading: OffsetReading,
  params: Params,
  heldMs: [number, number],
): boolean {
  const [least = 0, most = 0] = heldMs
    .map((ms) => params.offsetMs + (params.driftMsPerS * ms) / 1000)
    .sort((a, b) => a - b);
  const slackMs = reading.errorMs + TOLERANCE_MS;
  const fits = reading.aheadMs >= least - slackMs && reading.aheadMs <= most + slackMs;
  return fits && !isRight(reading);
}

export function isRight({ aheadMs, errorMs }: OffsetReading): boolean {
  return Math.abs(aheadMs) <= errorMs + TOLERANCE_MS;
}

const facts = machineFault<Params>({
  name: "clock-offset",
  purpose:
    "Puts the wall clock of the instance ahead or behind, all others keeping theirs; monotonic clocks are left alone.",
  params: Params,
  paramsHelp: {
    offsetMs:
      "ms ahead, negative: behind; 2000 to 31536000000 either way, default 60000; the service needs clock: shiftable",
    driftMsPerS: "ms that it gets further ahead in each second, -200 to 200, default 0",
  },
  needs: ["clockShift", "restart"],
  nearest: ["process-pause"],
  stopsTarget: false,
  reach: (target) => {
    const spec = specOf(target);
    const why = spec === undefined ? undefined : target.clockProblem?.(spec);
    if (why === undefined) return greyReach(target);
    const problem = `${target.service}: ${why}. The nearest is process-pause, after which the clock has jumped ahead`;
    return { ...greyReach(target), problem };
  },
  damage: ({ params: { offsetMs, driftMsPerS } }) => ({
    kind: "shift-clock",
    offsetMs,
    driftMsPerS,
  }),
});

const begun = new WeakMap<FaultContext<Params>, Began>();
/** What was never felt is not proven by a clock that is right afterwards. */
const felt = new WeakSet<FaultContext<Params>>();

export const clockOffset: Fault<Params> = {
  ...facts,
  inject: async (context) => {
    const earliestMs = host.epochMs();
    await facts.inject(context);
    begun.set(context, { earliestMs, latestMs: host.epochMs() });
  },
  evidence: async (context) => {
    const signs = await machineOf(context).signs(context.id);
    const began = begun.get(context);
    if (signs === undefined || began === undefined) return undefined;
    const shifted = (reading: OffsetReading): boolean => {
      const nowMs = host.epochMs();
      return isShifted(reading, context.params, [nowMs - began.latestMs, nowMs - began.earliestMs]);
    };
    const told = await toldByAll(context, shifted);
    if (told === undefined) return undefined;
    felt.add(context);
    return [...told, ...signs, `by ${machineOf(context).mechanismOf("shift-clock")}`].join("; ");
  },
  evidenceAfter: async (context) => {
    if (!felt.has(context) || machineOf(context).isInflicted(context.id)) return undefined;
    if (!(await allAnswer(context))) return undefined;
    const told = await toldByAll(context, isRight);
    return told === undefined ? undefined : [...told, "all work"].join("; ");
  },
};

/** One sentence for each instance once each clock that can be asked is so; undefined when one is not in time. */
async function toldByAll(
  context: FaultContext<Params>,
  isSo: (reading: OffsetReading) => boolean,
): Promise<readonly string[] | undefined> {
  const deadlineMs = host.monotonicMs() + FELT_MS_MAX;
  const texts = await Promise.all(
    context.instanceIds.map((id) => toldBy(context, id, isSo, deadlineMs)),
  );
  return texts.includes(undefined) ? undefined : texts.filter((text) => text !== undefined);
}

async function toldBy(
  context: FaultContext<Params>,
  id: string,
  isSo: (reading: OffsetReading) => boolean,
  deadlineMs: number,
): Promise<string | undefined> {
  for (;;) {
    const askedMs = host.epochMs();
    try {
      const signal = host.deadline(READ_MS_MAX, context.signal);
      const answer = await context.readClock?.(id, signal);
      if (answer === undefined) return `${id} has nothing that tells its time`;
      const reading = offsetOf(answer, askedMs, host.epochMs());
      if (isSo(reading)) return textOf(id, answer.means, reading);
    } catch (error) {
      if (context.signal.aborted) throw error;
    }
    if (host.monotonicMs() >= deadlineMs) return undefined;
    await host.sleep(RETRY_MS, context.signal);
  }
}

function textOf(id: string, means: string, { aheadMs, errorMs }: OffsetReading): string {
  const where = aheadMs < 0 ? "behind" : "ahead of";
  return `${id}, asked by ${means}, is ${String(Math.abs(Math.round(aheadMs)))} ms ${where} us (± ${String(Math.ceil(errorMs))} ms)`;
}
