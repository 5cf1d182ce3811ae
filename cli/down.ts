/** `lakeproof down`: takes down held labs, all or the one on the given addresses. */
import { LakeproofError } from "../core/errors.ts";
import { host } from "../core/host.ts";
import { listLabs } from "../infra/drivers/lab.ts";
import { residueOf, takeDown } from "./heal.ts";

export interface DownOptions {
  readonly json: boolean;
  readonly subnet: string | undefined;
}

export async function down(options: DownOptions): Promise<number> {
  const labs = listLabs().filter(
    (lab) => lab.held && (options.subnet === undefined || lab.subnet === options.subnet),
  );
  if (options.subnet !== undefined && labs.length === 0) {
    throw new LakeproofError("LAB_NOT_UP", `No held lab is on ${options.subnet}.x.`, {
      hint: "`lakeproof status` shows the labs that are up.",
    });
  }
  const residue: string[] = [];
  for (const lab of labs) {
    const ended = await takeDown(lab.id);
    residue.push(...residueOf(lab.id));
    if (!options.json) host.out(`${lab.id}: ${String(ended)} processes ended\n`);
  }
  if (options.json) {
    const ids = labs.map((lab) => lab.id);
    host.out(`${JSON.stringify({ schema: "lakeproof.down/1", labs: ids, residue })}\n`);
  } else if (labs.length === 0) host.out("No lab is up.\n");
  for (const line of residue) host.err(`left behind: ${line}\n`);
  return residue.length > 0 ? 22 : 0;
}
