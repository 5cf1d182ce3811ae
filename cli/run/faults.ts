/** Injects the plan's faults one after the other, each with what it needs to know of the running lab. */
import { join } from "node:path";
import { damageText, FAULTS, inject, openUndoLog, type InjectionPorts } from "../../chaos/index.ts";
import type { Fault, FaultContext, FaultEntry } from "../../core/contracts/fault.ts";
import { LakeproofError, reasonOf } from "../../core/errors.ts";
import { joinsOthers } from "../../core/fault-overlap.ts";
import { host } from "../../core/host.ts";
import { leaseMsOf } from "../../core/lease.ts";
import { openChangeCapture } from "../../infra/change-capture.ts";
import { openObjectStore } from "../../infra/clients/object-store.ts";
import { openTrino } from "../../infra/clients/trino.ts";
import { openDatabaseServer } from "../../infra/database-server.ts";
import { openLakeCatalog } from "../../infra/lake-catalog.ts";
import { openLakeMaintenance } from "../../infra/lake-maintenance/control.ts";
import { labDir, readLab } from "../../infra/drivers/lab.ts";
import { UNDO_FILE } from "../heal.ts";
import type { Canaries } from "./canary.ts";
import type { Guards } from "./guards.ts";
import { readyEvent } from "./ready-event.ts";
import type { Session } from "./session.ts";
import { awaitTrigger } from "./trigger.ts";
import { activeOf, begin, isInForceAfter, type Injected } from "./under-way.ts";

const SERVING_INTERVAL_MS = 500;
const SERVING_MS_MAX = 10_000;
const HEAL_MS_MAX = 120_000;
const AIM_MS_MAX = 30_000;

export interface InjectOptions {
  /** Called once, when its way back begins. */
  readonly onHealing?: () => void;
  /** Called once, when it is in force and that was asked to be proven. */
  readonly onActive?: () => void;
  /** Ends it before its time, without waiting for others to take over. */
  readonly healNow?: AbortSignal;
}

/** Injects one entry of the plan, now; rejects only where the run is stopped, or nothing could be aimed at. */
export type Inject = (entry: FaultEntry, options: InjectOptions) => Promise<void>;

/** What it takes to inject the plan's faults into the lab that is up; the undo log is open until it is disposed of. */
export function openInjector(
  session: Session,
  canaries: Canaries,
): Disposable & { readonly injectNow: Inject } {
  const { journal, lab, signal } = session;
  const undoLog = openUndoLog(join(labDir(lab.id), UNDO_FILE));
  if (undoLog.setAside !== undefined) {
    journal.append({ kind: "note", text: damageText(undoLog.setAside) });
  }
  return {
    injectNow: async (entry, { onHealing, onActive, healNow }) => {
      const fault = (FAULTS as Readonly<Record<string, Fault>>)[entry.fault];
      if (fault === undefined) return;
      const { service, target, count } = entry;
      // Who has a role is asked of a service that another fault may have just hit: it may never say.
      const limit = joinsOthers(entry.after) ? host.deadline(AIM_MS_MAX, signal) : signal;
      const instanceIds = entry.instanceIds ?? (await lab.targets(service, target, count, limit));
      const context = contextOf(session, entry, instanceIds);
      const ports = portsOf(session, canaries, servicesOf(session, entry));
      await inject(entry, fault, context, {
        ...(healNow === undefined ? ports : endingAt(healNow, ports)),
        ...(onHealing === undefined ? {} : { onHealing }),
        ...(onActive === undefined ? {} : { onActive }),
        undoLog,
      });
    },
    [Symbol.dispose]: () => {
      undoLog[Symbol.dispose]();
    },
  };
}

export async function breakThings(
  session: Session,
  canaries: Canaries,
  guards: Pick<Guards, "mayInject">,
): Promise<void> {
  const { plan, journal, signal } = session;
  using injector = openInjector(session, canaries);
  /** Recoveries that are under way; more than one where a fault falls into that of another. */
  let underWay: readonly Injected[] = [];
  try {
    session.ladder?.open((cause) => {
      journal.append({ kind: "guard.tripped", step: "quiet", ...cause });
    });
    for (const entry of plan.faults) {
      if (!joinsOthers(entry.after)) {
        await settled(underWay);
        if (underWay.length > 0) await host.sleep(plan.durations.quietMs, signal);
        underWay = [];
        await guards.mayInject();
      }
      if (isQuiet(session, entry)) continue;
      if (!(await itsTime(session, entry, underWay))) {
        const text = `${entry.id}: no ${entry.after?.event ?? ""} was seen; ${entry.fault} was not injected.`;
        journal.append({ kind: "note", text });
        continue;
      }
      // Told to be quiet while it waited for its event.
      if (isQuiet(session, entry)) continue;
      underWay = [
        ...underWay,
        begin(entry.id, (ports) => injectOne(session, injector, entry, ports)),
      ];
    }
    session.ladder?.close();
    await settled(underWay);
    if (underWay.length > 0) await host.sleep(plan.durations.quietMs, signal);
  } finally {
    session.ladder?.close();
    // Whatever stopped us: nothing is left before what was injected is undone.
    await Promise.allSettled(underWay.map(({ done }) => done));
  }
  journal.append({ kind: "phase.entered", phase: "heal" });
}

/** True, and said, where nothing further is to be injected. */
function isQuiet({ ladder, journal }: Session, entry: FaultEntry): boolean {
  if (ladder?.quietBecause === undefined) return false;
  const text = `${entry.id}: ${entry.fault} was not injected (${ladder.quietBecause}).`;
  journal.append({ kind: "note", text });
  return true;
}

/** What another fault has made impossible to aim at is not injected, and the run goes on. */
async function injectOne(
  { journal, signal }: Session,
  { injectNow }: { readonly injectNow: Inject },
  entry: FaultEntry,
  options: InjectOptions,
): Promise<void> {
  try {
    await injectNow(entry, options);
  } catch (error) {
    if (signal.aborted || entry.after?.event !== "fault-active") throw error;
    const text = `${entry.id}: there was nothing to aim at (${reasonOf(error)}); ${entry.fault} was not injected.`;
    journal.append({ kind: "note", text });
  }
}

async function settled(injected: readonly Injected[]): Promise<void> {
  await Promise.all(injected.map(({ done }) => done));
}

/** False when the event that a fault is aimed at did not come. */
async function itsTime(
  session: Session,
  entry: FaultEntry,
  underWay: readonly Injected[],
): Promise<boolean> {
  if (entry.after === undefined) return true;
  const { event, delayMs = 0 } = entry.after;
  const delay = (): Promise<void> => host.sleep(delayMs, session.signal);
  switch (event) {
    case "recovery-started": {
      const before = underWay.at(-1);
      if (before === undefined) return false;
      await before.healing;
      await delay();
      return true;
    }
    case "fault-active":
      return isInForceAfter(activeOf(entry, session.plan.faults, underWay), delay);
    default:
      return awaitTrigger(session, { event, delayMs });
  }
}

/** Those that have to serve again. */
function servicesOf({ lab }: Session, { service, instanceIds }: FaultEntry): readonly string[] {
  if (instanceIds === undefined) return [service];
  const hit = lab.endpoints.all().filter(({ id }) => instanceIds.includes(id));
  return [...new Set(hit.map((instance) => instance.service))];
}

function portsOf(
  session: Session,
  canaries: Canaries,
  services: readonly string[],
): Omit<InjectionPorts, "undoLog"> {
  const { journal, lab } = session;
  return {
    journal,
    sleep: (ms, stop) => host.sleep(ms, stop),
    delivered: async (sinceMs, limitMs, stop) =>
      (await canaries.delivered(sinceMs, limitMs, stop)) ?? nothingDelivered(limitMs),
    deliveredEverywhere: async (sinceMs, limitMs, stop) => {
      const limit = host.deadline(limitMs, stop);
      const serving = services.map((service) =>
        untilServing({
          service,
          use: (attempt) => lab.serving(service, attempt),
          nowMs: () => journal.nowMs(),
          limit,
          stop,
        }),
      );
      const [visibleMs, ...servingMs] = await Promise.all([
        canaries.deliveredEverywhere(sinceMs, limitMs, stop),
        ...serving,
      ]);
      return visibleMs === undefined
        ? nothingDelivered(limitMs)
        : Math.max(visibleMs, ...servingMs);
    },
  };
}

type Ports = ReturnType<typeof portsOf>;

/** Nobody waits on: a hold is over at once, and whether others would have taken over is not known. */
function endingAt(healNow: AbortSignal, ports: Ports): Ports {
  const { promise: healed, resolve } = Promise.withResolvers<undefined>();
  if (healNow.aborted) resolve(undefined);
  healNow.addEventListener("abort", () => {
    resolve(undefined);
  });
  const neverSeen = (): never => {
    throw new LakeproofError("FAULT_FAILED", "It was ended by hand before others took over.", {
      hint: "Let it last until the board says that it was taken over.",
    });
  };
  return {
    ...ports,
    sleep: (ms, stop) => Promise.race([ports.sleep(ms, stop), healed]),
    deliveredEverywhere: (...since) =>
      Promise.race([ports.deliveredEverywhere(...since), healed.then(neverSeen)]),
  };
}

function nothingDelivered(limitMs: number): never {
  throw new LakeproofError(
    "FAULT_FAILED",
    `Not every change came through within ${String(limitMs / 1000)} s of the fault or its end.`,
    { hint: "Read the logs of the instance and of its neighbours." },
  );
}

interface Serving {
  readonly service: string;
  readonly use: (attempt: AbortSignal) => Promise<void>;
  readonly nowMs: () => number;
  readonly limit: AbortSignal;
  readonly stop: AbortSignal;
}

/**
 * The moment of the first real use of the service that works again. An attempt of its own may hang for ever: a request that
 * a proxy sent to a node without power is neither answered nor refused.
 */
async function untilServing({ service, use, nowMs, limit, stop }: Serving): Promise<number> {
  for (;;) {
    try {
      await use(host.deadline(SERVING_MS_MAX, limit));
      return nowMs();
    } catch (error) {
      if (stop.aborted) throw error;
      if (limit.aborted) throw neverServed(service, error);
    }
    await host.sleep(SERVING_INTERVAL_MS, stop);
  }
}

function neverServed(service: string, cause: unknown): LakeproofError {
  return new LakeproofError("FAULT_FAILED", `${service} did not serve again in time.`, {
    hint: "Read the logs of the service and of what stands before it.",
    cause,
  });
}

/** The parts of a run that faults are about. */
export type FaultSession = Pick<Session, "lab" | "journal" | "signal"> &
  Partial<Pick<Session, "acknowledged" | "kafka">> & {
    readonly plan: { readonly topology: Pick<Session["plan"]["topology"], "services"> };
  };

/** Every change of the lake touches it: somebody commits to it with each checkpoint. */
const COMMITTED_TABLE = "accounts";

function progressOf({ acknowledged, kafka }: FaultSession): FaultContext<unknown>["progress"] {
  if (acknowledged === undefined || kafka === undefined) return undefined;
  return () => ({
    acknowledgedCount: acknowledged.eventCount,
    capturedCount: kafka.eventCount - kafka.duplicateCount,
  });
}

/** A lab that stays up is given back whole, also when the run is stopped in the middle of a fault. */
function healingSignal(labId: string, stop: AbortSignal): AbortSignal {
  return stop.aborted && readLab(labId)?.held === true ? host.deadline(HEAL_MS_MAX) : stop;
}

/** What a fault gets to know and to use. */
export function contextOf(
  session: FaultSession,
  entry: FaultEntry,
  instanceIds: readonly string[],
): FaultContext<unknown> {
  const { lab, journal, signal } = session;
  const replication = lab.replication(entry.service);
  const progress = progressOf(session);
  return {
    id: entry.id,
    ...(progress === undefined ? {} : { progress }),
    ...(replication === undefined ? {} : { replication }),
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
    query: (sql, stop) =>
      openTrino(lab.endpoints.address("trino"), "lakeproof-probe").query(sql, stop),
    openCapture: (at) => {
      const capture = openChangeCapture(at);
      const renewSlot: typeof capture.renewSlot = (settings, stop) =>
        capture.renewSlot(settings, healingSignal(lab.id, stop));
      return { ...capture, renewSlot };
    },
    openServer: (id) => {
      const spec = lab.specs.find((candidate) => candidate.id === id);
      return openDatabaseServer(`${spec?.host ?? ""}:${String(spec?.ports["main"] ?? 0)}`);
    },
    openCatalog: () => openLakeCatalog(lab.endpoints.address("postgres"), COMMITTED_TABLE),
    ...(lab.endpoints.has("lake-maintenance")
      ? {
          openMaintenance: () =>
            openLakeMaintenance(lab.endpoints.address("lake-maintenance", "metrics")),
        }
      : {}),
    configure: (service, stop) => lab.configure(service, healingSignal(lab.id, stop)),
    readClock: (id, stop) => lab.readClock(id, stop),
    restart: async (instanceId, stop) => {
      const instance = await lab.restart(instanceId, healingSignal(lab.id, stop));
      journal.append(readyEvent(instance, true));
    },
  };
}
