/** A room loses its switch: every machine runs, and none of another zone can reach them. */
import { game } from "./game.ts";

export const zoneLoss = game("zone-loss", {
  purpose: "The storage zone is cut off from all others, with everything in it alive.",
  faults: [
    {
      fault: "zone-loss",
      service: "minio",
      holdMs: 20_000,
      hypothesis:
        "Writes and checkpoints fail loudly and go on once the zone is back: recovery < 120 s, nothing lost",
    },
  ],
  beyondDesign: true,
});
