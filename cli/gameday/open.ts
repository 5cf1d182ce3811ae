/** Puts the players where they sit: at a terminal, behind a pipe, or in a file. */
import { join, relative } from "node:path";
import type { JournalWriter } from "../../core/contracts/journal.ts";
import type { Plan } from "../../core/contracts/plan.ts";
import { LakeproofError } from "../../core/errors.ts";
import { host } from "../../core/host.ts";
import { openConsole, type RunConsole } from "../run/console.ts";
import type { Breaking } from "../run/phases.ts";
import { COMMANDS_FILE, commandsOf, lineDesk, LineQueue, readPipe } from "./desks.ts";
import { playGame, type Desk } from "./play.ts";
import { Screen } from "./screen.ts";

export interface GameOptions {
  /** As given: how long it lasts at most. */
  readonly minutes: string;
  /** File with commands instead of a terminal. */
  readonly commands: string | undefined;
}

const MINUTES_MAX = 480;

export function gameMsOf({ minutes }: GameOptions): number {
  const count = Number(minutes);
  if (/^\d+$/.test(minutes) && count >= 1 && count <= MINUTES_MAX) return count * 60_000;
  throw new LakeproofError("USAGE", `--minutes is ${JSON.stringify(minutes)}.`, {
    hint: `Allowed is a whole number from 1 to ${String(MINUTES_MAX)}.`,
  });
}

/** Undefined where people are asked. Throws with every line that cannot be done. */
export function givenCommands(
  { commands }: GameOptions,
  plan: Plan,
): readonly string[] | undefined {
  return commands === undefined ? undefined : commandsOf(commands, plan.faults);
}

/** The options that play the same game again. */
export function playedAgain({ minutes }: GameOptions, runDir: string): string {
  return ` --minutes ${minutes} --commands ${relative(host.cwd, join(runDir, COMMANDS_FILE))}`;
}

export interface Table {
  readonly plan: Plan;
  readonly journal: JournalWriter;
  readonly runDir: string;
  readonly json: boolean;
  readonly commands: readonly string[] | undefined;
}

export function openGame(table: Table): { console: RunConsole; breakThings: Breaking } {
  const { plan, journal, runDir, json, commands } = table;
  const hasTerminal = host.stdinIsTty && host.stderrIsTty && host.env["TERM"] !== "dumb";
  if (commands === undefined && hasTerminal && !json) {
    const screen = new Screen(plan, journal, runDir);
    return { console: screen, breakThings: playedAt(screen) };
  }
  const queue = new LineQueue();
  const console = openConsole(plan, journal, json);
  const desk = lineDesk(queue, runDir);
  if (commands === undefined) readPipe(queue);
  else {
    for (const line of commands) queue.push(line);
    queue.end();
  }
  return { console, breakThings: playedAt(desk) };
}

function playedAt(desk: Desk): Breaking {
  return (session, canaries, guards) => playGame(session, canaries, guards, desk);
}
