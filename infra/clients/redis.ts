/** Single Redis nodes as a cluster's operator sees them: who is master of what, and is it in sync. */
import { createClient } from "@redis/client";
import { z } from "zod";
import { LakeproofError, reasonOf } from "../../core/errors.ts";
import { host } from "../../core/host.ts";
import { isAborted, untilAborted } from "../../core/until-aborted.ts";

export const REDIS_SLOT_COUNT = 16_384;
const CONNECT_MS_MAX = 3000;
const FORM_MS_MAX = 60_000;
const POLL_MS = 100;

type Send = (...words: readonly string[]) => Promise<string>;

interface SlotRange {
  readonly first: number;
  readonly last: number;
}

/** One line of CLUSTER NODES. */
interface ClusterMember {
  readonly nodeId: string;
  /** "host:port" */
  readonly address: string;
  readonly self: boolean;
  readonly role: "master" | "replica";
  readonly failing: boolean;
  readonly masterId: string | undefined;
  readonly slots: readonly SlotRange[];
}

/** One connection to one node, closed when `work` ends. */
async function withRedis<T>(
  address: string,
  signal: AbortSignal,
  work: (send: Send) => Promise<T>,
): Promise<T> {
  const [hostname = "", port] = address.split(":");
  const client = createClient({
    RESP: 2,
    disableOfflineQueue: true,
    socket: {
      host: hostname,
      port: Number(port),
      connectTimeout: CONNECT_MS_MAX,
      reconnectStrategy: false,
    },
  });
  client.on("error", () => undefined);
  const send: Send = async (...words) => {
    const reply: unknown = await client.sendCommand([...words]);
    return typeof reply === "string" ? reply : JSON.stringify(reply);
  };
  try {
    return await untilAborted(
      client.connect().then(() => work(send)),
      signal,
    );
  } finally {
    if (client.isOpen) client.destroy();
  }
}

export function parseClusterNodes(text: string): readonly ClusterMember[] {
  return text
    .split("\n")
    .filter((line) => line.trim() !== "")
    .map((line): ClusterMember => {
      const [nodeId = "", address = "", flagText = "", masterId = "-", ...rest] = line.split(" ");
      const flags = flagText.split(",");
      return {
        nodeId,
        address: address.replace(/@.*$/, ""),
        self: flags.includes("myself"),
        role: flags.includes("master") ? "master" : "replica",
        failing: flags.includes("fail") || flags.includes("fail?") || flags.includes("noaddr"),
        masterId: masterId === "-" ? undefined : masterId,
        // Four fields of state stand between; slots on the move are in brackets.
        slots: rest.slice(4).flatMap(parseSlots),
      };
    });
}

function parseSlots(word: string): readonly SlotRange[] {
  const match = /^(\d+)(?:-(\d+))?$/.exec(word.trim());
  if (match === null) return [];
  return [{ first: Number(match[1]), last: Number(match[2] ?? match[1]) }];
}

/** The "name:value" lines of INFO and CLUSTER INFO. */
export function parseInfo(text: string): ReadonlyMap<string, string> {
  return new Map(
    text.split(/\r?\n/).flatMap((line): [string, string][] => {
      const at = line.indexOf(":");
      return at < 1 ? [] : [[line.slice(0, at), line.slice(at + 1)]];
    }),
  );
}

/**
 * A value written and read back in a slot the node itself serves; of a replica, that it follows its master.
 * A node that is in no cluster yet can only answer: forming the cluster comes after all nodes are there.
 */
export async function probeRedisNode(address: string, signal: AbortSignal): Promise<void> {
  await withRedis(address, signal, async (send) => {
    const info = parseInfo(await send("CLUSTER", "INFO"));
    if (info.get("cluster_slots_assigned") === "0") {
      await send("PING");
      return;
    }
    const own = parseClusterNodes(await send("CLUSTER", "NODES")).find((member) => member.self);
    if (own?.role === "replica") {
      const problem = replicaProblem(await send("INFO", "replication"));
      if (problem !== undefined) throw notReady(`${address}: ${problem}`);
      return;
    }
    const state = info.get("cluster_state") ?? "unknown";
    if (state !== "ok") throw notReady(`${address}: cluster_state is ${state}`);
    await roundTrip(send, address, own?.slots ?? []);
  });
}

/** What the node takes for the time. */
export async function redisEpochMs(address: string, signal: AbortSignal): Promise<number> {
  const text = await withRedis(address, signal, (send) => send("TIME"));
  const [seconds, micros] = z.tuple([z.string(), z.string()]).parse(JSON.parse(text));
  return Number(seconds) * 1000 + Number(micros) / 1000;
}

async function roundTrip(send: Send, address: string, slots: readonly SlotRange[]): Promise<void> {
  if (slots.length === 0) throw notReady(`${address}: a master without slots`);
  const key = await ownKey(send, slots);
  const value = host.randomHex(8);
  await send("SET", key, value, "PX", "60000");
  const found = await send("GET", key);
  if (found !== value) throw notReady(`${address}: ${key} was read back as ${found}`);
}

/** The server says which slot a key falls in; one of three tries hits where there are three masters. */
async function ownKey(send: Send, slots: readonly SlotRange[]): Promise<string> {
  for (let attempt = 0; attempt < REDIS_SLOT_COUNT; attempt += 1) {
    const key = `lakeproof:probe:${String(attempt)}`;
    const slot = Number(await send("CLUSTER", "KEYSLOT", key));
    if (slots.some(({ first, last }) => slot >= first && slot <= last)) return key;
  }
  throw notReady("no key falls in the node's slots");
}

function replicaProblem(replication: string): string | undefined {
  const info = parseInfo(replication);
  const link = info.get("master_link_status") ?? "unknown";
  if (link !== "up") return `master_link_status is ${link}`;
  return info.get("master_sync_in_progress") === "0" ? undefined : "still copies from its master";
}

/** Joins the nodes into one cluster where they are not, and returns when all of it is in sync. */
export async function formRedisCluster(
  addresses: readonly string[],
  signal: AbortSignal,
): Promise<void> {
  const deadline = host.deadline(FORM_MS_MAX, signal);
  if (await isUnformed(addresses, deadline)) {
    await introduce(addresses, deadline);
    await shareOutSlots(addresses.slice(0, addresses.length / 2), deadline);
    await appointReplicas(addresses, deadline);
  }
  let problem: string | undefined = "no node was asked";
  while (!isAborted(deadline)) {
    problem = await clusterProblem(addresses, deadline).catch(reasonOf);
    if (problem === undefined) return;
    await host.sleep(POLL_MS, deadline).catch(() => undefined);
  }
  signal.throwIfAborted();
  throw new LakeproofError("PROVISIONING_FAILED", `The Redis cluster is not ready: ${problem}.`, {
    hint: "Read the logs of its instances, logs/redis-*.log.",
  });
}

/** A cluster that has once served all its slots heals by itself; only one that never did is formed. */
async function isUnformed(addresses: readonly string[], signal: AbortSignal): Promise<boolean> {
  const assigned = await Promise.all(
    addresses.map((address) =>
      withRedis(address, signal, async (send) =>
        Number(parseInfo(await send("CLUSTER", "INFO")).get("cluster_slots_assigned")),
      ),
    ),
  );
  return assigned.some((count) => count < REDIS_SLOT_COUNT);
}

/** Distinct epochs first, as redis-cli does it, so that no two masters start with the same one. */
async function introduce(addresses: readonly string[], signal: AbortSignal): Promise<void> {
  for (const [ordinal, address] of addresses.entries()) {
    await withRedis(address, signal, async (send) => {
      const info = parseInfo(await send("CLUSTER", "INFO"));
      const alone = info.get("cluster_known_nodes") === "1";
      if (alone && info.get("cluster_current_epoch") === "0") {
        await send("CLUSTER", "SET-CONFIG-EPOCH", String(ordinal + 1));
      }
    });
  }
  // All to all: left to gossip, they would take seconds to hear of each other.
  for (const address of addresses) {
    await withRedis(address, signal, async (send) => {
      for (const other of addresses) {
        if (other !== address) await send("CLUSTER", "MEET", ...other.split(":"));
      }
    });
  }
  await untilAll(addresses, signal, (members) => members.length >= addresses.length);
}

async function shareOutSlots(masters: readonly string[], signal: AbortSignal): Promise<void> {
  for (const [index, range] of slotShares(masters.length).entries()) {
    await withRedis(masters[index] ?? "", signal, async (send) => {
      const members = parseClusterNodes(await send("CLUSTER", "NODES"));
      const taken = members.flatMap((member) => member.slots);
      for (const { first, last } of freeRanges(range, taken)) {
        await send("CLUSTER", "ADDSLOTSRANGE", String(first), String(last));
      }
    });
  }
}

/** The slots in equal parts, in order. */
export function slotShares(masterCount: number): readonly SlotRange[] {
  return Array.from({ length: masterCount }, (_, index) => ({
    first: Math.floor((index * REDIS_SLOT_COUNT) / masterCount),
    last: Math.floor(((index + 1) * REDIS_SLOT_COUNT) / masterCount) - 1,
  }));
}

/** What is left of a range when those taken are cut out of it. */
export function freeRanges(range: SlotRange, taken: readonly SlotRange[]): readonly SlotRange[] {
  return taken.reduce<readonly SlotRange[]>(
    (free, cut) =>
      free.flatMap(({ first, last }) => [
        ...(first < cut.first ? [{ first, last: Math.min(last, cut.first - 1) }] : []),
        ...(last > cut.last ? [{ first: Math.max(first, cut.last + 1), last }] : []),
      ]),
    [range],
  );
}

async function appointReplicas(addresses: readonly string[], signal: AbortSignal): Promise<void> {
  const masterCount = addresses.length / 2;
  for (const [index, address] of addresses.slice(masterCount).entries()) {
    await withRedis(address, signal, async (send) => {
      const members = parseClusterNodes(await send("CLUSTER", "NODES"));
      const own = members.find((member) => member.self);
      const master = members.find((member) => member.address === addresses[index]);
      if (own?.role === "master" && own.slots.length === 0 && master !== undefined) {
        await send("CLUSTER", "REPLICATE", master.nodeId);
      }
    });
  }
}

async function untilAll(
  addresses: readonly string[],
  signal: AbortSignal,
  fits: (members: readonly ClusterMember[]) => boolean,
): Promise<void> {
  for (;;) {
    const views = await Promise.all(addresses.map((address) => membersSeenBy(address, signal)));
    if (views.every(fits)) return;
    await host.sleep(POLL_MS, signal);
  }
}

/** The whole cluster as one node sees it. */
function membersSeenBy(address: string, signal: AbortSignal): Promise<readonly ClusterMember[]> {
  return withRedis(address, signal, async (send) =>
    parseClusterNodes(await send("CLUSTER", "NODES")),
  );
}

/** Addresses of the nodes that answer as masters and serve slots, each with those slots. */
async function servingMasters(
  addresses: readonly string[],
  signal: AbortSignal,
): Promise<ReadonlyMap<string, readonly SlotRange[]>> {
  const answers = await Promise.allSettled(
    addresses.map(async (address) => {
      const own = (await membersSeenBy(address, signal)).find((member) => member.self);
      return { address, slots: own?.role === "master" ? own.slots : [] };
    }),
  );
  signal.throwIfAborted();
  const found = answers.flatMap((answer) => (answer.status === "fulfilled" ? answer.value : []));
  return new Map(
    found.filter(({ slots }) => slots.length > 0).map(({ address, slots }) => [address, slots]),
  );
}

/** A node that is a master with slots at this moment. Throws CLIENT_FAILED when none answers as one. */
export async function redisMaster(
  addresses: readonly string[],
  signal: AbortSignal,
): Promise<string> {
  const [first] = (await servingMasters(addresses, signal)).keys();
  if (first === undefined) throw notReady("no Redis node answers as a master");
  return first;
}

/** A value written and read back at every master there is, which together must serve every slot. */
export async function useRedisCluster(
  addresses: readonly string[],
  signal: AbortSignal,
): Promise<void> {
  const masters = await servingMasters(addresses, signal);
  const served = [...masters.values()]
    .flat()
    .reduce((sum, { first, last }) => sum + last - first + 1, 0);
  if (served !== REDIS_SLOT_COUNT) throw notReady(`${String(served)} slots are served`);
  for (const [address, slots] of masters) {
    await withRedis(address, signal, (send) => roundTrip(send, address, slots));
  }
}

/** Why the cluster is not what it should be, asked of every node; undefined when all is well. */
async function clusterProblem(
  addresses: readonly string[],
  signal: AbortSignal,
): Promise<string | undefined> {
  const problems = await Promise.all(addresses.map((address) => nodeProblem(address, signal)));
  const found = problems.find((problem) => problem !== undefined);
  if (found !== undefined) return found;
  const members = await membersSeenBy(addresses[0] ?? "", signal);
  const lonely = members.find(
    (master) =>
      master.slots.length > 0 &&
      !members.some((member) => member.masterId === master.nodeId && !member.failing),
  );
  return lonely === undefined ? undefined : `master ${lonely.address} has no replica`;
}

function nodeProblem(address: string, signal: AbortSignal): Promise<string | undefined> {
  return withRedis(address, signal, async (send) => {
    const info = parseInfo(await send("CLUSTER", "INFO"));
    const state = info.get("cluster_state") ?? "unknown";
    const slotCount = Number(info.get("cluster_slots_ok"));
    if (state !== "ok") return `${address}: cluster_state is ${state}`;
    if (slotCount !== REDIS_SLOT_COUNT) return `${address}: ${String(slotCount)} slots are served`;
    const own = parseClusterNodes(await send("CLUSTER", "NODES")).find((member) => member.self);
    if (own?.role === "replica") {
      const problem = replicaProblem(await send("INFO", "replication"));
      return problem === undefined ? undefined : `${address}: ${problem}`;
    }
    return own?.slots.length === 0 ? `${address}: a master without slots` : undefined;
  });
}

function notReady(message: string): LakeproofError {
  return new LakeproofError("CLIENT_FAILED", `${message}.`, { hint: "Read the instance's log." });
}
