/**
 * The connector dies in the middle of a batch: the worker is stopped until changes have piled up, goes on, and is killed
 * once the first of them are in Kafka and the last are not.
 */
import { z } from "zod";
import type {
  CaptureProgress,
  Fault,
  FaultContext,
  FaultReach,
  FaultTarget,
} from "../core/contracts/fault.ts";
import { LakeproofError } from "../core/errors.ts";
import { host } from "../core/host.ts";
import { identitiesOf, replacedSince, type Identities } from "./identity.ts";
import { goneReach, specOf } from "./reach.ts";

const Params = z.strictObject({
  pileMs: z.number().int().min(500).max(8000).default(4000),
  attemptCountMax: z.number().int().min(1).max(20).default(6),
});
type Params = z.infer<typeof Params>;
type Context = FaultContext<Params>;

/** What is looked at comes in answers of Kafka, and not one by one. */
const POLL_MS = 1;
const BATCH_MS_MAX = 20_000;
/** What was on its way when the worker died is in Kafka after this. */
const SETTLE_MS = 1000;

/** In changes from the beginning of the load. */
export interface Batch {
  /** In Kafka when the worker went on. */
  readonly fromCount: number;
  /** Acknowledged by then: the end of what had piled up. */
  readonly toCount: number;
  /** In Kafka once it was dead. */
  readonly reachedCount: number;
}

interface Known {
  readonly identities: Identities;
  readonly batch: Batch;
}

const known = new WeakMap<Context, Known>();

export const connectorMidBatch: Fault<Params> = {
  name: "connector-mid-batch",
  purpose:
    "Kills the connector's worker while a batch is half delivered: the first changes are in Kafka, the last are not.",
  params: Params,
  paramsHelp: {
    pileMs:
      "how long changes pile up before, 500 to 8000, default 4000; below the worker's session timeout of 10 s",
    attemptCountMax: "tries until one is half delivered when the worker dies, 1 to 20, default 6",
  },
  needs: ["kill", "pause", "restart"],
  stopsTarget: true,
  reach: reachOf,
  undo: (context) => ({ kind: "revive-instances", instanceIds: context.instanceIds }),
  inject,
  evidence: (context) => Promise.resolve(proofOf(context)),
  recover: async (context) => {
    await Promise.all(context.instanceIds.map((id) => context.driver.act(id, "resume")));
    const gone = context.instanceIds.filter((id) => context.driver.processStates(id).length === 0);
    await Promise.all(gone.map((id) => context.restart(id, context.signal)));
  },
  evidenceAfter: (context) =>
    Promise.resolve(replacedSince(context, known.get(context)?.identities)),
};

function reachOf(target: FaultTarget<Params>): FaultReach {
  const reach = goneReach(target);
  if (specOf(target)?.component === "connect") return reach;
  return { ...reach, problem: `${target.service} runs no connector: it is about connect` };
}

/** Undefined where it died before the batch had begun, or after it was whole. */
export function batchText({ fromCount, toCount, reachedCount }: Batch): string | undefined {
  if (reachedCount <= fromCount || reachedCount >= toCount) return undefined;
  const [done, all] = [reachedCount - fromCount, toCount - fromCount];
  return `killed with ${String(done)} of the ${String(all)} changes of its backlog in Kafka`;
}

function proofOf(context: Context): string | undefined {
  const batch = known.get(context)?.batch;
  const isGone = context.instanceIds.every((id) => context.driver.processStates(id).length === 0);
  return batch === undefined || !isGone ? undefined : batchText(batch);
}

async function inject(context: Context): Promise<void> {
  const { progress, params, driver, instanceIds, signal } = context;
  if (progress === undefined) {
    throw new LakeproofError("FAULT_FAILED", "Nobody tells how far the connector has come.", {
      hint: "Inject it in a run of lakeproof, under load.",
    });
  }
  const identities = identitiesOf(context);
  for (let attempt = 0; attempt < params.attemptCountMax; attempt += 1) {
    await Promise.all(instanceIds.map((id) => driver.act(id, "pause")));
    await host.sleep(params.pileMs, signal);
    const { acknowledgedCount: toCount, capturedCount: fromCount } = progress();
    await Promise.all(instanceIds.map((id) => driver.act(id, "resume")));
    if (!(await untilHalfDone(progress, { fromCount, toCount }, signal))) continue;
    await Promise.all(instanceIds.map((id) => driver.act(id, "kill")));
    await host.sleep(SETTLE_MS, signal);
    const batch = { fromCount, toCount, reachedCount: progress().capturedCount };
    known.set(context, { identities, batch });
    if (batchText(batch) !== undefined) return;
    // Too late: it was whole by then. The next batch needs a worker.
    await Promise.all(instanceIds.map((id) => context.restart(id, signal)));
  }
}

/** False where the whole of it came at once, or nothing at all. */
async function untilHalfDone(
  progress: () => CaptureProgress,
  { fromCount, toCount }: Pick<Batch, "fromCount" | "toCount">,
  signal: AbortSignal,
): Promise<boolean> {
  const deadlineMs = host.monotonicMs() + BATCH_MS_MAX;
  while (host.monotonicMs() < deadlineMs) {
    const { capturedCount } = progress();
    if (capturedCount >= toCount) return false;
    if (capturedCount > fromCount) return true;
    await host.sleep(POLL_MS, signal);
  }
  return false;
}
