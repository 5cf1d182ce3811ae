/** Kafka Connect and the connector on it: the way of a change from PostgreSQL to Kafka. */
import { z } from "zod";
import { BANK_DATABASE, HEARTBEAT_TABLE } from "../../../core/bank-schema.ts";
import { requestJson } from "../../clients/http.ts";
import { withKafkaAdmin, type KafkaGroup } from "../../clients/kafka-admin.ts";
import { withPostgres } from "../../clients/postgres.ts";
import { CONNECTOR } from "../../clients/connect.ts";
import { SLOT } from "../../components/postgres.ts";
import { memory, plural, span } from "../../lint/figures.ts";
import {
  graded,
  listed,
  okIf,
  type HealthCheck,
  type HealthFinding,
  type InstanceHealth,
} from "../finding.ts";

/** The connector confirms every few seconds; the first figure is some seconds of a busy bank. */
const SLOT_LAG_BYTES = { warnAbove: 64 * 1024 ** 2, badAbove: 1024 ** 3 };
/** Written every 5 s: the first figure forgives a pause of the connector, the second is twice the seed's freshness. */
const HEARTBEAT_AGE_MS = { warnAbove: 20_000, badAbove: 60_000 };

const Status = z.object({
  connector: z.object({ state: z.string(), worker_id: z.string() }),
  tasks: z.array(
    z.object({
      id: z.number(),
      state: z.string(),
      worker_id: z.string(),
      trace: z.string().optional(),
    }),
  ),
});

const Lag = z.object({ lag_bytes: z.coerce.number() });
const Heartbeat = z.object({ age_ms: z.coerce.number() });

export type ConnectorStatus = z.infer<typeof Status>;

export function parseConnectorStatus(answer: unknown): ConnectorStatus {
  return Status.parse(answer);
}

export function judgeWorkers(group: KafkaGroup, workerCount: number): HealthFinding {
  const whole = group.memberCount >= workerCount;
  return {
    check: "workers in the group",
    status: okIf(whole && group.state === "Stable", group.memberCount > 0 ? "warn" : "bad"),
    observed: `${String(group.memberCount)} of ${plural(workerCount, "worker")}, group ${group.state}`,
    expected: `all ${String(workerCount)}, group Stable`,
    hint: "Read the missing worker's log; with one left nobody takes the task over when that one goes.",
  };
}

export function judgeConnector({ connector, tasks }: ConnectorStatus): readonly HealthFinding[] {
  const failed = tasks.find(({ trace }) => trace !== undefined && trace !== "");
  const reason = failed?.trace?.split("\n")[0]?.slice(0, 200);
  return [
    {
      check: "connector",
      status: okIf(connector.state === "RUNNING"),
      observed: `${connector.state} on ${connector.worker_id}`,
      expected: "RUNNING",
      hint: `Read the worker's log; restart with POST /connectors/${CONNECTOR}/restart?includeTasks=true&onlyFailed=true.`,
    },
    {
      check: "task",
      status: okIf(tasks.length > 0 && tasks.every(({ state }) => state === "RUNNING")),
      observed: `${listed(
        tasks.map((task) => `${String(task.id)} ${task.state} on ${task.worker_id}`),
        "the connector has no task",
      )}${reason === undefined ? "" : `: ${reason}`}`,
      expected: "one task, RUNNING",
      hint: `Mend what the trace names, then POST /connectors/${CONNECTOR}/restart?includeTasks=true&onlyFailed=true.`,
    },
  ];
}

export function judgeSlotLag(lagBytes: number | undefined): HealthFinding {
  return {
    check: "slot lag",
    status: lagBytes === undefined ? "bad" : graded(lagBytes, SLOT_LAG_BYTES),
    observed: lagBytes === undefined ? "the slot is not there" : memory(lagBytes),
    expected: `at most ${memory(SLOT_LAG_BYTES.warnAbove)} written and not yet confirmed`,
    hint: "If it grows the connector is too slow or stopped: look at its task, and at Kafka below min ISR.",
  };
}

export function judgeHeartbeat(ageMs: number | undefined): HealthFinding {
  return {
    check: "heartbeat",
    status: ageMs === undefined ? "warn" : graded(ageMs, HEARTBEAT_AGE_MS),
    observed: ageMs === undefined ? "never written" : `${span(Math.max(0, ageMs))} ago`,
    expected: `at most ${span(HEARTBEAT_AGE_MS.warnAbove)} ago; the connector writes it every 5 s`,
    hint: "The connector does not reach PostgreSQL's leader, or its task hangs: read the worker's log.",
  };
}

const workers: HealthCheck = async (context, instances, signal) => {
  const group = groupOf(instances);
  const brokers = context.endpoints.addresses("kafka");
  const found = await withKafkaAdmin(brokers, signal, (admin) => admin.group(group));
  return [judgeWorkers(found, context.replicaCount)];
};

/** What the workers were started with, whatever the component says today. */
function groupOf(instances: readonly InstanceHealth[]): string {
  const text = instances[0]?.spec.files["worker.properties"] ?? "";
  return /^group\.id=(.+)$/m.exec(text)?.[1]?.trim() ?? "lakeproof-connect";
}

export const connectChecks: Readonly<Record<string, HealthCheck>> = { workers };

const state: HealthCheck = async (context, _instances, signal) => {
  const path = `/connectors/${CONNECTOR}/status`;
  // Any worker knows; one that is gone or hangs must not be the only one asked.
  const answer = await Promise.any(
    context.endpoints
      .addresses("connect")
      .map((address) => requestJson(`http://${address}${path}`, { signal })),
  );
  return judgeConnector(parseConnectorStatus(answer));
};

const slot: HealthCheck = async (context, _instances, signal) => {
  const postgres = context.endpoints.address("postgres");
  const rows = await withPostgres(
    postgres,
    "postgres",
    signal,
    async (client) =>
      (
        await client.query(
          `SELECT pg_wal_lsn_diff(pg_current_wal_lsn(), confirmed_flush_lsn) AS lag_bytes
            FROM pg_replication_slots WHERE slot_name = $1`,
          [SLOT],
        )
      ).rows as unknown[],
  );
  return [judgeSlotLag(rows[0] === undefined ? undefined : Lag.parse(rows[0]).lag_bytes)];
};

const heartbeat: HealthCheck = async (context, _instances, signal) => {
  const postgres = context.endpoints.address("postgres");
  const rows = await withPostgres(
    postgres,
    BANK_DATABASE,
    signal,
    async (client) =>
      (
        await client.query(
          `SELECT extract(epoch FROM clock_timestamp() - max(beat_at)) * 1000 AS age_ms
            FROM ${HEARTBEAT_TABLE} HAVING max(beat_at) IS NOT NULL`,
        )
      ).rows as unknown[],
  );
  return [judgeHeartbeat(rows[0] === undefined ? undefined : Heartbeat.parse(rows[0]).age_ms)];
};

export const debeziumChecks: Readonly<Record<string, HealthCheck>> = {
  "connector and task": state,
  "slot lag": slot,
  heartbeat,
};
