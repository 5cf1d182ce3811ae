/** The specification's own figures, added up. */
import { defaultParityOf, setDriveCountOf } from "../../erasure.ts";
import { TRINO_HEAP_RATIO } from "../estimates.ts";
import type { Facts, SeedFigures } from "../facts.ts";
import { count, memory, percent, plural, size } from "../figures.ts";
import type { Draft, LintRule } from "../rule.ts";

function eachSeed(facts: Facts, check: (seed: SeedFigures) => readonly Draft[]): readonly Draft[] {
  return facts.seed.flatMap(check);
}

const usd = (value: number): string => `$${count(value)}`;

export const seedCost: LintRule = {
  id: "seed-cost",
  purpose: "The sum of the cost lines against the total that is stated.",
  needs: ["seed"],
  check: (facts) =>
    eachSeed(facts, (seed) => {
      const lines = Object.values(seed.monthlyCostUsd);
      const sum = lines.reduce((total, cost) => total + cost, 0);
      const difference = seed.monthlyTotalUsd - sum;
      if (difference === 0) return [];
      return [
        {
          severity: "warning",
          file: seed.file,
          key: "Total Monthly",
          value: usd(seed.monthlyTotalUsd),
          consequence: `The ${plural(lines.length, "line")} add up to ${usd(sum)}: ${usd(Math.abs(difference))} a month ${difference > 0 ? "are in the total and in no line" : "are in the lines and not in the total"}. For ${count(seed.userCount)} users that is $${(sum / seed.userCount).toFixed(2)} a user, not ~${usd(seed.costPerUserUsd)}.`,
          change: `State ${usd(sum)}, or name what the other ${usd(Math.abs(difference))} are for.`,
        },
      ];
    }),
};

const TIB_PER_TB = 1e12 / 1024 ** 4;

export const seedObjectStore: LintRule = {
  id: "seed-object-store",
  purpose:
    "Usable capacity from drives and parity, and throughput from network cards, against what is claimed.",
  needs: ["seed"],
  check: (facts) =>
    eachSeed(facts, ({ file, objectStore: store }) => {
      const drives = store.nodeCount * store.driveCountPerNode;
      const setSize = setDriveCountOf(drives, store.nodeCount);
      const parity = defaultParityOf(setSize);
      const usableTB = (drives * store.driveTB * (setSize - parity)) / setSize;
      const usableTiB = usableTB * TIB_PER_TB;
      const networkGBPerS = (store.nodeCount * store.nicGbps) / 8;
      const drafts: Draft[] = [];
      if (Math.abs(usableTB - store.usableTBClaimed) / store.usableTBClaimed > 0.05) {
        drafts.push({
          severity: "note",
          file,
          key: "Usable Storage",
          value: `~${count(store.usableTBClaimed)} TB`,
          consequence: `${plural(store.nodeCount, "node")} × ${plural(store.driveCountPerNode, "drive")} × ${count(store.driveTB)} TB are ${count(drives * store.driveTB)} TB in ${plural(drives / setSize, "set")} of ${String(setSize)} at EC:${String(parity)}: usable ${usableTB.toFixed(0)} TB = ${usableTiB.toFixed(1)} TiB, so ${count(store.usableTBClaimed)} holds only when read as TiB. ${nodesText(store.nodeCount, store.driveCountPerNode)}`,
          change: "State the unit, and whether it is one pool or two.",
        });
      }
      if (store.throughputGBPerSClaimed > networkGBPerS) {
        drafts.push({
          severity: "error",
          file,
          key: "Throughput",
          value: `${count(store.throughputGBPerSClaimed)} GB/s aggregate`,
          consequence: `${String(store.nodeCount)} × ${count(store.nicGbps)} Gbps are ${size(networkGBPerS * 1e9)}/s in all, before the traffic between nodes: ${percent(networkGBPerS / store.throughputGBPerSClaimed)} of what is claimed, however fast the drives are.`,
          change: `Claim ${count(networkGBPerS)} GB/s at most, or give each node ${count((store.throughputGBPerSClaimed * 8) / store.nodeCount)} Gbps.`,
        });
      }
      return drafts;
    }),
};

/** What "2x4" may mean: the parity allows so many drives of a set, and a node holds so many of them. */
function nodesText(nodeCount: number, driveCountPerNode: number): string {
  const lost = (nodes: number): number => {
    const setSize = setDriveCountOf(nodes * driveCountPerNode, nodes);
    return Math.floor(defaultParityOf(setSize) / (setSize / nodes));
  };
  return `As one pool of ${String(nodeCount)} nodes any ${String(lost(nodeCount))} may be lost, as two pools of ${String(nodeCount / 2)} only ${String(lost(nodeCount / 2))} in each.`;
}

export const seedQueryRates: LintRule = {
  id: "seed-query-rates",
  purpose: "Queries per second and queries per hour that are two different systems.",
  needs: ["seed"],
  check: (facts) =>
    eachSeed(facts, (seed) => {
      const perHour = seed.rateQueriesPerS * 3600;
      if (perHour <= seed.queriesPerHour * 1.5) return [];
      return [
        {
          severity: "note",
          file: seed.file,
          key: "Queries per Second",
          value: `${count(seed.rateQueriesPerS)}+`,
          consequence: `${count(seed.rateQueriesPerS)} queries/s are ${count(perHour)} an hour, ${count(perHour / seed.queriesPerHour)} times the ${count(seed.queriesPerHour)} of the capacity table: one is a peak or one is wrong, and a cluster sized for the smaller stands still at the larger.`,
          change: "Say which is the mean and which the peak, and how long it lasts.",
        },
      ];
    }),
};

export const seedReplicas: LintRule = {
  id: "seed-replicas",
  purpose: "Replicas with smaller disks than the primary, and controllers nobody counted.",
  needs: ["seed"],
  check: (facts) =>
    eachSeed(facts, (seed) => {
      const drafts: Draft[] = [];
      if (seed.replicaDiskGB < seed.primaryDiskGB) {
        drafts.push({
          severity: "error",
          file: seed.file,
          key: "Read Replica / Storage",
          value: size(seed.replicaDiskGB * 1e9),
          consequence: `A physical replica holds everything the primary holds: above ${size(seed.replicaDiskGB * 1e9)} of the primary's ${size(seed.primaryDiskGB * 1e9)} both replicas stop with a full disk, and there is nobody left to fail over to.`,
          change: `Give the replicas ${size(seed.primaryDiskGB * 1e9)}, and the CPUs a primary needs, since each may become one.`,
        });
      }
      if (seed.controllerCount === undefined) {
        drafts.push({
          severity: "note",
          file: seed.file,
          key: "Kafka Production Cluster",
          value: "no controllers named",
          consequence:
            "Without ZooKeeper the brokers need a quorum of controllers: one survives 0 losses, three survive 1, five survive 2, and as brokers at the same time they fail together with them.",
          change: "Name 3 controllers, on machines of their own where it matters.",
        });
      }
      return drafts;
    }),
};

/** Trino's own: what a query may use of the cluster, and of a node's heap. */
const QUERY_MEMORY_GIB_DEFAULT = 20;
const NODE_MEMORY_RATIO = 0.3;
const GIB = 1024 ** 3;

export const seedTrinoMemory: LintRule = {
  id: "seed-trino-memory",
  purpose:
    "The memory of the workers against what one query may use of it where nobody names a limit.",
  needs: ["seed"],
  check: (facts) =>
    eachSeed(facts, ({ file, trino }) => {
      const heap = trino.workerMemoryGiB * TRINO_HEAP_RATIO;
      const reachable = trino.workerCount * heap * NODE_MEMORY_RATIO;
      const limit = trino.queryMemoryGiB ?? QUERY_MEMORY_GIB_DEFAULT;
      const base = {
        file,
        key: "Worker Nodes / query.max-memory",
        value:
          trino.queryMemoryGiB === undefined
            ? `not named (default ${String(QUERY_MEMORY_GIB_DEFAULT)} GB)`
            : `${count(limit)} GB`,
      };
      const sum = `${plural(trino.workerCount, "worker")} × ${count(trino.workerMemoryGiB)} GiB × ${percent(TRINO_HEAP_RATIO)} heap × ${percent(NODE_MEMORY_RATIO)} for one query are ${memory(reachable * GIB)}`;
      if (limit > reachable * 1.01) {
        return [
          {
            severity: "error",
            ...base,
            consequence: `${sum}: no query ever gets ${memory(limit * GIB)}, it fails before with EXCEEDED_LOCAL_MEMORY_LIMIT.`,
            change: `Name ${memory(reachable * GIB)} at most.`,
          },
        ];
      }
      if (!(limit < reachable / 2)) return [];
      return [
        {
          severity: "warning",
          ...base,
          consequence: `${sum}, and a query is ended at ${memory(limit * GIB)}: ${percent(limit / reachable)} of it. The memory that the machines are bought for serves many small queries, not one large report.`,
          change: `Name heap and limits with the machines: -Xmx${count(heap)}G and query.max-memory=${count(Math.floor(reachable))}GB.`,
        },
      ];
    }),
};
