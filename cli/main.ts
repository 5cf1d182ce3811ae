/** The command line: parses, calls one verb, and turns what was thrown into one clear message. */
import { Command, CommanderError } from "commander";
import { EXIT_CODES, LakeproofError, reasonOf } from "../core/errors.ts";
import { host } from "../core/host.ts";
import { addVerbs } from "./verbs.ts";
import { VERSION } from "./version.ts";

const AWAKE_MS = 60_000;

export async function main(): Promise<void> {
  const program = new Command("lakeproof")
    .description("The crash-test lab for CDC lakehouses.")
    .version(VERSION, "-V, --version")
    .exitOverride()
    .showSuggestionAfterError()
    .addHelpText("after", exitCodeHelp());
  let code = 0;
  host.letReadersLeave();
  addVerbs(program, (exit) => {
    code = exit;
  });
  // Deadlines and children do not hold the process: waiting for the first instance's answer must not end it.
  using _awake = host.every(AWAKE_MS, () => undefined);
  try {
    await program.parseAsync([...host.argv], { from: "user" });
  } catch (error) {
    code = explain(error);
  }
  host.exit(code);
}

function explain(error: unknown): number {
  if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2;
  if (error instanceof LakeproofError) {
    host.err(`lakeproof: ${error.message}\n  ${error.hint}\n`);
    return error.exitCode;
  }
  host.err(`lakeproof: a defect of lakeproof itself: ${reasonOf(error)}\n`);
  if (error instanceof Error && error.stack !== undefined) host.err(`${error.stack}\n`);
  return 1;
}

function exitCodeHelp(): string {
  const lines = Object.entries(EXIT_CODES).map(([code, what]) => `  ${code.padStart(3)}  ${what}`);
  return `\nExit codes:\n${lines.join("\n")}\n`;
}
