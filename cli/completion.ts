/** `lakeproof completion <shell>`: verbs, options and names for the shell's tab key, offline. */
import type { Command } from "commander";
import { LakeproofError } from "../core/errors.ts";
import { host } from "../core/host.ts";
import { TOPOLOGIES } from "../infra/topologies/index.ts";
import { CAPACITY_SCENARIOS, SCENARIOS } from "../scenarios/index.ts";
import { LIST_NAMES } from "./list.ts";

const SHELLS = ["bash", "zsh", "fish"] as const;
/** Started by lakeproof itself. */
const NOT_TYPED = ["configure", "reap", "repair", "renew-slot", "k6-agent", "load-agent"];

/** Words that may stand after a verb, from the same tables the verbs use. */
function wordsAfter(verb: Command): readonly string[] {
  const names: Readonly<Record<string, readonly string[]>> = {
    run: Object.keys({ ...SCENARIOS, ...CAPACITY_SCENARIOS }),
    plan: Object.keys({ ...SCENARIOS, ...CAPACITY_SCENARIOS }),
    lint: Object.keys(TOPOLOGIES),
    up: Object.keys(TOPOLOGIES),
    down: Object.keys(TOPOLOGIES),
    status: Object.keys(TOPOLOGIES),
    health: Object.keys(TOPOLOGIES),
    fetch: Object.keys(TOPOLOGIES),
    monitoring: Object.keys(TOPOLOGIES),
    list: LIST_NAMES,
    load: ["kafka"],
    manifest: ["k6"],
    completion: SHELLS,
  };
  const options = verb.options.flatMap((option) => option.long ?? []);
  const actions = verb.commands.map((action) => action.name());
  return [...(names[verb.name()] ?? []), ...actions, ...options];
}

export function completion(shell: string, program: Command): number {
  const verbs = program.commands.filter((verb) => !NOT_TYPED.includes(verb.name()));
  switch (shell) {
    case "bash":
      host.out(bash(verbs));
      return 0;
    case "zsh":
      host.out(`autoload -U +X bashcompinit && bashcompinit\n${bash(verbs)}`);
      return 0;
    case "fish":
      host.out(fish(verbs));
      return 0;
    default:
      throw new LakeproofError("USAGE", `There is no completion for ${JSON.stringify(shell)}.`, {
        hint: `Shells are ${SHELLS.join(", ")}.`,
      });
  }
}

function bash(verbs: readonly Command[]): string {
  const cases = verbs.map(
    (verb) => `    ${verb.name()}) words="${wordsAfter(verb).join(" ")}" ;;\n`,
  );
  return `_lakeproof() {
  local words="${verbs.map((verb) => verb.name()).join(" ")}"
  [ "$COMP_CWORD" -gt 1 ] && case "\${COMP_WORDS[1]}" in
${cases.join("")}    *) words="" ;;
  esac
  COMPREPLY=($(compgen -W "$words" -- "\${COMP_WORDS[COMP_CWORD]}"))
}
complete -o default -F _lakeproof lakeproof
`;
}

function fish(verbs: readonly Command[]): string {
  const lines = verbs.flatMap((verb) => [
    `complete -c lakeproof -f -n __fish_use_subcommand -a ${verb.name()} -d "${verb.description()}"`,
    `complete -c lakeproof -n "__fish_seen_subcommand_from ${verb.name()}" -a "${wordsAfter(verb).join(" ")}"`,
  ]);
  return `${lines.join("\n")}\n`;
}
