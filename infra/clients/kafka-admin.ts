/** Kafka as its operator sees it: brokers, replicas, the controllers' quorum, topics, groups. Reads only. */
import {
  Admin,
  ConfigResourceTypes,
  describeGroupsV5,
  describeQuorumV2,
  metadataV12,
  type Connection,
} from "@platformatic/kafka";
import { z } from "zod";
import { LakeproofError } from "../../core/errors.ts";
import { untilAborted } from "../../core/until-aborted.ts";

const CLIENT_ID = "lakeproof-health";
const CONNECT_MS_MAX = 3000;
const METADATA_TOPIC = "__cluster_metadata";

export const Cluster = z.object({
  brokers: z.array(z.object({ nodeId: z.number() })),
  topics: z.array(
    z.object({
      name: z.string(),
      partitions: z.array(
        z.object({
          partitionIndex: z.number(),
          leaderId: z.number(),
          replicaNodes: z.array(z.number()),
          isrNodes: z.array(z.number()),
        }),
      ),
    }),
  ),
});

const Quorum = z.object({
  topics: z.array(
    z.object({
      partitions: z.array(
        z.object({
          leaderId: z.number(),
          leaderEpoch: z.number(),
          highWatermark: z.coerce.number(),
          currentVoters: z.array(
            z.object({ replicaId: z.number(), logEndOffset: z.coerce.number() }),
          ),
        }),
      ),
    }),
  ),
});

const Groups = z.object({
  groups: z.array(
    z.object({ groupState: z.string(), members: z.array(z.object({ clientHost: z.string() })) }),
  ),
});

export type KafkaCluster = z.infer<typeof Cluster>;
export type KafkaTopic = KafkaCluster["topics"][number];
export type KafkaQuorum = z.infer<typeof Quorum>["topics"][number]["partitions"][number];

export interface KafkaGroup {
  /** As the broker calls it: "Stable", "Empty", "Dead", "PreparingRebalance". */
  readonly state: string;
  readonly memberCount: number;
}

export interface KafkaAdmin {
  /** Brokers that are registered now, and every topic with its replicas. */
  cluster(): Promise<KafkaCluster>;
  quorum(): Promise<KafkaQuorum>;
  /** Topic → setting → value in force. */
  topicConfigs(
    topics: readonly string[],
    settings: readonly string[],
  ): Promise<ReadonlyMap<string, ReadonlyMap<string, string>>>;
  /** Records that the group has not committed yet, of one topic; undefined where it never committed any of them. */
  lagEvents(group: string, topic: string, partitionCount: number): Promise<number | undefined>;
  group(group: string): Promise<KafkaGroup>;
}

export async function withKafkaAdmin<T>(
  addresses: readonly string[],
  signal: AbortSignal,
  work: (admin: KafkaAdmin) => Promise<T>,
): Promise<T> {
  const admin = new Admin({
    clientId: CLIENT_ID,
    bootstrapBrokers: [...addresses],
    retries: 1,
    connectTimeout: CONNECT_MS_MAX,
    autocreateTopics: false,
  });
  try {
    return await untilAborted(work(readerOf(admin)), signal);
  } finally {
    void admin.close().catch(() => undefined);
  }
}

function readerOf(admin: Admin): KafkaAdmin {
  return {
    cluster: async () => {
      const connection = await anyBroker(admin);
      const answer = metadataV12.api.async(connection, null, false, false).catch(answerInError);
      return Cluster.parse(await answer);
    },
    quorum: async () => {
      const asked = [{ topicName: METADATA_TOPIC, partitions: [{ partitionIndex: 0 }] }];
      const answer = await describeQuorumV2.api.async(await anyBroker(admin), asked);
      const partition = Quorum.parse(answer).topics[0]?.partitions[0];
      if (partition !== undefined) return partition;
      throw unanswered("tells nothing of the controllers' quorum");
    },
    topicConfigs: async (topics, settings) => {
      const resources = topics.map((resourceName) => ({
        resourceType: ConfigResourceTypes.TOPIC,
        resourceName,
        configurationKeys: [...settings],
      }));
      const found = await admin.describeConfigs({ resources });
      return new Map(
        found.map(({ resourceName, configs }) => [
          resourceName,
          new Map(configs.map(({ name, value }) => [name, value ?? ""])),
        ]),
      );
    },
    lagEvents: (group, topic, partitionCount) => lagOf(admin, group, topic, partitionCount),
    group: async (group) => {
      const [coordinator] = await admin.findCoordinator({ keyType: 0, keys: [group] });
      const connection = await brokerOf(admin, coordinator?.nodeId ?? -1);
      const [found] = Groups.parse(
        await describeGroupsV5.api.async(connection, [group], false),
      ).groups;
      if (found === undefined) throw unanswered(`tells nothing of the group ${group}`);
      return { state: found.groupState, memberCount: found.members.length };
    },
  };
}

async function lagOf(
  admin: Admin,
  group: string,
  topic: string,
  partitionCount: number,
): Promise<number | undefined> {
  const partitionIndexes = Array.from({ length: partitionCount }, (_, index) => index);
  const [committed] = await admin.listConsumerGroupOffsets({
    groups: [{ groupId: group, topics: [{ name: topic, partitionIndexes }] }],
  });
  const partitions = committed?.topics[0]?.partitions ?? [];
  const [ends] = await admin.listOffsets({
    topics: [
      {
        name: topic,
        partitions: partitionIndexes.map((partitionIndex) => ({ partitionIndex, timestamp: -1n })),
      },
    ],
  });
  const next = new Map(
    partitions.map(({ partitionIndex, committedOffset }) => [partitionIndex, committedOffset]),
  );
  const lagEvents = (ends?.partitions ?? []).reduce((sum, { partitionIndex, offset }) => {
    const read = Number(next.get(partitionIndex) ?? 0n);
    return sum + Math.max(0, Number(offset) - Math.max(0, read));
  }, 0);
  const neverCommitted = partitions.every(({ committedOffset }) => committedOffset < 0n);
  return neverCommitted && lagEvents > 0 ? undefined : lagEvents;
}

/** The library lists brokers that are registered; one of them may be gone this very moment. */
async function anyBroker(admin: Admin): Promise<Connection> {
  const { brokers } = await admin.metadata({ topics: [] });
  let last: unknown;
  for (const nodeId of brokers.keys()) {
    try {
      return await brokerOf(admin, nodeId);
    } catch (error) {
      last = error;
    }
  }
  throw unanswered("has no broker that answers", last);
}

async function brokerOf(admin: Admin, nodeId: number): Promise<Connection> {
  const connection = (await admin.connectToBrokers([nodeId])).get(nodeId);
  if (connection !== undefined) return connection;
  throw unanswered(`has no broker ${String(nodeId)}`);
}

/** A partition without a leader makes the whole answer an error, and is just what is asked for. */
export function answerInError(error: unknown): unknown {
  if (typeof error === "object" && error !== null && "response" in error) return error.response;
  throw error;
}

function unanswered(what: string, cause?: unknown): LakeproofError {
  return new LakeproofError("CLIENT_FAILED", `Kafka ${what}.`, {
    hint: "`lakeproof status` shows which brokers are down.",
    cause,
  });
}
