/** Connections that are torn down by a reset, as a firewall that lost its state would do. */
import { z } from "zod";
import { networkFault } from "./network-fault.ts";
import { trafficFlows } from "./network-flows.ts";
import { greyReach } from "./reach.ts";

const Params = z.strictObject({ packetRatio: z.number().min(0.0001).max(1).default(1) });
type Params = z.infer<typeof Params>;

export const connectionReset = networkFault<Params>({
  name: "connection-reset",
  purpose:
    "Answers TCP packets to and from the targets with a reset: open connections die, new ones are refused.",
  params: Params,
  paramsHelp: {
    packetRatio:
      "share of the packets that draw a reset, 0.0001 to 1, default 1: no connection lives",
  },
  needs: ["networkReset"],
  nearest: ["process-kill"],
  stopsTarget: true,
  reach: greyReach,
  flows: (around) => trafficFlows(around, "both"),
  effect: ({ packetRatio }) => ({ kind: "reset", packetRatio }),
  sign: ({ packetRatio }) => (packetRatio === 1 ? "blocked" : "counted"),
});
