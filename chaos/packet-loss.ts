/** A network that loses packets at random: everything still works, at the pace of retransmissions. */
import { z } from "zod";
import { networkFault } from "./network-fault.ts";
import { DIRECTIONS, trafficFlows } from "./network-flows.ts";
import { greyReach } from "./reach.ts";

/** What TCP makes up for without anybody above noticing much. */
const HARMLESS_LOSS_RATIO = 0.01;

const Params = z.strictObject({
  lossRatio: z.number().min(0.0001).max(0.9).default(0.01),
  direction: z.enum(DIRECTIONS).default("both"),
});
type Params = z.infer<typeof Params>;

export const packetLoss = networkFault<Params>({
  name: "packet-loss",
  purpose: "Drops a share of all packets to and from the targets at random.",
  params: Params,
  paramsHelp: {
    lossRatio:
      "share of the packets that is dropped, 0.0001 to 0.9, default 0.01; on virtual links one packet " +
      "may carry up to 64 KiB, so a bulk transfer loses more at once than on a wire",
    direction: "as seen from the targets: in, out or both (default)",
  },
  needs: ["networkLoss"],
  nearest: ["network-latency", "link-latency"],
  stopsTarget: false,
  reach: (target) =>
    target.params.lossRatio <= HARMLESS_LOSS_RATIO
      ? { faultClass: "W", takesOver: false, services: [target.service] }
      : greyReach(target),
  flows: (around, { direction }) => trafficFlows(around, direction),
  effect: ({ lossRatio }) => ({ kind: "loss", packetRatio: lossRatio }),
  sign: () => "counted",
});
