/** Availability zones: what goes down together, and what is left then. */
import { AVAILABILITY_ZONES } from "../../../core/contracts/topology.ts";
import { brokersOf, type Facts, type ZoneLoss } from "../facts.ts";
import { count, plural } from "../figures.ts";
import type { Draft, LintRule } from "../rule.ts";
import { at, type Settings } from "../settings.ts";
import { alike, topicsOf } from "../topics.ts";

/** What stops with a replicated system, by its component; with the rate at which changes pile up meanwhile. */
const THEN: Readonly<Record<string, string>> = {
  etcd: "Patroni has nobody to elect a leader by, and the one there is steps down where a member is gone too: writes stop",
  patroni: "no standby confirms commits, or no server is left: writes stop",
  kafka:
    "partitions with too few copies take no writes: the connector waits, and the slot keeps {rate} events/s in WAL",
  connect: "no worker runs the connector, and the slot keeps {rate} events/s in WAL",
  "flink-zookeeper": "the JobManager loses its leadership: the job stands still",
  "flink-taskmanager":
    "the job has fewer slots than it needs and stands still: {rate} events/s pile up in Kafka",
  minio: "checkpoints, commits to the lake and queries fail: {rate} events/s pile up in Kafka",
  "trino-worker": "no worker is left for queries",
  redis: "the cluster answers CLUSTERDOWN: every dashboard goes to the query engine",
  superset: "nobody gets to a dashboard",
  metabase: "nobody gets to a dashboard",
  waf: "nobody gets through the door of the BI tier",
};

/** Where it matters which of them stand together, not only how many. */
const CHANGES: Readonly<Record<string, string>> = {
  redis: "Put no two masters into one zone, and each replica into another zone than its master.",
  kafka:
    "Spread the brokers over three zones, one of the first three in each, and tell them theirs (config.rackAware).",
};

export const availabilityZones: LintRule = {
  id: "availability-zones",
  purpose: "Instances that go down with one zone: a majority, more than a system bears, or all.",
  needs: ["zoneLosses"],
  check: (facts) => {
    const stops = facts.zoneLosses.filter(({ fate }) => fate === "stops");
    const byService = Map.groupBy(stops, ({ service }) => service);
    return [
      ...[...byService.values()].map((losses) => stopFinding(facts, losses)),
      ...singleFindings(facts),
    ];
  },
};

function stopFinding(facts: Facts, losses: readonly ZoneLoss[]): Draft {
  const [first] = losses;
  const { service = "", component = "", replicaCount = 0, toleratedCount = 0 } = first ?? {};
  const rate = count(facts.demand.rateEventsPerS);
  const then = (THEN[component] ?? "it stops").replace("{rate}", rate);
  const reasons = losses.map(({ zone, why }) => `${zone}: ${why}`);
  return {
    severity: "warning",
    file: facts.target,
    key: `services.${service}.availabilityZones`,
    value: losses.map(({ zone, lostIds }) => `${zone} has ${lostIds.join(", ")}`).join("; "),
    consequence: `${reasons.join("; ")}. With that zone ${then}, until it is back.`,
    change: CHANGES[component] ?? changeOf(replicaCount, toleratedCount, losses),
  };
}

/** Another placement where one would do; else more spare, or more zones. */
function changeOf(
  replicaCount: number,
  toleratedCount: number,
  losses: readonly ZoneLoss[],
): string {
  const zoneCount = AVAILABILITY_ZONES.length;
  const share = Math.ceil(replicaCount / zoneCount);
  if (share <= Math.max(1, toleratedCount)) {
    const zones = losses.map(({ zone }) => zone).join(", ");
    return `Spread them, at most ${String(share)} of ${String(replicaCount)} in a zone: move some out of ${zones}.`;
  }
  const other =
    toleratedCount > 0
      ? `, or stand in ${String(Math.ceil(replicaCount / toleratedCount))} zones`
      : "";
  return `Let it bear the loss of ${String(share)} (${String(replicaCount)} in ${String(zoneCount)} zones are ${String(share)} in one; now it bears ${String(toleratedCount)})${other}.`;
}

function singleFindings(facts: Facts): readonly Draft[] {
  const single = facts.zoneLosses.filter(({ fate, onPath }) => fate === "returns" && onPath);
  return [...Map.groupBy(single, ({ zone }) => zone)].map(([zone, losses]): Draft => {
    const names = losses.map(({ service }) => service).join(", ");
    return {
      severity: "note",
      file: facts.target,
      key: `instances in ${zone}`,
      value: `all there is of ${names}`,
      consequence: `${plural(losses.length, "service")} with one instance ${losses.length === 1 ? "stands" : "stand"} in ${zone}: its loss is beyond the design, and over when they are started again.`,
      change:
        "Give each a second instance in another zone where the loss of a zone has to be survived.",
    };
  });
}

export const kafkaRacks: LintRule = {
  id: "kafka-racks",
  purpose: "broker.rack: how many copies of a partition one availability zone may hold.",
  needs: ["kafka"],
  check: (facts) => {
    const brokers = brokersOf(facts);
    const racks = brokers.map(({ values }) => values["broker.rack"]);
    const told = racks.filter((rack) => rack !== undefined);
    if (told.length === 0) return [];
    const without = brokers.filter((_, index) => racks[index] === undefined);
    if (without.length > 0)
      return without.slice(0, 1).map((one) => untold(one, without.length, brokers.length));
    return copies(facts, brokers, new Set(told).size);
  },
};

function untold(broker: Settings, untoldCount: number, brokerCount: number): Draft {
  return {
    severity: "warning",
    ...at(broker, "broker.rack", "none"),
    consequence: `${String(untoldCount)} of ${plural(brokerCount, "broker")} do not say where they stand and are taken for one more zone: a partition may have a copy there and another in the zone where they really are, and loses both at once.`,
    change: "Set broker.rack to the availability zone on every broker.",
  };
}

/** The copies of a partition go to as many racks as there are. */
function copies(facts: Facts, brokers: readonly Settings[], rackCount: number): readonly Draft[] {
  const [broker] = brokers;
  if (broker === undefined || brokers.length === 1) return [];
  return alike(topicsOf(facts)).flatMap(({ what, replicationFactor, minIsr }): readonly Draft[] => {
    const together = Math.ceil(replicationFactor / rackCount);
    const left = replicationFactor - together;
    if (replicationFactor === 1 || left >= minIsr) return [];
    return [
      {
        severity: "warning",
        ...at(broker, "broker.rack", "none"),
        consequence: `${plural(replicationFactor, "copy", "copies")} in ${plural(rackCount, "rack")} are ${String(together)} in one: with that rack ${String(left)} of ${String(replicationFactor)} are left, below min.insync.replicas ${String(minIsr)}, and ${what} takes no writes; the slot keeps ${count(facts.demand.rateEventsPerS)} events/s in WAL.`,
        change: `Spread the brokers over ${String(Math.ceil(replicationFactor / Math.max(1, replicationFactor - minIsr)))} racks.`,
      },
    ];
  });
}
