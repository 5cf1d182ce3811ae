/**
 * A disturbance of the network as text for nft and tc. Each has a table of its own on the router's end of the
 * nodes' links, where bridged and routed packets pass alike. What it does hangs on the elements of one set, and
 * every element carries a kernel time-out: when they are gone, whatever else is left does nothing.
 */
import type { Disturbance, NetworkEffect } from "../../core/contracts/network.ts";

/** htb: a class that packets are put into. police: what is over the rate is dropped. */
export type RateMechanism = "htb" | "police";

const TABLE_PREFIX = "lakeproof-";
/** Links carry up to 64 KiB as one packet: from a smaller bucket none of those would ever get through. */
const POLICE_BUCKET_BYTES_MIN = 131_072;
const HTB_BURST_BYTES_MIN = 16_384;
/** Worth of a fast rate that may come at once: one large packet is no sign that the cap was reached. */
const HTB_BURST_MS = 10;
/** More than any link here can do: the class is there for what hangs below it. */
const UNLIMITED_RATE = "100gbit";
const NETEM_PACKET_COUNT_MAX = 100_000;
/** One packet of a link's MTU: it is gone at once, and the next one would have to wait for minutes. */
const HOLD_RATE = "rate 8bit burst 1600";
/** tc keeps a bucket's rate below what 32 bits of its clock can tell. */
const RELEASE_RATE = "rate 10gbit burst 131072";
const HOLD_BYTES_MAX = 67_108_864;
const RATIO_STEPS = 10_000;

export function tableOf(tag: string): string {
  return `${TABLE_PREFIX}${tag}`;
}

/** Undefined for tables that are no disturbance. */
export function tagOf(table: string): string | undefined {
  return table.startsWith(TABLE_PREFIX) ? table.slice(TABLE_PREFIX.length) : undefined;
}

/** Link of a node as the router knows it. */
export type LinkOf = (nodeId: string) => string;

/** The nft table of a disturbance. `rateBy` decides how a rate is kept. */
export function tableText(disturbance: Disturbance, linkOf: LinkOf, rateBy: RateMechanism): string {
  const { tag, flows, effect, leaseMs } = disturbance;
  const shaped = isShaped(effect, rateBy);
  const ends = flows.map(({ from, to }) => linkOf(shaped ? to.id : from.id));
  const pairs = new Set(flows.map(({ from, to }) => `${from.host} . ${to.host}`));
  const elements = [...pairs].map((pair) => `${pair} timeout ${String(Math.ceil(leaseMs))}ms`);
  return [
    `table netdev ${tableOf(tag)} {`,
    "  set flows {",
    "    type ipv4_addr . ipv4_addr; flags timeout;",
    `    elements = { ${elements.join(", ")} }`,
    "  }",
    "  counter felt { }",
    "  chain links {",
    `    type filter hook ${shaped ? "egress" : "ingress"} devices = { ${[...new Set(ends)].join(", ")} } priority 0; policy accept;`,
    ...rulesOf(disturbance, rateBy).map((rule) => `    ${rule}`),
    "  }",
    "}",
    "",
  ].join("\n");
}

function rulesOf({ tag, effect, flows }: Disturbance, rateBy: RateMechanism): readonly string[] {
  const matched = "ip saddr . ip daddr @flows";
  const queued = `${matched} counter name felt meta priority set ${handleOf(tag)}:1`;
  switch (effect.kind) {
    case "drop":
      return [`${matched} counter name felt drop`];
    case "half-open":
      return [`${matched} tcp flags & syn == 0 counter name felt drop`];
    case "reset":
      return [
        `${matched} ip protocol tcp ${dice(effect.packetRatio)}counter name felt reject with tcp reset`,
      ];
    case "loss":
      return [`${matched} ${dice(effect.packetRatio)}counter name felt drop`];
    case "delay":
    case "hold":
      return [queued];
    case "rate": {
      if (rateBy === "htb") return [queued];
      const rate = policeText(effect.rateKBytesPerS * 1000);
      // One rule and so one bucket for each receiver.
      return [...new Set(flows.map(({ to }) => to.host))].map(
        (receiver) =>
          `ip daddr ${receiver} ${matched} limit rate over ${rate} counter name felt drop`,
      );
    }
  }
}

/** The kernel's bucket holds one second's worth, and the burst on top of that. */
function policeText(rateBytesPerS: number): string {
  const burstBytes = POLICE_BUCKET_BYTES_MIN - rateBytesPerS;
  const burst = burstBytes > 0 ? ` burst ${String(burstBytes)} bytes` : "";
  return `${String(rateBytesPerS)} bytes/second${burst}`;
}

function dice(ratio: number): string {
  if (ratio >= 1) return "";
  const steps = Math.max(1, Math.round(ratio * RATIO_STEPS));
  return `numgen random mod ${String(RATIO_STEPS)} < ${String(steps)} `;
}

/** True where packets wait in a queue instead of being dropped or answered. */
export function isShaped(effect: NetworkEffect, rateBy: RateMechanism): boolean {
  if (effect.kind === "rate") return rateBy === "htb";
  return effect.kind === "delay" || effect.kind === "hold";
}

/** Removes a table whether it is there or not, in one transaction. */
export function removalText(tag: string): string {
  const table = `table netdev ${tableOf(tag)}`;
  return `add ${table}\ndelete ${table}\n`;
}

/**
 * Lines for `tc -batch`: on each receiver's link a queue with one class, in which only those packets wait that
 * the table puts there. Everything else passes it by, so that nothing is slow once the time-outs have run out.
 */
export function queueText(tag: string, effect: NetworkEffect, links: ReadonlySet<string>): string {
  const handle = handleOf(tag);
  return [...links].map((link) => linkQueue(handle, link, effect)).join("");
}

function linkQueue(handle: string, link: string, effect: NetworkEffect): string {
  const rate =
    effect.kind === "rate" ? htbRateText(effect.rateKBytesPerS) : `rate ${UNLIMITED_RATE}`;
  const lines = [
    `qdisc add dev ${link} root handle ${handle}: htb`,
    `class add dev ${link} parent ${handle}: classid ${handle}:1 htb ${rate} quantum 60000`,
  ];
  if (effect.kind === "delay") {
    const jitter = effect.jitterMs > 0 ? ` ${String(effect.jitterMs)}ms` : "";
    lines.push(
      `qdisc add dev ${link} parent ${handle}:1 netem limit ${String(NETEM_PACKET_COUNT_MAX)} ` +
        `delay ${String(effect.latencyMs)}ms${jitter}`,
    );
  }
  if (effect.kind === "hold") {
    lines.push(
      `qdisc add dev ${link} parent ${handle}:1 tbf ${HOLD_RATE} limit ${String(HOLD_BYTES_MAX)}`,
    );
  }
  return lines.map((line) => `${line}\n`).join("");
}

/** Lines for `tc -batch`: what waits on these links may go. The next packet that comes takes it along. */
export function releaseText(tag: string, links: readonly string[]): string {
  return links
    .map(
      (link) =>
        `qdisc change dev ${link} parent ${handleOf(tag)}:1 tbf ${RELEASE_RATE} limit ${String(HOLD_BYTES_MAX)}\n`,
    )
    .join("");
}

function htbRateText(rateKBytesPerS: number): string {
  const burst = String(Math.max(HTB_BURST_BYTES_MIN, rateKBytesPerS * HTB_BURST_MS));
  return `rate ${String(rateKBytesPerS * 8)}kbit burst ${burst} cburst ${burst}`;
}

/**
 * Major number of the queues of a disturbance, in hex as tc and nft write it: the tag decides it, so that they
 * can be told from those of another.
 */
export function handleOf(tag: string): string {
  let hash = 2_166_136_261;
  for (const character of tag) {
    hash = Math.imul(hash ^ (character.codePointAt(0) ?? 0), 16_777_619) >>> 0;
  }
  return (0x1000 + (hash % 0xe000)).toString(16);
}

/** True once the class of a queue made packets wait or dropped them, from the text of `tc -s class show`. */
export function heldBack(shown: string, handle: string): boolean {
  const pattern = new RegExp(
    `class htb ${handle}:1 [\\s\\S]*?\\(dropped (\\d+), overlimits (\\d+)`,
  );
  const [, dropped, overLimit] = (pattern.exec(shown) ?? []).map(Number);
  return (dropped ?? 0) + (overLimit ?? 0) > 0;
}
