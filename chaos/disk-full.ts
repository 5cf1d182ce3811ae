/** The instance's own volume is full: writes end with ENOSPC, and what cannot live without writing ends itself. */
import { z } from "zod";
import { machineFault } from "./machine-fault.ts";
import { greyReach, specOf } from "./reach.ts";

const Params = z.strictObject({ leaveKBytes: z.number().int().min(0).max(1_048_576).default(0) });
type Params = z.infer<typeof Params>;

export const diskFull = machineFault<Params>({
  name: "disk-full",
  purpose:
    "Fills the instance's own volume, for PostgreSQL the WAL's too; never the machine's disk.",
  params: Params,
  paramsHelp: {
    leaveKBytes: "KiB that stay free, 0 to 1048576, default 0; the service needs volumeMiB",
  },
  needs: ["diskFull", "restart"],
  nearest: ["disk-read-only", "process-pause"],
  stopsTarget: true,
  reach: (target) => {
    if (specOf(target)?.volumeMiB !== undefined) return greyReach(target);
    const problem =
      `${target.service} keeps its data on the machine's disk, which is never filled: ` +
      `give it volumeMiB in the topology, or use disk-read-only, the nearest`;
    return { ...greyReach(target), problem };
  },
  damage: ({ params }) => ({ kind: "fill", leaveKBytes: params.leaveKBytes }),
});
