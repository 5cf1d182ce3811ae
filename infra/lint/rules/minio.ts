/** MinIO: what erasure coding leaves of the drives, and how many nodes may be gone. */
import {
  defaultParityOf,
  hostsThatMayGo,
  setDriveCountOf,
  writeLossOf,
  type Pool,
} from "../../erasure.ts";
import type { Facts, MinioServer } from "../facts.ts";
import { percent, plural, size } from "../figures.ts";
import { poolsOf } from "../parse/minio.ts";
import type { Draft, LintRule } from "../rule.ts";

/** One line per cluster: every node has the same list of drives. */
function clusters(facts: Facts): readonly MinioServer[] {
  const seen = new Set<string>();
  return facts.minio.filter(({ volumes }) => {
    const list = volumes.join(" ");
    if (list === "" || seen.has(list)) return false;
    seen.add(list);
    return true;
  });
}

export interface Erasure {
  readonly hostCount: number;
  readonly setSize: number;
  readonly setCount: number;
  readonly parity: number;
  readonly usableRatio: number;
  /** Drives of one set that may be gone. */
  readonly readLoss: number;
  readonly writeLoss: number;
  readonly readHosts: number;
  readonly writeHosts: number;
}

function parityOf(server: MinioServer, setSize: number): number {
  const stated = /^EC:(\d+)$/.exec(server.env["MINIO_STORAGE_CLASS_STANDARD"] ?? "")?.[1];
  return stated === undefined ? defaultParityOf(setSize) : Number(stated);
}

export function erasureOf(server: MinioServer, pool: Pool): Erasure {
  const hostCount = new Set(pool.map(({ host }) => host)).size;
  const stated = server.env["MINIO_ERASURE_SET_DRIVE_COUNT"];
  const setSize = Number(stated ?? setDriveCountOf(pool.length, hostCount));
  const parity = parityOf(server, setSize);
  const writeLoss = writeLossOf(setSize, parity);
  return {
    hostCount,
    setSize,
    setCount: pool.length / setSize,
    parity,
    usableRatio: (setSize - parity) / setSize,
    readLoss: parity,
    writeLoss,
    readHosts: hostsThatMayGo(pool, setSize, parity),
    writeHosts: hostsThatMayGo(pool, setSize, writeLoss),
  };
}

function shape(erasure: Erasure): string {
  return `${plural(erasure.setCount, "set")} of ${plural(erasure.setSize, "drive")} at EC:${String(erasure.parity)}`;
}

function capacity(facts: Facts, pool: Pool, erasure: Erasure): string {
  const { driveBytes } = facts.hardware;
  const ratio = `usable ${percent(erasure.usableRatio)} of the raw capacity`;
  if (driveBytes === undefined) return ratio;
  const raw = pool.length * driveBytes;
  return `${ratio}, ${size(raw * erasure.usableRatio)} of ${size(raw)}`;
}

export const minioErasure: LintRule = {
  id: "minio-erasure",
  purpose:
    "Erasure sets, parity, usable capacity, and the nodes that may be lost for reads and for writes.",
  needs: ["minio"],
  check: (facts) =>
    clusters(facts).flatMap((server) =>
      poolsOf(server.volumes).flatMap((pool) => poolFinding(facts, server, pool)),
    ),
};

function poolFinding(facts: Facts, server: MinioServer, pool: Pool): readonly Draft[] {
  const erasure = erasureOf(server, pool);
  const base = { file: server.file, key: "volumes", value: shape(erasure) };
  const usable = capacity(facts, pool, erasure);
  if (erasure.parity === 0) {
    return [
      {
        severity: pool.length > 1 ? "error" : "note",
        ...base,
        consequence: `0 of ${plural(pool.length, "drive")} may be lost (${usable}): the first one that fails takes objects of the lake and of Flink's checkpoints with it for good.`,
        change:
          pool.length > 1
            ? "Let MINIO_STORAGE_CLASS_STANDARD be EC:4, or leave it to the default."
            : "Nothing, for development; production needs 4 drives or more on 4 nodes.",
      },
    ];
  }
  if (erasure.writeHosts > 0 || erasure.hostCount < 2) return [];
  return [
    {
      severity: "error",
      ...base,
      consequence: `${plural(erasure.hostCount, "node")}, ${plural(pool.length, "drive")}, ${usable}: a set reads with ${String(erasure.readLoss)} drives missing and writes with ${String(erasure.writeLoss)}, and one node holds more of it. 0 nodes may be lost for writes, ${String(erasure.readHosts)} for reads: the first one down stops every checkpoint and every commit.`,
      change:
        "Spread the drives over more nodes, list them so that neighbours are on different nodes, or raise the parity.",
    },
  ];
}

export const minioQuorum: LintRule = {
  id: "minio-quorum",
  purpose: "Parity of half a set: one loss fewer for writes than for reads.",
  needs: ["minio"],
  check: (facts) =>
    clusters(facts).flatMap((server) =>
      poolsOf(server.volumes).flatMap((pool): readonly Draft[] => {
        const erasure = erasureOf(server, pool);
        if (erasure.parity === 0 || erasure.readLoss === erasure.writeLoss) return [];
        return [
          {
            severity: "note",
            file: server.file,
            key: "volumes",
            value: shape(erasure),
            consequence: `As many parity as data drives: a set reads with ${String(erasure.readLoss)} drives missing and writes with ${String(erasure.writeLoss)} (${String(erasure.readHosts)} and ${String(erasure.writeHosts)} nodes), and ${percent(1 - erasure.usableRatio)} of the drives hold no data.`,
            change:
              "Use more than 8 drives in a set: the default stays EC:4, with the same quorum for both.",
          },
        ];
      }),
    ),
};

export const minioPools: LintRule = {
  id: "minio-pools",
  purpose: "Several pools: nodes that may be lost in each, against the same drives as one pool.",
  needs: ["minio"],
  check: (facts) =>
    clusters(facts).flatMap((server): readonly Draft[] => {
      const pools = poolsOf(server.volumes);
      if (pools.length < 2) return [];
      const each = pools.map((pool) => erasureOf(server, pool));
      const worst = Math.min(...each.map(({ writeHosts }) => writeHosts));
      const one = erasureOf(server, joined(pools));
      if (worst >= one.writeHosts) return [];
      const nodes = each.reduce((sum, { hostCount }) => sum + hostCount, 0);
      return [
        {
          severity: "warning",
          file: server.file,
          key: "volumes",
          value: plural(pools.length, "pool"),
          consequence: `An object lives in one pool: ${plural(worst, "node")} of ${String(each[0]?.hostCount ?? 0)} may be lost in each, the second in the same pool stops all writes that land there. The same ${plural(nodes, "node")} as one pool (${shape(one)}) bear the loss of any ${String(one.writeHosts)} with the same ${percent(one.usableRatio)} usable.`,
          change:
            "Name all nodes in one argument, http://minio{1...8}/data{1...8}; a second pool is for growing later.",
        },
      ];
    }),
};

/** The drives as one pool would deal them: one drive of each host after the other. */
function joined(pools: readonly Pool[]): Pool {
  const perHost = new Map<string, number>();
  for (const { host } of pools.flat()) perHost.set(host, (perHost.get(host) ?? 0) + 1);
  const most = Math.max(...perHost.values());
  return Array.from({ length: most }, (_, round) =>
    [...perHost].flatMap(([host, driveCount]) => (round < driveCount ? [{ host }] : [])),
  ).flat();
}
