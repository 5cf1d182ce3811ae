/** Facts about this machine that requirements are judged by. Reads and asks; changes nothing. */
import { readFile, statfs } from "node:fs/promises";
import { createServer } from "node:net";
import { dirname } from "node:path";
import { reasonOf } from "../core/errors.ts";
import { runCommand } from "./artifacts/process.ts";

const ASK_TIMEOUT_MS = 30_000;
/** Limits of a container, cgroup v2 first: [limit, usage]. */
const CGROUP_MEMORY = [
  ["/sys/fs/cgroup/memory.max", "/sys/fs/cgroup/memory.current"],
  ["/sys/fs/cgroup/memory/memory.limit_in_bytes", "/sys/fs/cgroup/memory/memory.usage_in_bytes"],
] as const;

/** What a short command printed on both streams, or undefined when it cannot run or fails. */
export async function ask(...argv: readonly string[]): Promise<string | undefined> {
  try {
    const result = await runCommand(argv, {
      signal: new AbortController().signal,
      timeoutMs: ASK_TIMEOUT_MS,
    });
    return result.exitCode === 0 ? result.tail.join("\n") : undefined;
  } catch {
    return undefined;
  }
}

/** Memory that can be had now: of the machine, or what the container's limit leaves. */
export async function memoryAvailableBytes(): Promise<number | undefined> {
  const machine = memAvailableIn((await textOf("/proc/meminfo")) ?? "");
  for (const [limitPath, usagePath] of CGROUP_MEMORY) {
    const limit = Number(await textOf(limitPath));
    const usage = Number(await textOf(usagePath));
    if (Number.isNaN(limit) || Number.isNaN(usage)) continue;
    return Math.min(machine ?? Infinity, Math.max(0, limit - usage));
  }
  return machine;
}

export function memAvailableIn(meminfo: string): number | undefined {
  const kibibytes = /^MemAvailable:\s+(\d+) kB/m.exec(meminfo)?.[1];
  return kibibytes === undefined ? undefined : Number(kibibytes) * 1024;
}

/** Free space for an ordinary user at `path`, or at its nearest parent that exists. */
export async function diskFreeBytes(path: string): Promise<number | undefined> {
  for (let dir = path; ; dir = dirname(dir)) {
    try {
      const facts = await statfs(dir);
      return facts.bavail * facts.bsize;
    } catch {
      if (dir === dirname(dir)) return undefined;
    }
  }
}

/** Undefined when something could listen there now, else the reason why not. Port 0 tries any. */
export function cannotListen(host: string, port: number): Promise<string | undefined> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once("error", (error) => {
      resolve((error as NodeJS.ErrnoException).code ?? reasonOf(error));
    });
    server.listen({ host, port, exclusive: true }, () => {
      server.close(() => {
        resolve(undefined);
      });
    });
  });
}

export async function userExists(name: string): Promise<boolean> {
  const users = (await textOf("/etc/passwd")) ?? "";
  return users.split("\n").some((line) => line.startsWith(`${name}:`));
}

export async function isReadable(path: string): Promise<boolean> {
  return (await textOf(path)) !== undefined;
}

async function textOf(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, "utf8");
  } catch {
    return undefined;
  }
}
