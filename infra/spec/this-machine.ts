/** This machine as an inventory: the kernel's own account of it, as if every role ran here. */
import type { Environment } from "../../core/contracts/journal.ts";
import { ROLE_NAMES } from "../../core/seed-spec.ts";
import type { InventoryDisks, InventoryNode } from "./inventory.ts";

/** Reads /sys; missing files are undefined, missing folders empty. */
export interface KernelFiles {
  readonly list: (folder: string) => readonly string[];
  readonly text: (path: string) => string | undefined;
}

export type MachineFacts = Pick<Environment, "cpuCount" | "memoryBytes" | "osName" | "kernel">;

const BYTES_PER_SECTOR = 512;
const BYTES_PER_GIB = 2 ** 30;

/** One node a role, all of them this machine. */
export function thisMachine(facts: MachineFacts, files: KernelFiles): readonly InventoryNode[] {
  const machine = {
    cores: facts.cpuCount,
    memoryGiB: memoryGiBOf(facts.memoryBytes, files),
    disks: disksOf(files),
    nicGbps: nicGbpsOf(files),
    address: "localhost",
    os: facts.osName,
    kernel: facts.kernel,
  };
  return ROLE_NAMES.map((role) => ({ name: "this-machine", role, ...machine }));
}

/**
 * Installed memory: the kernel keeps a part of it to itself, and a server of 64 GiB must not fall short for that.
 * A container's limit is less than both.
 */
function memoryGiBOf(totalBytes: number, files: KernelFiles): number {
  const limitBytes = Number(files.text("/sys/fs/cgroup/memory.max"));
  const bytes = Math.max(totalBytes, installedBytes(files));
  const had = Number.isNaN(limitBytes) || limitBytes <= 0 ? bytes : Math.min(bytes, limitBytes);
  return Math.round((had / BYTES_PER_GIB) * 10) / 10;
}

function installedBytes(files: KernelFiles): number {
  const folder = "/sys/devices/system/memory";
  const blockBytes = Number.parseInt(files.text(`${folder}/block_size_bytes`) ?? "", 16);
  const blocks = files
    .list(folder)
    .filter((name) => /^memory\d+$/.test(name))
    .filter((name) => files.text(`${folder}/${name}/online`)?.trim() === "1");
  return Number.isNaN(blockBytes) ? 0 : blocks.length * blockBytes;
}

/** Drives that are hardware: a loop, RAM or device-mapper disk has no device behind it. */
function disksOf(files: KernelFiles): readonly InventoryDisks[] {
  return files.list("/sys/block").flatMap((name) => {
    const folder = `/sys/block/${name}`;
    const sectors = Number(files.text(`${folder}/size`));
    const removable = files.text(`${folder}/removable`)?.trim() === "1";
    if (files.list(`${folder}/device`).length === 0 || removable || !(sectors > 0)) return [];
    const rotates = files.text(`${folder}/queue/rotational`)?.trim() !== "0";
    return {
      // Rounded down: a drive sold as 2 TB has 2000.4 GB, and would look like more than it is.
      sizeGB: Math.floor((sectors * BYTES_PER_SECTOR) / 1e9),
      kind: name.startsWith("nvme") ? "nvme" : rotates ? "hdd" : "ssd",
      count: 1,
    };
  });
}

/** The fastest link; undefined where none says its speed, as virtual ones do not. */
function nicGbpsOf(files: KernelFiles): number | undefined {
  const speeds = files
    .list("/sys/class/net")
    .filter((name) => files.list(`/sys/class/net/${name}/device`).length > 0)
    .map((name) => Number(files.text(`/sys/class/net/${name}/speed`)))
    .filter((megabits) => megabits > 0);
  return speeds.length === 0 ? undefined : Math.max(...speeds) / 1000;
}
