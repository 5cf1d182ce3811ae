/**
 * The one door to the process, its environment, the clock, randomness and the terminal.
 * Everything else in the house takes time and text from here, so that tests can replace it.
 */
import { randomBytes } from "node:crypto";
import { join } from "node:path";
import { monitorEventLoopDelay, performance, PerformanceObserver } from "node:perf_hooks";
import { hrtime } from "node:process";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";

export interface Host {
  readonly argv: readonly string[];
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly cwd: string;
  readonly pid: number;
  readonly uid: number;
  readonly nodeVersion: string;
  readonly nodePath: string;
  /** What is never compiled lies under it as in the sources: the launcher, the k6 scripts. */
  readonly packageDir: string;
  /** The script that starts lakeproof again: `nodePath launcherPath verb …`. */
  readonly launcherPath: string;
  readonly stdoutIsTty: boolean;
  readonly stderrIsTty: boolean;
  readonly stdinIsTty: boolean;
  /** Of the terminal behind stderr. */
  readonly columns: number;
  readonly rows: number;
  /** Wall clock. */
  epochMs(): number;
  /** Monotonic clock, fractions of a millisecond. */
  monotonicMs(): number;
  /** Cryptographic; only for run ids and fresh seeds, never for decisions inside a plan. */
  randomHex(byteCount: number): string;
  /** Everything up to the end of standard input. */
  readStdin(): Promise<string>;
  /**
   * Each key at the terminal at once and none shown, with Ctrl-C and Ctrl-Z as characters; undefined when it is gone.
   * The terminal is given back when disposed of.
   */
  readKeys(handler: (keys: string | undefined) => void): Disposable;
  /** Runs when the process ends, however that comes; must not wait. */
  onExit(handler: () => void): void;
  /** Lines of standard input as they come. Resolves at its end, and when it breaks off. */
  eachStdinLine(onLine: (line: string) => void): Promise<void>;
  out(text: string): void;
  /** Resolves when all that was written to standard output is handed over, or its reader is gone. */
  outWritten(): Promise<void>;
  err(text: string): void;
  /** From now on a reader that leaves before the end, as `| head` does, is no failure: what else is written is lost. */
  letReadersLeave(): void;
  exit(code: number): never;
  onSignal(signal: "SIGINT" | "SIGTERM" | "SIGHUP", handler: () => void): void;
  /** A defect in a timer or an unawaited promise: told here instead of ending the process uncleaned. */
  onCrash(handler: (error: unknown) => void): void;
  /** Resolves after `ms`, or rejects with the signal's reason. */
  sleep(ms: number, signal?: AbortSignal): Promise<void>;
  every(ms: number, tick: () => void): Disposable;
  /**
   * Aborts after `ms` or when a parent does. Kept alive by its own timer: AbortSignal.any and
   * AbortSignal.timeout hold each other weakly, and a collected one never fires.
   */
  deadline(ms: number, ...parents: readonly AbortSignal[]): AbortSignal;
  cpuUsageMs(): number;
  /** Throws with code ESRCH when there is no such process. */
  signal(pid: number, signal: NodeJS.Signals): void;
  /** Resident memory of this process. */
  rssBytes(): number;
  /** 99th percentile of how late the event loop ran since the last call. */
  eventLoopDelayMsP99(): number;
  /** What this thread has used since it began; `cpuUsageMs` is that of all threads together. */
  threadUsage(): ThreadUsage;
}

/** Milliseconds since the thread began. */
export interface ThreadUsage {
  readonly cpuMs: number;
  /** Time the event loop was not waiting for anything, whether or not it had a processor. */
  readonly busyMs: number;
  /** Pauses of the garbage collector. 0 until the second call: the first one begins to listen. */
  readonly gcMs: number;
}

function sleep(ms: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    if (signal?.aborted === true) {
      reject(signal.reason as Error);
      return;
    }
    const abort = (): void => {
      clearTimeout(timer);
      reject(signal?.reason as Error);
    };
    const timer = setTimeout(() => {
      signal?.removeEventListener("abort", abort);
      resolve();
    }, ms);
    signal?.addEventListener("abort", abort, { once: true });
  });
}

function every(ms: number, tick: () => void): Disposable {
  const timer = setInterval(tick, ms);
  return {
    [Symbol.dispose]: () => {
      clearInterval(timer);
    },
  };
}

function deadline(ms: number, ...parents: readonly AbortSignal[]): AbortSignal {
  const controller = new AbortController();
  const abortWith = new Map<AbortSignal, () => void>();
  const settle = (reason: unknown): void => {
    clearTimeout(timer);
    for (const [parent, listener] of abortWith) parent.removeEventListener("abort", listener);
    controller.abort(reason);
  };
  const timer = setTimeout(() => {
    settle(new DOMException(`No answer within ${String(ms)} ms`, "TimeoutError"));
  }, ms);
  timer.unref();
  for (const parent of parents) {
    const listener = (): void => {
      settle(parent.reason);
    };
    abortWith.set(parent, listener);
    parent.addEventListener("abort", listener, { once: true });
    if (parent.aborted) listener();
  }
  return controller.signal;
}

function letReadersLeave(): void {
  for (const stream of [process.stdout, process.stderr]) {
    stream.on("error", (error: NodeJS.ErrnoException) => {
      if (error.code !== "EPIPE") throw error;
    });
  }
}

function readKeys(handler: (keys: string | undefined) => void): Disposable {
  const { stdin } = process;
  const onData = (chunk: string | Buffer): void => {
    handler(String(chunk));
  };
  const onEnd = (): void => {
    handler(undefined);
  };
  stdin.setRawMode(true);
  stdin.setEncoding("utf8").on("data", onData).on("end", onEnd).on("error", onEnd);
  return {
    [Symbol.dispose]: () => {
      stdin.setRawMode(false);
      stdin.off("data", onData).off("end", onEnd).off("error", onEnd).pause();
    },
  };
}

let loopDelay: ReturnType<typeof monitorEventLoopDelay> | undefined;

/** Started by the first call: an idle command must not pay for the timer behind it. */
function eventLoopDelayMsP99(): number {
  if (loopDelay === undefined) {
    loopDelay = monitorEventLoopDelay({ resolution: 10 });
    loopDelay.enable();
    return 0;
  }
  // The histogram records the whole interval between ticks; lateness is what exceeds the resolution.
  const lateMs = loopDelay.count === 0 ? 0 : loopDelay.percentile(99) / 1e6 - 10;
  loopDelay.reset();
  return Math.max(0, lateMs);
}

let gcMs = 0;
let gcObserver: PerformanceObserver | undefined;

function threadUsage(): ThreadUsage {
  if (gcObserver === undefined) {
    gcObserver = new PerformanceObserver((list) => {
      for (const { duration } of list.getEntries()) gcMs += duration;
    });
    gcObserver.observe({ entryTypes: ["gc"] });
  }
  const { user, system } = process.threadCpuUsage();
  return {
    cpuMs: (user + system) / 1000,
    busyMs: performance.eventLoopUtilization().active,
    gcMs,
  };
}

/** The package's folder, from the URL of this module: core/host.ts, or dist/core/host.js once compiled. */
export function packageDirFrom(moduleUrl: string): string {
  return fileURLToPath(new URL(moduleUrl.endsWith(".ts") ? ".." : "../..", moduleUrl));
}

const packageDir = packageDirFrom(import.meta.url);

export const host: Host = {
  argv: process.argv.slice(2),
  env: process.env,
  get cwd() {
    return process.cwd();
  },
  pid: process.pid,
  uid: process.getuid?.() ?? -1,
  nodeVersion: process.version,
  nodePath: process.execPath,
  packageDir,
  launcherPath: join(packageDir, "cli", "lakeproof.js"),
  get stdoutIsTty() {
    return process.stdout.isTTY;
  },
  get stderrIsTty() {
    return process.stderr.isTTY;
  },
  get stdinIsTty() {
    return process.stdin.isTTY;
  },
  get rows() {
    return process.stderr.rows || 40;
  },
  get columns() {
    return process.stderr.columns || 100;
  },
  epochMs: () => Date.now(),
  monotonicMs: () => Number(hrtime.bigint()) / 1e6,
  randomHex: (byteCount) => randomBytes(byteCount).toString("hex"),
  readStdin: async () => {
    let text = "";
    for await (const chunk of process.stdin) text += String(chunk);
    return text;
  },
  readKeys,
  onExit: (handler) => void process.on("exit", handler),
  eachStdinLine: (onLine) =>
    new Promise((resolve) => {
      const lines = createInterface({ input: process.stdin, crlfDelay: Infinity });
      lines.on("line", onLine);
      lines.once("close", resolve);
      process.stdin.once("error", () => {
        lines.close();
      });
    }),
  out: (text) => void process.stdout.write(text),
  outWritten: () =>
    new Promise((resolve) => {
      process.stdout.write("", () => {
        resolve();
      });
    }),
  err: (text) => void process.stderr.write(text),
  letReadersLeave,
  exit: (code) => process.exit(code),
  onSignal: (signal, handler) => void process.on(signal, handler),
  onCrash: (handler) => {
    process.on("uncaughtException", handler);
    process.on("unhandledRejection", handler);
  },
  sleep,
  every,
  deadline,
  cpuUsageMs: () => {
    const usage = process.cpuUsage();
    return (usage.user + usage.system) / 1000;
  },
  signal: (pid, signal) => void process.kill(pid, signal),
  rssBytes: () => process.memoryUsage.rss(),
  eventLoopDelayMsP99,
  threadUsage,
};
