/** Where a game's lines come from without a screen: a file, or a pipe. */
import { appendFileSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import type { FaultEntry } from "../../core/contracts/fault.ts";
import { LakeproofError, reasonOf } from "../../core/errors.ts";
import { host } from "../../core/host.ts";
import { untilAborted } from "../../core/until-aborted.ts";
import { parseLine } from "./command.ts";
import type { Desk } from "./play.ts";

/** In the run directory: what was played, to be played again. */
export const COMMANDS_FILE = "game-day.txt";

/** Lines that wait for whoever asks for them next. */
export class LineQueue {
  readonly #lines: string[] = [];
  #isOver = false;
  #wake: (() => void) | undefined;

  push(line: string): void {
    this.#lines.push(line);
    this.#wake?.();
  }

  /** There will be no more. */
  end(): void {
    this.#isOver = true;
    this.#wake?.();
  }

  async next(stop: AbortSignal): Promise<string | undefined> {
    while (!stop.aborted) {
      const line = this.#lines.shift();
      if (line !== undefined || this.#isOver) return line;
      const { promise, resolve } = Promise.withResolvers<undefined>();
      this.#wake = () => {
        resolve(undefined);
      };
      await untilAborted(promise, stop).catch(() => undefined);
    }
    return undefined;
  }
}

/** Nobody is asked; what is said goes to stderr. */
export function lineDesk(queue: LineQueue, runDir: string): Desk {
  return {
    next: (stop) => queue.next(stop),
    ask: () => Promise.resolve(""),
    say: (text) => {
      host.err(`  ${text}\n`);
    },
    keep: keeperOf(runDir),
  };
}

export function keeperOf(runDir: string): (line: string) => void {
  return (line) => {
    appendFileSync(join(runDir, COMMANDS_FILE), `${line}\n`);
  };
}

/** Lines of standard input, as whoever drives the game writes them. */
export function readPipe(queue: LineQueue): void {
  const read = host.eachStdinLine((line) => {
    queue.push(line);
  });
  void read.then(() => {
    queue.end();
  });
}

/** Every line of the file, all of them sound. Throws CONFIG_INVALID with all that are not. */
export function commandsOf(path: string, menu: readonly FaultEntry[]): readonly string[] {
  const file = resolve(host.cwd, path);
  const lines = textOf(file).split("\n");
  const problems = lines.flatMap((line, index) => {
    try {
      parseLine(line, menu);
      return [];
    } catch (error) {
      const hint = error instanceof LakeproofError ? ` ${error.hint}` : "";
      return [`  - line ${String(index + 1)}: ${reasonOf(error)}${hint}`];
    }
  });
  if (problems.length === 0) return lines;
  throw new LakeproofError(
    "CONFIG_INVALID",
    `${file} has ${String(problems.length)} problem(s):\n${problems.join("\n")}`,
    { hint: "Correct them all; nothing was started." },
  );
}

function textOf(file: string): string {
  try {
    return readFileSync(file, "utf8");
  } catch (error) {
    throw new LakeproofError("USAGE", `--commands ${file} cannot be read: ${reasonOf(error)}`, {
      hint: "Give a file with one command a line; `lakeproof gameday --help` names them.",
      cause: error,
    });
  }
}
