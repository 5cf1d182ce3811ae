/**
 * Shared memory that outlives its owners: a PostgreSQL that is killed leaves a System V segment and files in
 * /dev/shm, and nobody but its successor on the same data would ever remove them.
 */
import { spawnSync } from "node:child_process";
import { readFileSync, rmSync } from "node:fs";
import type { SharedMemory } from "../../../core/contracts/component.ts";

const RUN_MS_MAX = 10_000;
/** Fields of a line: addresses, permissions, offset, device, inode, name. The inode of a segment is its id. */
const MAPPING =
  /^\S+ \S+ \S+ \S+ (\d+) +(\/SYSV[0-9a-f]+|\/dev\/shm\/PostgreSQL\.\d+)(?: \(deleted\))?$/gm;

/** Pure: what the text of a /proc/<pid>/maps says. */
export function sharedMemoryIn(maps: string): SharedMemory {
  const found = [...maps.matchAll(MAPPING)].map(([, inode = "", name = ""]) => ({ inode, name }));
  const segments = found.filter(({ name }) => name.startsWith("/SYSV"));
  const files = found.filter(({ name }) => !name.startsWith("/SYSV"));
  return {
    segmentIds: [...new Set(segments.map(({ inode }) => Number(inode)))],
    paths: [...new Set(files.map(({ name }) => name))],
  };
}

/** Of processes that are there; what is gone or not ours to read has none. */
export function sharedMemoryOf(pids: readonly number[]): SharedMemory {
  return together(
    pids.map((pid) => {
      try {
        return sharedMemoryIn(readFileSync(`/proc/${String(pid)}/maps`, "utf8"));
      } catch {
        return { segmentIds: [], paths: [] };
      }
    }),
  );
}

export function together(parts: readonly SharedMemory[]): SharedMemory {
  return {
    segmentIds: [...new Set(parts.flatMap(({ segmentIds }) => segmentIds))],
    paths: [...new Set(parts.flatMap(({ paths }) => paths))],
  };
}

/** Only once its owners are gone. A segment that somebody still uses stays. */
export function removeSharedMemory({ segmentIds, paths }: SharedMemory): void {
  const unused = unusedSegments();
  for (const id of segmentIds) {
    if (unused.has(id)) spawnSync("ipcrm", ["-m", String(id)], { timeout: RUN_MS_MAX });
  }
  for (const path of paths) rmSync(path, { force: true });
}

/** Columns: key, id, permissions, size, the creator's pid, the last user's, attached processes, … */
function unusedSegments(): ReadonlySet<number> {
  let text: string;
  try {
    text = readFileSync("/proc/sysvipc/shm", "utf8");
  } catch {
    return new Set();
  }
  const rows = text.trim().split("\n").slice(1);
  const unused = rows.map((row) => row.trim().split(/\s+/)).filter((columns) => columns[6] === "0");
  return new Set(unused.map((columns) => Number(columns[1])));
}
