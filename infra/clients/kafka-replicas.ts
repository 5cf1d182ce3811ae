/** Where the copies of partitions are, and how far a leader's own log goes: asked of one broker, past all others. */
import { Connection, listOffsetsV9, metadataV12 } from "@platformatic/kafka";
import { LakeproofError } from "../../core/errors.ts";
import { untilAborted } from "../../core/until-aborted.ts";
import { answerInError, Cluster } from "./kafka-admin.ts";

const CLIENT_ID = "lakeproof-replicas";
const CONNECT_MS_MAX = 3000;
const REQUEST_MS_MAX = 10_000;
/** A broker answers a consumer up to what all copies in sync have, a replica up to the end of its log. */
const AS_REPLICA = -2;
const LATEST = -1n;
const READ_UNCOMMITTED = 0;
const ANY_EPOCH = -1;

export interface PartitionReplicas {
  readonly topic: string;
  readonly partition: number;
  /** Below 0 where there is none. */
  readonly leaderNode: number;
  readonly replicaNodes: readonly number[];
  readonly inSyncNodes: readonly number[];
}

/** As the broker at this address knows it. */
export async function partitionReplicas(
  address: string,
  topics: readonly string[],
  signal: AbortSignal,
): Promise<readonly PartitionReplicas[]> {
  const answer = await withBroker(address, signal, (connection) =>
    metadataV12.api.async(connection, [...topics], false, false).catch(answerInError),
  );
  return Cluster.parse(answer).topics.flatMap(({ name, partitions }) =>
    partitions.map(({ partitionIndex, leaderId, replicaNodes, isrNodes }) => ({
      topic: name,
      partition: partitionIndex,
      leaderNode: leaderId,
      replicaNodes,
      inSyncNodes: isrNodes,
    })),
  );
}

/** Next offset of the log of the broker at this address, which leads the partition. */
export async function logEndOffset(
  address: string,
  topic: string,
  partition: number,
  signal: AbortSignal,
): Promise<number> {
  const asked = [
    {
      name: topic,
      partitions: [{ partitionIndex: partition, currentLeaderEpoch: ANY_EPOCH, timestamp: LATEST }],
    },
  ];
  const answer = await withBroker(address, signal, (connection) =>
    listOffsetsV9.api.async(connection, AS_REPLICA, READ_UNCOMMITTED, asked),
  );
  const offset = answer.topics[0]?.partitions[0]?.offset;
  if (offset !== undefined) return Number(offset);
  throw new LakeproofError(
    "CLIENT_FAILED",
    `${address} tells no end of ${topic}/${String(partition)}.`,
    { hint: "Its leader may be changing; `lakeproof status` shows which brokers are down." },
  );
}

async function withBroker<T>(
  address: string,
  signal: AbortSignal,
  ask: (connection: Connection) => Promise<T>,
): Promise<T> {
  const [name = "", port = "0"] = address.split(":");
  const connection = new Connection(CLIENT_ID, {
    connectTimeout: CONNECT_MS_MAX,
    requestTimeout: REQUEST_MS_MAX,
  });
  // A break reaches every request under way; the event itself says nothing more.
  connection.on("error", () => undefined);
  const connectAndAsk = async (): Promise<T> => {
    await connection.connect(name, Number(port));
    return ask(connection);
  };
  try {
    return await untilAborted(connectAndAsk(), signal);
  } finally {
    void connection.close().catch(() => undefined);
  }
}
