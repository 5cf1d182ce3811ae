/**
 * What disturbances left in a lab's network, asked of the kernel alone: whoever made them may be long gone, and
 * their undo log with them. Nothing in that network is anybody else's.
 */
import { spawnSync } from "node:child_process";
import { z } from "zod";
import { LakeproofError } from "../../core/errors.ts";
import { tableOf, tagOf } from "./disturbance.ts";
import { asOwner, fabricAlive, inRouter, linkOf, type Fabric } from "./fabric.ts";

const COMMAND_MS_MAX = 30_000;

export interface Leftover {
  readonly what: string;
  readonly remedy: readonly string[];
}

const Tables = z.object({
  nftables: z.array(
    z.object({ table: z.object({ family: z.string(), name: z.string() }).optional() }),
  ),
});
const Sets = z.object({
  nftables: z.array(
    z.object({ set: z.object({ elem: z.array(z.unknown()).optional() }).optional() }),
  ),
});
const Queues = z.array(
  z.object({ dev: z.string(), kind: z.string(), root: z.boolean().optional() }),
);
const Links = z.array(z.object({ ifname: z.string(), flags: z.array(z.string()) }));

/** Throws FAULT_FAILED when the network cannot be looked at; empty when it is gone. */
export function networkLeftovers(fabric: Fabric): readonly Leftover[] {
  if (!fabricAlive(fabric)) return [];
  return [...tables(fabric), ...queues(fabric), ...downLinks(fabric)];
}

/** Removes all of it. Returns what it was. */
export function sweepNetwork(fabric: Fabric): readonly string[] {
  return networkLeftovers(fabric).map(({ what, remedy }) => {
    outputOf(fabric, remedy);
    return what;
  });
}

function tables(fabric: Fabric): readonly Leftover[] {
  const { nft } = fabric.programs;
  const listed = Tables.parse(JSON.parse(outputOf(fabric, [nft, "-j", "list", "tables"])));
  return listed.nftables.flatMap(({ table }) => {
    const tag = table?.family === "netdev" ? tagOf(table.name) : undefined;
    if (tag === undefined) return [];
    const set = [nft, "-j", "list", "set", "netdev", tableOf(tag), "flows"];
    const { nftables } = Sets.parse(JSON.parse(outputOf(fabric, set)));
    const count = nftables.reduce((sum, entry) => sum + (entry.set?.elem?.length ?? 0), 0);
    const what =
      count > 0
        ? `${tag} still disturbs ${String(count)} flow(s) of the network`
        : `${tag} left its rules in the network; their time-outs have run out`;
    return [{ what, remedy: [nft, "delete", "table", "netdev", tableOf(tag)] }];
  });
}

function queues(fabric: Fabric): readonly Leftover[] {
  const { tc } = fabric.programs;
  return Queues.parse(JSON.parse(outputOf(fabric, [tc, "-j", "qdisc", "show"])))
    .filter(({ kind, root }) => root === true && kind === "htb")
    .map(({ dev }) => ({
      what: `a queue is left on the link of ${nodeAt(fabric, dev)}`,
      remedy: [tc, "qdisc", "del", "dev", dev, "root"],
    }));
}

function downLinks(fabric: Fabric): readonly Leftover[] {
  const { ip } = fabric.programs;
  const own = new Set(fabric.nodes.map(({ id }) => linkOf(fabric, id)));
  return Links.parse(JSON.parse(outputOf(fabric, [ip, "-j", "link", "show"])))
    .filter(({ ifname, flags }) => own.has(ifname) && !flags.includes("UP"))
    .map(({ ifname }) => ({
      what: `the link of ${nodeAt(fabric, ifname)} is down`,
      remedy: [ip, "link", "set", ifname, "up"],
    }));
}

function nodeAt(fabric: Fabric, link: string): string {
  return fabric.nodes.find(({ id }) => linkOf(fabric, id) === link)?.id ?? link;
}

function outputOf(fabric: Fabric, argv: readonly string[]): string {
  const [program = "", ...args] = [...asOwner(fabric), ...inRouter(fabric), ...argv];
  const ran = spawnSync(program, args, { timeout: COMMAND_MS_MAX, encoding: "utf8" });
  if (ran.status === 0) return ran.stdout;
  const why = ran.error?.message ?? ran.stderr.trim();
  throw new LakeproofError("FAULT_FAILED", `${argv.join(" ")} failed: ${why}`, {
    hint: "Take the lab down with `lakeproof down`: its network goes with it.",
  });
}
