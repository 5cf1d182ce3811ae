/** Kafka in KRaft mode, broker and controller in one process at dev size. */
import { join } from "node:path";
import { BANK_TABLES, topicOf } from "../../core/bank-schema.ts";
import type { Component, InstanceSpec } from "../../core/contracts/component.ts";
import { createTopics, probeBroker } from "../clients/kafka.ts";
import { addressOf, eachOrdinal, javaFlags, properties } from "./shape.ts";

const CLUSTER_ID = "bGFrZXByb29mLWthZmthLQ";
const RETENTION_MS = 7 * 24 * 3600 * 1000;

export const kafka: Component = {
  kind: "kafka",
  artifacts: ["kafka", "java17"],
  instances: (context) =>
    eachOrdinal(context, (id, ordinal): InstanceSpec => {
      const host = context.host(context.service, ordinal);
      const dataDir = context.dataDir(id);
      const java = join(context.artifact("java17"), "bin", "java");
      const classPath = join(context.artifact("kafka"), "*");
      const config = join(dataDir, "server.properties");
      return {
        id,
        service: context.service,
        component: "kafka",
        ordinal,
        host,
        ports: { main: 9092, controller: 9093 },
        dataDir,
        readyMsMax: 120_000,
        files: { "server.properties": serverProperties(host, ordinal + 1, dataDir) },
        prepare: [
          {
            argv: [
              ...[java, ...javaFlags(128), "-cp", classPath, "kafka.tools.StorageTool", "format"],
              ...["-t", CLUSTER_ID, "-c", config, "--standalone"],
            ],
          },
        ],
        command: {
          argv: [
            ...[java, ...javaFlags(context.memoryMiB - 200), "-cp", classPath],
            ...["kafka.Kafka", config],
          ],
        },
      };
    }),
  probe: (spec, signal) => probeBroker(addressOf(spec), signal),
  configure: (context, signal) =>
    createTopics(
      context.endpoints.address(context.service),
      BANK_TABLES.map((table) => ({
        name: topicOf(table),
        partitionCount: context.topicPartitionCount,
        config: { "compression.type": "lz4", "retention.ms": String(RETENTION_MS) },
      })),
      signal,
    ),
};

function serverProperties(host: string, nodeId: number, dataDir: string): string {
  return properties({
    "process.roles": "broker,controller",
    "node.id": nodeId,
    "controller.quorum.bootstrap.servers": `${host}:9093`,
    listeners: `PLAINTEXT://${host}:9092,CONTROLLER://${host}:9093`,
    "advertised.listeners": `PLAINTEXT://${host}:9092`,
    "controller.listener.names": "CONTROLLER",
    "log.dirs": join(dataDir, "logs"),
    "auto.create.topics.enable": false,
    "default.replication.factor": 1,
    "offsets.topic.replication.factor": 1,
    "offsets.topic.num.partitions": 4,
    "transaction.state.log.replication.factor": 1,
    "transaction.state.log.min.isr": 1,
    "transaction.state.log.num.partitions": 4,
    "share.coordinator.state.topic.replication.factor": 1,
    "share.coordinator.state.topic.num.partitions": 1,
    "group.initial.rebalance.delay.ms": 0,
    "num.network.threads": 2,
    "num.io.threads": 2,
    "log.segment.bytes": 134217728,
  });
}
