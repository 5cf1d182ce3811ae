/** A disturbance as nft and tc are told about it: what bites, on which links, and that it ends by itself. */
import { describe, expect, it } from "vitest";
import type {
  Disturbance,
  NetworkEffect,
  NetworkNode,
} from "../../../../core/contracts/network.ts";
import {
  handleOf,
  heldBack,
  isShaped,
  queueText,
  releaseText,
  removalText,
  tableOf,
  tableText,
  tagOf,
} from "../../../../infra/drivers/disturbance.ts";

const a: NetworkNode = { id: "a", place: "storage", host: "10.77.4.11" };
const b: NetworkNode = { id: "b", place: "processing", host: "10.77.3.12" };
const c: NetworkNode = { id: "c", place: "processing", host: "10.77.3.13" };
const LINKS: Readonly<Record<string, string>> = { a: "v2", b: "v3", c: "v4" };
const linkOf = (id: string): string => LINKS[id] ?? "?";

function disturbance(effect: NetworkEffect): Disturbance {
  const flows = [
    { from: a, to: b },
    { from: a, to: c },
    { from: b, to: a },
  ];
  return { tag: "f3", flows, effect, leaseMs: 61_500.2 };
}

const EFFECTS: readonly NetworkEffect[] = [
  { kind: "drop" },
  { kind: "half-open" },
  { kind: "reset", packetRatio: 0.25 },
  { kind: "loss", packetRatio: 0.05 },
  { kind: "rate", rateKBytesPerS: 800 },
  { kind: "delay", latencyMs: 100, jitterMs: 20 },
  { kind: "hold" },
];

describe.for(["htb", "police"] as const)("with rates kept by %s", (rateBy) => {
  it.for(EFFECTS)("$kind hangs on elements with a time-out, and every rule counts", (effect) => {
    const text = tableText(disturbance(effect), linkOf, rateBy);
    const elements = /elements = \{ (.*) \}/.exec(text)?.[1]?.split(", ") ?? [];
    expect(elements).toEqual([
      "10.77.4.11 . 10.77.3.12 timeout 61501ms",
      "10.77.4.11 . 10.77.3.13 timeout 61501ms",
      "10.77.3.12 . 10.77.4.11 timeout 61501ms",
    ]);
    const rules = text.split("\n").filter((line) => line.includes("counter name felt"));
    expect(rules.length).toBeGreaterThan(0);
    for (const rule of rules) expect(rule).toContain("ip saddr . ip daddr @flows");
  });

  it.for(EFFECTS)("$kind sits where it meets every packet of its flows", (effect) => {
    const text = tableText(disturbance(effect), linkOf, rateBy);
    // A queue is where packets leave for the receiver, all else where they come from the sender.
    const hook = isShaped(effect, rateBy)
      ? "hook egress devices = { v3, v4, v2 }"
      : "hook ingress devices = { v2, v3 }";
    expect(text).toContain(hook);
  });
});

it("says what becomes of the packets", () => {
  const ruleOf = (effect: NetworkEffect, rateBy: "htb" | "police" = "htb"): readonly string[] =>
    tableText(disturbance(effect), linkOf, rateBy)
      .split("\n")
      .filter((line) => line.includes("@flows"))
      .map((line) => line.trim().replace(/.*@flows /, ""));
  expect(ruleOf({ kind: "drop" })).toEqual(["counter name felt drop"]);
  expect(ruleOf({ kind: "half-open" })).toEqual(["tcp flags & syn == 0 counter name felt drop"]);
  expect(ruleOf({ kind: "reset", packetRatio: 1 })).toEqual([
    "ip protocol tcp counter name felt reject with tcp reset",
  ]);
  expect(ruleOf({ kind: "loss", packetRatio: 0.05 })).toEqual([
    "numgen random mod 10000 < 500 counter name felt drop",
  ]);
  // Never rounded down to nothing.
  expect(ruleOf({ kind: "loss", packetRatio: 0.000_01 })[0]).toContain("< 1 ");
  const queued = [`counter name felt meta priority set ${handleOf("f3")}:1`];
  expect(ruleOf({ kind: "rate", rateKBytesPerS: 800 })).toEqual(queued);
  expect(ruleOf({ kind: "delay", latencyMs: 1, jitterMs: 0 }, "police")).toEqual(queued);
});

it("gives every receiver a bucket of its own where what is over the rate is dropped", () => {
  const text = tableText(disturbance({ kind: "rate", rateKBytesPerS: 800 }), linkOf, "police");
  const rules = text.split("\n").filter((line) => line.includes("limit rate over"));
  expect(rules.map((rule) => /ip daddr (\S+) ip saddr/.exec(rule)?.[1])).toEqual([
    "10.77.3.12",
    "10.77.3.13",
    "10.77.4.11",
  ]);
  for (const rule of rules) {
    expect(rule).toContain("limit rate over 800000 bytes/second counter");
  }
  // A slow rate needs a bucket that the largest packet fits into.
  const slow = tableText(disturbance({ kind: "rate", rateKBytesPerS: 10 }), linkOf, "police");
  expect(slow).toContain("limit rate over 10000 bytes/second burst 121072 bytes counter");
});

it("makes queues that nothing enters unless the table sends it there", () => {
  const handle = handleOf("f3");
  const rate = queueText("f3", { kind: "rate", rateKBytesPerS: 800 }, new Set(["v2", "v3"]));
  // No default class: what is not put into 1 passes by.
  expect(rate).toContain(`qdisc add dev v3 root handle ${handle}: htb\n`);
  expect(rate).toContain(
    `class add dev v2 parent ${handle}: classid ${handle}:1 htb rate 6400kbit`,
  );
  expect(rate).not.toContain("netem");
  const delay = queueText("f3", { kind: "delay", latencyMs: 90, jitterMs: 10 }, new Set(["v2"]));
  expect(delay).toMatch(new RegExp(`parent ${handle}:1 netem limit \\d+ delay 90ms 10ms\n`));
});

it("holds packets in a queue that stands still, and changes that queue to let them go", () => {
  const parent = `parent ${handleOf("f3")}:1`;
  const held = queueText("f3", { kind: "hold" }, new Set(["v2"]));
  expect(held).toMatch(
    new RegExp(`qdisc add dev v2 ${parent} tbf rate 8bit burst 1600 limit \\d+\n$`),
  );
  const released = releaseText("f3", ["v2", "v3"]).split("\n");
  expect(released).toHaveLength(3);
  expect(released[1]).toMatch(
    new RegExp(`^qdisc change dev v3 ${parent} tbf rate 10gbit burst \\d+ limit \\d+$`),
  );
});

it("names tables and queues by the fault, and knows its own", () => {
  expect(tagOf(tableOf("f3"))).toBe("f3");
  expect(tagOf("filter")).toBeUndefined();
  expect(removalText("f3")).toBe(
    "add table netdev lakeproof-f3\ndelete table netdev lakeproof-f3\n",
  );
  const handles = Array.from({ length: 50 }, (_, at) => handleOf(`f${String(at + 1)}`));
  expect(new Set(handles).size).toBe(50);
  for (const handle of handles) expect(parseInt(handle, 16)).toBeLessThan(0xffff);
});

it("believes a queue only once it has held something back", () => {
  const shown = (dropped: number, overLimit: number): string =>
    `class htb 77:1 root prio 0 rate 80Kbit ceil 80Kbit burst 1540b cburst 1540b \n` +
    ` Sent 810 bytes 12 pkt (dropped ${String(dropped)}, overlimits ${String(overLimit)} requeues 0) \n`;
  expect(heldBack(shown(0, 0), "77")).toBe(false);
  expect(heldBack(shown(0, 3), "77")).toBe(true);
  expect(heldBack(shown(2, 0), "77")).toBe(true);
  expect(heldBack(shown(2, 3), "78")).toBe(false);
});
