/** A drive is pulled out: its path is there, and nothing can be reached below it. */
import { z } from "zod";
import { machineFault } from "./machine-fault.ts";
import { driveOf, driveReach } from "./object-drives.ts";

const Params = z.strictObject({ drive: z.number().int().min(1).max(64).default(1) });
type Params = z.infer<typeof Params>;

export const driveLoss = machineFault<Params>({
  name: "drive-loss",
  purpose:
    "Takes a drive of an object store's node away, with a file in its place; brings it back.",
  params: Params,
  paramsHelp: { drive: "which drive of each target, from 1, default 1" },
  needs: ["diskFiles", "restart"],
  nearest: ["process-kill"],
  stopsTarget: true,
  reach: (target) => driveReach(target, true),
  damage: (context) => ({
    kind: "lose-drives",
    paths: context.instanceIds.map((id) => driveOf(context, id, context.params.drive)),
  }),
});
