/** What can be said in a game day: one line, one command, the same from a keyboard and from a file. */
import { closest } from "fastest-levenshtein";
import type { FaultEntry } from "../../core/contracts/fault.ts";
import { LakeproofError } from "../../core/errors.ts";
import { EXPECTATION_HELP } from "../../core/game-day.ts";

export type GameCommand =
  /** Without `id`: one that nobody is told. */
  | { readonly name: "fault"; readonly id?: string; readonly text: string }
  | { readonly name: "expect"; readonly id: string; readonly text: string }
  | { readonly name: "seen"; readonly text: string }
  | { readonly name: "note"; readonly text: string }
  | { readonly name: "judge"; readonly id: string; readonly held: boolean; readonly text: string }
  | { readonly name: "wait"; readonly ms: number | "recovered" }
  | { readonly name: "heal" | "help" | "end" };

export interface GameLine {
  readonly command: GameCommand;
  /** Not before this time since the game began: how a game that was played is played again. */
  readonly sinceMs?: number;
}

export const COMMAND_HELP: readonly (readonly [usage: string, about: string])[] = [
  [
    "expect 2 <what you expect>",
    `hypothesis of fault 2, before it: ${EXPECTATION_HELP.join(", ")}`,
  ],
  ["fault 2 [what you expect]", "inject fault 2 of the menu"],
  ["surprise", "inject one of the rest; nobody is told which until somebody says `seen`"],
  ["seen [what you see]", "somebody noticed: how long that took is kept"],
  ["note <text>", "written down with its time"],
  ["judge 2 held|failed [why]", "what became of the part of a hypothesis that no figure decides"],
  ["heal", "end the fault that is under way (Esc does the same)"],
  ["wait 20 | wait recovered", "seconds, or until nothing is broken; for files"],
  ["end", "heal, drain, verify and report (Ctrl-C stops the run instead)"],
];

const WAIT_S_MAX = 3600;
const NAMES = [
  "fault",
  "surprise",
  "expect",
  "seen",
  "note",
  "judge",
  "heal",
  "wait",
  "help",
  "end",
];

/** Undefined for a line without a command. Throws USAGE with what is allowed. */
export function parseLine(line: string, menu: readonly FaultEntry[]): GameLine | undefined {
  const [, since, said = ""] = /^\s*(?:@(\d+(?:\.\d+)?)\s+)?(.*?)\s*$/.exec(line) ?? [];
  if (said === "" || said.startsWith("#")) return undefined;
  const command = commandOf(said, menu);
  return since === undefined ? { command } : { command, sinceMs: Number(since) * 1000 };
}

function commandOf(said: string, menu: readonly FaultEntry[]): GameCommand {
  const [name, rest] = cut(said);
  switch (name) {
    case "fault": {
      const [which, text] = cut(rest);
      return { name, id: idOf(which, menu), text };
    }
    case "surprise":
      return { name: "fault", text: rest };
    case "expect": {
      const [which, text] = cut(rest);
      if (text !== "") return { name, id: idOf(which, menu), text };
      throw usage(said, "Say which and what: expect 2 recovery < 60 s, nothing lost.");
    }
    case "note":
      if (rest !== "") return { name, text: rest };
      throw usage(said, "Say what to write down: note <text>.");
    case "seen":
      return { name, text: rest };
    case "judge":
      return judgementOf(said, rest, menu);
    case "wait":
      return { name, ms: waitOf(said, rest) };
    case "heal":
    case "help":
    case "end":
      if (rest === "") return { name };
      throw usage(said, `${name} takes nothing.`);
    default:
      throw usage(said, `Did you mean ${closest(name, NAMES)}? Commands are ${NAMES.join(", ")}.`);
  }
}

/** The first word, and what comes after it. */
function cut(text: string): readonly [string, string] {
  const [, first = "", rest = ""] = /^(\S*)\s*(.*)$/s.exec(text) ?? [];
  return [first, rest];
}

function judgementOf(said: string, rest: string, menu: readonly FaultEntry[]): GameCommand {
  const [which, more] = cut(rest);
  const [word, text] = cut(more);
  if (word === "held" || word === "failed") {
    return { name: "judge", id: idOf(which, menu), held: word === "held", text };
  }
  throw usage(said, "Say which, and whether it held or failed: judge 2 held.");
}

function waitOf(said: string, rest: string): number | "recovered" {
  if (rest === "recovered") return rest;
  const [, figure] = /^(\d+(?:\.\d+)?)\s*s?$/.exec(rest) ?? [];
  const waitS = Number(figure);
  if (figure !== undefined && waitS <= WAIT_S_MAX) return waitS * 1000;
  throw usage(said, `Allowed are 0 to ${String(WAIT_S_MAX)} seconds, or wait recovered.`);
}

/** By its number in the menu, or its id. */
function idOf(which: string, menu: readonly FaultEntry[]): string {
  const found = menu.find(({ id }) => id === which || id === `f${which}`);
  if (found !== undefined) return found.id;
  throw usage(which, `Faults of the menu are 1 to ${String(menu.length)}.`);
}

function usage(said: string, hint: string): LakeproofError {
  return new LakeproofError("USAGE", `${JSON.stringify(said)} cannot be done.`, { hint });
}

/** The line that says a command again. */
export function commandLine(command: GameCommand): string {
  switch (command.name) {
    case "fault":
      return `fault ${command.id ?? ""} ${command.text}`.trimEnd();
    case "expect":
      return `expect ${command.id} ${command.text}`;
    case "judge":
      return `judge ${command.id} ${command.held ? "held" : "failed"} ${command.text}`.trimEnd();
    case "wait":
      return `wait ${command.ms === "recovered" ? command.ms : String(command.ms / 1000)}`;
    case "seen":
    case "note":
      return `${command.name} ${command.text}`.trimEnd();
    case "heal":
    case "help":
    case "end":
      return command.name;
  }
}
