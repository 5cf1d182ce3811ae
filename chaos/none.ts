/** The control: no fault at all. What goes wrong meanwhile went wrong by itself. */
import { z } from "zod";
import type { Fault, FaultContext } from "../core/contracts/fault.ts";

const Params = z.strictObject({});
type Params = z.infer<typeof Params>;

/** Instance → process and its start, of everything that runs. */
type Running = ReadonlyMap<string, string>;

const before = new WeakMap<FaultContext<Params>, Running>();

export const none: Fault<Params> = {
  name: "none",
  purpose: "No fault at all: the control that says what the pipeline does when it is left alone.",
  params: Params,
  paramsHelp: {},
  needs: [],
  stopsTarget: false,
  isOverAtOnce: true,
  undo: () => ({ kind: "nothing" }),
  inject: (context) => {
    before.set(context, runningNow(context));
    return Promise.resolve();
  },
  // That nothing happened is only known when the time is over.
  evidence: () => Promise.resolve(undefined),
  recover: () => Promise.resolve(),
  evidenceAfter: (context) => {
    const [old, now] = [before.get(context), runningNow(context)];
    if (old === undefined || old.size === 0) return Promise.resolve(undefined);
    const same = [...old].every(([id, process]) => now.get(id) === process);
    const count = String(old.size);
    return Promise.resolve(
      same
        ? `nothing was touched: all ${count} instances run in the processes they had`
        : undefined,
    );
  },
};

/** A stopped process counts as another one: somebody touched it. */
function runningNow(context: FaultContext<Params>): Running {
  return new Map(
    context.endpoints.all().flatMap(({ id }): readonly (readonly [string, string])[] => {
      const instance = context.driver.instance(id);
      const states = context.driver.processStates(id);
      if (instance === undefined || states.length === 0) return [];
      const stopped = states.includes("T") ? " stopped" : "";
      return [[id, `${String(instance.pid)}:${instance.startTicks}${stopped}`]];
    }),
  );
}
