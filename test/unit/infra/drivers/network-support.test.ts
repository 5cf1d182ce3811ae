/** Which means a kernel gives, and what is then said to be impossible. */
import { expect, it } from "vitest";
import {
  featuresInConfig,
  supportFrom,
  trialScript,
  type Feature,
} from "../../../../infra/drivers/network-support.ts";

const NFT: readonly Feature[] = ["drop", "half-open", "reset", "loss", "police"];

it("does everything where the kernel has everything", () => {
  const support = supportFrom(new Set([...NFT, "classify", "htb", "netem", "tbf"]));
  expect(support.capabilities).toEqual([
    "networkCut",
    "networkReset",
    "networkLoss",
    "networkRate",
    "networkDelay",
    "networkHold",
    "nodePower",
  ]);
  expect(support.rateBy).toBe("htb");
});

it("says that latency is impossible without netem, and why", () => {
  const support = supportFrom(new Set([...NFT, "classify", "htb"]));
  expect(support.capabilities).not.toContain("networkDelay");
  expect(support.notes["networkDelay"]).toBe("not possible: this kernel lacks netem");
  expect(support.capabilities).toContain("networkRate");
});

it.for([["htb"], ["classify"], []] as readonly (readonly Feature[])[])(
  "polices a rate where only %j of the queue is there",
  (some) => {
    const support = supportFrom(new Set([...NFT, ...some]));
    expect(support.rateBy).toBe("police");
    expect(support.capabilities).toContain("networkRate");
    expect(support.notes["networkRate"]).toMatch(/drops what is over/);
  },
);

it("leaves only the power switch where nft can do nothing", () => {
  const support = supportFrom(new Set());
  expect(support.capabilities).toEqual(["nodePower"]);
  for (const [capability, note] of Object.entries(support.notes)) {
    if (capability !== "nodePower") expect(note).toMatch(/^not possible: this kernel lacks \w/);
  }
});

it("reads a kernel's configuration: built in or as a module, but never commented out", () => {
  const config = [
    "CONFIG_NF_TABLES=y",
    "CONFIG_NF_TABLES_NETDEV=y",
    "CONFIG_NETFILTER_INGRESS=y",
    "CONFIG_NETFILTER_EGRESS=y",
    "CONFIG_NFT_REJECT_NETDEV=m",
    "CONFIG_NFT_NUMGEN=m",
    "# CONFIG_NFT_LIMIT is not set",
    "CONFIG_NET_SCH_HTB=m",
    "# CONFIG_NET_SCH_NETEM is not set",
  ].join("\n");
  expect([...featuresInConfig(config)]).toEqual([
    "drop",
    "half-open",
    "reset",
    "loss",
    "classify",
    "htb",
  ]);
  expect(featuresInConfig(undefined).has("netem")).toBe(false);
  expect(featuresInConfig(undefined).has("drop")).toBe(true);
});

it("tries every feature with the very texts that are used later", () => {
  const script = trialScript({ nft: "/nft", ip: "/ip", tc: "/tc" });
  const words: readonly Feature[] = [...NFT, "classify", "htb", "netem", "tbf"];
  for (const word of words) expect(script).toContain(`&& echo ${word}\n`);
  expect(script).toContain("table netdev lakeproof-drop {");
  expect(script).toContain("reject with tcp reset");
  expect(script.match(/\nEOF\n/g)).toHaveLength(words.length);
});
