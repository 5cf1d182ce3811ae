/** `lakeproof enter`: runs any command where the lab's addresses can be reached, with this terminal. */
import { LakeproofError } from "../core/errors.ts";
import { host } from "../core/host.ts";
import { HARNESS_NODE } from "../infra/zones.ts";
import { runThere } from "./inside.ts";
import { labThatIsUp } from "./lab.ts";

export function enter(
  command: readonly string[],
  options: { readonly node?: string; readonly subnet: string | undefined },
): Promise<number> {
  const lab = labThatIsUp(options.subnet);
  const nodes = [HARNESS_NODE.id, ...Object.keys(lab.instances)];
  const node = options.node ?? HARNESS_NODE.id;
  if (!nodes.includes(node)) {
    throw new LakeproofError("USAGE", `There is no node ${JSON.stringify(node)}.`, {
      hint: `Nodes are ${nodes.join(", ")}.`,
    });
  }
  const shell = host.env["SHELL"] ?? "/bin/sh";
  return runThere(lab, node, command.length === 0 ? [shell] : command);
}
