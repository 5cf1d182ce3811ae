/**
 * Faults of the network on a real one: small servers in namespaces of their own. Each fault bites, is counted,
 * and is healed by its undo.
 */
import { setTimeout as sleep } from "node:timers/promises";
import { beforeEach, describe, expect, it } from "vitest";
import { residueOf } from "../../cli/heal.ts";
import type { Fault, FaultContext } from "../../core/contracts/fault.ts";
import type { DisturbanceState, Network } from "../../core/contracts/network.ts";
import { openLocalDriver } from "../../infra/drivers/local.ts";
import { openNetwork } from "../../infra/drivers/network.ts";
import { faultNamed, smallNetworkHere } from "../fixtures/small-network-here.ts";
import type { SmallNetwork } from "../fixtures/small-network.ts";

const small = smallNetworkHere("127.77.9");
const partition = faultNamed("partition");

let lab: SmallNetwork;
let network: Network;

beforeEach(() => {
  lab = small();
  network = openNetwork(lab.fabric);
});

interface Life {
  readonly evidence: string;
  readonly active: DisturbanceState;
}

/** No evidence before, some while it lasts, and what was there before afterwards; healed twice on purpose. */
async function lifeOf(
  fault: Fault,
  context: FaultContext<unknown>,
  during: () => Promise<void> = () => Promise.resolve(),
): Promise<Life> {
  expect(await fault.evidence(context)).toBeUndefined();
  let life: Life;
  try {
    await fault.inject(context);
    const evidence = await fault.evidence(context);
    expect(evidence).toEqual(expect.any(String));
    life = { evidence: evidence ?? "", active: await network.state(context.id) };
    await during();
  } finally {
    await fault.recover(context);
    await fault.recover(context);
  }
  expect(await network.state(context.id)).toEqual({ flowCount: 0, packetCount: 0 });
  expect(await fault.evidenceAfter?.(context)).toEqual(expect.any(String));
  expect(residueOf(lab.state.id)).toEqual([]);
  return life;
}

/** Nodes: the harness, the users, four echoes and the store. */
const NODE_COUNT = 7;

describe("a partition", () => {
  const cut = (id: string, ids: readonly string[], params: object): FaultContext<unknown> =>
    lab.context(id, ids, partition.params.parse(params));

  it("cuts a node from all others, whether their packets are bridged or routed", async () => {
    using neighbour = lab.talk("echo-1", "echo-0");
    using stranger = lab.talk("echo-0", "store-0");
    await neighbour.until(/heard/, 5000);
    await stranger.until(/heard/, 5000);
    const { active, evidence } = await lifeOf(partition, cut("full", ["echo-0"], {}), async () => {
      await sleep(300);
      for (const conversation of [neighbour, stranger]) conversation.take();
      await sleep(700);
      expect([...neighbour.take(), ...stranger.take()]).toEqual([]);
    });
    expect(active.flowCount).toBe(2 * (NODE_COUNT - 1));
    expect(active.packetCount).toBeGreaterThan(0);
    expect(evidence).toMatch(/lakeproof to 10\.77\.3\.11:9000 timeout/);
    // The same connections go on where they were.
    await neighbour.until(/heard/, 20_000);
    await stranger.until(/heard/, 20_000);
  });

  it("loses only what the target sends when it is one-way", async () => {
    const { active } = await lifeOf(partition, cut("oneway", ["echo-0"], { shape: "one-way" }));
    expect(active.flowCount).toBe(NODE_COUNT - 1);
  });

  it("keeps clients while the target loses its peers", async () => {
    using client = lab.talk("store-0", "echo-0");
    using peer = lab.talk("echo-1", "echo-0");
    // Storage may not open connections to processing: the harness's zone table holds in a test too.
    using allowed = lab.talk("lakeproof", "echo-0");
    await peer.until(/heard/, 5000);
    await allowed.until(/heard/, 5000);
    const { active } = await lifeOf(
      partition,
      cut("partial", ["echo-0"], { shape: "partial" }),
      async () => {
        await sleep(300);
        for (const conversation of [peer, allowed]) conversation.take();
        await allowed.until(/heard/, 5000);
        expect(peer.take()).toEqual([]);
      },
    );
    expect(active.flowCount).toBe(2 * 3);
    expect(client.take().join()).not.toMatch(/heard/);
  });

  it("cuts from one other service alone", async () => {
    const params = { shape: "partial", from: "store" };
    const { active } = await lifeOf(partition, cut("from", ["echo-0", "echo-1"], params));
    expect(active.flowCount).toBe(2 * 2);
  });

  it("closes a ring: neighbours see each other, opposites do not", async () => {
    using near = lab.talk("echo-1", "echo-0");
    using far = lab.talk("echo-2", "echo-0");
    await near.until(/heard/, 5000);
    await far.until(/heard/, 5000);
    const { active } = await lifeOf(
      partition,
      cut("ring", ["echo-0"], { shape: "ring" }),
      async () => {
        await sleep(300);
        for (const conversation of [near, far]) conversation.take();
        await near.until(/heard/, 5000);
        expect(far.take()).toEqual([]);
      },
    );
    expect(active.flowCount).toBe(4);
  });

  it("cuts clients off while peers go on", async () => {
    using peer = lab.talk("echo-1", "echo-0");
    await peer.until(/heard/, 5000);
    const { active } = await lifeOf(
      partition,
      cut("clients", ["echo-0"], { shape: "client-only" }),
      async () => {
        peer.take();
        await peer.until(/heard/, 5000);
      },
    );
    // The harness, the users and the store.
    expect(active.flowCount).toBe(2 * 3);
  });

  it("cuts a zone off with everything in it", async () => {
    const { active } = await lifeOf(partition, cut("zone", ["store-0"], { shape: "zone" }));
    expect(active.flowCount).toBe(2 * (NODE_COUNT - 1));
  });
});

describe("what is less than a cut", () => {
  it("half-open: connections open, and then nothing comes back", async () => {
    using conversation = lab.talk("echo-1", "echo-0");
    await conversation.until(/heard/, 5000);
    const context = lab.context("half", ["echo-0"], faultNamed("half-open").params.parse({}));
    const { evidence } = await lifeOf(faultNamed("half-open"), context, async () => {
      await sleep(300);
      conversation.take();
      await sleep(700);
      expect(conversation.take()).toEqual([]);
    });
    expect(evidence).toMatch(/connected/);
    await conversation.until(/heard/, 20_000);
  });

  it("connection-reset: an open connection dies of it, a new one is refused", async () => {
    using conversation = lab.talk("echo-1", "echo-0");
    await conversation.until(/heard/, 5000);
    const fault = faultNamed("connection-reset");
    const context = lab.context("reset", ["echo-0"], fault.params.parse({}));
    const { evidence, active } = await lifeOf(fault, context, async () => {
      await conversation.until(/error ECONNRESET/, 5000);
    });
    expect(evidence).toMatch(/refused/);
    expect(active.packetCount).toBeGreaterThan(0);
  });

  it("packet-loss: some packets are lost, and the conversation goes on", async () => {
    using conversation = lab.talk("echo-1", "echo-0");
    await conversation.until(/heard/, 5000);
    const fault = faultNamed("packet-loss");
    const context = lab.context("loss", ["echo-0"], fault.params.parse({ lossRatio: 0.2 }));
    await lifeOf(fault, context, async () => {
      conversation.take();
      await conversation.until(/heard/, 20_000);
    });
  });

  it.for(["htb", "police"] as const)(
    "bandwidth-cap by %s: no more gets through",
    async (rateBy) => {
      const fabric = { ...lab.fabric, support: { ...lab.fabric.support, rateBy } };
      const driver = openLocalDriver({ ...lab.state, fabric });
      const fault = faultNamed("bandwidth-cap");
      const rateKBytesPerS = 400;
      const params = fault.params.parse({ rateKBytesPerS, direction: "in" });
      const context = { ...lab.context(`rate-${rateBy}`, ["echo-0"], params), driver };
      const freeRate = await lab.bulkRate("echo-1", "echo-0", 2_000_000);
      expect(freeRate).toBeGreaterThan(5 * rateKBytesPerS);
      expect(await fault.evidence(context)).toBeUndefined();
      try {
        await fault.inject(context);
        const [evidence, cappedRate] = await Promise.all([
          fault.evidence(context),
          lab.bulkRate("echo-1", "echo-0", 2_000_000),
        ]);
        expect(evidence).toEqual(expect.any(String));
        // There and back, of which one way is capped; and up to a second's worth comes at once.
        expect(cappedRate).toBeLessThan(2 * 1.5 * rateKBytesPerS);
        expect(cappedRate).toBeGreaterThan(0.05 * rateKBytesPerS);
      } finally {
        await fault.recover(context);
        await fault.recover(context);
      }
      expect(await fault.evidenceAfter?.(context)).toEqual(expect.any(String));
      expect(residueOf(lab.state.id)).toEqual([]);
      expect(await lab.bulkRate("echo-1", "echo-0", 2_000_000)).toBeGreaterThan(5 * rateKBytesPerS);
    },
  );

  it("a cap that nobody reaches is no evidence", async () => {
    const fault = faultNamed("bandwidth-cap");
    const params = fault.params.parse({ rateKBytesPerS: 1_000_000, direction: "in" });
    const context = lab.context("wide", ["echo-0"], params);
    try {
      await fault.inject(context);
      await lab.bulkRate("echo-1", "echo-0", 100_000);
      expect(await network.state("wide")).toEqual({ flowCount: NODE_COUNT - 1, packetCount: 0 });
    } finally {
      await fault.recover(context);
    }
  });

  it("network-latency: every connection takes that much longer", async (context) => {
    const note = lab.fabric.support.notes["networkDelay"];
    context.skip(!lab.driver.capabilities.has("networkDelay"), note);
    const fault = faultNamed("network-latency");
    await lifeOf(fault, lab.context("delay", ["echo-0"], fault.params.parse({ latencyMs: 150 })));
  });

  it("network-latency: refused with the reason where the kernel lacks something", async (context) => {
    context.skip(lab.driver.capabilities.has("networkDelay"), "this kernel has all it takes");
    const fault = faultNamed("network-latency");
    const facts = lab.context("delay", ["echo-0"], fault.params.parse({ latencyMs: 150 }));
    await expect(fault.inject(facts)).rejects.toThrow(/lacks \w+/);
    await fault.recover(facts);
    expect(residueOf(lab.state.id)).toEqual([]);
  });
});

describe("late delivery", () => {
  it("what was sent meanwhile comes in the end, over the connection that it was sent on", async (context) => {
    const note = lab.fabric.support.notes["networkHold"];
    context.skip(!lab.driver.capabilities.has("networkHold"), note);
    const fault = faultNamed("late-delivery");
    using peer = lab.talk("echo-1", "echo-0");
    await peer.until(/heard/, 5000);
    const facts = lab.context("late", ["echo-0"], fault.params.parse({}));
    const { active, evidence } = await lifeOf(fault, facts, async () => {
      await sleep(300);
      peer.take();
      await sleep(1500);
      expect(peer.take()).toEqual([]);
    });
    expect(active.packetCount).toBeGreaterThan(0);
    expect(evidence).toMatch(/tbf queue that stands still/);
    await peer.until(/heard/, 5000);
    expect(peer.take().join()).not.toMatch(/closed|error/);
  });
});

describe("faults of whole nodes", () => {
  it("node-power-off: all is gone at once, and no peer is told", async () => {
    using peer = lab.talk("echo-1", "echo-0");
    await peer.until(/heard/, 5000);
    const context = lab.context("power", ["echo-0"], {});
    const { evidence } = await lifeOf(faultNamed("node-power-off"), context, () => {
      expect(peer.take().join()).not.toMatch(/closed|error/);
      expect(residueOf(lab.state.id)).toContain("the link of echo-0 is down");
      return Promise.resolve();
    });
    expect(evidence).toMatch(/1 process\(es\) of echo-0 gone with the link down/);
  });

  it("graceful-stop: the instance ends by itself and comes back as another process", async () => {
    const fault = faultNamed("graceful-stop");
    const context = lab.context("stop", ["echo-2"], fault.params.parse({ graceMs: 20_000 }));
    const { evidence } = await lifeOf(fault, context);
    expect(evidence).toMatch(/echo-2 ended by itself after/);
  });

  it("rolling-restart: one after the other, never two at a time", async () => {
    const fault = faultNamed("rolling-restart");
    const ids = ["echo-0", "echo-1", "echo-2"];
    const context = lab.context("roll", ids, fault.params.parse({ graceMs: 20_000, settleMs: 0 }));
    let goneCountMax = 0;
    const watch = setInterval(() => {
      const gone = ids.filter((id) => lab.driver.processStates(id).length === 0);
      goneCountMax = Math.max(goneCountMax, gone.length);
    }, 10);
    try {
      const { evidence } = await lifeOf(fault, context);
      for (const id of ids) expect(evidence).toMatch(new RegExp(`of ${id} was replaced`));
    } finally {
      clearInterval(watch);
    }
    expect(goneCountMax).toBeLessThanOrEqual(1);
  });
});
