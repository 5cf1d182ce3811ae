/**
 * Which disturbances of the network this kernel can do, and by which means. Found out by trying each in a
 * network namespace that goes with the trial; from the kernel's configuration where nft is not there yet.
 */
import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { release } from "node:os";
import { gunzipSync } from "node:zlib";
import type { Disturbance, NetworkEffect, NetworkNode } from "../../core/contracts/network.ts";
import type { Capability } from "../../core/contracts/values.ts";
import { host } from "../../core/host.ts";
import { queueText, tableText, type RateMechanism } from "./disturbance.ts";

const TRY_MS_MAX = 20_000;

export interface NetworkPrograms {
  readonly nft: string;
  readonly ip: string;
  readonly tc: string;
}

export interface NetworkSupport {
  readonly capabilities: readonly Capability[];
  readonly rateBy: RateMechanism;
  /** For people, by capability: by which means, or why not. */
  readonly notes: Readonly<Record<string, string>>;
}

/** What can be tried by itself. */
const FEATURES = [
  "drop",
  "half-open",
  "reset",
  "loss",
  "police",
  "classify",
  "htb",
  "netem",
  "tbf",
] as const;
export type Feature = (typeof FEATURES)[number];

/** Pure: what follows from what the kernel can do. */
export function supportFrom(features: ReadonlySet<Feature>): NetworkSupport {
  const has = (...names: readonly Feature[]): boolean => names.every((name) => features.has(name));
  const rateBy: RateMechanism = has("classify", "htb") ? "htb" : "police";
  const missing = (...names: readonly Feature[]): string =>
    `not possible: this kernel lacks ${names.filter((name) => !features.has(name)).join(", ")}`;
  const found: readonly (readonly [Capability, boolean, string, string])[] = [
    [
      "networkCut",
      has("drop", "half-open"),
      "nft drops on the nodes' links",
      missing("drop", "half-open"),
    ],
    ["networkReset", has("reset"), "nft answers with resets", missing("reset")],
    ["networkLoss", has("loss"), "nft drops by chance", missing("loss")],
    [
      "networkRate",
      rateBy === "htb" || has("police"),
      rateBy === "htb"
        ? "a tc htb class that nft puts packets into"
        : "nft drops what is over the rate",
      missing("police"),
    ],
    [
      "networkDelay",
      has("classify", "htb", "netem"),
      "tc netem, for packets that nft picks",
      missing("classify", "htb", "netem"),
    ],
    [
      "networkHold",
      has("classify", "htb", "tbf"),
      "a tc tbf queue that stands still, for packets that nft picks",
      missing("classify", "htb", "tbf"),
    ],
    ["nodePower", true, "link down and SIGKILL to all of a node", ""],
  ];
  return {
    capabilities: found.flatMap(([capability, there]) => (there ? [capability] : [])),
    rateBy,
    notes: Object.fromEntries(
      found.map(([capability, there, means, reason]) => [capability, there ? means : reason]),
    ),
  };
}

/** Tries everything; without programs the kernel's configuration has to do. */
export function findNetworkSupport(programs: NetworkPrograms | undefined): NetworkSupport {
  const tried = programs === undefined ? undefined : tryFeatures(programs);
  return supportFrom(tried ?? featuresInConfig(kernelConfig()));
}

/** Undefined where the trial itself could not be made. */
function tryFeatures(programs: NetworkPrograms): ReadonlySet<Feature> | undefined {
  const argv = [...(host.uid === 0 ? [] : ["--user", "--map-root-user"]), "--net", "sh"];
  const tried = spawnSync("unshare", argv, {
    input: trialScript(programs),
    timeout: TRY_MS_MAX,
    encoding: "utf8",
    env: { PATH: `${host.env["PATH"] ?? ""}:/usr/sbin:/sbin` },
  });
  if (tried.status !== 0) return undefined;
  const words = new Set(tried.stdout.split("\n"));
  return new Set(FEATURES.filter((feature) => words.has(feature)));
}

const LINK = "trial0";
const ENDS: readonly [NetworkNode, NetworkNode] = [
  { id: "a", place: "ops", host: "192.0.2.1" },
  { id: "b", place: "ops", host: "192.0.2.2" },
];

/** Pure: prints the name of each feature that the kernel took. */
export function trialScript({ nft, ip, tc }: NetworkPrograms): string {
  const effects: readonly (readonly [Feature, NetworkEffect, RateMechanism])[] = [
    ["drop", { kind: "drop" }, "htb"],
    ["half-open", { kind: "half-open" }, "htb"],
    ["reset", { kind: "reset", packetRatio: 0.5 }, "htb"],
    ["loss", { kind: "loss", packetRatio: 0.5 }, "htb"],
    ["police", { kind: "rate", rateKBytesPerS: 100 }, "police"],
    ["classify", { kind: "rate", rateKBytesPerS: 100 }, "htb"],
  ];
  const queues: readonly (readonly [Feature, NetworkEffect])[] = [
    ["htb", { kind: "rate", rateKBytesPerS: 100 }],
    ["netem", { kind: "delay", latencyMs: 10, jitterMs: 1 }],
    ["tbf", { kind: "hold" }],
  ];
  const attempt = (word: Feature, command: string, text: string): string =>
    `${command} >/dev/null 2>&1 <<'EOF' && echo ${word}\n${text}EOF`;
  return [
    `${ip} link add ${LINK} type veth peer name trial1 || exit 1`,
    ...effects.map(([word, effect, rateBy]) => {
      const trial: Disturbance = { tag: word, flows: flowsBetween(ENDS), effect, leaseMs: 60_000 };
      return attempt(
        word,
        `${nft} -f -`,
        tableText(trial, () => LINK, rateBy),
      );
    }),
    ...queues.flatMap(([word, effect]) => [
      attempt(word, `${tc} -batch -`, queueText(word, effect, new Set([LINK]))),
      `${tc} qdisc del dev ${LINK} root 2>/dev/null`,
    ]),
    "exit 0",
    "",
  ].join("\n");
}

function flowsBetween([from, to]: typeof ENDS): Disturbance["flows"] {
  return [{ from, to }];
}

const CONFIG_OF: Readonly<Record<Feature, readonly string[]>> = {
  drop: ["NF_TABLES", "NF_TABLES_NETDEV", "NETFILTER_INGRESS"],
  "half-open": ["NF_TABLES", "NF_TABLES_NETDEV", "NETFILTER_INGRESS"],
  reset: ["NF_TABLES_NETDEV", "NFT_REJECT_NETDEV"],
  loss: ["NF_TABLES_NETDEV", "NFT_NUMGEN"],
  police: ["NF_TABLES_NETDEV", "NFT_LIMIT"],
  classify: ["NF_TABLES_NETDEV", "NETFILTER_EGRESS"],
  htb: ["NET_SCH_HTB"],
  netem: ["NET_SCH_NETEM"],
  tbf: ["NET_SCH_TBF"],
};

/** Pure. An unreadable configuration is taken for an ordinary one: only netem is left out of many. */
export function featuresInConfig(config: string | undefined): ReadonlySet<Feature> {
  if (config === undefined) return new Set(FEATURES.filter((feature) => feature !== "netem"));
  const lines = new Set(config.split("\n"));
  const isSet = (name: string): boolean =>
    lines.has(`CONFIG_${name}=y`) || lines.has(`CONFIG_${name}=m`);
  return new Set(FEATURES.filter((feature) => CONFIG_OF[feature].every(isSet)));
}

function kernelConfig(): string | undefined {
  try {
    return gunzipSync(readFileSync("/proc/config.gz")).toString("utf8");
  } catch {
    // Many distributions keep it as a file instead.
  }
  try {
    return readFileSync(`/boot/config-${release()}`, "utf8");
  } catch {
    return undefined;
  }
}
