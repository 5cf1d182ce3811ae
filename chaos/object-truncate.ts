/** A piece of an object ends too early on one drive, as after a power loss with writes still in flight. */
import { z } from "zod";
import { objectDamage, SHARD_FILES } from "./object-damage.ts";
import { driveReach } from "./object-drives.ts";

const Params = z.strictObject({
  drive: z.number().int().min(1).max(64).default(1),
  objectCount: z.number().int().min(1).max(64).default(4),
  file: z.enum(SHARD_FILES).default("part"),
  keepRatio: z.number().min(0).max(0.99).default(0.5),
});
type Params = z.infer<typeof Params>;

export const objectTruncate = objectDamage<Params>({
  name: "object-truncate",
  purpose: "Cuts pieces of objects off on one drive; they must still read byte for byte.",
  params: Params,
  paramsHelp: {
    drive: "which drive of each target, from 1, default 1",
    objectCount: "how many objects, 1 to 64, default 4",
    file: "what of each: part, its data (default), or meta, the file that describes it",
    keepRatio: "share of the bytes that stays, 0 to 0.99, default 0.5",
  },
  needs: ["diskFiles", "restart"],
  stopsTarget: false,
  reach: (target) => driveReach(target, false),
  damage: (paths, { keepRatio }) => ({ kind: "cut-off", paths, keepRatio }),
});
