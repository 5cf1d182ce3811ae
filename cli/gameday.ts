/** `lakeproof gameday`: a run in which people choose the faults, say before what they expect, and see whether it held. */
import { join } from "node:path";
import type { Command } from "commander";
import { host } from "../core/host.ts";
import { COMMAND_HELP } from "./gameday/command.ts";
import { SUBNET_DEFAULT } from "./lab.ts";
import { run } from "./run.ts";

const SCENARIO_DEFAULT = "game-day/free-play";

interface GamedayFlags {
  readonly minutes: string;
  readonly commands?: string;
  readonly seed?: string;
  readonly rate?: string;
  readonly beyondDesign: boolean;
  readonly subnet: string;
  readonly isolation: string;
  readonly runs: string;
  readonly key?: string;
  readonly json: boolean;
}

export function addGameday(
  verb: (name: string, about: string) => Command,
  exit: (code: number) => void,
): void {
  verb("gameday [scenario]", "break things by hand under load: a live board, hypotheses, a report")
    .option("--minutes <number>", "it ends by itself after so long", "60")
    .option("--commands <file>", "play the commands of a file instead of asking")
    .option("--seed <number>", "repeat a run's decisions")
    .option("--rate <events/s>", "change events a second, where this machine cannot carry more")
    .option("--beyond-design", "allow faults of class X, whatever the scenario says", false)
    .option("--subnet <a.b.c>", "loopback addresses to use", SUBNET_DEFAULT)
    .option("--isolation <kind>", "auto, namespaces or loopback: how nodes are kept apart", "auto")
    .option("--runs <dir>", "where run directories go", join(host.cwd, "runs"))
    .option("--key <pem>", "Ed25519 key that signs the certificate (default: your own)")
    .option("--json", "the journal on stdout; commands are read from standard input", false)
    .addHelpText("after", commandHelp())
    .action(async (scenario: string | undefined, flags: GamedayFlags) => {
      exit(await gameday(scenario ?? SCENARIO_DEFAULT, flags));
    });
}

function gameday(scenario: string, flags: GamedayFlags): Promise<number> {
  const { minutes, commands, seed, rate, key, runs: runsDir, ...rest } = flags;
  return run({
    ...{ ...rest, scenario, seed, rate, key, runsDir },
    aboveCalibration: false,
    game: { minutes, commands },
  });
}

function commandHelp(): string {
  const width = Math.max(...COMMAND_HELP.map(([usage]) => usage.length));
  const lines = COMMAND_HELP.map(([usage, about]) => `  ${usage.padEnd(width)}  ${about}`);
  return `\nCommands, a line each, typed, from a pipe or from a file:\n${lines.join("\n")}\n`;
}
