/** One bit of a piece of an object is another, on one drive, and nobody is told. */
import { z } from "zod";
import { objectDamage, SHARD_FILES } from "./object-damage.ts";
import { driveReach } from "./object-drives.ts";

const Params = z.strictObject({
  drive: z.number().int().min(1).max(64).default(1),
  objectCount: z.number().int().min(1).max(64).default(4),
  file: z.enum(SHARD_FILES).default("part"),
});
type Params = z.infer<typeof Params>;

export const objectBitrot = objectDamage<Params>({
  name: "object-bitrot",
  purpose: "Flips one bit in pieces of objects on one drive; they must still read byte for byte.",
  params: Params,
  paramsHelp: {
    drive: "which drive of each target, from 1, default 1",
    objectCount: "how many objects, 1 to 64, default 4",
    file: "what of each: part, its data (default), or meta, the file that describes it",
  },
  needs: ["diskFiles", "restart"],
  stopsTarget: false,
  reach: (target) => driveReach(target, false),
  damage: (paths) => ({ kind: "flip-bit", paths }),
});
