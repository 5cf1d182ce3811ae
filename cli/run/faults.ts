/** Injects the plan's faults one after the other, each with what it needs to know of the running lab. */
import { join } from "node:path";
import { damageText, FAULTS, inject, openUndoLog, type InjectionPorts } from "../../chaos/index.ts";
import type { Fault, FaultContext, FaultEntry } from "../../core/contracts/fault.ts";
import { LakeproofError } from "../../core/errors.ts";
import { host } from "../../core/host.ts";
import { leaseMsOf } from "../../core/lease.ts";
import { openObjectStore } from "../../infra/clients/object-store.ts";
import { labDir, readLab } from "../../infra/drivers/lab.ts";
import { UNDO_FILE } from "../heal.ts";
import type { Canaries } from "./canary.ts";
import type { Session } from "./session.ts";
import { awaitTrigger } from "./trigger.ts";

const SERVING_INTERVAL_MS = 500;
const HEAL_MS_MAX = 120_000;

export async function breakThings(session: Session, canaries: Canaries): Promise<void> {
  const { plan, journal, signal, lab } = session;
  using undoLog = openUndoLog(join(labDir(lab.id), UNDO_FILE));
  if (undoLog.setAside !== undefined) {
    journal.append({ kind: "note", text: damageText(undoLog.setAside) });
  }
  for (const entry of plan.faults) {
    const fault = (FAULTS as Readonly<Record<string, Fault>>)[entry.fault];
    if (fault === undefined) continue;
    const { service, target, count, after } = entry;
    if (after !== undefined && !(await awaitTrigger(session, after))) {
      const text = `${entry.id}: no ${after.event} was seen; ${entry.fault} was not injected.`;
      journal.append({ kind: "note", text });
      continue;
    }
    const instanceIds = await lab.targets(service, target, count, signal);
    const ports = portsOf(session, canaries, service);
    await inject(entry, fault, contextOf(session, entry, instanceIds), { ...ports, undoLog });
    await host.sleep(plan.durations.quietMs, signal);
  }
  journal.append({ kind: "phase.entered", phase: "heal" });
}

function portsOf(
  session: Session,
  canaries: Canaries,
  service: string,
): Omit<InjectionPorts, "undoLog"> {
  const { journal, lab } = session;
  return {
    journal,
    sleep: (ms, stop) => host.sleep(ms, stop),
    delivered: async (sinceMs, limitMs, stop) =>
      (await canaries.delivered(sinceMs, limitMs, stop)) ?? nothingDelivered(limitMs),
    deliveredEverywhere: async (sinceMs, limitMs, stop) => {
      const limit = host.deadline(limitMs, stop);
      const [visibleMs, servingMs] = await Promise.all([
        canaries.deliveredEverywhere(sinceMs, limitMs, stop),
        untilServing(
          () => lab.serving(service, limit),
          () => journal.nowMs(),
          limit,
        ),
      ]);
      return visibleMs === undefined ? nothingDelivered(limitMs) : Math.max(visibleMs, servingMs);
    },
  };
}

function nothingDelivered(limitMs: number): never {
  throw new LakeproofError(
    "FAULT_FAILED",
    `Not every change came through within ${String(limitMs / 1000)} s of the fault or its end.`,
    { hint: "Read the logs of the instance and of its neighbours." },
  );
}

/** The moment of the first real use of the service that works again. */
async function untilServing(
  use: () => Promise<void>,
  nowMs: () => number,
  signal: AbortSignal,
): Promise<number> {
  for (;;) {
    try {
      await use();
      return nowMs();
    } catch (error) {
      if (signal.aborted) throw error;
    }
    await host.sleep(SERVING_INTERVAL_MS, signal);
  }
}

/** A lab that stays up is given back whole, also when the run is stopped in the middle of a fault. */
function healingSignal(labId: string, stop: AbortSignal): AbortSignal {
  return stop.aborted && readLab(labId)?.held === true ? host.deadline(HEAL_MS_MAX) : stop;
}

function contextOf(
  session: Session,
  entry: FaultEntry,
  instanceIds: readonly string[],
): FaultContext<unknown> {
  const { lab, journal, signal } = session;
  return {
    id: entry.id,
    params: entry.params,
    instanceIds,
    driver: lab.driver,
    endpoints: lab.endpoints,
    services: session.plan.topology.services,
    leaseMs: entry.leaseMs ?? leaseMsOf(entry),
    signal,
    useTarget: (id, stop) => lab.probe(id, stop),
    readObject: (id, { bucket, key }, stop) => {
      const spec = lab.specs.find((candidate) => candidate.id === id);
      const address = `${spec?.host ?? ""}:${String(spec?.ports["main"] ?? 0)}`;
      return openObjectStore(address, lab.secret).sha256(bucket, key, stop);
    },
    readClock: (id, stop) => lab.readClock(id, stop),
    restart: async (instanceId, stop) => {
      const instance = await lab.restart(instanceId, healingSignal(lab.id, stop));
      const { id, component, host: address } = instance.spec;
      journal.append({
        kind: "instance.ready",
        ...{ instanceId: id, component, address, pid: instance.pid, readyMs: instance.readyMs },
        restart: true,
      });
    },
  };
}
