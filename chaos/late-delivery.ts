/** Packets that are not lost but come late, all at once: what was given up long ago is answered after all. */
import { z } from "zod";
import { networkFault } from "./network-fault.ts";
import { DIRECTIONS, trafficFlows } from "./network-flows.ts";
import { goneReach, greyReach } from "./reach.ts";

const Params = z.strictObject({ direction: z.enum(DIRECTIONS).default("both") });
type Params = z.infer<typeof Params>;

export const lateDelivery = networkFault<Params>({
  name: "late-delivery",
  purpose:
    "Holds every packet to and from the targets back and delivers all of them, late and in order, in the end.",
  params: Params,
  paramsHelp: { direction: "as seen from the targets: in, out or both (default)" },
  needs: ["networkHold"],
  nearest: ["link-jam", "partition", "process-pause"],
  stopsTarget: true,
  reach: (target) => (target.params.direction === "both" ? goneReach(target) : greyReach(target)),
  flows: (around, { direction }) => trafficFlows(around, direction),
  effect: () => ({ kind: "hold" }),
  // Opening a connection takes a packet each way: with one of them waiting, none opens.
  sign: () => "blocked",
});
