/** A Kafka Connect worker with the Debezium plugin, at-least-once as it comes. */
import { dirname, join } from "node:path";
import type { Component, InstanceSpec } from "../../core/contracts/component.ts";
import { requestJson } from "../clients/http.ts";
import { addressOf, eachOrdinal, javaFlags, properties } from "./shape.ts";

export const CONNECT_TIMINGS = {
  sessionTimeoutMs: 10_000,
  scheduledRebalanceDelayMs: 1000,
  offsetFlushIntervalMs: 3000,
  offsetFlushTimeoutMs: 5000,
} as const;

export const connect: Component = {
  kind: "connect",
  artifacts: ["kafka", "debezium-postgres", "java17"],
  instances: (context) =>
    eachOrdinal(context, (id, ordinal): InstanceSpec => {
      const host = context.host(context.service, ordinal);
      const dataDir = context.dataDir(id);
      const bootstrap = context.endpoints.address("kafka");
      return {
        id,
        service: context.service,
        component: "connect",
        ordinal,
        host,
        ports: { main: 8083 },
        dataDir,
        readyMsMax: 120_000,
        prepare: [],
        files: {
          "worker.properties": workerProperties(
            host,
            bootstrap,
            dirname(context.artifact("debezium-postgres")),
          ),
        },
        command: {
          argv: [
            join(context.artifact("java17"), "bin", "java"),
            ...javaFlags(context.memoryMiB - 250),
            ...["-cp", join(context.artifact("kafka"), "*")],
            "org.apache.kafka.connect.cli.ConnectDistributed",
            join(dataDir, "worker.properties"),
          ],
        },
      };
    }),
  // Listing connectors goes through the worker's group: it answers only once the worker has joined.
  probe: async (spec, signal) => {
    await requestJson(`http://${addressOf(spec)}/connectors`, { signal });
  },
};

function workerProperties(host: string, bootstrap: string, pluginPath: string): string {
  const json = "org.apache.kafka.connect.json.JsonConverter";
  return properties({
    "bootstrap.servers": bootstrap,
    "group.id": "lakeproof-connect",
    "key.converter": json,
    "key.converter.schemas.enable": false,
    "value.converter": json,
    "value.converter.schemas.enable": false,
    "config.storage.topic": "connect-configs",
    "config.storage.replication.factor": 1,
    "offset.storage.topic": "connect-offsets",
    "offset.storage.replication.factor": 1,
    "offset.storage.partitions": 1,
    "status.storage.topic": "connect-status",
    "status.storage.replication.factor": 1,
    "status.storage.partitions": 1,
    "offset.flush.interval.ms": CONNECT_TIMINGS.offsetFlushIntervalMs,
    "session.timeout.ms": CONNECT_TIMINGS.sessionTimeoutMs,
    "heartbeat.interval.ms": 2000,
    "scheduled.rebalance.max.delay.ms": CONNECT_TIMINGS.scheduledRebalanceDelayMs,
    "offset.flush.timeout.ms": CONNECT_TIMINGS.offsetFlushTimeoutMs,
    "plugin.path": pluginPath,
    "plugin.discovery": "service_load",
    listeners: `http://${host}:8083`,
    "rest.advertised.host.name": host,
  });
}
