/**
 * The leader dies while the standbys' copies of the connector's slot are still temporary: they are dropped with the
 * promotion, and the slot is gone with the primary. The fault opens that window itself, by a slot that is made anew.
 */
import { z } from "zod";
import type { ReplicaSet } from "../core/contracts/component.ts";
import type {
  CaptureProgress,
  Fault,
  FaultContext,
  FaultReach,
  FaultTarget,
} from "../core/contracts/fault.ts";
import { LakeproofError, reasonOf } from "../core/errors.ts";
import { host } from "../core/host.ts";
import { identitiesOf, replacedSince, type Identities } from "./identity.ts";
import { specOf } from "./reach.ts";
import { membersOf, serverOf } from "./servers.ts";
import { addressesOf, captureOf, reachOfSlot, untilNoticed, untilReadAgain } from "./slot-fault.ts";
import { seconds } from "./two-primaries.ts";
import { rowsText, windowOf, type SlotRows } from "./unready-copies.ts";

const Params = z.strictObject({
  openMsMax: z.number().int().min(1000).max(600_000).default(120_000),
  takeOverMsMax: z.number().int().min(1000).max(300_000).default(60_000),
});
type Params = z.infer<typeof Params>;
type Context = FaultContext<Params>;

const ASK_MS_MAX = 5000;
const LOOK_MS = 150;
/** A copy may be permanent before the snapshot is over: then all begins once more. */
const TRY_COUNT_MAX = 3;

interface Known {
  readonly set: ReplicaSet;
  readonly rows: SlotRows;
  /** From the answer of the last standby to the kill. */
  readonly ageMs: number;
  readonly tryCount: number;
  readonly killedMs: number;
  readonly identities: Identities;
  readonly progress: CaptureProgress | undefined;
}

const known = new WeakMap<Context, Known>();
/** That all is well afterwards shows nothing where the slot was not lost with the failover. */
const proven = new WeakSet<Context>();

export const unreadySlotFailover: Fault<Params> = {
  name: "unready-slot-failover",
  purpose:
    "Has the connector make its slot anew, and kills the leader while the standbys' copies of it are temporary.",
  params: Params,
  paramsHelp: {
    openMsMax:
      "how long the new slot may take until all rows are read through it, 1000 to 600000, default 120000",
    takeOverMsMax: "how long a new leader is waited for, 1000 to 300000, default 60000",
  },
  needs: ["kill", "restart"],
  stopsTarget: true,
  nearest: ["slot-drop"],
  reach: reachOf,
  // Whoever leads when it happens: all of them may have to be started again.
  undo: (context) => ({
    kind: "renew-slot",
    at: addressesOf(context),
    instanceIds: membersOf(context),
    settings: [],
  }),
  inject,
  evidence,
  recover: async (context) => {
    const { driver, signal } = context;
    const gone = membersOf(context).filter((id) => driver.processStates(id).length === 0);
    await Promise.all(gone.map((id) => context.restart(id, signal)));
    await captureOf(context).renewSlot([], signal);
  },
  evidenceAfter: async (context) => {
    const loss = known.get(context);
    const read = await untilReadAgain(captureOf(context), context.signal);
    if (loss === undefined || read === undefined || !proven.has(context)) return undefined;
    const killed = { ...context, instanceIds: [loss.set.leaderId] };
    const replaced = replacedSince(killed, loss.identities);
    return replaced === undefined ? undefined : `${replaced}; ${read}`;
  },
};

/** As the loss of a slot, with one snapshot of all rows for each time that it is made anew. */
function reachOf(target: FaultTarget<Params>): FaultReach {
  const { service, services } = target;
  const reach: FaultReach = { ...reachOfSlot(target), readsAgainCountMax: TRY_COUNT_MAX + 1 };
  if (reach.problem !== undefined) return reach;
  const spec = specOf(target);
  if (spec?.component !== "patroni" || spec.replicaCount < 2) {
    return { ...reach, problem: `${service} has no standby under Patroni that copies the slot` };
  }
  const isCopied = Object.values(services).every(
    ({ component, settings }) =>
      component !== "debezium" || settings?.["slot.failover"] !== "false",
  );
  if (isCopied) return reach;
  return { ...reach, problem: "slot.failover is false: no standby has a copy of the slot" };
}

async function setNow({ replication, signal }: Context): Promise<ReplicaSet> {
  const sets = await replication?.replicaSets(host.deadline(ASK_MS_MAX, signal));
  const set = sets?.[0];
  if (set !== undefined) return set;
  throw new LakeproofError("FAULT_FAILED", "The service does not tell who leads it.", {
    hint: "Aim at postgres under Patroni.",
  });
}

async function inject(context: Context): Promise<void> {
  const { driver, signal } = context;
  const capture = captureOf(context);
  for (let tryCount = 1; tryCount <= TRY_COUNT_MAX; tryCount += 1) {
    await capture.beginAnew(signal);
    const set = await setNow(context);
    const identities = identitiesOf({ ...context, instanceIds: [set.leaderId] });
    const seen = await untilOpen(context, set, capture.slotName);
    if (seen === undefined) continue;
    const progress = context.progress?.();
    const killedMs = host.monotonicMs();
    await driver.act(set.leaderId, "kill");
    const { rows, atMs } = seen;
    known.set(context, {
      ...{ set, rows, ageMs: killedMs - atMs, tryCount, killedMs, identities, progress },
    });
    return;
  }
  throw new LakeproofError(
    "FAULT_FAILED",
    `A standby's copy of ${capture.slotName} was permanent before the connector had read all rows, ${String(TRY_COUNT_MAX)} times.`,
    { hint: "Fewer rows (bank.userCountPerLane) make the snapshot shorter." },
  );
}

/** Undefined where the window has closed before it was of use. */
async function untilOpen(
  context: Context,
  set: ReplicaSet,
  slotName: string,
): Promise<{ readonly rows: SlotRows; readonly atMs: number } | undefined> {
  const deadlineMs = host.monotonicMs() + context.params.openMsMax;
  let firstLsn: string | undefined;
  let seen = "nothing";
  while (host.monotonicMs() < deadlineMs) {
    try {
      const rows = await rowsNow(context, set, slotName);
      const atMs = host.monotonicMs();
      const { leader } = rows;
      // Before its first reader comes, nothing moves what is confirmed.
      if (leader?.active === true) firstLsn ??= leader.confirmedLsn;
      const window = windowOf(rows, firstLsn);
      if (window === "closed") return undefined;
      if (window === "open") return { rows, atMs };
      seen = `${leader === undefined ? "no slot" : "a slot"} on ${set.leaderId}, ${rowsText(rows)}`;
    } catch (error) {
      context.signal.throwIfAborted();
      seen = reasonOf(error);
    }
    await host.sleep(LOOK_MS, context.signal);
  }
  throw new LakeproofError(
    "FAULT_FAILED",
    `${slotName} was not read again, with a copy on every standby, within ${seconds(context.params.openMsMax)}: ${seen}.`,
    { hint: "Read the log of the Connect worker that runs the task." },
  );
}

async function rowsNow(context: Context, set: ReplicaSet, slotName: string): Promise<SlotRows> {
  const { leaderId, followerIds } = set;
  const rows = await Promise.all(
    [leaderId, ...followerIds].map((id) =>
      serverOf(context, id).slot(slotName, host.deadline(ASK_MS_MAX, context.signal)),
    ),
  );
  const [leader, ...copies] = rows;
  return { leader, standbys: new Map(followerIds.map((id, at) => [id, copies[at]])) };
}

async function evidence(context: Context): Promise<string | undefined> {
  const loss = known.get(context);
  if (loss === undefined) return undefined;
  const { set, rows, ageMs, tryCount, killedMs } = loss;
  if (context.driver.processStates(set.leaderId).length > 0) return undefined;
  const capture = captureOf(context);
  const leaderId = await untilPromoted(context, set.leaderId);
  if (leaderId === undefined) return undefined;
  const tookMs = host.monotonicMs() - killedMs;
  await refuseSlot(context, leaderId, capture.slotName);
  proven.add(context);
  const said = await untilNoticed(capture, context.signal);
  // Made anew without a snapshot, it would hide the gap from everybody.
  await refuseSlot(context, leaderId, capture.slotName);
  return [
    `${capture.slotName} made anew${tryCount === 1 ? "" : ` (try ${String(tryCount)})`}: ${rowsText(rows)}, ` +
      `${String(Math.round(ageMs))} ms before ${set.leaderId} was killed`,
    `${leaderId} was promoted ${seconds(tookMs)} after it and has no slot of that name`,
    said,
    ...sinceText(context, loss),
  ].join("; ");
}

/** Undefined where nobody was. */
async function untilPromoted(context: Context, oldId: string): Promise<string | undefined> {
  const deadlineMs = host.monotonicMs() + context.params.takeOverMsMax;
  while (host.monotonicMs() < deadlineMs) {
    try {
      const { leaderId } = await setNow(context);
      const limit = host.deadline(ASK_MS_MAX, context.signal);
      if (leaderId !== oldId && (await serverOf(context, leaderId).isPrimary(limit)))
        return leaderId;
    } catch {
      context.signal.throwIfAborted();
    }
    await host.sleep(LOOK_MS, context.signal);
  }
  return undefined;
}

/** Throws FAULT_FAILED where the new leader has the slot: it survived, or somebody has made it anew. */
async function refuseSlot(context: Context, leaderId: string, slotName: string): Promise<void> {
  const limit = host.deadline(ASK_MS_MAX, context.signal);
  const slot = await serverOf(context, leaderId).slot(slotName, limit);
  if (slot === undefined) return;
  const { rows } = known.get(context) ?? {};
  throw new LakeproofError(
    "FAULT_FAILED",
    `${leaderId} was promoted and has ${slotName} (${JSON.stringify(slot)}), ` +
      `which was ${rows === undefined ? "not there" : rowsText(rows)} before: kept after all, or made anew.`,
    { hint: "offset.mismatch.strategy and snapshot.mode decide what the connector makes anew." },
  );
}

/** What no slot holds any more is among these; the books say which. */
function sinceText({ progress }: Context, { progress: before }: Known): readonly string[] {
  const now = progress?.();
  if (now === undefined || before === undefined) return [];
  const acknowledged = now.acknowledgedCount - before.acknowledgedCount;
  const captured = now.capturedCount - before.capturedCount;
  return [
    `since the kill ${String(acknowledged)} changes were acknowledged and ${String(captured)} came to Kafka`,
  ];
}
