/** A long way between the targets and everybody else. */
import { z } from "zod";
import { networkFault } from "./network-fault.ts";
import { DIRECTIONS, trafficFlows } from "./network-flows.ts";

const Params = z.strictObject({
  latencyMs: z.number().int().min(1).max(10_000).default(100),
  jitterMs: z.number().int().min(0).max(10_000).default(0),
  direction: z.enum(DIRECTIONS).default("in"),
});
type Params = z.infer<typeof Params>;

export const networkLatency = networkFault<Params>({
  name: "network-latency",
  purpose: "Delays every packet to the targets, from them, or both; needs a kernel with netem.",
  params: Params,
  paramsHelp: {
    latencyMs: "delay of each packet, 1 to 10000, default 100",
    jitterMs: "uniform jitter around it, default 0",
    direction:
      "as seen from the targets: in (default), out, or both, which doubles it for a round trip",
  },
  needs: ["networkDelay"],
  nearest: ["link-latency"],
  stopsTarget: false,
  reach: ({ service }) => ({ faultClass: "B", takesOver: false, services: [service] }),
  flows: (around, { direction }) => trafficFlows(around, direction),
  effect: ({ latencyMs, jitterMs }) => ({ kind: "delay", latencyMs, jitterMs }),
  sign: () => "slower",
});
