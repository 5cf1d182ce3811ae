/** Which isolation this machine and kernel allow, found out by trying. */
import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import type { Isolation } from "../../core/contracts/values.ts";
import { host } from "../../core/host.ts";

const TRY_MS_MAX = 10_000;

/** What loopback cannot do, for people. */
export const LOOPBACK_LIMITS: readonly string[] = [
  "no partition of a node, a client or a zone, and no one-way or ring partition",
  "no packet loss, bandwidth cap or late delivery between two nodes",
  "no power-off of a node with everything on it",
  "no zones: every instance can reach every other, and `check zones` has nothing to prove",
  "no erasure-coded MinIO of several nodes: one node carries all drives",
  "no metrics of Flink, whose reporter takes every address: no alerts on its job, and empty panels",
];

export interface IsolationChoice {
  readonly isolation: Isolation;
  /** Namespaces without privileges: the harness first goes into a user namespace of its own. */
  readonly userNamespace: boolean;
  /** Why not namespaces, where they were wished for. */
  readonly reason?: string;
}

/** True when this process is root only inside a user namespace. */
export function inUserNamespace(): boolean {
  // On the machine itself the map covers all ids: "0 0 4294967295".
  const [, , count] = readFileSync("/proc/self/uid_map", "utf8").trim().split(/\s+/);
  return count !== undefined && Number(count) < 4_294_967_295;
}

export function chooseIsolation(wished: Isolation): IsolationChoice {
  if (wished === "loopback") return { isolation: "loopback", userNamespace: false };
  const userNamespace = host.uid !== 0;
  const reason = namespaceProblem(userNamespace);
  if (reason === undefined) return { isolation: "namespaces", userNamespace };
  return { isolation: "loopback", userNamespace: false, reason };
}

/** Undefined when a network namespace with a bridge in it can be made; else what stands in the way. */
function namespaceProblem(userNamespace: boolean): string | undefined {
  const script = "mount -t tmpfs lakeproof /run && echo 1 > /proc/sys/net/ipv4/ip_forward";
  const argv = [
    ...(userNamespace ? ["--user", "--map-root-user"] : []),
    ...["--net", "--mount", "--propagation", "private", "sh", "-c", script],
  ];
  const tried = spawnSync("unshare", argv, { timeout: TRY_MS_MAX, encoding: "utf8" });
  if (tried.status === 0) return undefined;
  if (tried.error !== undefined) return `unshare cannot be run: ${tried.error.message}`;
  const said = tried.stderr.trim().split("\n").at(-1) ?? "";
  return `network namespaces are not allowed here${said === "" ? "" : ` (${said})`}`;
}
