/** Where this run differs from the seed, derived from its plan and environment; every substitution is disclosed. */
import type { JournalReader } from "../core/contracts/journal.ts";
import type { Plan } from "../core/contracts/plan.ts";
import {
  SPEC_CAPACITY,
  SPEC_REPLICATION_FACTOR,
  SPEC_TOPIC_PARTITIONS,
  specTotals,
} from "../core/seed-spec.ts";
import { formatBytes, formatNumber, plural } from "./format.ts";
import { SPEC_NODES, specGroupOf } from "./seed-spec.ts";
import type { SpecNode } from "./seed-spec.ts";

export interface NodeLine {
  readonly spec: SpecNode;
  readonly nodeCount: number;
  /** Memory each instance may take; absent where the run has no such node. */
  readonly memoryMiB?: number;
  readonly services: readonly string[];
}

interface Group {
  left: number;
  readonly memoryMiB: number;
  readonly services: string[];
}

/** One line a row of the seed, with the instances of this run dealt to the rows of each group in order. */
export function nodeLines(plan: Plan): readonly NodeLine[] {
  const groups = new Map<string, Group>();
  for (const [service, spec] of Object.entries(plan.topology.services)) {
    const name = specGroupOf(service, spec.component);
    if (name === undefined) continue;
    const known = groups.get(name);
    if (known === undefined) {
      groups.set(name, { left: spec.replicaCount, memoryMiB: spec.memoryMiB, services: [service] });
    } else {
      known.left += spec.replicaCount;
      known.services.push(service);
    }
  }
  return SPEC_NODES.map((spec, index) => {
    const group = groups.get(spec.group);
    if (group === undefined || group.left === 0) return { spec, nodeCount: 0, services: [] };
    const isLast = !SPEC_NODES.slice(index + 1).some((other) => other.group === spec.group);
    const nodeCount = isLast ? group.left : Math.min(group.left, spec.nodeCount);
    group.left -= nodeCount;
    return { spec, nodeCount, memoryMiB: group.memoryMiB, services: group.services };
  });
}

/** Instances of the drivers we have share cores, so a node with named cores is never as specified. */
export function isAsSpecified({ spec, nodeCount, memoryMiB }: NodeLine): boolean {
  if (nodeCount < spec.nodeCount || memoryMiB === undefined) return false;
  return spec.cpuCount === undefined && memoryMiB >= (spec.memoryGiB ?? 0) * 1024;
}

export function deviationsOf(journal: JournalReader): readonly string[] {
  const { plan, environment } = journal;
  return [
    ...topologyDeviations(plan),
    ...networkDeviations(plan),
    ...machineDeviations(journal),
    ...loadDeviations(plan),
    ...(Object.keys(environment.versions).length === 0
      ? ["Component versions were not recorded."]
      : []),
  ];
}

function topologyDeviations(plan: Plan): readonly string[] {
  const lines: string[] = [];
  const nodes = nodeLines(plan);
  if (plan.topology.name !== "production") {
    lines.push(`The topology is ${plan.topology.name}, not the seed's production topology.`);
  }
  const fewer = nodes.filter((line) => line.nodeCount > 0 && line.nodeCount < line.spec.nodeCount);
  for (const { spec, nodeCount } of fewer) {
    lines.push(
      `${spec.node}: ${formatNumber(nodeCount)} instead of ${formatNumber(spec.nodeCount)}.`,
    );
  }
  const missing = nodes.filter((line) => line.nodeCount === 0).map((line) => line.spec.node);
  if (missing.length > 0) lines.push(`Not part of this topology: ${missing.join(", ")}.`);
  if (plan.topology.topicPartitionCount !== SPEC_TOPIC_PARTITIONS) {
    lines.push(
      `Each change topic has ${plural(plan.topology.topicPartitionCount, "partition")} instead of ${formatNumber(SPEC_TOPIC_PARTITIONS)}.`,
    );
  }
  const brokers = nodes.find((line) => line.spec.group === "kafka")?.nodeCount ?? 0;
  if (brokers > 0 && brokers < SPEC_REPLICATION_FACTOR) {
    lines.push(
      `With ${plural(brokers, "broker")} Kafka cannot keep ${formatNumber(SPEC_REPLICATION_FACTOR)} replicas of a partition: a lost disk is lost data.`,
    );
  }
  return lines;
}

function networkDeviations(plan: Plan): readonly string[] {
  const lines: string[] = [];
  const proxied = Object.entries(plan.topology.services).some(([service, spec]) =>
    `${service} ${spec.component}`.toLowerCase().includes("toxiproxy"),
  );
  if (proxied) {
    lines.push(
      "Toxiproxy stands in the link from PostgreSQL to Kafka Connect, also while it injects nothing.",
    );
  }
  if (plan.isolation === "loopback") {
    lines.push(
      "All nodes talk over the loopback interface: no real network, no 25 Gbps link, no partition between zones.",
    );
  } else if (plan.driver === "local") {
    lines.push(
      `All nodes talk inside one kernel (isolation: ${plan.isolation}): no physical network.`,
    );
  }
  return lines;
}

function machineDeviations(journal: JournalReader): readonly string[] {
  const { plan, environment } = journal;
  if (plan.driver !== "local" && plan.driver !== "docker") return [];
  const totals = specTotals();
  return [
    `All instances share one machine (${plural(environment.cpuCount, "core")}, ${formatBytes(environment.memoryBytes)}) where the seed asks for at least ${formatNumber(totals.cpuCount)} cores and ${formatNumber(totals.memoryGiB)} GiB over ${formatNumber(totals.nodeCount)} nodes; the load generator runs on it too.`,
    "All instances share one disk, and a killed process is not a lost power supply: what the operating system had cached survived.",
  ];
}

function loadDeviations(plan: Plan): readonly string[] {
  const queriesPerHour = plan.queries.reduce((sum, query) => sum + query.ratePerS, 0) * 3600;
  const lines: string[] = [];
  if (plan.bank.rateEventsPerS < SPEC_CAPACITY.rateEventsPerS) {
    lines.push(
      `Load is ${formatNumber(plan.bank.rateEventsPerS)} events/s instead of ${formatNumber(SPEC_CAPACITY.rateEventsPerS)}.`,
    );
  }
  if (queriesPerHour < SPEC_CAPACITY.queriesPerHour) {
    lines.push(
      `Queries come at ${formatNumber(Math.round(queriesPerHour))} an hour instead of ${formatNumber(SPEC_CAPACITY.queriesPerHour)}.`,
    );
  }
  return lines;
}
