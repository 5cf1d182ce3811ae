/** Tools already on this machine that are used instead of an artifact where their version fits. */
import { constants } from "node:fs";
import { access, realpath, stat } from "node:fs/promises";
import { dirname, join } from "node:path";
import { host } from "../../core/host.ts";
import type { ToolName } from "./artifact.ts";
import { findJava } from "./java.ts";
import { runCommand } from "./process.ts";
import { prefixOf } from "./programs.ts";

export interface FoundTool {
  /** What stands in for the artifact's path. */
  readonly path: string;
  readonly version: string;
}

export interface Tool {
  /** What would fit, for people. */
  readonly wanted: string;
  find(): Promise<FoundTool | undefined>;
}

/** Oldest PostgreSQL with failover slots. */
const POSTGRES_MAJOR_MIN = 17;
const POSTGRES_PROGRAMS = ["postgres", "initdb", "pg_ctl", "pg_basebackup", "pg_rewind", "psql"];
const MINIO_YEAR_MIN = 2024;

export const TOOLS = {
  postgres: { wanted: "PostgreSQL 17 or newer", find: findPostgres },
  minio: {
    wanted: "minio of 2024 or later",
    find: () => findProgram("minio", ["--version"], minioVersion),
  },
  k6: { wanted: "k6 2 or newer", find: () => findProgram("k6", ["version"], k6Version) },
  toxiproxy: {
    wanted: "toxiproxy-server 2",
    find: () => findProgram("toxiproxy-server", ["--version"], toxiproxyVersion),
  },
  java17: { wanted: "Java 17 to 21", find: () => findJavaHome(17, 21) },
  java25: { wanted: "Java 24 or newer", find: () => findJavaHome(24) },
  etcd: {
    wanted: "etcd 3.4 or newer with etcdctl",
    find: () => findPrefix(["etcd", "etcdctl"], ["--version"], etcdVersion),
  },
  haproxy: {
    wanted: "HAProxy 2.4 or newer",
    find: () => findPrefix(["haproxy"], ["-v"], haproxyVersion),
  },
  redis: {
    wanted: "Redis 7 or newer with redis-cli",
    find: () => findPrefix(["redis-server", "redis-cli"], ["--version"], redisVersion),
  },
  prometheus: {
    wanted: "Prometheus 2.42 or newer with promtool",
    find: () => findPrefix(["prometheus", "promtool"], ["--version"], prometheusVersion),
  },
  alertmanager: {
    wanted: "prometheus-alertmanager 0.25 or newer with amtool",
    find: () =>
      findPrefix(["prometheus-alertmanager", "amtool"], ["--version"], alertmanagerVersion),
  },
  "postgres-exporter": {
    wanted: "prometheus-postgres-exporter 0.11 or newer",
    find: () =>
      findPrefix(["prometheus-postgres-exporter"], ["--version"], postgresExporterVersion),
  },
  "redis-exporter": {
    wanted: "prometheus-redis-exporter 1.45 or newer",
    find: () => findPrefix(["prometheus-redis-exporter"], ["--version"], redisExporterVersion),
  },
  "blackbox-exporter": {
    wanted: "prometheus-blackbox-exporter 0.23 or newer",
    find: () =>
      findPrefix(["prometheus-blackbox-exporter"], ["--version"], blackboxExporterVersion),
  },
  nftables: {
    wanted: "nft 1.0 or newer",
    find: () => findPrefix(["nft"], ["--version"], nftablesVersion),
  },
  iproute2: {
    wanted: "ip and tc of iproute2 5 or newer",
    find: () => findPrefix(["ip", "tc"], ["-V"], iproute2Version),
  },
  "c-compiler": {
    wanted: "a C compiler called cc (GCC or Clang)",
    find: () => findPrefix(["cc"], ["--version"], compilerVersion),
  },
} as const satisfies Record<ToolName, Tool>;

/** The version where it fits, else undefined; likewise below. */
export function postgresVersion(banner: string): string | undefined {
  const match = /PostgreSQL\) (\d+)(\S*)/.exec(banner);
  if (match?.[1] === undefined || Number(match[1]) < POSTGRES_MAJOR_MIN) return undefined;
  return `${match[1]}${match[2] ?? ""}`;
}

export function minioVersion(banner: string): string | undefined {
  const match = /\bRELEASE\.((\d{4})-\S+)/.exec(banner);
  return match?.[2] !== undefined && Number(match[2]) >= MINIO_YEAR_MIN ? match[1] : undefined;
}

export function k6Version(banner: string): string | undefined {
  const match = /\bk6(?:\.exe)? v((\d+)\.\S+)/.exec(banner);
  return match?.[2] !== undefined && Number(match[2]) >= 2 ? match[1] : undefined;
}

export function toxiproxyVersion(banner: string): string | undefined {
  return /\bversion (2\.\S+)/.exec(banner)?.[1];
}

export function etcdVersion(banner: string): string | undefined {
  return atLeast(/\betcd Version: (\S+)/.exec(banner)?.[1], 3, 4);
}

export function haproxyVersion(banner: string): string | undefined {
  return atLeast(/\bHA-?Proxy version (\S+)/.exec(banner)?.[1], 2, 4);
}

export function redisVersion(banner: string): string | undefined {
  return atLeast(/\bRedis server v=(\S+)/.exec(banner)?.[1], 7, 0);
}

export function prometheusVersion(banner: string): string | undefined {
  return atLeast(/\bprometheus, version (\S+)/.exec(banner)?.[1], 2, 42);
}

export function alertmanagerVersion(banner: string): string | undefined {
  return atLeast(/\balertmanager, version (\S+)/.exec(banner)?.[1], 0, 25);
}

export function postgresExporterVersion(banner: string): string | undefined {
  return atLeast(/\bpostgres_exporter, version (\S+)/.exec(banner)?.[1], 0, 11);
}

export function redisExporterVersion(banner: string): string | undefined {
  return atLeast(/\bRedis Metrics Exporter v?(\d\S*)/.exec(banner)?.[1], 1, 45);
}

export function blackboxExporterVersion(banner: string): string | undefined {
  return atLeast(/\bblackbox_exporter, version (\S+)/.exec(banner)?.[1], 0, 23);
}

export function nftablesVersion(banner: string): string | undefined {
  return atLeast(/\bnftables v(\S+)/.exec(banner)?.[1], 1, 0);
}

export function iproute2Version(banner: string): string | undefined {
  return atLeast(/\biproute2-(?:ss)?(\d[^\s,]*)/.exec(banner)?.[1], 5, 0);
}

/** Of any age: what it has to compile is C as it always was. */
export function compilerVersion(banner: string): string | undefined {
  return /^(?:\S*cc \(.*\)|.*clang version) (\d+\S*)/m.exec(banner)?.[1];
}

/** The version where it is that one or newer. */
function atLeast(
  version: string | undefined,
  majorMin: number,
  minorMin: number,
): string | undefined {
  const match = /^(\d+)\.(\d+)/.exec(version ?? "");
  if (match === null) return undefined;
  const [major, minor] = [Number(match[1]), Number(match[2])];
  return major > majorMin || (major === majorMin && minor >= minorMin) ? version : undefined;
}

async function findJavaHome(majorMin: number, majorMax?: number): Promise<FoundTool | undefined> {
  const java = await findJava(majorMin, majorMax);
  return java === undefined ? undefined : { path: java.home, version: java.version };
}

async function findPostgres(): Promise<FoundTool | undefined> {
  for (const postgres of await onPath("postgres")) {
    const version = postgresVersion(await banner(postgres, ["--version"]));
    const bin = dirname(await realpath(postgres));
    if (version === undefined || !(await hasAll(bin, POSTGRES_PROGRAMS))) continue;
    // Root starts it as another user, who has to be able to reach it.
    if (host.uid === 0 && !(await reachableByAll(bin))) continue;
    return { path: dirname(bin), version };
  }
  return undefined;
}

/** Programs of one directory; the first tells the version. What stands in is the path `programIn` takes. */
async function findPrefix(
  [first = "", ...others]: readonly string[],
  versionArgs: readonly string[],
  versionOf: (banner: string) => string | undefined,
): Promise<FoundTool | undefined> {
  for (const program of await onPath(first)) {
    const dir = dirname(program);
    if (!(await hasAll(dir, others))) continue;
    // Root starts it as another user, who has to be able to reach it. Links are followed for that alone:
    // some of these programs look at the name they were called by.
    if (host.uid === 0 && !(await reachableByAll(dirname(await realpath(program))))) continue;
    const version = versionOf(await banner(program, versionArgs));
    if (version !== undefined) return { path: prefixOf(dir), version };
  }
  return undefined;
}

async function findProgram(
  name: string,
  versionArgs: readonly string[],
  versionOf: (banner: string) => string | undefined,
): Promise<FoundTool | undefined> {
  for (const path of await onPath(name)) {
    const version = versionOf(await banner(path, versionArgs));
    if (version !== undefined) return { path, version };
  }
  return undefined;
}

export async function isOnPath(name: string): Promise<boolean> {
  return (await onPath(name)).length > 0;
}

/** Executables of that name on PATH, in its order. */
async function onPath(name: string): Promise<readonly string[]> {
  const candidates = (host.env["PATH"] ?? "")
    .split(":")
    .flatMap((dir) => (dir.startsWith("/") ? [join(dir, name)] : []));
  const executable = await Promise.all(candidates.map(isExecutable));
  return candidates.filter((_, index) => executable[index]);
}

/** True when every directory on the way may be entered by everybody. */
export async function reachableByAll(path: string): Promise<boolean> {
  for (let dir = path; ; dir = dirname(dir)) {
    try {
      if (((await stat(dir)).mode & 0o001) === 0) return false;
    } catch {
      return false;
    }
    if (dir === dirname(dir)) return true;
  }
}

async function hasAll(dir: string, names: readonly string[]): Promise<boolean> {
  const found = await Promise.all(names.map((name) => isExecutable(join(dir, name))));
  return found.every(Boolean);
}

async function isExecutable(path: string): Promise<boolean> {
  try {
    await access(path, constants.X_OK);
    return (await stat(path)).isFile();
  } catch {
    return false;
  }
}

async function banner(program: string, args: readonly string[]): Promise<string> {
  try {
    const result = await runCommand([program, ...args], {
      signal: new AbortController().signal,
      timeoutMs: 15_000,
    });
    return result.tail.join("\n");
  } catch {
    return "";
  }
}
