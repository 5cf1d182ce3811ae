/** The connector's replication slot is dropped under it, as somebody does who clears up "unused" slots. */
import { z } from "zod";
import { slotFault } from "./slot-fault.ts";

const Params = z.strictObject({});
type Params = z.infer<typeof Params>;

export const slotDrop = slotFault<Params>({
  name: "slot-drop",
  purpose:
    "Drops the connector's replication slot: what is committed until a new one is there is lost, by design.",
  params: Params,
  paramsHelp: {},
  needs: [],
  settings: [],
  pausedIds: () => [],
  lose: (context, capture) => capture.dropSlot(context.signal),
  lossText: async (context, capture) => {
    const slot = await capture.slot(context.signal);
    return slot === undefined ? `${capture.slotName} is not in pg_replication_slots` : undefined;
  },
});
