/** Kafka: brokers, replicas, the quorum of the controllers, the two change topics, and how far Flink has read. */
import { BANK_TABLES, topicOf } from "../../../core/bank-schema.ts";
import type { ComponentContext } from "../../../core/contracts/component.ts";
import type { AvailabilityZone } from "../../../core/contracts/topology.ts";
import type { TopicSpec } from "../../clients/kafka.ts";
import {
  withKafkaAdmin,
  type KafkaCluster,
  type KafkaQuorum,
  type KafkaTopic,
} from "../../clients/kafka-admin.ts";
import { replicationOf, topicsOf } from "../../components/kafka.ts";
import { consumerGroupOf } from "../../components/lakehouse.ts";
import { count, plural } from "../../lint/figures.ts";
import { graded, listed, okIf, worstOf, type HealthCheck, type HealthFinding } from "../finding.ts";

/** Probes have a topic a broker with one copy each: theirs is gone with the broker, which is told already. */
const PROBE_TOPICS = "lakeproof.probe.";
/** Controllers only commit; a voter this far behind does not follow. */
const VOTER_LAG_RECORDS = { warnAbove: 1000, badAbove: 100_000 };
/** Flink commits what a checkpoint holds, so that even an idle job is some seconds behind. */
const GROUP_LAG_EVENTS = { warnAbove: 500_000, badAbove: 50_000_000 };
const TOPIC_SETTINGS = ["retention.ms", "compression.type", "min.insync.replicas"];

export function judgeBrokers(cluster: KafkaCluster, brokerCount: number): HealthFinding {
  const ids = cluster.brokers.map(({ nodeId }) => nodeId).toSorted((a, b) => a - b);
  return {
    check: "brokers registered",
    status: okIf(ids.length >= brokerCount, ids.length > brokerCount / 2 ? "warn" : "bad"),
    observed: `${String(ids.length)} of ${String(brokerCount)} (${listed(ids.map(String))})`,
    expected: `all ${String(brokerCount)}`,
    hint: "Start the missing broker (`lakeproof status` shows which): until then every partition on it has a copy less.",
  };
}

/** Partitions of everything but the probes, as "topic/0". */
export function judgePartitions(
  cluster: KafkaCluster,
  minIsrOf: (topic: string) => number,
): readonly HealthFinding[] {
  const all = cluster.topics
    .filter(({ name }) => !name.startsWith(PROBE_TOPICS))
    .flatMap(({ name, partitions }) => partitions.map((partition) => ({ name, ...partition })));
  const named = (found: typeof all): string =>
    found.length === 0
      ? `0 of ${plural(all.length, "partition")}`
      : `${String(found.length)} of ${plural(all.length, "partition")}: ${found
          .slice(0, 5)
          .map(({ name, partitionIndex }) => `${name}/${String(partitionIndex)}`)
          .join(", ")}${found.length > 5 ? ", …" : ""}`;
  const under = all.filter(({ isrNodes, replicaNodes }) => isrNodes.length < replicaNodes.length);
  const offline = all.filter(({ leaderId }) => leaderId < 0);
  const belowMin = all.filter(({ name, isrNodes }) => isrNodes.length < minIsrOf(name));
  return [
    {
      check: "under-replicated partitions",
      status: okIf(under.length === 0, "warn"),
      observed: named(under),
      expected: "0",
      hint: "Wait until the brokers that are back have caught up; if none was away look at disk and network.",
    },
    {
      check: "partitions below min ISR",
      status: okIf(belowMin.length === 0),
      observed: named(belowMin),
      expected: "0",
      hint: "Bring brokers back now: producers with acks=all are refused on these partitions.",
    },
    {
      check: "offline partitions",
      status: okIf(offline.length === 0),
      observed: named(offline),
      expected: "0",
      hint: "Bring back the brokers that hold them; do not elect an unclean leader, that loses records.",
    },
  ];
}

/** Copies of everything but the probes: in as many availability zones as there are, or as there are copies. */
export function judgeZones(
  cluster: KafkaCluster,
  zones: readonly AvailabilityZone[],
): HealthFinding {
  const zoneCount = new Set(zones).size;
  const all = cluster.topics
    .filter(({ name }) => !name.startsWith(PROBE_TOPICS))
    .flatMap(({ name, partitions }) => partitions.map((partition) => ({ name, ...partition })));
  const crowded = all.filter(({ replicaNodes }) => {
    const own = new Set(replicaNodes.map((node) => zones[node - 1]));
    return own.size < Math.min(replicaNodes.length, zoneCount);
  });
  const some = crowded
    .slice(0, 5)
    .map(({ name, partitionIndex }) => `${name}/${String(partitionIndex)}`);
  return {
    check: "copies over availability zones",
    status: okIf(crowded.length === 0, "warn"),
    observed:
      crowded.length === 0
        ? `all of ${plural(all.length, "partition")} in ${plural(zoneCount, "zone")}`
        : `${String(crowded.length)} of ${plural(all.length, "partition")} with two copies in one zone: ${listed(some)}`,
    expected: "every copy of a partition in another zone, as far as there are zones",
    hint: "Reassign them with kafka-reassign-partitions: they were made before the brokers had a rack, or by hand.",
  };
}

export function judgeQuorum(quorum: KafkaQuorum): HealthFinding {
  const present = quorum.leaderId >= 0;
  const lags = quorum.currentVoters.map(({ replicaId, logEndOffset }) => ({
    replicaId,
    lag: Math.max(0, quorum.highWatermark - logEndOffset),
  }));
  const behind = lags.filter(({ lag }) => lag > VOTER_LAG_RECORDS.warnAbove);
  return {
    check: "controller",
    status: worstOf([
      okIf(present),
      ...lags.map(({ lag }) => (graded(lag, VOTER_LAG_RECORDS) === "ok" ? "ok" : "warn")),
    ]),
    observed: `${present ? `broker ${String(quorum.leaderId)}` : "none"}, epoch ${String(quorum.leaderEpoch)}, ${plural(lags.length, "voter")}${behind.length === 0 ? "" : `; behind: ${listed(behind.map(({ replicaId, lag }) => `${String(replicaId)} by ${plural(lag, "record")}`))}`}`,
    expected: "one active controller, all voters following",
    hint: "Without a controller nothing can be created and no leader elected: bring a majority of the voters back.",
  };
}

/** One finding a change topic: it is there, and as it was ordered. */
export function judgeTopic(
  wanted: TopicSpec,
  found: KafkaTopic | undefined,
  settings: ReadonlyMap<string, string>,
): HealthFinding {
  const factor = found?.partitions[0]?.replicaNodes.length ?? 0;
  const facts: readonly (readonly [string, string, string])[] = [
    ["partitions", String(wanted.partitionCount), String(found?.partitions.length ?? 0)],
    ["replication factor", String(wanted.replicationFactor), String(factor)],
    ...Object.entries(wanted.config).map(([name, value]): [string, string, string] => [
      name,
      value,
      settings.get(name) ?? "unknown",
    ]),
  ];
  const wrong = facts.filter(([, ordered, is]) => ordered !== is);
  const text = (chosen: typeof facts, which: 1 | 2): string =>
    listed(chosen.map((fact) => `${fact[0]} ${fact[which]}`));
  return {
    check: `topic ${wanted.name}`,
    status: okIf(found !== undefined && wrong.length === 0),
    observed: found === undefined ? "it is not there" : text(facts, 2),
    expected: text(wrong.length === 0 ? facts : wrong, 1),
    hint: "Set it back with kafka-configs, or create the topic anew before the connector does with its own defaults.",
  };
}

export function judgeGroupLag(
  group: string,
  topic: string,
  lagEvents: number | undefined,
): HealthFinding {
  return {
    check: `lag of ${group}`,
    status: lagEvents === undefined ? "warn" : graded(lagEvents, GROUP_LAG_EVENTS),
    observed:
      lagEvents === undefined
        ? `nothing committed on ${topic} yet`
        : `${plural(lagEvents, "event")} on ${topic} since the last checkpoint or behind it`,
    expected: `at most ${count(GROUP_LAG_EVENTS.warnAbove)} events`,
    hint: "Look at Flink's checkpoints and back pressure; a lag that grows means the job is too slow for the load.",
  };
}

const replicas: HealthCheck = (context, _instances, signal) =>
  withKafkaAdmin(addressesOf(context), signal, async (admin) => {
    const wanted = topicsOf(context);
    const cluster = await admin.cluster();
    const { minIsr } = replicationOf(context.replicaCount);
    const names = cluster.topics
      .map(({ name }) => name)
      .filter((name) => !name.startsWith(PROBE_TOPICS));
    const settings = await admin.topicConfigs(names, TOPIC_SETTINGS);
    const minIsrOf = (topic: string): number =>
      Number(settings.get(topic)?.get("min.insync.replicas") ?? minIsr);
    return [
      judgeBrokers(cluster, context.replicaCount),
      ...judgePartitions(cluster, minIsrOf),
      ...(context.config["rackAware"] === true && context.availabilityZones !== undefined
        ? [judgeZones(cluster, context.availabilityZones)]
        : []),
      ...wanted.map((topic) =>
        judgeTopic(
          topic,
          cluster.topics.find(({ name }) => name === topic.name),
          settings.get(topic.name) ?? new Map(),
        ),
      ),
    ];
  });

const controller: HealthCheck = (context, _instances, signal) =>
  withKafkaAdmin(addressesOf(context), signal, async (admin) => [
    judgeQuorum(await admin.quorum()),
  ]);

const groups: HealthCheck = async (context, _instances, signal) => {
  if (!context.endpoints.has("lakehouse")) return [];
  return withKafkaAdmin(addressesOf(context), signal, (admin) =>
    Promise.all(
      BANK_TABLES.map(async (table) => {
        const group = consumerGroupOf(table);
        const topic = topicOf(table);
        const lag = await admin.lagEvents(group, topic, context.topicPartitionCount);
        return judgeGroupLag(group, topic, lag);
      }),
    ),
  );
};

function addressesOf(context: ComponentContext): readonly string[] {
  return context.endpoints.addresses(context.service);
}

export const kafkaChecks: Readonly<Record<string, HealthCheck>> = { replicas, controller, groups };
