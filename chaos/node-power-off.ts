/** The plug of a node is pulled. */
import { z } from "zod";
import { powerFault } from "./power-off.ts";

const Params = z.strictObject({});

export const nodePowerOff = powerFault<z.infer<typeof Params>>({
  name: "node-power-off",
  purpose:
    "Takes the node's link down, then kills everything on it; the way back is link up and a restart.",
  params: Params,
  paramsHelp: {},
  nearest: ["process-kill"],
});
