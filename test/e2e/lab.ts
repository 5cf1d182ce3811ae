/** Runs the real command line as a user would, and looks at what it leaves behind. */
import { spawn, type ChildProcess } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { onTestFinished } from "vitest";
import { z } from "zod";
import { markedProcesses } from "../../infra/drivers/processes.ts";
import { labIds, labMark } from "../../infra/drivers/lab.ts";

const LAUNCHER = fileURLToPath(new URL("../../cli/lakeproof.js", import.meta.url));

export interface Started {
  readonly child: ChildProcess;
  /** Where its run directory goes; "" for a verb that makes none. */
  readonly runsDir: string;
  /** Exit code, or the signal's name. */
  readonly ended: Promise<number | string>;
  stdout(): string;
  stderr(): string;
}

export function lakeproof(args: readonly string[], echo = false): Started {
  const runsDir = ["run", "gameday"].includes(args[0] ?? "") ? newRunsDir() : "";
  const withRuns = runsDir === "" ? args : [...args, "--runs", runsDir];
  const child = spawn(process.execPath, [LAUNCHER, ...withRuns], {
    stdio: ["ignore", "pipe", "pipe"],
  });
  let stderr = "";
  child.stderr.on("data", (chunk: Buffer) => {
    stderr += chunk.toString();
    if (echo) process.stderr.write(chunk);
  });
  let stdout = "";
  child.stdout.on("data", (chunk: Buffer) => {
    stdout += chunk.toString();
    if (echo) process.stderr.write(chunk);
  });
  const ended = new Promise<number | string>((resolve) => {
    child.on("exit", (code, signal) => {
      resolve(code ?? signal ?? "unknown");
    });
  });
  return { child, runsDir, ended, stdout: () => stdout, stderr: () => stderr };
}

/** Gone after the test, unless the test failed: then it is what tells why. */
function newRunsDir(): string {
  const runsDir = mkdtempSync(join(tmpdir(), "lakeproof-e2e-"));
  onTestFinished(({ task }) => {
    if (task.result?.state === "fail") {
      process.stderr.write(
        `The run of the failed test ${JSON.stringify(task.name)} is kept in ${runsDir}\n`,
      );
    } else {
      rmSync(runsDir, { recursive: true, force: true });
    }
  });
  return runsDir;
}

export function runDirOf(started: Started): string | undefined {
  const name = readdirSync(started.runsDir).find((entry) => entry !== "latest");
  return name === undefined ? undefined : join(started.runsDir, name);
}

export function journalText(started: Started): string {
  const runDir = runDirOf(started);
  if (runDir === undefined) return "";
  try {
    return readFileSync(join(runDir, "journal.ndjson"), "utf8");
  } catch {
    return "";
  }
}

/** Resolves once a line of the journal satisfies `wanted`; rejects when the run ends before. */
export async function untilJournalled(
  started: Started,
  wanted: (event: Readonly<Record<string, unknown>>) => boolean,
): Promise<void> {
  const life = { over: false };
  void started.ended.then(() => {
    life.over = true;
  });
  for (;;) {
    const lines = journalText(started).split("\n").slice(0, -1);
    if (lines.some((line) => wanted(JSON.parse(line) as Record<string, unknown>))) return;
    if (life.over) throw new Error(`The run ended before it was seen:\n${started.stderr()}`);
    await new Promise((resolve) => {
      setTimeout(resolve, 250);
    });
  }
}

const Objectives = z.object({
  status: z.string(),
  exit: z.object({ code: z.number(), reasons: z.array(z.string()) }),
  verdicts: z.array(
    z.object({
      id: z.string(),
      kind: z.string(),
      status: z.string(),
      claimed: z.boolean(),
      because: z.string(),
      details: z.array(z.string()).optional(),
    }),
  ),
});
export type Objectives = z.infer<typeof Objectives>;

export function objectivesOf(started: Started): Objectives {
  const text = readFileSync(join(runDirOf(started) ?? "", "objectives.json"), "utf8");
  return Objectives.parse(JSON.parse(text));
}

/** What our programs call their temporary files: others may write theirs while a test runs. */
const TEMPORARY_NAME =
  /^(\.java_pid\d|flink-|lib(lz4|zstd|snappy|netty|rocksdb|jansi|jffi|jnidispatch)|snappy-|zstd|lz4-|jna|s3fileio|s3a|jetty-|tomcat|trino|debezium|apt\.|apt-|pip-|go-build|tmp\w{8}$)/i;
const before = new Set(readdirSync(tmpdir()));

/** Processes and lab directories of ours that are there now, and what came into the system's temporary directory. */
export function leftovers(): readonly string[] {
  const labs = labIds().flatMap((id) => [
    `lab ${id}`,
    ...markedProcesses(labMark(id)).map((facts) => `process ${String(facts.pid)} of ${id}`),
  ]);
  const files = readdirSync(tmpdir()).filter(
    (name) => TEMPORARY_NAME.test(name) && !before.has(name),
  );
  return [...labs, ...files.map((name) => `file ${join(tmpdir(), name)}`)];
}
