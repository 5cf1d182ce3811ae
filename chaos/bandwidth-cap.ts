/** A link that is narrower than what wants to go through it. */
import { z } from "zod";
import { networkFault } from "./network-fault.ts";
import { DIRECTIONS, trafficFlows } from "./network-flows.ts";

const Params = z.strictObject({
  rateKBytesPerS: z.number().int().min(1).max(10_000_000).default(1000),
  direction: z.enum(DIRECTIONS).default("both"),
});
type Params = z.infer<typeof Params>;

export const bandwidthCap = networkFault<Params>({
  name: "bandwidth-cap",
  purpose: "Caps what goes through the targets' links; a cap that nobody reaches is no evidence.",
  params: Params,
  paramsHelp: {
    rateKBytesPerS:
      "kilobytes a second that each receiver gets: a target from all others together, and every other node " +
      "from the targets together; 1 to 10000000, default 1000",
    direction: "as seen from the targets: in, out or both (default)",
  },
  needs: ["networkRate"],
  nearest: ["packet-loss", "link-latency"],
  stopsTarget: false,
  // Whether the rest of the load fits through is what the run finds out.
  reach: ({ service }) => ({ faultClass: "B", takesOver: false, services: [service] }),
  flows: (around, { direction }) => trafficFlows(around, direction),
  effect: ({ rateKBytesPerS }) => ({ kind: "rate", rateKBytesPerS }),
  sign: () => "counted",
});
