/** A k6 process whose NDJSON samples are handed over line by line as they are written. */
import { spawn, type ChildProcess } from "node:child_process";
import { closeSync, openSync } from "node:fs";
import { open } from "node:fs/promises";
import { host } from "../../core/host.ts";

export interface K6Options {
  readonly binary: string;
  readonly script: string;
  readonly env: Readonly<Record<string, string>>;
  /** Samples go here; k6 appends while we read behind it. */
  readonly outputPath: string;
  readonly logPath: string;
  readonly onLine: (line: string) => void;
}

export interface K6 {
  readonly pid: number;
  /** True once the process has ended by itself. */
  ended(): boolean;
  /** Ends k6 and reads its output to the end. */
  stop(): Promise<void>;
}

const POLL_MS = 250;
const STOP_MS_MAX = 10_000;

export function startK6(options: K6Options): K6 {
  closeSync(openSync(options.outputPath, "w"));
  const log = openSync(options.logPath, "a");
  const child = spawn(
    options.binary,
    ["run", "--quiet", "--no-usage-report", "--out", `json=${options.outputPath}`, options.script],
    {
      env: {
        PATH: host.env["PATH"] ?? "",
        HOME: host.env["HOME"] ?? "",
        K6_AUTO_EXTENSION_RESOLUTION: "false",
        ...options.env,
      },
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
    },
  };
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
