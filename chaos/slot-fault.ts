/**
 * The life of a fault of the connector's replication slot. What was committed between the old slot and the new one
 * cannot be captured any more: the way back reads all rows as they stand then, and the books name what is missing.
 */
import type {
  CaptureAddresses,
  ChangeCapture,
  Fault,
  FaultContext,
  FaultReach,
  FaultTarget,
} from "../core/contracts/fault.ts";
import { LakeproofError, reasonOf } from "../core/errors.ts";
import { host } from "../core/host.ts";
import { specOf } from "./reach.ts";

/** Long enough for a connector that notices by itself: its connection breaks, and it starts again. */
const NOTICE_MS_MAX = 45_000;
const LOOK_MS = 500;

export interface SlotFaultFacts<Params> extends Pick<
  Fault<Params>,
  "name" | "purpose" | "params" | "paramsHelp" | "needs"
> {
  /** Workers that are stopped meanwhile. */
  readonly pausedIds: (context: FaultContext<Params>) => readonly string[];
  /** Servers' settings that it changes. */
  readonly settings: readonly string[];
  readonly lose: (context: FaultContext<Params>, capture: ChangeCapture) => Promise<void>;
  /** What PostgreSQL shows of the loss; undefined where the slot is as good as ever. */
  readonly lossText: (
    context: FaultContext<Params>,
    capture: ChangeCapture,
  ) => Promise<string | undefined>;
}

export function slotFault<Params>(facts: SlotFaultFacts<Params>): Fault<Params> {
  const { pausedIds, settings, lose, lossText, ...described } = facts;
  return {
    ...described,
    stopsTarget: true,
    reach: reachOfSlot,
    undo: (context) => ({
      kind: "renew-slot",
      at: addressesOf(context),
      instanceIds: pausedIds(context),
      settings,
    }),
    inject: (context) => lose(context, captureOf(context)),
    evidence: async (context) => {
      const capture = captureOf(context);
      const loss = await lossText(context, capture);
      if (loss === undefined) return undefined;
      const said = await untilNoticed(capture, context.signal);
      // Made anew without a snapshot, it would hide the gap from everybody.
      if ((await lossText(context, capture)) === undefined) {
        throw new LakeproofError(
          "FAULT_FAILED",
          `${capture.slotName} is usable again and nobody was told: the connector made it anew, and the changes between are gone.`,
          {
            hint: "offset.mismatch.strategy and snapshot.mode decide what the connector does then.",
          },
        );
      }
      return `${loss}; ${said}`;
    },
    recover: async (context) => {
      await resume(context, pausedIds(context));
      await captureOf(context).renewSlot(settings, context.signal);
    },
    evidenceAfter: (context) => untilReadAgain(captureOf(context), context.signal),
  };
}

/** Nobody takes over from a slot, and no number of servers bears its loss. */
export function reachOfSlot<Params>(target: FaultTarget<Params>): FaultReach {
  const connect = serviceOf(target.services, ["connect"]);
  const services = [target.service, ...(connect === undefined ? [] : [connect])];
  const reach = { faultClass: "X", takesOver: false, services, readsAgain: true } as const;
  if (!["postgres", "patroni"].includes(specOf(target)?.component ?? "")) {
    return { ...reach, problem: `${target.service} is no PostgreSQL and has no replication slot` };
  }
  if (connect === undefined || serviceOf(target.services, ["debezium"]) === undefined) {
    return { ...reach, problem: "the topology has no connector that reads a slot" };
  }
  return reach;
}

function serviceOf(
  services: FaultTarget<unknown>["services"],
  components: readonly string[],
): string | undefined {
  return Object.entries(services).find(([, spec]) => components.includes(spec.component))?.[0];
}

export function addressesOf<Params>(context: FaultContext<Params>): CaptureAddresses {
  const { endpoints, instanceIds, services } = context;
  const postgres = endpoints.all().find(({ id }) => instanceIds.includes(id))?.service ?? "";
  return {
    postgres: endpoints.address(postgres),
    members: endpoints.addresses(postgres),
    workers: endpoints.addresses(serviceOf(services, ["connect"]) ?? ""),
  };
}

export function workersOf<Params>({
  endpoints,
  services,
}: FaultContext<Params>): readonly string[] {
  return endpoints.instanceIds(serviceOf(services, ["connect"]) ?? "");
}

export async function resume<Params>(
  { driver }: FaultContext<Params>,
  instanceIds: readonly string[],
): Promise<void> {
  await Promise.all(instanceIds.map((id) => driver.act(id, "resume")));
}

export function captureOf<Params>(context: FaultContext<Params>): ChangeCapture {
  if (context.openCapture !== undefined) return context.openCapture(addressesOf(context));
  throw new LakeproofError("FAULT_FAILED", "There is nobody to ask about the replication slot.", {
    hint: "Inject it in a run of lakeproof.",
  });
}

/** Given its usual configuration back, the connector has only just started once more. */
export async function untilReadAgain(
  capture: ChangeCapture,
  signal: AbortSignal,
): Promise<string | undefined> {
  const deadlineMs = host.monotonicMs() + NOTICE_MS_MAX;
  while (host.monotonicMs() < deadlineMs) {
    try {
      const slot = await capture.slot(signal);
      const { state } = await capture.task(signal);
      if (slot?.active === true && state === "RUNNING") {
        return (
          `${capture.slotName} was made anew and is read, confirmed to ${slot.confirmedLsn ?? "nowhere"}; ` +
          `all rows were read again as they stand, what changed in between was not`
        );
      }
    } catch {
      signal.throwIfAborted();
    }
    await host.sleep(LOOK_MS, signal);
  }
  return undefined;
}

/** Whether the connector says that it cannot go on, or goes on pretending. */
export async function untilNoticed(capture: ChangeCapture, signal: AbortSignal): Promise<string> {
  const deadlineMs = host.monotonicMs() + NOTICE_MS_MAX;
  const startMs = host.monotonicMs();
  let last = "nothing";
  for (;;) {
    try {
      const { state, reason } = await capture.task(signal);
      last = state;
      if (state === "FAILED") {
        const tookMs = host.monotonicMs() - startMs;
        return `the connector failed loudly after ${(tookMs / 1000).toFixed(1)} s: ${reason ?? "no reason given"}`;
      }
    } catch (error) {
      signal.throwIfAborted();
      last = reasonOf(error);
    }
    if (host.monotonicMs() >= deadlineMs) {
      const seconds = String(NOTICE_MS_MAX / 1000);
      return `the connector does not say so: its task is ${last} after ${seconds} s`;
    }
    await host.sleep(LOOK_MS, signal);
  }
}
