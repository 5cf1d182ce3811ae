/** The comparison with the seed: what fits, what does not, and that every shortfall is a reason. */
import { describe, expect, test } from "vitest";
import { preflightText } from "../../../../cli/preflight-inventory.ts";
import type { RoleName } from "../../../../core/seed-spec.ts";
import type { Drive } from "../../../../infra/spec/compare.ts";
import { erasureOf } from "../../../../infra/spec/erasure.ts";
import { exampleNodes } from "../../../../infra/spec/example.ts";
import type { InventoryNode } from "../../../../infra/spec/inventory.ts";
import { preflightOf } from "../../../../infra/spec/preflight.ts";
import type { Preflight } from "../../../../infra/spec/preflight.ts";

function compare(nodes: readonly InventoryNode[]): Preflight {
  return preflightOf({ inventory: "lab.json", nodes, shared: false });
}

/** The example with some nodes changed, or gone where `change` gives undefined. */
function exampleBut(
  change: (node: InventoryNode) => Partial<InventoryNode> | undefined,
): Preflight {
  return compare(
    exampleNodes().flatMap((node) => {
      const changed = change(node);
      return changed === undefined ? [] : [{ ...node, ...changed }];
    }),
  );
}

const only =
  (role: RoleName, changed: Partial<InventoryNode>) =>
  (node: InventoryNode): Partial<InventoryNode> =>
    node.role === role ? changed : {};

describe("the example", () => {
  const preflight = compare(exampleNodes());

  test("meets the specification exactly", () => {
    expect(preflight.certifiable).toBe(true);
    expect(preflight.reasons).toEqual([]);
    expect(preflight.better).toEqual([]);
  });

  test("has no name and no address twice", () => {
    for (const field of ["name", "address"] as const) {
      expect(new Set(exampleNodes().map((node) => node[field])).size).toBe(43);
    }
  });

  test("says so where the seed names no figure", () => {
    const flink = preflight.nodes.filter(({ role }) => role === "flink-taskmanager");
    expect(new Set(flink.map(({ status }) => status))).toEqual(new Set(["not specified"]));
    expect(flink.every(({ wanted }) => wanted === null)).toBe(true);
    const redis = preflight.nodes.filter(({ role, ordinal }) => role === "redis" && ordinal === 0);
    expect(redis.map(({ item, status }) => `${item} ${status}`)).toEqual([
      "cores not specified",
      "memory ok",
      "disk not specified",
      "NIC not specified",
    ]);
  });

  test("compares every disk of every node", () => {
    const disks = preflight.nodes.filter(({ role, item }) => role === "minio" && item === "disk");
    expect(disks).toHaveLength(64);
    expect(disks[63]).toMatchObject({ ordinal: 7, node: "minio-7", disk: 7, status: "ok" });
  });
});

describe("what falls short is a reason", () => {
  test.for<[string, Preflight, readonly string[]]>([
    [
      "memory of two brokers",
      exampleBut(({ name }) => (/kafka-broker-[24]/.test(name) ? { memoryGiB: 16 } : {})),
      [
        "kafka-broker 2, 4, memory: 16 GiB instead of 32 GiB",
        "all roles, memory: 2148 GiB instead of 2180 GiB",
      ],
    ],
    [
      "a slower link, and one nobody knows",
      exampleBut(({ name }) => {
        if (name === "trino-coordinator-0") return { nicGbps: 10 };
        return name === "trino-worker-9" ? { nicGbps: undefined } : {};
      }),
      [
        "trino-coordinator 0, NIC: 10 Gbps instead of 25 Gbps",
        "trino-worker 9, NIC: unknown instead of 25 Gbps",
      ],
    ],
    [
      "a role that is not there",
      exampleBut(({ role }) => (role === "haproxy" ? undefined : {})),
      ["haproxy, count: none instead of 1 node", "all roles, nodes: 42 nodes instead of 43 nodes"],
    ],
    [
      "a disk that is larger but slower",
      exampleBut(only("postgres-primary", { disks: [{ sizeGB: 8000, kind: "ssd", count: 1 }] })),
      ["postgres-primary 0, disk 0: 8 TB SSD instead of 2 TB NVMe"],
    ],
    [
      "a disk that is faster but smaller",
      exampleBut(only("postgres-replica", { disks: [{ sizeGB: 960, kind: "nvme", count: 1 }] })),
      ["postgres-replica 0–1, disk 0: 960 GB NVMe instead of 1 TB SSD"],
    ],
    [
      "a disk that is almost as large",
      exampleBut(only("trino-coordinator", { disks: [{ sizeGB: 999, kind: "nvme", count: 1 }] })),
      ["trino-coordinator 0, disk 0: 999 GB NVMe instead of 1 TB NVMe"],
    ],
    [
      "memory that is almost as much",
      exampleBut(only("postgres-primary", { memoryGiB: 63.995 })),
      [
        "postgres-primary 0, memory: 63.995 GiB instead of 64 GiB",
        "all roles, memory: 2179.995 GiB instead of 2180 GiB",
      ],
    ],
    [
      "no disk at all",
      exampleBut(only("trino-coordinator", { disks: [] })),
      ["trino-coordinator 0, disk 0: none instead of 1 TB NVMe"],
    ],
    [
      "a volume listed as its drives",
      exampleBut(only("kafka-broker", { disks: [{ sizeGB: 2000, kind: "ssd", count: 2 }] })),
      [
        "kafka-broker 0–4, disk 0: 2 TB SSD instead of 4 TB SSD (drives joined to one volume are listed as one disk)",
      ],
    ],
  ])("%s", ([, preflight, reasons]) => {
    expect(preflight.certifiable).toBe(false);
    expect(preflight.reasons).toEqual(reasons);
  });

  test("a MinIO server with fewer drives, though they are larger", () => {
    const { reasons, certifiable } = exampleBut(
      only("minio", { disks: [{ sizeGB: 8000, kind: "nvme", count: 4 }] }),
    );
    expect(certifiable).toBe(false);
    expect(reasons).toEqual(["minio 0–7, disk 4–7: none instead of 4 TB NVMe"]);
  });

  test("a large Flink node does not make up for a small broker in the sums", () => {
    const { totals } = exampleBut(({ role }) => {
      if (role === "flink-taskmanager") return { cores: 500 };
      return role === "kafka-broker" ? { cores: 4 } : {};
    });
    expect(totals.find(({ item }) => item === "cores")).toMatchObject({
      wanted: { value: 536 },
      found: { value: 516 },
      status: "less",
    });
  });
});

describe("equal or better fits", () => {
  test("and says which lines are better", () => {
    const preflight = exampleBut(({ role }) => {
      if (role === "kafka-broker") return { disks: [{ sizeGB: 4000, kind: "nvme", count: 1 }] };
      return role === "redis" ? { memoryGiB: 16 } : {};
    });
    expect(preflight.certifiable).toBe(true);
    expect(preflight.better).toEqual([
      "kafka-broker 0–4, disk 0: 4 TB NVMe instead of 4 TB SSD",
      "redis 0–5, memory: 16 GiB instead of 6 GiB",
      "all roles, memory: 2240 GiB instead of 2180 GiB",
    ]);
  });

  test("a drive to boot from is neither better nor part of what MinIO holds", () => {
    const preflight = exampleBut(
      only("minio", {
        disks: [
          { sizeGB: 480, kind: "ssd", count: 2 },
          { sizeGB: 4000, kind: "nvme", count: 8 },
        ],
      }),
    );
    expect(preflight.certifiable).toBe(true);
    expect(preflight.better).toEqual([]);
    expect(preflight.minio).toMatchObject({ driveCount: 64, rawTB: 256 });
  });

  test("the closest fit is taken, so that the spare drive is the better one", () => {
    const preflight = exampleBut(
      only("postgres-primary", {
        disks: [
          { sizeGB: 8000, kind: "nvme", count: 1 },
          { sizeGB: 2000, kind: "nvme", count: 1 },
        ],
      }),
    );
    expect(preflight.better).toEqual([
      "postgres-primary 0, disk 1: 8 TB NVMe that the seed does not ask for",
    ]);
  });
});

describe("MinIO's capacity", () => {
  const drives = (
    nodeCount: number,
    perNode: number,
    sizeGB = 4000,
  ): readonly (readonly Drive[])[] =>
    Array.from({ length: nodeCount }, () =>
      Array.from({ length: perNode }, () => ({ sizeGB, kind: "nvme" })),
    );

  test("the seed's servers hold 192 TB, which is its ~170 in TiB", () => {
    const erasure = erasureOf(drives(8, 8));
    expect(erasure).toMatchObject({ setDriveCount: 16, parityCount: 4, rawTB: 256, usableTB: 192 });
    expect(erasure.usableTiB.toFixed(1)).toBe("174.6");
  });

  test.for([
    [4, 8, 16, 4],
    [9, 8, 9, 4],
    [7, 8, 14, 4],
    [4, 1, 4, 2],
    [6, 1, 6, 3],
    [5, 1, 5, 2],
    [1, 4, 4, 2],
    [1, 1, 1, 0],
    [17, 1, 1, 0],
  ] as const)("%i servers of %i drives: sets of %i, parity %i", ([nodes, perNode, set, parity]) => {
    expect(erasureOf(drives(nodes, perNode))).toMatchObject({
      setDriveCount: set,
      parityCount: parity,
    });
  });

  test("the smallest server and the smallest drive decide", () => {
    const uneven = [...drives(3, 4), ...drives(1, 2, 2000)];
    expect(erasureOf(uneven)).toMatchObject({ driveCount: 8, rawTB: 52, usableTB: 8 });
  });

  test("none without servers", () => {
    expect(erasureOf([])).toMatchObject({ driveCount: 0, rawTB: 0, usableTB: 0, usableTiB: 0 });
  });

  test("a ninth server can leave less: its sets have more parity", () => {
    const [minio] = exampleNodes().filter(({ role }) => role === "minio");
    if (minio === undefined) throw new Error("no MinIO in the example");
    const preflight = compare([
      ...exampleNodes(),
      { ...minio, name: "minio-8", address: "10.20.4.99" },
    ]);
    expect(preflight.reasons).toEqual([
      "minio, usable: 160 TB instead of ~170 TB (145.5 TiB, in sets of 9 drives of which 4 hold parity)",
    ]);
  });
});

describe("the table", () => {
  const text = preflightText(
    exampleBut(({ name, role }) => {
      if (/kafka-broker-[024]/.test(name))
        return { disks: [{ sizeGB: 3840, kind: "nvme", count: 1 }] };
      return role === "haproxy" ? undefined : { memoryGiB: 1.5 };
    }),
  );

  test("fits 80 columns", () => {
    expect(Math.max(...text.split("\n").map((line) => line.length))).toBeLessThanOrEqual(80);
  });

  test("tells equal nodes once and ends with every reason", () => {
    expect(text).toContain(
      "kafka-broker 0, 2, 4     disk 0      4 TB SSD     3.84 TB NVMe  ✘ less\n",
    );
    expect(text).toContain(
      "haproxy                  count       1 node       –             ✘ missing\n",
    );
    expect(text).toMatch(/✘ NOT CERTIFIABLE, for \d+ reasons:\n(?: {2}- .*\n(?: {4}.*\n)*)+$/);
  });

  test("says CERTIFIABLE of the example", () => {
    expect(preflightText(compare(exampleNodes()))).toMatch(/\n✔ CERTIFIABLE: .*\n$/);
  });
});
