/** The PostgreSQL connector on Connect: one task, one failover slot, both bank tables. */
import {
  BANK_DATABASE,
  BANK_TABLES,
  HEARTBEAT_SQL,
  HEARTBEAT_TABLE,
  TOPIC_PREFIX,
} from "../../core/bank-schema.ts";
import type { Component, ComponentContext } from "../../core/contracts/component.ts";
import { LakeproofError } from "../../core/errors.ts";
import { host } from "../../core/host.ts";
import { CONNECTOR, connectorStatus } from "../clients/connect.ts";
import { requestJson } from "../clients/http.ts";
import { withPostgres } from "../clients/postgres.ts";
import { KAFKA_TIMINGS, replicationOf } from "./kafka.ts";
import { SLOT } from "./postgres.ts";

export const debezium: Component = {
  kind: "debezium",
  artifacts: [],
  instances: () => [],
  settings: {
    "producer.override.acks": ["0", "1"],
    "producer.override.enable.idempotence": ["false"],
    "slot.failover": ["false"],
    "offset.mismatch.strategy": ["no_validation", "trust_slot", "trust_greater_lsn"],
  },
  configure: async (context, signal) => {
    const connect = context.endpoints.address("connect");
    await requestJson(`http://${connect}/connectors/${CONNECTOR}/config`, {
      method: "PUT",
      body: connectorConfig(context),
      signal,
    });
    const postgres = context.endpoints.address("postgres");
    const isFailover = connectorConfig(context)["slot.failover"] === "true";
    await untilStreaming({ postgres, connect, isFailover }, signal);
    if (!isFailover) return;
    const standbys = context.replicaCountOf("postgres") - 1;
    if (standbys < 1 || context.endpoints.addresses("postgres", "rest").length === 0) return;
    await untilSlotSynced(postgres, context.endpoints.addresses("postgres"), standbys, signal);
  },
};

/** What is put to Connect; `lint` reads it too. Through the link proxy where the topology has one. */
export function connectorConfig(context: ComponentContext): Record<string, string> {
  const { endpoints } = context;
  const source = endpoints.has("pg-link")
    ? endpoints.address("pg-link", "link")
    : endpoints.address("postgres");
  const [hostname = "", port = ""] = source.split(":");
  const { factor } = replicationOf(context.replicaCountOf("kafka"));
  return {
    "connector.class": "io.debezium.connector.postgresql.PostgresConnector",
    "database.hostname": hostname,
    "database.port": port,
    "database.user": "lakeproof",
    "database.password": "unused-trust-authentication",
    "database.dbname": BANK_DATABASE,
    "topic.prefix": TOPIC_PREFIX,
    "plugin.name": "pgoutput",
    "slot.name": SLOT,
    "slot.failover": "true",
    "slot.retry.delay.ms": "2000",
    "slot.max.retries": "30",
    // A slot that was made anew while nobody looked is ahead of the offset: an error, not a silent gap.
    "offset.mismatch.strategy": "trust_offset",
    "publication.name": SLOT,
    "publication.autocreate.mode": "filtered",
    "table.include.list": [...BANK_TABLES.map((table) => `bank.${table}`), HEARTBEAT_TABLE].join(
      ",",
    ),
    "tombstones.on.delete": "false",
    "poll.interval.ms": "100",
    "heartbeat.interval.ms": "5000",
    "heartbeat.action.query": HEARTBEAT_SQL,
    "status.update.interval.ms": "2000",
    "retriable.restart.connector.wait.ms": "2000",
    "producer.override.compression.type": "lz4",
    "producer.override.request.timeout.ms": String(KAFKA_TIMINGS.clientRequestTimeoutMs),
    // A retried batch must not be written twice; what a restarted task repeats is another matter.
    "producer.override.enable.idempotence": "true",
    "topic.creation.enable": "true",
    "topic.creation.default.replication.factor": String(factor),
    "topic.creation.default.partitions": String(context.topicPartitionCount),
    "topic.creation.default.compression.type": "lz4",
    ...context.settings,
  };
}

/** Ready means: the task runs and its slot is being read. */
async function untilStreaming(
  wanted: { readonly postgres: string; readonly connect: string; readonly isFailover: boolean },
  signal: AbortSignal,
): Promise<void> {
  const { postgres, connect, isFailover } = wanted;
  const deadlineMs = host.monotonicMs() + 90_000;
  let seen = "no answer";
  while (host.monotonicMs() < deadlineMs) {
    try {
      const { connector, tasks } = await connectorStatus(connect, signal);
      const states = [connector.state, ...tasks.map((task) => task.state)];
      const active = await withPostgres(postgres, BANK_DATABASE, signal, (client) =>
        client.query<{ active: boolean; failover: boolean }>(
          "SELECT active, failover FROM pg_replication_slots WHERE slot_name = $1",
          [SLOT],
        ),
      );
      const slot = active.rows[0];
      const running = states.length > 1 && states.every((state) => state === "RUNNING");
      if (running && slot?.active === true && slot.failover === isFailover) return;
      seen = `connector ${states.join(", ")}; slot ${JSON.stringify(slot ?? null)}`;
    } catch (error) {
      signal.throwIfAborted();
      seen = error instanceof Error ? error.message : String(error);
    }
    await host.sleep(200, signal);
  }
  throw new LakeproofError(
    "PROVISIONING_FAILED",
    `The Debezium connector does not stream: ${seen}.`,
    {
      hint: "Read logs/connect-0.log; the connector's own trace is there.",
    },
  );
}

/**
 * On a standby a new failover slot is temporary until the consumer has confirmed something newer; a failover
 * before that loses the slot and everything not yet read. Ready means: it would survive one now.
 */
export async function untilSlotSynced(
  leader: string,
  members: readonly string[],
  standbyCount: number,
  signal: AbortSignal,
): Promise<void> {
  const deadlineMs = host.monotonicMs() + 150_000;
  let synced = 0;
  while (host.monotonicMs() < deadlineMs) {
    await withPostgres(leader, "postgres", signal, async (client) => {
      // The slot moves on at such a record only; PostgreSQL writes one by itself every 15 seconds.
      await client.query("SELECT pg_log_standby_snapshot()");
    });
    const answers = await Promise.all(members.map((member) => slotIsSynced(member, signal)));
    synced = answers.filter(Boolean).length;
    if (synced >= standbyCount) return;
    await host.sleep(1000, signal);
  }
  throw new LakeproofError(
    "PROVISIONING_FAILED",
    `The replication slot is safe on ${String(synced)} of ${String(standbyCount)} standbys only.`,
    { hint: "Look at pg_replication_slots on the standbys (synced, temporary)." },
  );
}

async function slotIsSynced(member: string, signal: AbortSignal): Promise<boolean> {
  return withPostgres(member, "postgres", signal, async (client) => {
    const { rows } = await client.query<{ safe: boolean }>(
      `SELECT synced AND NOT temporary AND invalidation_reason IS NULL AS safe
        FROM pg_replication_slots WHERE slot_name = $1 AND pg_is_in_recovery()`,
      [SLOT],
    );
    return rows[0]?.safe === true;
  });
}
