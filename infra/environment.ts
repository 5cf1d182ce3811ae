/** What machine a run is about. Looked up once, journalled, compared with the specification in the report. */
import { readFileSync, statfsSync } from "node:fs";
import { arch, cpus, release, totalmem, type } from "node:os";
import type { Environment } from "../core/contracts/journal.ts";
import { host } from "../core/host.ts";

export function environmentOf(
  directory: string,
  versions: Readonly<Record<string, string>>,
  configDigests: Readonly<Record<string, string>>,
  lakeproofVersion: string,
): Environment {
  const disk = statfsSync(directory);
  const processors = cpus();
  return {
    cpuModel: processors[0]?.model ?? "unknown",
    cpuCount: processors.length,
    memoryBytes: totalmem(),
    diskFreeBytes: disk.bavail * disk.bsize,
    kernel: `${type()} ${release()} ${arch()}`,
    osName: osName(),
    nodeVersion: host.nodeVersion,
    lakeproofVersion,
    versions,
    configDigests,
  };
}

function osName(): string {
  try {
    const text = readFileSync("/etc/os-release", "utf8");
    return /^PRETTY_NAME="?([^"\n]+)/m.exec(text)?.[1] ?? "unknown";
  } catch {
    return "unknown";
  }
}
