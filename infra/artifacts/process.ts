/** Runs one client command to its end: last lines kept, whole process group killed on abort or time-out. */
import { spawn } from "node:child_process";
import { LakeproofError, reasonOf } from "../../core/errors.ts";
import { host } from "../../core/host.ts";
import { signalProcess } from "../drivers/processes.ts";

export const TAIL_LINE_COUNT = 50;
const KILL_AFTER_MS = 3_000;
const STDOUT_MAX_CHARS = 1_000_000;

export interface CommandOptions {
  readonly cwd?: string;
  /** Added to the harness's own environment. */
  readonly env?: Readonly<Record<string, string>>;
  readonly signal: AbortSignal;
  readonly timeoutMs: number;
}

export interface CommandResult {
  /** -1 where a signal ended it. */
  readonly exitCode: number;
  /** The last 50 lines of both streams, in the order they came. */
  readonly tail: readonly string[];
  /** Standard output, at most its first million characters. */
  readonly stdout: string;
  readonly durationMs: number;
}

/** Throws the signal's reason when aborted, ARTIFACT_FAILED when it cannot be started or takes too long. */
export async function runCommand(
  argv: readonly string[],
  options: CommandOptions,
): Promise<CommandResult> {
  options.signal.throwIfAborted();
  const [file = "", ...args] = argv;
  const startMs = host.monotonicMs();
  const timeout = host.deadline(options.timeoutMs);
  const stop = host.deadline(options.timeoutMs, options.signal, timeout);
  // A group of its own: Maven and Go start children that a signal to the parent alone would orphan.
  const child = spawn(file, args, {
    ...(options.cwd === undefined ? {} : { cwd: options.cwd }),
    env: { ...host.env, ...options.env },
    stdio: ["ignore", "pipe", "pipe"],
    detached: true,
  });
  const tail = lineTail();
  let stdout = "";
  child.stdout.setEncoding("utf8").on("data", (text: string) => {
    tail.push(text);
    if (stdout.length < STDOUT_MAX_CHARS) stdout += text;
  });
  child.stderr.setEncoding("utf8").on("data", tail.push);

  const ended = new AbortController();
  const killGroup = (): void => {
    if (child.pid === undefined) return;
    const group = -child.pid;
    signalProcess(group, "SIGTERM");
    void host.sleep(KILL_AFTER_MS, ended.signal).then(
      () => {
        signalProcess(group, "SIGKILL");
      },
      () => undefined,
    );
  };
  stop.addEventListener("abort", killGroup, { once: true });
  try {
    const exitCode = await new Promise<number>((resolve, reject) => {
      child.once("error", (error) => {
        reject(cannotStart(file, error));
      });
      child.once("close", (code) => {
        resolve(code ?? -1);
      });
    });
    options.signal.throwIfAborted();
    if (timeout.aborted) throw tookTooLong(argv, options.timeoutMs, tail.lines());
    return { exitCode, tail: tail.lines(), stdout, durationMs: host.monotonicMs() - startMs };
  } finally {
    ended.abort(
      new LakeproofError("INTERNAL", "The command has ended.", { hint: "Not an error." }),
    );
    stop.removeEventListener("abort", killGroup);
  }
}

function cannotStart(file: string, error: Error): LakeproofError {
  return new LakeproofError("ARTIFACT_FAILED", `Cannot run ${file}: ${reasonOf(error)}.`, {
    hint: `Install ${file}; \`lakeproof doctor\` prints the command.`,
    cause: error,
  });
}

function tookTooLong(argv: readonly string[], ms: number, tail: readonly string[]): LakeproofError {
  return new LakeproofError(
    "ARTIFACT_FAILED",
    [`${argv.join(" ")} did not end within ${String(Math.round(ms / 1000))} s.`, ...tail].join(
      "\n",
    ),
    { hint: "Check the network and the client's own configuration, then run again." },
  );
}

interface LineTail {
  readonly push: (text: string) => void;
  readonly lines: () => readonly string[];
}

function lineTail(): LineTail {
  const kept: string[] = [];
  let partial = "";
  return {
    push(text) {
      const lines = (partial + text).split("\n");
      partial = lines.pop() ?? "";
      kept.push(...lines);
      if (kept.length > TAIL_LINE_COUNT) kept.splice(0, kept.length - TAIL_LINE_COUNT);
    },
    lines: () => (partial === "" ? [...kept] : [...kept, partial]).slice(-TAIL_LINE_COUNT),
  };
}
