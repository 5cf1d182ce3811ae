/** A Kafka Connect worker with the Debezium plugin, at-least-once as it comes. */
import { dirname, join } from "node:path";
import type { Component } from "../../core/contracts/component.ts";
import { z } from "zod";
import { LakeproofError } from "../../core/errors.ts";
import { requestJson } from "../clients/http.ts";
import { replicationOf } from "./kafka.ts";
import { CONNECT_READINGS } from "../monitoring/jmx.ts";
import { jmxAgent } from "./jmx-agent.ts";
import {
  addressOf,
  clockByHttp,
  eachOrdinal,
  type InstanceDraft,
  instanceAt,
  javaFlags,
  properties,
} from "./shape.ts";
import { CONNECTOR } from "../clients/connect.ts";

export const CONNECT_TIMINGS = {
  sessionTimeoutMs: 10_000,
  scheduledRebalanceDelayMs: 1000,
  offsetFlushIntervalMs: 3000,
  offsetFlushTimeoutMs: 5000,
} as const;

export const connect: Component = {
  kind: "connect",
  artifacts: ["kafka", "debezium-postgres", "java17", "jmx-exporter"],
  instances: (context) =>
    eachOrdinal(context, (id, ordinal): InstanceDraft => {
      const host = context.host(context.service, ordinal);
      const dataDir = context.dataDir(id);
      const agent = jmxAgent(context, id, host, CONNECT_READINGS);
      const bootstrap = context.endpoints.addresses("kafka").join(",");
      return {
        id,
        service: context.service,
        component: "connect",
        ordinal,
        host,
        ports: { main: 8083, ...agent.ports },
        dataDir,
        readyMsMax: 120_000,
        prepare: [],
        files: {
          ...agent.files,
          "worker.properties": workerProperties(
            host,
            bootstrap,
            dirname(context.artifact("debezium-postgres")),
            replicationOf(context.replicaCountOf("kafka")).factor,
          ),
        },
        command: {
          argv: [
            join(context.artifact("java17"), "bin", "java"),
            ...javaFlags(context.memoryMiB - 250),
            ...agent.flags,
            ...["-cp", join(context.artifact("kafka"), "*")],
            "org.apache.kafka.connect.cli.ConnectDistributed",
            join(dataDir, "worker.properties"),
          ],
        },
      };
    }),
  roles: {
    /** The worker that runs the connector's one task: losing another one is no news. */
    task: async (context, signal) => {
      const workers = context.endpoints.addresses(context.service);
      return instanceAt(context, await taskOwner(workers, signal));
    },
  },
  // Listing connectors goes through the worker's group: it answers only once the worker has joined.
  probe: async (spec, signal) => {
    await requestJson(`http://${addressOf(spec)}/connectors`, { signal });
  },
  clock: clockByHttp("main"),
};

const TaskStatus = z.object({ tasks: z.array(z.object({ worker_id: z.string() })) });

async function taskOwner(workers: readonly string[], signal: AbortSignal): Promise<string> {
  for (const worker of workers) {
    try {
      const url = `http://${worker}/connectors/${CONNECTOR}/status`;
      const { tasks } = TaskStatus.parse(await requestJson(url, { signal }));
      if (tasks[0] !== undefined) return tasks[0].worker_id;
    } catch (error) {
      if (signal.aborted) throw error;
    }
  }
  throw new LakeproofError("CLIENT_FAILED", "No Connect worker tells who runs the task.", {
    hint: "`lakeproof status` shows which workers are down.",
  });
}

function workerProperties(
  host: string,
  bootstrap: string,
  pluginPath: string,
  factor: number,
): string {
  const json = "org.apache.kafka.connect.json.JsonConverter";
  return properties({
    "bootstrap.servers": bootstrap,
    "group.id": "lakeproof-connect",
    "key.converter": json,
    "key.converter.schemas.enable": false,
    "value.converter": json,
    "value.converter.schemas.enable": false,
    "config.storage.topic": "connect-configs",
    "config.storage.replication.factor": factor,
    "offset.storage.topic": "connect-offsets",
    "offset.storage.replication.factor": factor,
    "offset.storage.partitions": 1,
    "status.storage.topic": "connect-status",
    "status.storage.replication.factor": factor,
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
