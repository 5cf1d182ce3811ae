/** No more memory than it has, and hardly any page cache: the kernel takes pages back, or ends the process. */
import { z } from "zod";
import { machineFault } from "./machine-fault.ts";
import { greyReach } from "./reach.ts";

const Params = z.strictObject({ headroomMiB: z.number().int().min(1).max(65_536).default(16) });
type Params = z.infer<typeof Params>;

export const memoryPressure = machineFault<Params>({
  name: "memory-pressure",
  purpose: "Lets the instance take no more memory than a little, page cache included.",
  params: Params,
  paramsHelp: {
    headroomMiB:
      "MiB it may take from now on, 1 to 65536, default 16; what it has already is not counted",
  },
  needs: ["memoryLimit", "restart"],
  nearest: ["process-kill"],
  stopsTarget: true,
  reach: greyReach,
  damage: ({ params }) => ({ kind: "limit-memory", headroomMiB: params.headroomMiB }),
});
