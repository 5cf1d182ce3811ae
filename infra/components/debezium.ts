/** The PostgreSQL connector on Connect: one task, one failover slot, both bank tables. */
import { z } from "zod";
import { BANK_DATABASE, BANK_TABLES, TOPIC_PREFIX } from "../../core/bank-schema.ts";
import type { Component } from "../../core/contracts/component.ts";
import { LakeproofError } from "../../core/errors.ts";
import { host } from "../../core/host.ts";
import { requestJson } from "../clients/http.ts";
import { withPostgres } from "../clients/postgres.ts";

const CONNECTOR = "bank";
const SLOT = "lakeproof_bank";

const Status = z.object({
  connector: z.object({ state: z.string() }),
  tasks: z.array(z.object({ state: z.string(), trace: z.string().optional() })),
});

/** State words of connector and tasks, e.g. "RUNNING, RUNNING"; a failed task adds its reason. */
async function connectorStates(
  connectAddress: string,
  signal: AbortSignal,
): Promise<readonly string[]> {
  const url = `http://${connectAddress}/connectors/${CONNECTOR}/status`;
  const status = Status.parse(await requestJson(url, { signal }));
  return [status.connector.state, ...status.tasks.map((task) => task.state)];
}

export const debezium: Component = {
  kind: "debezium",
  artifacts: [],
  instances: () => [],
  configure: async (context, signal) => {
    const connect = context.endpoints.address("connect");
    const link = context.endpoints.address("pg-link", "link");
    await requestJson(`http://${connect}/connectors/${CONNECTOR}/config`, {
      method: "PUT",
      body: connectorConfig(link, context.topicPartitionCount),
      signal,
    });
    await untilStreaming(context.endpoints.address("postgres"), connect, signal);
  },
};

function connectorConfig(link: string, partitionCount: number): Record<string, string> {
  const [hostname = "", port = ""] = link.split(":");
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
    "publication.name": SLOT,
    "publication.autocreate.mode": "filtered",
    "table.include.list": BANK_TABLES.map((table) => `bank.${table}`).join(","),
    "tombstones.on.delete": "false",
    "poll.interval.ms": "100",
    "heartbeat.interval.ms": "5000",
    "status.update.interval.ms": "2000",
    "retriable.restart.connector.wait.ms": "2000",
    "producer.override.compression.type": "lz4",
    // A retried batch must not be written twice; what a restarted task repeats is another matter.
    "producer.override.enable.idempotence": "true",
    "topic.creation.enable": "true",
    "topic.creation.default.replication.factor": "1",
    "topic.creation.default.partitions": String(partitionCount),
    "topic.creation.default.compression.type": "lz4",
  };
}

/** Ready means: the task runs and its slot is being read. */
async function untilStreaming(
  postgres: string,
  connect: string,
  signal: AbortSignal,
): Promise<void> {
  const deadlineMs = host.monotonicMs() + 90_000;
  let seen = "no answer";
  while (host.monotonicMs() < deadlineMs) {
    try {
      const states = await connectorStates(connect, signal);
      const active = await withPostgres(postgres, BANK_DATABASE, signal, (client) =>
        client.query<{ active: boolean; failover: boolean }>(
          "SELECT active, failover FROM pg_replication_slots WHERE slot_name = $1",
          [SLOT],
        ),
      );
      const slot = active.rows[0];
      const running = states.length > 1 && states.every((state) => state === "RUNNING");
      if (running && slot?.active === true && slot.failover) return;
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
