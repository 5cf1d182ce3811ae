/** Kafka in KRaft mode, broker and controller in one process at dev size. */
import { join } from "node:path";
import { BANK_TABLES, topicOf } from "../../core/bank-schema.ts";
import type { Component, ComponentContext } from "../../core/contracts/component.ts";
import { KAFKA_CONTROLLER_COUNT_MAX } from "../../core/failure-domains.ts";
import { withKafkaAdmin } from "../clients/kafka-admin.ts";
import { createTopics, probeBroker, type TopicSpec } from "../clients/kafka.ts";
import { BROKER_READINGS } from "../monitoring/jmx.ts";
import { jmxAgent } from "./jmx-agent.ts";
import { kafkaReplication } from "./kafka-replication.ts";
import {
  addressOf,
  clockByHttp,
  eachOrdinal,
  type InstanceDraft,
  javaFlags,
  properties,
} from "./shape.ts";

const CLUSTER_ID = "bGFrZXByb29mLWthZmthLQ";
/** How long a broker that went away counts as there; the recovery budget is computed from these. */
export const KAFKA_TIMINGS = {
  brokerSessionTimeoutMs: 9000,
  replicaLagTimeMaxMs: 10_000,
  electionTimeoutMs: 2000,
  /**
   * A broker that is dead refuses at once; from one that hangs a client learns nothing before its requests run out of
   * time, 30 s by default, and may then ask it for the new leader first.
   */
  clientRequestTimeoutMs: 10_000,
} as const;
const RETENTION_MS = 7 * 24 * 3600 * 1000;

export const kafka: Component = {
  kind: "kafka",
  artifacts: ["kafka", "java17", "jmx-exporter"],
  instances: (context) =>
    eachOrdinal(context, (id, ordinal): InstanceDraft => {
      const host = context.host(context.service, ordinal);
      const dataDir = context.dataDir(id);
      const java = join(context.artifact("java17"), "bin", "java");
      const classPath = join(context.artifact("kafka"), "*");
      const config = join(dataDir, "server.properties");
      const agent = jmxAgent(context, id, host, BROKER_READINGS);
      return {
        id,
        service: context.service,
        component: "kafka",
        ordinal,
        host,
        ports: { main: 9092, controller: 9093, ...agent.ports },
        dataDir,
        readyMsMax: 120_000,
        files: { "server.properties": serverProperties(context, ordinal, dataDir), ...agent.files },
        prepare: [
          {
            argv: [
              ...[java, ...javaFlags(128), "-cp", classPath, "kafka.tools.StorageTool", "format"],
              ...["-t", CLUSTER_ID, "-c", config],
              ...(context.replicaCount === 1 ? ["--standalone"] : []),
            ],
          },
        ],
        command: {
          argv: [
            ...[java, ...javaFlags(context.memoryMiB - 200), ...agent.flags, "-cp", classPath],
            ...["kafka.Kafka", config],
          ],
        },
      };
    }),
  probe: (spec, signal) => probeBroker(addressOf(spec), spec.ordinal + 1, signal),
  clock: clockByHttp("metrics"),
  roles: {
    /** Leads the controllers' quorum. */
    controller: async ({ service, endpoints }, signal) => {
      const addresses = endpoints.addresses(service);
      const { leaderId } = await withKafkaAdmin(addresses, signal, (admin) => admin.quorum());
      return `${service}-${String(leaderId - 1)}`;
    },
  },
  settings: { "min.insync.replicas": ["1"], "unclean.leader.election.enable": ["true"] },
  replication: kafkaReplication,
  configure: (context, signal) =>
    createTopics(context.endpoints.addresses(context.service), topicsOf(context), signal),
};

/** The two change topics as the seed wants them; `lint` reads them too. */
export function topicsOf(context: ComponentContext): readonly TopicSpec[] {
  const { settings, topicPartitionCount: partitionCount } = context;
  const brokerCount = context.replicaCountOf("kafka");
  return changeTopics(BANK_TABLES.map(topicOf), { brokerCount, partitionCount, settings });
}

export interface ChangeTopicShape {
  readonly brokerCount: number;
  readonly partitionCount: number;
  /** What the topology replaces. */
  readonly settings: Readonly<Record<string, string>>;
}

/** Topics for change events under any names, as the bank's are. */
export function changeTopics(
  names: readonly string[],
  { brokerCount, partitionCount, settings }: ChangeTopicShape,
): readonly TopicSpec[] {
  const { factor, minIsr } = replicationOf(brokerCount);
  return names.map((name) => ({
    ...{ name, partitionCount, replicationFactor: factor },
    config: {
      "compression.type": "lz4",
      "retention.ms": String(RETENTION_MS),
      "min.insync.replicas": String(minIsr),
      // Of the change topics alone: what Kafka and Connect keep for themselves is not in question.
      ...settings,
    },
  }));
}

/** Of n brokers: three copies of which two must confirm, or what fewer brokers allow. */
export function replicationOf(brokerCount: number): { factor: number; minIsr: number } {
  return brokerCount < 3 ? { factor: 1, minIsr: 1 } : { factor: 3, minIsr: 2 };
}

/** Told where it stands, so that the copies of a partition are put into different availability zones. */
function rackOf(context: ComponentContext, ordinal: number): Readonly<Record<string, string>> {
  const zone = context.availabilityZones?.[ordinal];
  return context.config["rackAware"] === true && zone !== undefined ? { "broker.rack": zone } : {};
}

function serverProperties(context: ComponentContext, ordinal: number, dataDir: string): string {
  const host = context.host(context.service, ordinal);
  const { factor, minIsr } = replicationOf(context.replicaCount);
  const controllers = Array.from(
    { length: Math.min(KAFKA_CONTROLLER_COUNT_MAX, context.replicaCount) },
    (_, index) => ({ id: index + 1, at: `${context.host(context.service, index)}:9093` }),
  );
  const isController = ordinal < controllers.length;
  const quorum: Record<string, string> =
    context.replicaCount === 1
      ? { "controller.quorum.bootstrap.servers": `${host}:9093` }
      : {
          "controller.quorum.voters": controllers
            .map(({ id, at }) => `${String(id)}@${at}`)
            .join(","),
        };
  return properties({
    "process.roles": isController ? "broker,controller" : "broker",
    "node.id": ordinal + 1,
    ...rackOf(context, ordinal),
    ...quorum,
    listeners: `PLAINTEXT://${host}:9092${isController ? `,CONTROLLER://${host}:9093` : ""}`,
    "advertised.listeners": `PLAINTEXT://${host}:9092`,
    "listener.security.protocol.map": "PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT",
    "controller.listener.names": "CONTROLLER",
    "broker.session.timeout.ms": KAFKA_TIMINGS.brokerSessionTimeoutMs,
    "replica.lag.time.max.ms": KAFKA_TIMINGS.replicaLagTimeMaxMs,
    "controller.quorum.election.timeout.ms": KAFKA_TIMINGS.electionTimeoutMs,
    "min.insync.replicas": minIsr,
    "log.dirs": join(dataDir, "logs"),
    "auto.create.topics.enable": false,
    "default.replication.factor": factor,
    "offsets.topic.replication.factor": factor,
    "offsets.topic.num.partitions": 4,
    "transaction.state.log.replication.factor": factor,
    "transaction.state.log.min.isr": minIsr,
    "transaction.state.log.num.partitions": 4,
    "share.coordinator.state.topic.replication.factor": factor,
    "share.coordinator.state.topic.num.partitions": 1,
    "group.initial.rebalance.delay.ms": 0,
    "num.network.threads": 2,
    "num.io.threads": 2,
    "log.segment.bytes": 134217728,
  });
}
