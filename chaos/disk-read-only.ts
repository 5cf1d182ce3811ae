/** What a disk with errors looks like to a program: it can be read, and every write is refused. */
import { z } from "zod";
import { machineFault } from "./machine-fault.ts";
import { greyReach } from "./reach.ts";

const Params = z.strictObject({});

export const diskReadOnly = machineFault<z.infer<typeof Params>>({
  name: "disk-read-only",
  purpose: "Refuses every write below the instance's data directory, through open files as well.",
  params: Params,
  paramsHelp: {},
  needs: ["diskReadOnly", "restart"],
  nearest: ["disk-full", "process-pause"],
  stopsTarget: true,
  reach: greyReach,
  damage: () => ({ kind: "read-only" }),
});
