/** PostgreSQL gives the connector's slot up, because its reader stays away for more WAL than may be kept. */
import { z } from "zod";
import { resume, slotFault, workersOf } from "./slot-fault.ts";

const Params = z.strictObject({});
type Params = z.infer<typeof Params>;

export const slotInvalidation = slotFault<Params>({
  name: "slot-invalidation",
  purpose:
    "Stops the connector's workers and moves the WAL on until PostgreSQL invalidates the slot (wal_status lost), then lets them go on.",
  params: Params,
  paramsHelp: {},
  needs: ["pause"],
  settings: ["max_slot_wal_keep_size"],
  pausedIds: workersOf,
  lose: async (context, capture) => {
    const workers = workersOf(context);
    await Promise.all(workers.map((id) => context.driver.act(id, "pause")));
    await capture.starveSlot(context.signal);
    // The slot is lost for good: how its reader takes it is part of the fault.
    await resume(context, workers);
  },
  lossText: async (context, capture) => {
    const slot = await capture.slot(context.signal);
    if (slot?.walStatus !== "lost") return undefined;
    return (
      `${capture.slotName} has wal_status ${slot.walStatus}, ` +
      `invalidation_reason ${slot.invalidationReason ?? "none"}, restart_lsn ${slot.restartLsn ?? "none"}`
    );
  },
});
