/** A neighbour that takes the processor away: everything still works, in the time that is left. */
import { z } from "zod";
import { machineFault } from "./machine-fault.ts";
import { greyReach } from "./reach.ts";

const Params = z.strictObject({ coreRatio: z.number().min(0.01).max(64).default(0.1) });
type Params = z.infer<typeof Params>;

export const cpuPressure = machineFault<Params>({
  name: "cpu-pressure",
  purpose: "Gives all processes of the instance together no more than a share of one core.",
  params: Params,
  paramsHelp: { coreRatio: "share of one core, 0.01 to 64, default 0.1" },
  needs: ["cpuLimit", "restart"],
  nearest: ["process-pause"],
  stopsTarget: false,
  reach: greyReach,
  damage: ({ params }) => ({ kind: "limit-cpu", coreRatio: params.coreRatio }),
});
