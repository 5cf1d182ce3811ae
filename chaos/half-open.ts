/** Connections that open and then carry nothing in one direction: both ends believe in them for a long time. */
import { z } from "zod";
import { networkFault } from "./network-fault.ts";
import { trafficFlows } from "./network-flows.ts";
import { greyReach } from "./reach.ts";

const Params = z.strictObject({ direction: z.enum(["in", "out"]).default("out") });
type Params = z.infer<typeof Params>;

export const halfOpen = networkFault<Params>({
  name: "half-open",
  purpose: "Lets TCP connections open and drops all that follows in one direction.",
  params: Params,
  paramsHelp: {
    direction: "what is lost as seen from the targets: out (default), what they send, or in",
  },
  needs: ["networkCut"],
  nearest: ["process-pause"],
  stopsTarget: true,
  reach: greyReach,
  flows: (around, { direction }) => trafficFlows(around, direction),
  effect: () => ({ kind: "half-open" }),
  sign: () => "opens",
});
