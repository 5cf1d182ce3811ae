/** Hidden verb, for `heal`: sets up a service of a held lab as its start does, where a fault had taken it away. */
import { LakeproofError } from "../core/errors.ts";
import { host } from "../core/host.ts";
import { readLab } from "../infra/drivers/lab.ts";
import { openLab } from "../infra/provision.ts";
import { topologyNamed } from "./up.ts";

const CONFIGURE_MS_MAX = 300_000;

export async function configureAgain(labId: string, service: string): Promise<number> {
  const state = readLab(labId);
  if (state === undefined) {
    throw new LakeproofError("LAB_NOT_UP", `There is no lab ${labId}.`, {
      hint: "`lakeproof status` lists the labs that are up.",
    });
  }
  // No program is started for it, so no artifact is needed.
  const lab = openLab(topologyNamed(state.topology), state, {});
  await lab.configure(service, host.deadline(CONFIGURE_MS_MAX));
  return 0;
}
