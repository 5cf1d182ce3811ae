/**
 * The life of a fault that damages disks, files or the share of the machine an instance has: the driver writes the
 * way back first, then does it, and says what it can measure of it; the instance itself is asked what it makes of it.
 */
import type { Fault, FaultContext } from "../core/contracts/fault.ts";
import type { Damage, Machine } from "../core/contracts/machine.ts";
import { LakeproofError, reasonOf } from "../core/errors.ts";
import { host } from "../core/host.ts";
import { startGone } from "./graceful-stop.ts";

const EVIDENCE_MS_MAX = 10_000;
const RETRY_MS = 250;
const USE_MS_MAX = 5000;
/** A former primary has to rewind before it answers again. */
const BACK_MS_MAX = 60_000;

export interface MachineFaultFacts<Params> extends Pick<
  Fault<Params>,
  "name" | "purpose" | "params" | "paramsHelp" | "needs" | "stopsTarget" | "nearest" | "reach"
> {
  readonly damage: (context: FaultContext<Params>) => Damage;
}

export function machineFault<Params>(facts: MachineFaultFacts<Params>): Fault<Params> {
  const { damage, ...described } = facts;
  /** What was never felt is not proven by working afterwards. */
  const felt = new WeakSet<FaultContext<Params>>();
  return {
    ...described,
    undo: ({ id, instanceIds }) => ({ kind: "repair-damage", tag: id, instanceIds }),
    inject: (context) => inflict(context, damage(context)),
    evidence: async (context) => {
      const signs = await untilFelt(context);
      if (signs === undefined) return undefined;
      felt.add(context);
      const uses = await Promise.all(context.instanceIds.map((id) => useText(context, id)));
      const means = machineOf(context).mechanismOf(damage(context).kind);
      return [...signs, ...uses, `by ${means}`].join("; ");
    },
    recover: (context) => repair(context),
    evidenceAfter: async (context) => {
      if (!felt.has(context)) return undefined;
      if ((await machineOf(context).signs(context.id)) !== undefined) return undefined;
      return (await allAnswer(context))
        ? `${context.instanceIds.join(", ")} works again`
        : undefined;
    },
  };
}

export function machineOf<Params>(context: FaultContext<Params>): Machine {
  const { machine } = context.driver;
  if (machine !== undefined) return machine;
  throw new LakeproofError("FAULT_FAILED", "This driver cannot reach the disks of its instances.", {
    hint: "Run it with the local driver.",
  });
}

export async function inflict<Params>(
  context: FaultContext<Params>,
  damage: Damage,
): Promise<void> {
  const { id, instanceIds, leaseMs } = context;
  await machineOf(context).inflict({ tag: id, instanceIds, damage, leaseMs });
}

/** Some limits are felt only at the next thing the instance does: it is used until then. */
async function untilFelt<Params>(
  context: FaultContext<Params>,
): Promise<readonly string[] | undefined> {
  const machine = machineOf(context);
  const deadlineMs = host.monotonicMs() + EVIDENCE_MS_MAX;
  while (machine.isInflicted(context.id)) {
    const signs = await machine.signs(context.id);
    if (signs !== undefined) return signs;
    if (host.monotonicMs() >= deadlineMs) return undefined;
    await Promise.all(context.instanceIds.map((id) => useText(context, id)));
    await host.sleep(RETRY_MS, context.signal);
  }
  return undefined;
}

async function useText<Params>(context: FaultContext<Params>, id: string): Promise<string> {
  try {
    await context.useTarget(id, host.deadline(USE_MS_MAX, context.signal));
    return `${id} still answers`;
  } catch (error) {
    return `using ${id} fails: ${reasonOf(error)}`;
  }
}

export async function repair<Params>(context: FaultContext<Params>): Promise<void> {
  await machineOf(context).repair(context.id);
  await startGone(context);
}

/** False when one of them does not answer for a minute after what was done to it was taken back. */
export async function allAnswer<Params>(context: FaultContext<Params>): Promise<boolean> {
  const deadlineMs = host.monotonicMs() + BACK_MS_MAX;
  for (;;) {
    const texts = await Promise.all(context.instanceIds.map((id) => useText(context, id)));
    if (texts.every((text) => text.endsWith("still answers"))) return true;
    if (host.monotonicMs() >= deadlineMs) return false;
    await host.sleep(RETRY_MS, context.signal);
  }
}
