/** Drives of an object store, and what losing or spoiling some of them means by its erasure coding. */
import type { InstanceSpec } from "../core/contracts/component.ts";
import type { FaultContext, FaultReach, FaultTarget } from "../core/contracts/fault.ts";
import { LakeproofError } from "../core/errors.ts";
import { specOf } from "./reach.ts";

/** The store's drives in its own data directory, from its command line: paths, or URLs of all nodes' drives. */
function drivesOf({
  command,
  dataDir,
}: Pick<InstanceSpec, "command" | "dataDir">): readonly string[] {
  return command.argv.flatMap((word) => {
    const path = word.startsWith("http://") ? new URL(word).pathname : word;
    return path.startsWith(`${dataDir}/`) ? [path] : [];
  });
}

/** Throws FAULT_FAILED when the instance has no such drive. `number` from 1. */
export function driveOf<Params>(
  context: FaultContext<Params>,
  instanceId: string,
  number: number,
): string {
  const spec = context.driver.instance(instanceId)?.spec;
  const drives = spec === undefined ? [] : drivesOf(spec);
  const drive = drives[number - 1];
  if (drive !== undefined) return drive;
  throw new LakeproofError("FAULT_FAILED", `${instanceId} has no drive ${String(number)}.`, {
    hint: `It has ${String(drives.length)}.`,
  });
}

/** One drive of each target is lost or spoilt. */
export function driveReach<Params>(target: FaultTarget<Params>, stops: boolean): FaultReach {
  const spec = specOf(target);
  const tolerated = spec === undefined ? 0 : (target.drivesThatMayGo ?? target.toleranceOf)(spec);
  const within = target.count <= tolerated;
  const reach: FaultReach = {
    faultClass: within ? "W" : "X",
    takesOver: within && stops,
    services: [target.service],
  };
  if (spec?.component === "minio") return reach;
  return { ...reach, problem: `${target.service} is no object store: it has no drives of its own` };
}
