/** The table of allowed flows as an nft ruleset: default deny between zones, with counters as evidence. */
import type { Zone } from "../../core/contracts/topology.ts";
import { ALLOWED, PLACES, subnetOf, type Flow } from "../zones.ts";

/** One port something listens on. */
export interface Listener {
  readonly id: string;
  readonly component: string;
  readonly zone: Zone;
  readonly host: string;
  readonly portName: string;
  readonly port: number;
}

export const NFT_TABLE = "lakeproof";

/** Pure: nft text. Replies pass by connection tracking; whatever else is not allowed is refused and counted. */
export function rulesetOf(listeners: readonly Listener[]): string {
  const rules = ALLOWED.flatMap((flow) => flowRules(flow, listeners));
  return [
    `table inet ${NFT_TABLE} {`,
    `  counter denied { }`,
    "  chain forward {",
    "    type filter hook forward priority 0; policy drop;",
    "    ct state established,related accept",
    // Where the kernel hands bridged packets to this table too, neighbours must not be taken for strangers.
    ...PLACES.map((place) => {
      const subnet = `${subnetOf(place)}.0/24`;
      return `    ip saddr ${subnet} ip daddr ${subnet} accept`;
    }),
    ...rules.map((rule) => `    ${rule}`),
    // Refused instead of dropped: who tries learns it at once, as at a firewall inside one's own house.
    "    counter name denied reject with icmpx admin-prohibited",
    "  }",
    "}",
    "",
  ].join("\n");
}

function flowRules(flow: Flow, listeners: readonly Listener[]): readonly string[] {
  const between = `ip saddr ${subnetOf(flow.from)}.0/24 ip daddr`;
  if (flow.ports === "*") return [`${between} ${subnetOf(flow.to)}.0/24 accept`];
  return listeners
    .filter((listener) => isAllowed(flow, listener))
    .map((listener) => `${between} ${listener.host} tcp dport ${String(listener.port)} accept`);
}

export function isAllowed(flow: Flow, listener: Listener): boolean {
  if (flow.to !== listener.zone) return false;
  if (flow.ports === "*") return true;
  return flow.ports[listener.component]?.includes(listener.portName) === true;
}
