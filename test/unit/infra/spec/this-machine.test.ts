/** What the kernel says of a machine, read from a folder that only a test knows. */
import { describe, expect, test } from "vitest";
import { ROLE_NAMES, specTotals } from "../../../../core/seed-spec.ts";
import type { InventoryNode } from "../../../../infra/spec/inventory.ts";
import { preflightOf } from "../../../../infra/spec/preflight.ts";
import { thisMachine } from "../../../../infra/spec/this-machine.ts";
import type { KernelFiles } from "../../../../infra/spec/this-machine.ts";

function kernelFiles(tree: Readonly<Record<string, string>>): KernelFiles {
  return {
    list: (folder) => [
      ...new Set(
        Object.keys(tree)
          .filter((path) => path.startsWith(`${folder}/`))
          .map((path) => path.slice(folder.length + 1).split("/")[0] ?? ""),
      ),
    ],
    text: (path) => tree[path],
  };
}

function machineOf(
  tree: Readonly<Record<string, string>>,
  memoryBytes = 62 * 2 ** 30,
): InventoryNode {
  const facts = { cpuCount: 16, memoryBytes, osName: "Debian 13", kernel: "Linux 6.12 x64" };
  const [node] = thisMachine(facts, kernelFiles(tree));
  if (node === undefined) throw new Error("no node");
  return node;
}

const disk = (name: string, sectors: number, rotational: 0 | 1): Record<string, string> => ({
  [`/sys/block/${name}/size`]: `${String(sectors)}\n`,
  [`/sys/block/${name}/queue/rotational`]: `${String(rotational)}\n`,
  [`/sys/block/${name}/removable`]: "0\n",
  [`/sys/block/${name}/device/model`]: "a drive\n",
});

describe("disks", () => {
  test("are told by kind, in the sizes they are sold in", () => {
    const { disks } = machineOf({
      ...disk("nvme0n1", 3_907_029_168, 0),
      ...disk("sda", 1_953_525_168, 0),
      ...disk("sdb", 7_814_037_168, 1),
    });
    expect(disks).toEqual([
      { sizeGB: 2000, kind: "nvme", count: 1 },
      { sizeGB: 1000, kind: "ssd", count: 1 },
      { sizeGB: 4000, kind: "hdd", count: 1 },
    ]);
  });

  test("that are no hardware, empty or removable do not count", () => {
    const { disks } = machineOf({
      "/sys/block/loop0/size": "2048\n",
      "/sys/block/dm-0/size": "2048000\n",
      ...disk("sr0", 0, 1),
      ...disk("sdc", 61_440_000, 1),
      "/sys/block/sdc/removable": "1\n",
    });
    expect(disks).toEqual([]);
  });
});

describe("memory", () => {
  const block = (index: number, online: string): Record<string, string> => ({
    [`/sys/devices/system/memory/memory${String(index)}/online`]: `${online}\n`,
  });
  const blocks = {
    "/sys/devices/system/memory/block_size_bytes": "80000000\n",
    ...Object.assign(
      {},
      ...Array.from({ length: 33 }, (_, index) => block(index, index < 32 ? "1" : "0")),
    ),
  } as Record<string, string>;

  test("is what is installed, not what the kernel leaves", () => {
    expect(machineOf(blocks).memoryGiB).toBe(64);
  });

  test("is what the kernel says where it says nothing of the blocks", () => {
    expect(machineOf({}).memoryGiB).toBe(62);
  });

  test("is the limit of the container, where there is one", () => {
    expect(machineOf({ ...blocks, "/sys/fs/cgroup/memory.max": "8589934592\n" }).memoryGiB).toBe(8);
    expect(machineOf({ ...blocks, "/sys/fs/cgroup/memory.max": "max\n" }).memoryGiB).toBe(64);
  });
});

describe("the link", () => {
  const link = (name: string, speed: string): Record<string, string> => ({
    [`/sys/class/net/${name}/speed`]: speed,
    [`/sys/class/net/${name}/device/vendor`]: "x",
  });

  test("is the fastest of the hardware ones", () => {
    const { nicGbps } = machineOf({
      ...link("eth0", "10000\n"),
      ...link("eth1", "25000\n"),
      "/sys/class/net/docker0/speed": "100000\n",
    });
    expect(nicGbps).toBe(25);
  });

  test("is unknown where none tells its speed", () => {
    expect(machineOf(link("eth0", "-1\n")).nicGbps).toBeUndefined();
    expect(machineOf({}).nicGbps).toBeUndefined();
  });
});

test("even a machine as large as all of them together is one machine", () => {
  const { cpuCount, memoryGiB } = specTotals();
  const facts = {
    cpuCount,
    memoryBytes: memoryGiB * 2 ** 30,
    osName: "Debian 13",
    kernel: "Linux 6.12 x64",
  };
  const drives = Array.from({ length: 64 }, (_, index) =>
    disk(`nvme${String(index)}n1`, 7_814_037_168, 0),
  );
  const tree = Object.assign(
    { "/sys/class/net/eth0/speed": "400000", "/sys/class/net/eth0/device/vendor": "x" },
    ...drives,
  ) as Record<string, string>;
  const nodes = thisMachine(facts, kernelFiles(tree));
  expect(nodes.map(({ role }) => role)).toEqual(ROLE_NAMES);
  const preflight = preflightOf({ inventory: "this-machine", nodes, shared: true });
  expect(preflight.certifiable).toBe(false);
  expect(preflight.reasons).toContain("all roles, nodes: 1 node instead of 43 nodes");
  expect(preflight.totals.find(({ item }) => item === "cores")).toMatchObject({ status: "ok" });
  expect(preflight.nodes.filter(({ status }) => status === "less")).toEqual([]);
});
