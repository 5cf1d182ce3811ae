/**
 * Disturbances of a lab's network, done where the router's ends of the nodes' links are. Nothing is remembered
 * here: what is in force is asked of the kernel, so that any later process can look and clear.
 */
import { spawn } from "node:child_process";
import { readdirSync, statSync } from "node:fs";
import { z } from "zod";
import type {
  Attempt,
  Disturbance,
  DisturbanceState,
  Network,
  NetworkEffect,
} from "../../core/contracts/network.ts";
import { LakeproofError } from "../../core/errors.ts";
import { host } from "../../core/host.ts";
import {
  handleOf,
  heldBack,
  isShaped,
  queueText,
  releaseText,
  removalText,
  tableOf,
  tableText,
} from "./disturbance.ts";
import {
  asOwner,
  fabricAlive,
  inNode,
  inRouter,
  linkOf,
  namespacePath,
  type Fabric,
} from "./fabric.ts";
import { signalProcess } from "./processes.ts";

const COMMAND_MS_MAX = 30_000;
const CONNECT_MS_MAX = 3000;
const RELEASE_MS_MAX = 5000;
const KILL_ROUND_COUNT_MAX = 20;

const CAPABILITY_OF = {
  drop: "networkCut",
  "half-open": "networkCut",
  reset: "networkReset",
  loss: "networkLoss",
  rate: "networkRate",
  delay: "networkDelay",
  hold: "networkHold",
} as const;

/** Runs in a node, by itself: each address once, all at the same time. */
const ATTEMPT_SCRIPT = `
const { connect } = require("node:net");
const [limitMs, ...addresses] = process.argv.slice(1);
const refusals = ["ECONNREFUSED", "ECONNRESET"];
const attempt = (address) => new Promise((resolve) => {
  const [host, port] = address.split(":");
  const startedMs = performance.now();
  const socket = connect({ host, port: Number(port), timeout: Number(limitMs) });
  const end = (result) => {
    resolve({ result, elapsedMs: performance.now() - startedMs });
    socket.destroy();
  };
  socket.once("connect", () => end("connected"));
  socket.once("timeout", () => end("timeout"));
  socket.once("error", ({ code }) => {
    end(refusals.includes(code) ? "refused" : code === "ETIMEDOUT" ? "timeout" : "unreachable");
  });
});
Promise.all(addresses.map(attempt)).then((results) => console.log(JSON.stringify(results)));
`;

/** A queue moves when the next packet for its link comes: one byte to nobody's port of each receiver. */
const NUDGE_SCRIPT = `
const { createSocket } = require("node:dgram");
const hosts = process.argv.slice(1);
const socket = createSocket("udp4");
let open = hosts.length;
for (const host of hosts) socket.send("", 9, host, () => {
  open -= 1;
  if (open === 0) setTimeout(() => socket.close(), 100);
});
`;

const Attempts = z.array(
  z.object({
    result: z.enum(["connected", "refused", "unreachable", "timeout"]),
    elapsedMs: z.number(),
  }),
);

/** The parts of `nft -j list table` that matter here. */
const Table = z.object({
  nftables: z.array(
    z.object({
      counter: z.object({ packets: z.number() }).optional(),
      set: z.object({ elem: z.array(z.unknown()).optional() }).optional(),
    }),
  ),
});

const Queues = z.array(
  z.object({
    dev: z.string(),
    handle: z.string(),
    kind: z.string(),
    parent: z.string().optional(),
    /** Packets that wait; only where statistics are asked for. */
    qlen: z.number().optional(),
  }),
);
type Queues = z.infer<typeof Queues>;

export function openNetwork(fabric: Fabric): Network {
  return new FabricNetwork(fabric);
}

class FabricNetwork implements Network {
  readonly nodes: Network["nodes"];
  readonly #fabric: Fabric;

  constructor(fabric: Fabric) {
    this.#fabric = fabric;
    this.nodes = fabric.nodes;
  }

  mechanismOf(effect: NetworkEffect): string {
    return this.#fabric.support.notes[CAPABILITY_OF[effect.kind]] ?? "not possible here";
  }

  async disturb(disturbance: Disturbance): Promise<void> {
    const { tag, effect, flows } = disturbance;
    const { programs, support } = this.#fabric;
    if (!support.capabilities.includes(CAPABILITY_OF[effect.kind])) {
      throw new LakeproofError(
        "CAPABILITY_MISSING",
        `${effect.kind}: ${this.mechanismOf(effect)}.`,
        {
          hint: "`lakeproof plan` says what this machine can do.",
        },
      );
    }
    const linkOfNode = (id: string): string => linkOf(this.#fabric, id);
    const table = tableText(disturbance, linkOfNode, support.rateBy);
    // Queues first: packets go into them only once the table sends them there.
    if (isShaped(effect, support.rateBy)) {
      const links = new Set(flows.map(({ to }) => linkOfNode(to.id)));
      await this.#must([programs.tc, "-batch", "-"], queueText(tag, effect, links));
    }
    await this.#must([programs.nft, "-f", "-"], table);
  }

  async clear(tag: string): Promise<void> {
    if (!fabricAlive(this.#fabric)) return;
    const { nft, tc } = this.#fabric.programs;
    // Before the table goes: what comes now still queues up behind what waits.
    await this.#release(tag);
    await this.#must([nft, "-f", "-"], removalText(tag));
    const own = (await this.#queues()).filter(({ handle }) => handle === `${handleOf(tag)}:`);
    const lines = own.map(({ dev }) => `qdisc del dev ${dev} root\n`);
    if (lines.length > 0) await this.#must([tc, "-batch", "-"], lines.join(""));
  }

  /** Lets go what was held back, and waits until it is under way. What the links do not take in time is lost. */
  async #release(tag: string): Promise<void> {
    const held = await this.#held(tag);
    if (held.length === 0) return;
    const links = held.map(({ dev }) => dev);
    await this.#must([this.#fabric.programs.tc, "-batch", "-"], releaseText(tag, links));
    const hosts = this.nodes
      .filter(({ id }) => links.includes(linkOf(this.#fabric, id)))
      .map((node) => node.host);
    const deadlineMs = host.monotonicMs() + RELEASE_MS_MAX;
    do {
      await this.#must([host.nodePath, "-e", NUDGE_SCRIPT, ...hosts], "");
      const waiting = await this.#held(tag);
      if (waiting.every(({ qlen }) => (qlen ?? 0) === 0)) return;
    } while (host.monotonicMs() < deadlineMs);
  }

  async #held(tag: string): Promise<Queues> {
    const shown = await this.#must([this.#fabric.programs.tc, "-s", "-j", "qdisc", "show"], "");
    const parent = `${handleOf(tag)}:1`;
    return Queues.parse(JSON.parse(shown)).filter(
      (queue) => queue.kind === "tbf" && queue.parent === parent,
    );
  }

  async state(tag: string): Promise<DisturbanceState> {
    const argv = [this.#fabric.programs.nft, "-j", "list", "table", "netdev", tableOf(tag)];
    const listed = await this.#run(argv, "");
    if (listed.code !== 0) {
      if (listed.stderr.includes("No such file")) return { flowCount: 0, packetCount: 0 };
      throw commandFailed(argv, listed);
    }
    const { nftables } = Table.parse(JSON.parse(listed.stdout));
    const flowCount = nftables.reduce((sum, { set }) => sum + (set?.elem?.length ?? 0), 0);
    const packetCount = nftables.reduce((sum, { counter }) => sum + (counter?.packets ?? 0), 0);
    return { flowCount, packetCount: (await this.#wasFelt(tag)) ? packetCount : 0 };
  }

  /** A packet that is put into a class need not have waited there: nobody may have sent more than the rate. */
  async #wasFelt(tag: string): Promise<boolean> {
    const queues = await this.#queues();
    const handle = handleOf(tag);
    const own = queues.filter((queue) => queue.handle === `${handle}:`);
    const delayed = queues
      .filter(({ kind }) => kind === "netem" || kind === "tbf")
      .map(({ dev }) => dev);
    if (own.length === 0 || own.some(({ dev }) => delayed.includes(dev))) return true;
    const { tc } = this.#fabric.programs;
    const shown = await Promise.all(
      own.map(({ dev }) => this.#must([tc, "-s", "class", "show", "dev", dev], "")),
    );
    return shown.some((text) => heldBack(text, handle));
  }

  async attempt(
    nodeId: string,
    addresses: readonly string[],
    signal: AbortSignal,
  ): Promise<readonly Attempt[]> {
    if (addresses.length === 0) return [];
    signal.throwIfAborted();
    const script = [host.nodePath, "-e", ATTEMPT_SCRIPT, String(CONNECT_MS_MAX), ...addresses];
    const argv = [...inNode(this.#fabric, nodeId), ...script];
    const ran = await runCommand([...asOwner(this.#fabric), ...argv], "");
    signal.throwIfAborted();
    if (ran.code !== 0) throw commandFailed(argv, ran);
    return Attempts.parse(JSON.parse(ran.stdout));
  }

  async powerOff(nodeId: string): Promise<number> {
    await this.#setLink(nodeId, "down");
    const killed = new Set<number>();
    // Whoever forks meanwhile is found in the next round.
    for (let round = 0; round < KILL_ROUND_COUNT_MAX; round += 1) {
      const pids = processesIn(namespacePath(this.#fabric, nodeId));
      if (pids.length === 0) break;
      for (const pid of pids) {
        killed.add(pid);
        signalProcess(pid, "SIGKILL");
      }
      await host.sleep(25);
    }
    return killed.size;
  }

  async powerOn(nodeId: string): Promise<void> {
    if (fabricAlive(this.#fabric)) await this.#setLink(nodeId, "up");
  }

  async #setLink(nodeId: string, state: "up" | "down"): Promise<void> {
    const { ip } = this.#fabric.programs;
    await this.#must([ip, "link", "set", linkOf(this.#fabric, nodeId), state], "");
  }

  async #queues(): Promise<Queues> {
    const shown = await this.#must([this.#fabric.programs.tc, "-j", "qdisc", "show"], "");
    return Queues.parse(JSON.parse(shown));
  }

  #run(argv: readonly string[], input: string): Promise<Ran> {
    return runCommand([...asOwner(this.#fabric), ...inRouter(this.#fabric), ...argv], input);
  }

  /** Standard output. Throws FAULT_FAILED with what the program said. */
  async #must(argv: readonly string[], input: string): Promise<string> {
    const ran = await this.#run(argv, input);
    if (ran.code !== 0) throw commandFailed(argv, ran);
    return ran.stdout;
  }
}

interface Ran {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

function runCommand(argv: readonly string[], input: string): Promise<Ran> {
  const [program = "", ...args] = argv;
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, { timeout: COMMAND_MS_MAX });
    let stdout = "";
    let stderr = "";
    child.stdout.on("data", (chunk) => {
      stdout += String(chunk);
    });
    child.stderr.on("data", (chunk) => {
      stderr += String(chunk);
    });
    child.once("error", reject);
    child.once("close", (code) => {
      resolve({ code, stdout, stderr });
    });
    // A program that ends before it has read everything says why on its standard error.
    child.stdin.on("error", () => undefined);
    child.stdin.end(input);
  });
}

function commandFailed(argv: readonly string[], ran: Ran): LakeproofError {
  const said = ran.stderr.trim().slice(-500);
  return new LakeproofError(
    "FAULT_FAILED",
    `${argv.join(" ")} ended with ${String(ran.code)}: ${said}`,
    {
      hint: "Look at the lab's network with `lakeproof enter`; `lakeproof heal` clears what is left.",
    },
  );
}

/** Processes whose network namespace is the one behind the path. */
function processesIn(path: string): readonly number[] {
  const inode = inodeOf(path);
  if (inode === undefined) return [];
  return readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name) && inodeOf(`/proc/${name}/ns/net`) === inode)
    .map(Number)
    .filter((pid) => pid !== host.pid);
}

function inodeOf(path: string): number | undefined {
  try {
    return statSync(path).ino;
  } catch {
    return undefined;
  }
}
