/** `lakeproof down`: takes down held labs, all or those that are named or on the given addresses. */
import { LakeproofError } from "../core/errors.ts";
import { host } from "../core/host.ts";
import { residueOf, takeDown } from "./heal.ts";
import { labsMeant } from "./lab.ts";

export interface DownOptions {
  readonly json: boolean;
  /** Id of a lab, or name of a topology: all its labs. */
  readonly name?: string | undefined;
  readonly subnet: string | undefined;
}

export async function down(options: DownOptions): Promise<number> {
  const meant = labsMeant(options);
  const labs = meant.filter((lab) => lab.held);
  if (options.name !== undefined && labs.length === 0) {
    const ids = meant.map(({ id }) => id).join(", ");
    throw new LakeproofError("LAB_NOT_UP", `Nobody holds a lab called ${options.name}.`, {
      hint: `${ids} is of a run, which takes it down itself; \`lakeproof heal\` does where the run died.`,
    });
  }
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
