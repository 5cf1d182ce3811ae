/**
 * The connector and its replication slot, as an operator reaches them: SQL to PostgreSQL, REST to Connect. What breaks
 * the slot is here beside the runbook that mends it, so that both mean the same slot.
 */
import pg from "pg";
import { z } from "zod";
import { BANK_DATABASE } from "../core/bank-schema.ts";
import type { CaptureAddresses, ChangeCapture, SlotSeen } from "../core/contracts/fault.ts";
import { LakeproofError, reasonOf } from "../core/errors.ts";
import { host } from "../core/host.ts";
import { isAborted } from "../core/until-aborted.ts";
import { requestJson } from "./clients/http.ts";
import { withPostgres } from "./clients/postgres.ts";
import { CONNECTOR, connectorStatus } from "./clients/connect.ts";
import { untilSlotSynced } from "./components/debezium.ts";
import { SLOT } from "./components/postgres.ts";
import { openDatabaseServer } from "./database-server.ts";

const ASK_MS_MAX = 10_000;
const DROP_MS_MAX = 30_000;
const DROP_RETRY_MS = 20;
const STANDBY_MS_MAX = 20_000;
const STARVE_MS_MAX = 180_000;
const RENEW_MS_MAX = 240_000;
/** A standby that found nothing to copy looks for slots again after half a minute at most. */
const BEGIN_MS_MAX = 90_000;
const LOOK_MS = 500;
const RESTART_MS = 10_000;

/** How much WAL PostgreSQL keeps for slots. */
const WAL_KEEP_SETTING = "max_slot_wal_keep_size";
/** Less than a segment is none. Patroni has some kept for all (wal_keep_size): so many segments, and then some. */
const WAL_KEEP_NONE = "1MB";
const SEGMENT_COUNT_MAX = 40;

/** A slot that somebody holds. */
const OBJECT_IN_USE = "55006";
/** The connector has no task, and is meant to have none. */
const STOPPED = "no task, connector STOPPED";
const SNAPSHOT_MODE = "snapshot.mode";
/** Reads all rows where the stored offset cannot be gone on from. */
const WHEN_NEEDED = "when_needed";

export function openChangeCapture(at: CaptureAddresses): ChangeCapture {
  return {
    slotName: SLOT,
    slot: (signal) => slotSeen(at, signal),
    dropSlot: (signal) => dropSlot(at, signal),
    beginAnew: (signal) => beginAnew(at, signal),
    starveSlot: (signal) => starveSlot(at, signal),
    task: (signal) => taskSeen(at, signal),
    renewSlot: (settings, signal) => renewSlot(at, settings, signal),
  };
}

/** A slot that no reader can go on from. */
export function isLost(slot: SlotSeen | undefined): boolean {
  return slot === undefined || slot.walStatus === "lost" || slot.invalidationReason !== undefined;
}

function onWriter<T>(
  at: CaptureAddresses,
  signal: AbortSignal,
  work: (client: pg.Client) => Promise<T>,
): Promise<T> {
  return withPostgres(at.postgres, BANK_DATABASE, signal, work);
}

function slotSeen(at: CaptureAddresses, signal: AbortSignal): Promise<SlotSeen | undefined> {
  return onWriter(at, host.deadline(ASK_MS_MAX, signal), slotOf);
}

async function slotOf(client: pg.Client): Promise<SlotSeen | undefined> {
  const { rows } = await client.query<{
    active: boolean;
    wal_status: string | null;
    invalidation_reason: string | null;
    restart_lsn: string | null;
    confirmed_flush_lsn: string | null;
  }>(
    `SELECT active, wal_status, invalidation_reason, restart_lsn::text, confirmed_flush_lsn::text
      FROM pg_replication_slots WHERE slot_name = $1`,
    [SLOT],
  );
  const [row] = rows;
  if (row === undefined) return undefined;
  const { active, wal_status: walStatus, invalidation_reason: invalidationReason } = row;
  return {
    active,
    walStatus: walStatus ?? "unknown",
    ...(invalidationReason === null ? {} : { invalidationReason }),
    ...(row.restart_lsn === null ? {} : { restartLsn: row.restart_lsn }),
    ...(row.confirmed_flush_lsn === null ? {} : { confirmedLsn: row.confirmed_flush_lsn }),
  };
}

/** The reader comes back within seconds: whoever holds the slot is ended and the slot dropped on one connection. */
async function dropSlot(at: CaptureAddresses, signal: AbortSignal): Promise<void> {
  const deadlineMs = host.monotonicMs() + DROP_MS_MAX;
  await onWriter(at, host.deadline(DROP_MS_MAX, signal), async (client) => {
    for (;;) {
      await client.query(
        "SELECT pg_terminate_backend(active_pid) FROM pg_replication_slots WHERE slot_name = $1 AND active_pid IS NOT NULL",
        [SLOT],
      );
      try {
        await client.query(
          "SELECT pg_drop_replication_slot(slot_name) FROM pg_replication_slots WHERE slot_name = $1",
          [SLOT],
        );
        return;
      } catch (error) {
        const isHeld = error instanceof pg.DatabaseError && error.code === OBJECT_IN_USE;
        if (!isHeld || host.monotonicMs() >= deadlineMs) throw error;
      }
      await host.sleep(DROP_RETRY_MS, signal);
    }
  });
}

async function beginAnew(at: CaptureAddresses, signal: AbortSignal): Promise<void> {
  const limit = host.deadline(BEGIN_MS_MAX, signal);
  await tell(at, "PUT", "stop", limit);
  await patiently(limit, async () => {
    const { state } = await taskSeen(at, limit);
    if (state === STOPPED) return;
    throw new LakeproofError("FAULT_FAILED", `The connector was told to stop: ${state}.`, {
      hint: "Read the log of the Connect worker that runs the task.",
    });
  });
  await dropSlot(at, limit);
  await patiently(limit, () => untilNobodyHasIt(at, limit));
  await tell(at, "DELETE", "offsets", limit);
  await tell(at, "PUT", "resume", limit);
}

/** A copy that a standby has not dropped by then would be taken for one of the next slot, and be permanent at once. */
async function untilNobodyHasIt(at: CaptureAddresses, signal: AbortSignal): Promise<void> {
  const held = await Promise.all(
    at.members.map(async (member) => {
      const limit = host.deadline(ASK_MS_MAX, signal);
      const slot = await openDatabaseServer(member).slot(SLOT, limit);
      return slot === undefined ? [] : [member];
    }),
  );
  if (held.flat().length === 0) return;
  throw new LakeproofError("FAULT_FAILED", `${SLOT} is still on ${held.flat().join(", ")}.`, {
    hint: "Look at sync_replication_slots and the standbys' logs.",
  });
}

async function tell(
  at: CaptureAddresses,
  method: "PUT" | "DELETE",
  what: "stop" | "offsets" | "resume",
  signal: AbortSignal,
): Promise<void> {
  await patiently(signal, () =>
    askWorkers(at, signal, (worker, limit) =>
      requestJson(`http://${worker}/connectors/${CONNECTOR}/${what}`, { method, signal: limit }),
    ),
  );
}

async function starveSlot(at: CaptureAddresses, signal: AbortSignal): Promise<void> {
  await onWriter(at, host.deadline(STARVE_MS_MAX, signal), async (client) => {
    await client.query(`ALTER SYSTEM SET ${WAL_KEEP_SETTING} = '${WAL_KEEP_NONE}'`);
    await client.query("SELECT pg_reload_conf()");
    for (let count = 0; count < SEGMENT_COUNT_MAX; count += 1) {
      // An empty segment is not left: something has to be written first.
      await client.query("SELECT pg_log_standby_snapshot()");
      const { rows } = await client.query<{ lsn: string }>("SELECT pg_switch_wal()::text AS lsn");
      await untilStandbysHave(client, rows[0]?.lsn ?? "0/0", signal);
      await client.query("CHECKPOINT");
      const slot = await slotOf(client);
      if (slot?.walStatus === "lost") return;
    }
    throw new LakeproofError(
      "FAULT_FAILED",
      `${SLOT} is still valid after ${String(SEGMENT_COUNT_MAX)} segments with ${WAL_KEEP_SETTING} = ${WAL_KEEP_NONE}.`,
      { hint: "Look at wal_keep_size, and whether the slot's reader still confirms." },
    );
  });
}

/** The limit holds for the standbys' slots as well, and theirs are to stay. */
async function untilStandbysHave(
  client: pg.Client,
  lsn: string,
  signal: AbortSignal,
): Promise<void> {
  const deadlineMs = host.monotonicMs() + STANDBY_MS_MAX;
  for (;;) {
    const { rows } = await client.query<{ slot_name: string }>(
      `SELECT slot_name FROM pg_replication_slots
        WHERE slot_type = 'physical' AND restart_lsn < $1::pg_lsn AND wal_status <> 'lost'`,
      [lsn],
    );
    if (rows.length === 0) return;
    if (host.monotonicMs() >= deadlineMs) {
      const names = rows.map((row) => row.slot_name).join(", ");
      throw new LakeproofError("FAULT_FAILED", `The slots of standbys lag behind: ${names}.`, {
        hint: "Wait until every standby streams, or they would lose their slots as well.",
      });
    }
    await host.sleep(LOOK_MS / 5, signal);
  }
}

/** From any worker that answers. */
async function askWorkers<T>(
  at: CaptureAddresses,
  signal: AbortSignal,
  ask: (worker: string, limit: AbortSignal) => Promise<T>,
): Promise<T> {
  let last: unknown;
  for (const worker of at.workers) {
    try {
      return await ask(worker, host.deadline(ASK_MS_MAX, signal));
    } catch (error) {
      signal.throwIfAborted();
      last = error;
    }
  }
  throw new LakeproofError("CLIENT_FAILED", `No Connect worker answers: ${reasonOf(last)}`, {
    hint: "`lakeproof status` shows which workers are down.",
    cause: last,
  });
}

async function taskSeen(
  at: CaptureAddresses,
  signal: AbortSignal,
): Promise<{ readonly state: string; readonly reason?: string }> {
  const { connector, tasks } = await askWorkers(at, signal, connectorStatus);
  const [task] = tasks;
  if (task === undefined) return { state: `no task, connector ${connector.state}` };
  return {
    state: task.state,
    ...(task.trace === undefined ? {} : { reason: reasonIn(task.trace) }),
  };
}

/** The first line of a trace without the state that Debezium prints into it. */
export function reasonIn(trace: string): string {
  const [line = ""] = trace.split("\n");
  return line.replace(/PostgresOffsetContext \[.*\](?=,| )/, "its offset").slice(0, 300);
}

const Config = z.record(z.string(), z.string());

async function renewSlot(
  at: CaptureAddresses,
  settings: readonly string[],
  signal: AbortSignal,
): Promise<void> {
  const limit = host.deadline(RENEW_MS_MAX, signal);
  if (settings.length > 0) await resetSettings(at, settings, limit);
  // Whoever stopped it may not have come to let it go on.
  await tell(at, "PUT", "resume", limit);
  const slot = await patiently(limit, () => slotSeen(at, limit));
  if (isLost(slot) && slot !== undefined) await dropSlot(at, limit);
  const config = await patiently(limit, () => configNow(at, limit));
  // Whoever began this before may have ended in the middle of it.
  if (isLost(slot) || config[SNAPSHOT_MODE] === WHEN_NEEDED) {
    await configure(at, { ...config, [SNAPSHOT_MODE]: WHEN_NEEDED }, limit);
    await untilRead(at, limit);
    // Left like this, the next loss would be papered over by a snapshot that nobody asked for.
    const usual = Object.entries(config).filter(([name]) => name !== SNAPSHOT_MODE);
    await configure(at, Object.fromEntries(usual), limit);
  }
  await untilRead(at, limit);
  const standbys = at.members.length - 1;
  if (standbys > 0) await untilSlotSynced(at.postgres, at.members, standbys, limit);
}

/** On every member: the leader may be another one by now. */
async function resetSettings(
  at: CaptureAddresses,
  settings: readonly string[],
  signal: AbortSignal,
): Promise<void> {
  for (const member of at.members) {
    await withPostgres(member, "postgres", host.deadline(ASK_MS_MAX, signal), async (client) => {
      for (const name of settings) {
        await client.query(`ALTER SYSTEM RESET ${pg.escapeIdentifier(name)}`);
      }
      await client.query("SELECT pg_reload_conf()");
    });
  }
}

function configNow(
  at: CaptureAddresses,
  signal: AbortSignal,
): Promise<Readonly<Record<string, string>>> {
  return askWorkers(at, signal, async (worker, limit) =>
    Config.parse(
      await requestJson(`http://${worker}/connectors/${CONNECTOR}/config`, { signal: limit }),
    ),
  );
}

/** Another configuration starts the task again, also one that has failed. */
async function configure(
  at: CaptureAddresses,
  config: Readonly<Record<string, string>>,
  signal: AbortSignal,
): Promise<void> {
  await patiently(signal, () =>
    askWorkers(at, signal, (worker, limit) =>
      requestJson(`http://${worker}/connectors/${CONNECTOR}/config`, {
        ...{ method: "PUT", body: config, signal: limit },
      }),
    ),
  );
}

/** The task runs, its slot is read, and what was read is confirmed: the snapshot is over and its end is stored. */
async function untilRead(at: CaptureAddresses, signal: AbortSignal): Promise<void> {
  let first: string | undefined;
  let restartedMs = host.monotonicMs();
  await patiently(signal, async () => {
    const slot = await slotSeen(at, signal);
    const { state, reason = "" } = await taskSeen(at, signal);
    if (state === "FAILED" && host.monotonicMs() - restartedMs > RESTART_MS) {
      restartedMs = host.monotonicMs();
      await restartFailed(at, signal);
    }
    if (slot?.active === true) first ??= slot.confirmedLsn;
    const isRead = slot?.active === true && state === "RUNNING" && slot.confirmedLsn !== first;
    if (isRead) return;
    throw new LakeproofError(
      "FAULT_FAILED",
      `The connector does not read its slot again: task ${state} ${reason}, slot ${JSON.stringify(slot ?? null)}.`,
      { hint: "Read the log of the Connect worker that runs the task." },
    );
  });
}

function restartFailed(at: CaptureAddresses, signal: AbortSignal): Promise<unknown> {
  const path = `connectors/${CONNECTOR}/restart?includeTasks=true&onlyFailed=true`;
  return askWorkers(at, signal, (worker, limit) =>
    requestJson(`http://${worker}/${path}`, { method: "POST", signal: limit }),
  );
}

/** Again and again while the group of workers settles; at the end of the time, the last reason. */
async function patiently<T>(signal: AbortSignal, attempt: () => Promise<T>): Promise<T> {
  let last: unknown;
  while (!signal.aborted) {
    try {
      return await attempt();
    } catch (error) {
      // Cut off in the middle, an attempt says less than the one before it.
      if (!isAborted(signal)) last = error;
    }
    await host.sleep(LOOK_MS, signal).catch(() => undefined);
  }
  throw last instanceof Error ? last : (signal.reason as Error);
}
