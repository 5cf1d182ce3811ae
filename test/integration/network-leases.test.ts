/**
 * Disturbances whose maker is gone: the kernel ends them by itself, `heal` clears up from the undo log or without
 * one, and the residue check tells what is left until then.
 */
import { spawn } from "node:child_process";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { beforeEach, expect, it } from "vitest";
import { openUndoLog } from "../../chaos/index.ts";
import { heal, residueOf, UNDO_FILE } from "../../cli/heal.ts";
import type { Network } from "../../core/contracts/network.ts";
import { labDir } from "../../infra/drivers/lab.ts";
import { openNetwork } from "../../infra/drivers/network.ts";
import { faultNamed, smallNetworkHere } from "../fixtures/small-network-here.ts";
import type { SmallNetwork } from "../fixtures/small-network.ts";

const small = smallNetworkHere("127.77.10");
const partition = faultNamed("partition");

let lab: SmallNetwork;
let network: Network;

beforeEach(() => {
  lab = small();
  network = openNetwork(lab.fabric);
});

const connects = async (): Promise<boolean> => {
  const signal = AbortSignal.timeout(20_000);
  const [attempt] = await network.attempt("echo-1", ["10.77.3.11:9000"], signal);
  return attempt?.result === "connected";
};

/** Another process makes a cut with this lease, and is killed the moment it stands. */
async function cutAndBeKilled(leaseMs: number): Promise<void> {
  const url = (path: string): string => new URL(`../../${path}`, import.meta.url).href;
  const script = `
      import { openNetwork } from ${JSON.stringify(url("infra/drivers/network.ts"))};
      const network = openNetwork(${JSON.stringify(lab.fabric)});
      const node = (id) => network.nodes.find((one) => one.id === id);
      const flows = [{ from: node("echo-0"), to: node("echo-1") }, { from: node("echo-1"), to: node("echo-0") }];
      await network.disturb({ tag: "orphan", flows, effect: { kind: "drop" }, leaseMs: ${String(leaseMs)} });
      console.log("cut");
      setInterval(() => undefined, 1000);
    `;
  const child = spawn(process.execPath, ["--input-type=module", "-e", script], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  await new Promise((resolve, reject) => {
    child.stdout.once("data", resolve);
    child.once("exit", reject);
  });
  child.removeAllListeners("exit");
  const ended = new Promise((resolve) => child.once("exit", resolve));
  child.kill("SIGKILL");
  await ended;
}

it("the kernel ends a cut after its lease, and the residue check still tells what is left", async () => {
  await cutAndBeKilled(6000);
  expect(await connects()).toBe(false);
  expect((await network.state("orphan")).packetCount).toBeGreaterThan(0);
  expect(residueOf(lab.state.id)).toEqual(["orphan still disturbs 2 flow(s) of the network"]);
  await sleep(6000);
  expect(await connects()).toBe(true);
  expect(residueOf(lab.state.id)).toEqual([
    "orphan left its rules in the network; their time-outs have run out",
  ]);
  expect(await heal({ json: true })).toBe(0);
  expect(residueOf(lab.state.id)).toEqual([]);
});

it("a queue slows nothing once its lease is over", async (context) => {
  context.skip(lab.fabric.support.rateBy !== "htb", "rates are policed here, without a queue");
  const around = network.nodes.filter(({ id }) => id === "echo-0" || id === "echo-1");
  const [to, from] = around;
  if (from === undefined || to === undefined) throw new Error("the lab lacks its echoes");
  const effect = { kind: "rate", rateKBytesPerS: 200 } as const;
  await network.disturb({ tag: "slow", flows: [{ from, to }], effect, leaseMs: 4000 });
  expect(await lab.bulkRate("echo-1", "echo-0", 200_000)).toBeLessThan(800);
  await sleep(4000);
  expect(await lab.bulkRate("echo-1", "echo-0", 2_000_000)).toBeGreaterThan(2000);
  expect(residueOf(lab.state.id)).toEqual([
    "slow left its rules in the network; their time-outs have run out",
    "a queue is left on the link of echo-0",
  ]);
  expect(await heal({ json: true })).toBe(0);
  expect(residueOf(lab.state.id)).toEqual([]);
});

it("heal clears what the undo log says, and is safe to run twice", async () => {
  const context = lab.context("f7", ["echo-0"], partition.params.parse({}));
  {
    using log = openUndoLog(join(labDir(lab.state.id), UNDO_FILE));
    log.intend({ id: "f7", fault: "partition", undo: partition.undo(context) });
  }
  await partition.inject(context);
  expect(await connects()).toBe(false);
  expect(residueOf(lab.state.id)).toHaveLength(2);
  expect(await heal({ json: true })).toBe(0);
  expect(await connects()).toBe(true);
  expect(residueOf(lab.state.id)).toEqual([]);
  expect(await heal({ json: true })).toBe(0);
  expect(await connects()).toBe(true);
});

it("heal brings a node without power back, and its process with it", async () => {
  const fault = faultNamed("node-power-off");
  const context = lab.context("f8", ["echo-0"], {});
  {
    using log = openUndoLog(join(labDir(lab.state.id), UNDO_FILE));
    log.intend({ id: "f8", fault: "node-power-off", undo: fault.undo(context) });
  }
  await fault.inject(context);
  expect(await heal({ json: true })).toBe(0);
  await expect.poll(connects, { timeout: 20_000, interval: 500 }).toBe(true);
  expect(residueOf(lab.state.id)).toEqual([]);
});
