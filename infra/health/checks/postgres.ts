/** What holds for every PostgreSQL that feeds the lake: one with replicas, and one alone. */
import type { ComponentContext } from "../../../core/contracts/component.ts";
import { z } from "zod";
import { withPostgres } from "../../clients/postgres.ts";
import { SLOT } from "../../components/postgres.ts";
import { count, memory, percent } from "../../lint/figures.ts";
import { graded, listed, okIf, type HealthCheck, type HealthFinding } from "../finding.ts";

const MIB = 1024 ** 2;
/** Where no limit is set WAL grows until the disk is full: this much is worth a look. */
const RETAINED_BYTES_UNLIMITED = { warnAbove: 1024 * MIB, badAbove: 16 * 1024 * MIB };
/** Of max_slot_wal_keep_size: beyond it the slot is lost, and with it the place in the stream. */
const RETAINED_RATIO = { warnAbove: 0.5, badAbove: 0.9 };
const CONNECTION_RATIO = { warnAbove: 0.8, badAbove: 0.95 };

const Slot = z.object({
  slot_name: z.string(),
  active: z.boolean(),
  failover: z.boolean(),
  synced: z.boolean(),
  temporary: z.boolean(),
  wal_status: z.string().nullable(),
  invalidation_reason: z.string().nullable(),
  retained_bytes: z.coerce.number(),
});

const Server = z.object({
  connections: z.coerce.number(),
  connections_max: z.coerce.number(),
  /** −1: no limit. */
  keep_mib: z.coerce.number(),
});

export type SlotRow = z.infer<typeof Slot>;
export type ServerRow = z.infer<typeof Server>;

const SLOTS_SQL = `SELECT slot_name, active, failover, synced, temporary, wal_status, invalidation_reason,
  coalesce(pg_wal_lsn_diff(
    CASE WHEN pg_is_in_recovery() THEN pg_last_wal_replay_lsn() ELSE pg_current_wal_lsn() END, restart_lsn
  ), 0) AS retained_bytes FROM pg_replication_slots`;

const SERVER_SQL = `SELECT
  (SELECT count(*) FROM pg_stat_activity WHERE backend_type = 'client backend') AS connections,
  current_setting('max_connections') AS connections_max,
  (SELECT setting FROM pg_settings WHERE name = 'max_slot_wal_keep_size') AS keep_mib`;

export function parseSlots(rows: unknown): readonly SlotRow[] {
  return z.array(Slot).parse(rows);
}

export function slotsOf(address: string, signal: AbortSignal): Promise<readonly SlotRow[]> {
  return withPostgres(address, "postgres", signal, async (client) =>
    parseSlots((await client.query(SLOTS_SQL)).rows),
  );
}

function serverOf(address: string, signal: AbortSignal): Promise<ServerRow> {
  return withPostgres(address, "postgres", signal, async (client) =>
    Server.parse((await client.query(SERVER_SQL)).rows[0]),
  );
}

/** The connector's slot where it is used. */
export function judgeSlot(slots: readonly SlotRow[]): HealthFinding {
  const slot = slots.find(({ slot_name: name }) => name === SLOT);
  const problems =
    slot === undefined
      ? ["it does not exist"]
      : [
          ...(slot.active ? [] : ["nobody reads it"]),
          ...(slot.failover ? [] : ["it is not copied to standbys"]),
          ...(slot.invalidation_reason === null
            ? []
            : [`it is invalid (${slot.invalidation_reason})`]),
        ];
  return {
    check: `slot ${SLOT}`,
    status: okIf(problems.length === 0),
    observed: listed(problems, "active, failover"),
    expected: "it exists, is active and marked for failover",
    hint: "Look at the connector (`/connectors/bank/status`): a slot that is gone or invalid needs a new snapshot.",
  };
}

/** All slots together: each alone can fill the disk. */
export function judgeRetainedWal(slots: readonly SlotRow[], keepMib: number): HealthFinding {
  const most = slots.reduce((max, slot) => Math.max(max, slot.retained_bytes), 0);
  const by = slots.find((slot) => slot.retained_bytes === most)?.slot_name ?? "no slot";
  const lost = slots.filter(
    ({ wal_status: status }) => status === "lost" || status === "unreserved",
  );
  const limited = keepMib >= 0;
  const keepBytes = keepMib * MIB;
  const graded_ = limited
    ? graded(most / Math.max(1, keepBytes), RETAINED_RATIO)
    : graded(most, RETAINED_BYTES_UNLIMITED);
  const limit = limited
    ? `${percent(most / Math.max(1, keepBytes))} of max_slot_wal_keep_size ${memory(keepBytes)}`
    : "max_slot_wal_keep_size sets no limit";
  return {
    check: "WAL retained by slots",
    status: lost.length > 0 ? "bad" : graded_,
    observed: `${memory(most)} by ${by}; ${limit}${lost.length === 0 ? "" : `; ${listed(lost.map(({ slot_name: name, wal_status: status }) => `${name} is ${String(status)}`))}`}`,
    expected: limited
      ? `at most ${percent(RETAINED_RATIO.warnAbove)} of the limit`
      : `at most ${memory(RETAINED_BYTES_UNLIMITED.warnAbove)}`,
    hint: "Find out why the slot's reader does not confirm (connector, standby), and free disk before the slot is lost.",
  };
}

export function judgeConnections(server: ServerRow): HealthFinding {
  const ratio = server.connections / server.connections_max;
  return {
    check: "connections",
    status: graded(ratio, CONNECTION_RATIO),
    observed: `${count(server.connections)} of ${count(server.connections_max)} (${percent(ratio)})`,
    expected: `at most ${percent(CONNECTION_RATIO.warnAbove)} of max_connections`,
    hint: "See who holds them in pg_stat_activity; close what is idle, or put a pooler before the server.",
  };
}

/** Address of the server that takes writes, past any load balancer. */
export type LeaderOf = (context: ComponentContext, signal: AbortSignal) => Promise<string>;

export function serverChecks(leaderOf: LeaderOf): Readonly<Record<string, HealthCheck>> {
  return {
    slots: async (context, _instances, signal) => {
      const leader = await leaderOf(context, signal);
      const [slots, server] = await Promise.all([
        slotsOf(leader, signal),
        serverOf(leader, signal),
      ]);
      // Without a connector nobody would have made the slot.
      const wanted = context.endpoints.has("debezium") ? [judgeSlot(slots)] : [];
      return [...wanted, judgeRetainedWal(slots, server.keep_mib), judgeConnections(server)];
    },
  };
}

export const postgresChecks = serverChecks((context) =>
  Promise.resolve(context.endpoints.addresses(context.service)[0] ?? ""),
);
