/** A k6 process whose NDJSON samples are handed over line by line as they are written. */
import { execFile, spawn, type ChildProcess } from "node:child_process";
import { closeSync, openSync } from "node:fs";
import { open } from "node:fs/promises";
import { LakeproofError } from "../../core/errors.ts";
import { host } from "../../core/host.ts";

export interface K6Options {
  readonly binary: string;
  readonly script: string;
  readonly env: Readonly<Record<string, string>>;
  /** Samples go here; k6 appends while we read behind it. */
  readonly outputPath: string;
  readonly logPath: string;
  readonly onLine: (line: string) => void;
  /** Where k6 leaves its summary, thresholds included. Absent: none is written. */
  readonly summaryPath?: string;
  /** Further arguments of `k6 run`. */
  readonly args?: readonly string[];
  /** True: k6 is killed when this process is, where nobody else would look after it. */
  readonly endsWithUs?: boolean;
}

export interface K6 {
  readonly pid: number;
  /** True once the process has ended by itself. */
  ended(): boolean;
  /** Ends k6, reads its output to the end, and says with which code it ended. */
  stop(): Promise<number>;
}

const POLL_MS = 250;
const STOP_MS_MAX = 10_000;

export function startK6(options: K6Options): K6 {
  closeSync(openSync(options.outputPath, "w"));
  const log = openSync(options.logPath, "a");
  const { binary, endsWithUs = false } = options;
  const child = spawn(
    endsWithUs ? "setpriv" : binary,
    [
      ...(endsWithUs ? ["--pdeathsig", "KILL", binary] : []),
      ...["run", "--quiet", "--no-usage-report", "--out", `json=${options.outputPath}`],
      ...(options.summaryPath === undefined ? [] : ["--summary-export", options.summaryPath]),
      ...(options.args ?? []),
      options.script,
    ],
    {
      env: k6Env(options.env),
      stdio: ["ignore", log, log],
      detached: true,
    },
  );
  closeSync(log);
  child.on("error", () => undefined);
  const tail = new Tail(options.outputPath, options.onLine);
  const timer = host.every(POLL_MS, () => void tail.read());
  return {
    pid: child.pid ?? 0,
    ended: () => isOver(child),
    stop: async () => {
      await ended(child);
      timer[Symbol.dispose]();
      await tail.read();
      return child.exitCode ?? KILLED_CODE;
    },
  };
}

/** As a shell would say it: 128 and the number of SIGKILL. */
const KILLED_CODE = 137;

function k6Env(env: Readonly<Record<string, string>>): Record<string, string> {
  return {
    PATH: host.env["PATH"] ?? "",
    HOME: host.env["HOME"] ?? "",
    K6_AUTO_EXTENSION_RESOLUTION: "false",
    ...env,
  };
}

/** What a script would do, as k6 itself reads it. */
export interface ScriptFacts {
  readonly scenarios: readonly string[];
  /** Virtual users at most. */
  readonly vuCountMax: number;
  readonly thresholdCount: number;
}

const INSPECT_MS_MAX = 60_000;

interface K6Said {
  readonly failed: boolean;
  readonly stdout: string;
  readonly stderr: string;
}

async function ask(
  binary: string,
  argv: readonly string[],
  env: Readonly<Record<string, string>>,
): Promise<K6Said> {
  return new Promise((resolve) => {
    const options = { env: k6Env(env), timeout: INSPECT_MS_MAX, maxBuffer: 16 * 1024 * 1024 };
    execFile(binary, argv, options, (error, stdout, stderr) => {
      resolve({ failed: error !== null, stdout, stderr });
    });
  });
}

function cannotRun(script: string, { stderr }: K6Said): LakeproofError {
  return new LakeproofError("CONFIG_INVALID", `k6 cannot run ${script}: ${k6Words(stderr)}`, {
    hint: "Correct the script; `k6 inspect` says the same. Nothing was started.",
  });
}

/** The script with everything it imports in one file that k6 can run elsewhere. Throws as `inspectK6` does. */
export async function archiveK6(
  binary: string,
  script: string,
  env: Readonly<Record<string, string>>,
  archivePath: string,
): Promise<void> {
  // Options that follow the environment are settled here: an archive is run with those it holds.
  const flags = ["--include-system-env-vars", "--exclude-env-vars"];
  const argv = ["archive", ...flags, "--archive-out", archivePath, script];
  const said = await ask(binary, argv, env);
  if (said.failed) throw cannotRun(script, said);
}

/** Reads a script without running it. Throws CONFIG_INVALID with k6's own words where it cannot be run. */
export async function inspectK6(
  binary: string,
  script: string,
  env: Readonly<Record<string, string>>,
): Promise<ScriptFacts> {
  const argv = ["inspect", "--include-system-env-vars", "--execution-requirements", script];
  const said = await ask(binary, argv, env);
  if (said.failed) throw cannotRun(script, said);
  const facts = JSON.parse(said.stdout) as {
    readonly scenarios?: Readonly<Record<string, unknown>> | null;
    readonly maxVUs?: number;
    readonly thresholds?: Readonly<Record<string, readonly unknown[]>> | null;
  };
  const thresholds = Object.values(facts.thresholds ?? {});
  return {
    scenarios: Object.keys(facts.scenarios ?? {}),
    vuCountMax: facts.maxVUs ?? 0,
    thresholdCount: thresholds.reduce((sum, list) => sum + list.length, 0),
  };
}

/** The message of k6's log lines without what surrounds it. */
function k6Words(log: string): string {
  const messages = [...log.matchAll(/msg=("(?:[^"\\]|\\.)*")/g)].map((match) => {
    try {
      return String(JSON.parse(match[1] ?? '""'));
    } catch {
      return match[1] ?? "";
    }
  });
  const text = messages.length === 0 ? log.trim() : messages.join("; ");
  return text === "" ? "it said nothing." : text.slice(0, 1000);
}

function isOver(child: ChildProcess): boolean {
  return child.exitCode !== null || child.signalCode !== null;
}

/** SIGTERM lets running queries finish and their samples be written; SIGKILL ends the wait. */
async function ended(child: ChildProcess): Promise<void> {
  if (isOver(child)) return;
  const gone = new Promise<void>((resolve) =>
    child.once("exit", () => {
      resolve();
    }),
  );
  child.kill("SIGTERM");
  await Promise.race([gone, host.sleep(STOP_MS_MAX)]);
  if (!isOver(child)) {
    child.kill("SIGKILL");
    await gone;
  }
}

/** Reads what was appended since the last read, whole lines only. */
class Tail {
  readonly #path: string;
  readonly #onLine: (line: string) => void;
  #offset = 0;
  #reading: Promise<void> | undefined;

  constructor(path: string, onLine: (line: string) => void) {
    this.#path = path;
    this.#onLine = onLine;
  }

  async read(): Promise<void> {
    await this.#reading;
    this.#reading = this.#readOnce();
    await this.#reading;
    this.#reading = undefined;
  }

  async #readOnce(): Promise<void> {
    const file = await open(this.#path, "r");
    try {
      const size = (await file.stat()).size;
      if (size <= this.#offset) return;
      const chunk = Buffer.alloc(size - this.#offset);
      await file.read(chunk, 0, chunk.length, this.#offset);
      // Only whole lines: the last one may still be growing.
      const end = chunk.lastIndexOf(10) + 1;
      this.#offset += end;
      for (const line of chunk.toString("utf8", 0, end).split("\n")) {
        if (line !== "") this.#onLine(line);
      }
    } finally {
      await file.close();
    }
  }
}
