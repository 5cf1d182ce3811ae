/** The change topics' partitions as sets of copies, each asked of the broker that leads it. */
import { BANK_TABLES, topicOf } from "../../core/bank-schema.ts";
import type { ComponentContext, ReplicaSet, Replication } from "../../core/contracts/component.ts";
import { LakeproofError } from "../../core/errors.ts";
import { KAFKA_CONTROLLER_COUNT_MAX } from "../../core/failure-domains.ts";
import {
  logEndOffset,
  partitionReplicas,
  type PartitionReplicas,
} from "../clients/kafka-replicas.ts";

export const kafkaReplication: Replication = {
  unit: "records",
  replicaSets: async (context, signal) => {
    const [address = ""] = context.endpoints.addresses(context.service);
    const found = await partitionReplicas(address, BANK_TABLES.map(topicOf), signal);
    return found.filter(({ leaderNode }) => leaderNode > 0).map((one) => setOf(context, one));
  },
  refresh: async (context, set, signal) => {
    const { topic } = partitionOf(set);
    const found = await partitionReplicas(addressOf(context, set.leaderId), [topic], signal);
    const sets = found.map((one) => setOf(context, one));
    const now = sets.find(({ name }) => name === set.name);
    if (now !== undefined) return now;
    throw new LakeproofError("CLIENT_FAILED", `${set.leaderId} does not know ${set.name}.`, {
      hint: "The topic may have been deleted.",
    });
  },
  positionCount: (context, set, signal) => {
    const { topic, partition } = partitionOf(set);
    return logEndOffset(addressOf(context, set.leaderId), topic, partition, signal);
  },
};

function setOf(context: ComponentContext, replicas: PartitionReplicas): ReplicaSet {
  const { topic, partition, leaderNode, replicaNodes, inSyncNodes } = replicas;
  const ids = context.endpoints.instanceIds(context.service);
  const idOf = (node: number): string => ids[node - 1] ?? `node ${String(node)}`;
  const isFollower = (node: number): boolean => node !== leaderNode;
  return {
    name: `${topic}/${String(partition)}`,
    leaderId: idOf(leaderNode),
    followerIds: replicaNodes.filter(isFollower).map(idOf),
    inSyncIds: inSyncNodes.filter(isFollower).map(idOf),
    voterIds: ids.slice(0, KAFKA_CONTROLLER_COUNT_MAX),
  };
}

function partitionOf({ name }: ReplicaSet): { readonly topic: string; readonly partition: number } {
  const at = name.lastIndexOf("/");
  return { topic: name.slice(0, at), partition: Number(name.slice(at + 1)) };
}

function addressOf(context: ComponentContext, instanceId: string): string {
  const at = context.endpoints.instanceIds(context.service).indexOf(instanceId);
  return context.endpoints.addresses(context.service)[at] ?? "";
}
