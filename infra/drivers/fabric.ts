/**
 * The lab's network: a namespace that routes between one bridge a zone, and a namespace a node. All of it
 * hangs on one holder process: when that ends, the kernel takes everything away, and nothing was ever
 * touched in the host's own network.
 */
import { spawn } from "node:child_process";
import { closeSync, existsSync, mkdirSync, openSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { LakeproofError } from "../../core/errors.ts";
import { host } from "../../core/host.ts";
import { gatewayOf, PLACES, type Place } from "../zones.ts";
import { inUserNamespace } from "./isolation.ts";
import {
  findNetworkSupport,
  type NetworkPrograms,
  type NetworkSupport,
} from "./network-support.ts";
import { rulesetOf, type Listener } from "./ruleset.ts";
import { isAlive, processFacts } from "./processes.ts";

const READY_MS_MAX = 60_000;
const READY_FILE = "fabric.ready";
/** Inside the holder's own mount namespace; named namespaces are files there. */
const NETNS_DIR = "/run/netns";

/** What other processes need to find and enter the lab's network. */
export interface Fabric {
  readonly pid: number;
  readonly startTicks: string;
  /** In the order of their links. */
  readonly nodes: readonly FabricNode[];
  readonly programs: NetworkPrograms;
  /** What this kernel can do to the links. */
  readonly support: NetworkSupport;
}

export interface FabricNode {
  readonly id: string;
  readonly place: Place;
  readonly host: string;
}

export interface FabricOptions {
  readonly labId: string;
  readonly labDir: string;
  readonly nodes: readonly FabricNode[];
  readonly listeners: readonly Listener[];
  /** Absolute paths. */
  readonly programs: NetworkPrograms;
}

/** Builds the network and returns once every node has its link. Throws PROVISIONING_FAILED with the reason. */
export async function openFabric(options: FabricOptions, signal: AbortSignal): Promise<Fabric> {
  const { labDir, nodes, programs } = options;
  mkdirSync(labDir, { recursive: true, mode: 0o755 });
  const files = {
    script: join(labDir, "fabric.sh"),
    rules: join(labDir, "fabric.nft"),
    ready: join(labDir, READY_FILE),
    log: join(labDir, "fabric.log"),
  };
  writeFileSync(files.script, scriptOf(options, files.rules, files.ready));
  writeFileSync(files.rules, rulesetOf(options.listeners));
  const log = openSync(files.log, "w");
  const child = spawn(
    "unshare",
    ["--net", "--mount", "--propagation", "private", "--", "sh", files.script],
    {
      stdio: ["ignore", log, log],
      detached: true,
      env: {
        PATH: `${host.env["PATH"] ?? ""}:/usr/sbin:/sbin`,
        LAKEPROOF_LAB: options.labId,
        LAKEPROOF_INSTANCE: "fabric",
      },
    },
  );
  closeSync(log);
  child.on("error", () => undefined);
  child.unref();
  const { pid } = child;
  const deadlineMs = host.monotonicMs() + READY_MS_MAX;
  while (pid !== undefined && child.exitCode === null && host.monotonicMs() < deadlineMs) {
    if (existsSync(files.ready)) {
      const startTicks = processFacts(pid)?.startTicks ?? "0";
      return { pid, startTicks, nodes, programs, support: findNetworkSupport(programs) };
    }
    await host.sleep(25, signal);
  }
  throw new LakeproofError(
    "PROVISIONING_FAILED",
    `The lab's network cannot be made:\n${readFileSync(files.log, "utf8").slice(-2000)}`,
    { hint: "Use --isolation loopback, or run where network namespaces are allowed." },
  );
}

/** One shell script: a few hundred short commands, far quicker than as many processes of ours. */
export function scriptOf(
  options: Pick<FabricOptions, "nodes" | "programs">,
  rules: string,
  ready: string,
): string {
  const { ip, nft } = options.programs;
  const bridges = PLACES.flatMap((place) => [
    `link add ${bridgeOf(place)} type bridge forward_delay 0`,
    `addr add ${gatewayOf(place)}/24 dev ${bridgeOf(place)}`,
    `link set ${bridgeOf(place)} up`,
  ]);
  const links = options.nodes.flatMap((node, index) => [
    `link add ${linkNamed(index)} type veth peer name eth0 netns ${node.id}`,
    `link set ${linkNamed(index)} master ${bridgeOf(node.place)} up`,
  ]);
  const inside = options.nodes.map(
    (node) =>
      `${ip} -n ${node.id} -batch - <<'EOF'\nlink set lo up\nlink set eth0 up\n` +
      `addr add ${node.host}/24 dev eth0\nroute add default via ${gatewayOf(node.place)}\nEOF\n`,
  );
  return [
    "set -e",
    `mount -t tmpfs lakeproof /run`,
    `mkdir ${NETNS_DIR}`,
    ...options.nodes.map((node) => `${ip} netns add ${node.id}`),
    `${ip} -batch - <<'EOF'\nlink set lo up\n${[...bridges, ...links].join("\n")}\nEOF`,
    ...inside,
    `echo 1 > /proc/sys/net/ipv4/ip_forward`,
    `${nft} -f ${rules}`,
    `echo ready > ${ready}`,
    "exec sleep infinity",
    "",
  ].join("\n");
}

function bridgeOf(place: Place): string {
  return `br-${place}`;
}

/** The router's end of a node's link. */
function linkNamed(index: number): string {
  return `v${String(index)}`;
}

/** Throws FAULT_FAILED for a node that the lab does not have. */
export function linkOf(fabric: Fabric, nodeId: string): string {
  const index = fabric.nodes.findIndex((node) => node.id === nodeId);
  if (index >= 0) return linkNamed(index);
  throw new LakeproofError("FAULT_FAILED", `The lab's network has no node called ${nodeId}.`, {
    hint: `Its nodes are ${fabric.nodes.map((node) => node.id).join(", ")}.`,
  });
}

/** File that stands for a node's network namespace. */
export function namespacePath(fabric: Fabric, nodeId: string): string {
  return `/proc/${String(fabric.pid)}/root${NETNS_DIR}/${nodeId}`;
}

/** Command line prefix for whoever owns the network but stands outside of the user namespace it is in. */
export function asOwner(fabric: Fabric): readonly string[] {
  if (host.uid === 0 || inUserNamespace()) return [];
  return ["nsenter", "--preserve-credentials", `--user=/proc/${String(fabric.pid)}/ns/user`, "--"];
}

export function fabricAlive(fabric: Fabric): boolean {
  return isAlive(fabric.pid, fabric.startTicks);
}

/** Command line that runs in the network namespace of a node. */
export function inNode(fabric: Fabric, nodeId: string): readonly string[] {
  return ["nsenter", `--net=${namespacePath(fabric, nodeId)}`, "--"];
}

/** Command line that runs where the routing and the rules are. */
export function inRouter(fabric: Fabric): readonly string[] {
  return ["nsenter", `--net=/proc/${String(fabric.pid)}/ns/net`, "--"];
}
