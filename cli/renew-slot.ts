/** Mends the replication slot of a lab that stays, from what the undo log says alone. */
import type { Undo } from "../core/contracts/fault.ts";
import { LakeproofError } from "../core/errors.ts";
import { host } from "../core/host.ts";
import { openChangeCapture } from "../infra/change-capture.ts";
import type { LabState } from "../infra/drivers/lab.ts";
import { HARNESS_NODE } from "../infra/zones.ts";
import { isElsewhere, runThere } from "./inside.ts";

type RenewSlot = Extract<Undo, { readonly kind: "renew-slot" }>;

const RENEW_MS_MAX = 300_000;

/** False where nothing is to be done: a lab that goes with its run takes its slot along. */
export async function renewSlot(state: LabState, undo: RenewSlot): Promise<boolean> {
  if (!state.held) return false;
  if (!isElsewhere(state)) {
    await openChangeCapture(undo.at).renewSlot(undo.settings, host.deadline(RENEW_MS_MAX));
    return true;
  }
  const command = [host.nodePath, host.launcherPath, "renew-slot", JSON.stringify(undo)];
  const code = await runThere(state, HARNESS_NODE.id, command);
  if (code === 0) return true;
  throw new LakeproofError("FAULT_FAILED", "The replication slot could not be made anew.", {
    hint: "Read the log of the Connect worker that runs the task, then run `lakeproof heal` again.",
  });
}

/** Hidden verb: the same from inside the lab's network. The undo log wrote `undo`, and its checksum held. */
export async function renewSlotInside(undo: string): Promise<number> {
  const { at, settings } = JSON.parse(undo) as RenewSlot;
  await openChangeCapture(at).renewSlot(settings, host.deadline(RENEW_MS_MAX));
  return 0;
}
