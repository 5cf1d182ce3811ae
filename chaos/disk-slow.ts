/** A disk that still works, at the pace of one that is about to die. */
import { z } from "zod";
import { machineFault } from "./machine-fault.ts";
import { greyReach } from "./reach.ts";

const Params = z.strictObject({
  rateKBytesPerS: z.number().int().min(16).max(1_048_576).default(512),
});
type Params = z.infer<typeof Params>;

export const diskSlow = machineFault<Params>({
  name: "disk-slow",
  purpose: "Lets all processes of the instance read and write the disk no faster than so much.",
  params: Params,
  paramsHelp: {
    rateKBytesPerS:
      "KiB a second for reads and for writes each, 16 to 1048576, default 512; what the page cache takes is not slowed " +
      "by control groups of version 1",
  },
  needs: ["diskSlow", "restart"],
  nearest: ["cpu-pressure", "bandwidth-cap", "process-pause"],
  stopsTarget: false,
  reach: greyReach,
  damage: ({ params }) => ({ kind: "slow-disk", rateKBytesPerS: params.rateKBytesPerS }),
});
