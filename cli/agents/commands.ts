/** Which agents there are: processes on this machine, and commands that start one elsewhere. */
import { LakeproofError } from "../../core/errors.ts";
import { host } from "../../core/host.ts";

export interface AgentCommand {
  /** As it is called in messages and results. */
  readonly name: string;
  readonly argv: readonly string[];
}

export interface AgentOptions {
  /** So many processes on this machine. */
  readonly agents: string;
  /** Commands before `lakeproof` on other hosts, e.g. "ssh load1 npx". */
  readonly agent: readonly string[];
}

/** Throws USAGE. `verb` is what an agent is started as; `countMax` how many can share the work. */
export function agentCommands(
  { agents, agent }: AgentOptions,
  verb: string,
  countMax: number,
): readonly AgentCommand[] {
  // None on this machine is allowed only where there are others.
  const least = agent.length === 0 ? 1 : 0;
  const most = Math.max(least, countMax - agent.length);
  const local = Number(agents);
  if (agents.trim() === "" || !Number.isInteger(local) || local < least || local > most) {
    throw new LakeproofError("USAGE", `--agents is ${JSON.stringify(agents)}.`, {
      hint: `Allowed is a whole number from ${String(least)} to ${String(most)}.`,
    });
  }
  if (local + agent.length > countMax) {
    throw new LakeproofError("USAGE", `${String(agent.length)} agents are given with --agent.`, {
      hint: `Allowed are at most ${String(countMax)}, those on this machine among them.`,
    });
  }
  const own = [host.nodePath, host.launcherPath, verb];
  const places = [
    ...Array.from({ length: local }, () => ({ place: "this machine", argv: own })),
    ...agent.map((prefix) => ({
      place: prefix.trim(),
      argv: [...wordsOf(prefix), "lakeproof", verb],
    })),
  ];
  return places.map(({ place, argv }, index) => ({
    name: `agent ${String(index + 1)} (${place})`,
    argv,
  }));
}

function wordsOf(prefix: string): readonly string[] {
  const words = prefix.split(/\s+/).filter((word) => word !== "");
  if (words.length > 0) return words;
  throw new LakeproofError("USAGE", `--agent is ${JSON.stringify(prefix)}.`, {
    hint: 'Give what to put before `lakeproof` there, e.g. "ssh load1 npx".',
  });
}
