/**
 * `lakeproof check zones`: tries every zone against every port of every other zone, from inside the zones,
 * and compares what got through with the table of allowed flows.
 */
import { spawn } from "node:child_process";
import { connect } from "node:net";
import { z } from "zod";
import { LakeproofError, reasonOf } from "../core/errors.ts";
import { host } from "../core/host.ts";
import { inNode, inRouter, type Fabric } from "../infra/drivers/fabric.ts";
import type { LabState } from "../infra/drivers/lab.ts";
import { isAllowed, NFT_TABLE, type Listener } from "../infra/drivers/ruleset.ts";
import { listenersOf } from "../infra/listeners.ts";
import { ALLOWED, HARNESS_NODE, OUTSIDE_NODE, PLACES, type Place } from "../infra/zones.ts";
import { isElsewhere, runInside } from "./inside.ts";
import { labThatIsUp, obtainArtifacts } from "./lab.ts";
import { programIn } from "../infra/artifacts/programs.ts";

const CONNECT_MS_MAX = 3000;
const AT_ONCE_MAX = 50;

/** refused: the host answered that nobody listens, so the flow itself is open. */
export type FlowResult = "connected" | "refused" | "denied" | "timeout";

export interface FlowOutcome {
  readonly from: Place;
  readonly to: Place;
  readonly target: string;
  readonly address: string;
  readonly allowed: boolean;
  readonly result: FlowResult;
  readonly asExpected: boolean;
}

export interface CheckZonesOptions {
  readonly json: boolean;
  readonly subnet: string | undefined;
}

export async function checkZones(options: CheckZonesOptions): Promise<number> {
  const lab = labThatIsUp(options.subnet);
  const { fabric } = lab;
  if (fabric === undefined) {
    throw new LakeproofError("LAB_NOT_UP", `Lab ${lab.id} is on loopback: it has no zones.`, {
      hint: "Start one with `lakeproof up mini` where namespaces are allowed.",
    });
  }
  if (isElsewhere(lab)) return runInside(lab);
  const listeners = listenersOf(Object.values(lab.instances).map(({ spec }) => spec));
  const before = await deniedCount(fabric);
  const outcomes = (
    await Promise.all(PLACES.map((place) => tryFrom(place, lab, fabric, listeners)))
  ).flat();
  const countedDenials = (await deniedCount(fabric)) - before;
  const wrong = outcomes.filter((outcome) => !outcome.asExpected);
  if (options.json) {
    const body = { schema: "lakeproof.zones/1", lab: lab.id, countedDenials, outcomes };
    host.out(`${JSON.stringify(body, null, 2)}\n`);
  } else host.out(zonesText(outcomes, countedDenials));
  return wrong.length === 0 ? 0 : 10;
}

async function tryFrom(
  from: Place,
  lab: LabState,
  fabric: Fabric,
  listeners: readonly Listener[],
): Promise<readonly FlowOutcome[]> {
  const node = nodeIn(from, lab);
  if (node === undefined) return [];
  const targets = listeners.filter((listener) => listener.zone !== from);
  const addresses = targets.map((target) => `${target.host}:${String(target.port)}`);
  const results = await attemptIn(fabric, node, addresses);
  return targets.map((target, index) => {
    const allowed = ALLOWED.some((flow) => flow.from === from && isAllowed(flow, target));
    const result = results[index] ?? "timeout";
    const open = result === "connected" || result === "refused";
    return {
      from,
      to: target.zone,
      target: `${target.id} ${target.portName}`,
      address: addresses[index] ?? "",
      allowed,
      result,
      asExpected: allowed === open,
    };
  });
}

function nodeIn(place: Place, lab: LabState): string | undefined {
  if (place === "ops") return HARNESS_NODE.id;
  if (place === "outside") return OUTSIDE_NODE.id;
  return Object.values(lab.instances).find(({ spec }) => spec.zone === place)?.spec.id;
}

const Results = z.array(z.enum(["connected", "refused", "denied", "timeout"]));

/** Runs the attempts as a process in that node: a zone is judged from inside, not by its rules. */
async function attemptIn(
  fabric: Fabric,
  nodeId: string,
  addresses: readonly string[],
): Promise<readonly FlowResult[]> {
  const argv = [...inNode(fabric, nodeId), host.nodePath, host.launcherPath, "try-flows"];
  return Results.parse(JSON.parse(await outputOf(argv, JSON.stringify(addresses))));
}

/** Hidden verb: addresses as JSON on standard input, results as JSON on standard output. */
export async function tryFlows(): Promise<number> {
  const addresses = z.array(z.string()).parse(JSON.parse(await host.readStdin()));
  const results = new Array<FlowResult>(addresses.length);
  let next = 0;
  const worker = async (): Promise<void> => {
    for (let at = next++; at < addresses.length; at = next++) {
      results[at] = await tryFlow(addresses[at] ?? "");
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE_MAX }, worker));
  host.out(JSON.stringify(results));
  return 0;
}

function tryFlow(address: string): Promise<FlowResult> {
  const [hostname = "", port] = address.split(":");
  return new Promise((resolve) => {
    const socket = connect({ host: hostname, port: Number(port), timeout: CONNECT_MS_MAX });
    const end = (result: FlowResult): void => {
      socket.destroy();
      resolve(result);
    };
    socket.once("connect", () => {
      end("connected");
    });
    socket.once("timeout", () => {
      end("timeout");
    });
    socket.once("error", (error: NodeJS.ErrnoException) => {
      end(error.code === "ECONNREFUSED" ? "refused" : "denied");
    });
  });
}

const Counter = z.object({
  nftables: z.array(z.object({ counter: z.object({ packets: z.number() }).optional() })),
});

/** What the rule at the end of the chain has refused so far: the kernel's own evidence. */
async function deniedCount(fabric: Fabric): Promise<number> {
  const signal = host.deadline(60_000);
  const artifacts = await obtainArtifacts({}, "namespaces", signal);
  const nft = programIn(artifacts["nftables"] ?? "", "nft");
  const argv = [...inRouter(fabric), nft, "-j", "list", "counter", "inet", NFT_TABLE, "denied"];
  const { nftables } = Counter.parse(JSON.parse(await outputOf(argv, "")));
  return nftables.find((entry) => entry.counter !== undefined)?.counter?.packets ?? 0;
}

function outputOf(argv: readonly string[], input: string): Promise<string> {
  const [program = "", ...args] = argv;
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, { stdio: ["pipe", "pipe", "inherit"] });
    let text = "";
    child.stdout.on("data", (chunk) => {
      text += String(chunk);
    });
    child.once("error", reject);
    child.once("close", (code) => {
      if (code === 0) resolve(text);
      else {
        reject(
          new LakeproofError("INTERNAL", `${program} ended with ${String(code)}.`, {
            hint: `The command was ${argv.join(" ")}; it said ${reasonOf(text.slice(-300))}.`,
          }),
        );
      }
    });
    child.stdin.end(input);
  });
}

function zonesText(outcomes: readonly FlowOutcome[], countedDenials: number): string {
  const pairs = Map.groupBy(outcomes, ({ from, to }) => `${from.padEnd(12)} → ${to.padEnd(12)}`);
  const lines = [...pairs].map(([pair, tried]) => {
    const open = tried.filter(({ result }) => result === "connected" || result === "refused");
    const wrong = tried.filter(({ asExpected }) => !asExpected);
    const counts = `${String(open.length).padStart(3)} open ${String(tried.length - open.length).padStart(4)} denied`;
    return `  ${wrong.length === 0 ? "ok   " : "WRONG"} ${pair} ${counts}`;
  });
  const wrong = outcomes.filter(({ asExpected }) => !asExpected);
  const details = wrong.map(
    ({ from, target, address, allowed, result }) =>
      `  ${from} → ${target} (${address}) is ${allowed ? "allowed" : "forbidden"} and was ${result}`,
  );
  const denied = outcomes.filter(({ result }) => result === "denied" || result === "timeout");
  return [
    ...lines,
    ...details,
    `${String(outcomes.length)} flows tried from inside every zone: ${String(outcomes.length - wrong.length)} as the table says, ` +
      `${String(wrong.length)} not; ${String(denied.length)} were denied, and the firewall counted ${String(countedDenials)} denials.`,
    "",
  ].join("\n");
}
