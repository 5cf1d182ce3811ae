/** `lakeproof k6 <script>`: one script over several agents, started together, with one merged result. */
import { spawn } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Command } from "commander";
import { LakeproofError } from "../../core/errors.ts";
import { mergeHistograms } from "../../core/histogram.ts";
import { host } from "../../core/host.ts";
import { mergeScriptResults, type ScriptResult } from "../../generators/k6-script-output.ts";
import { archiveK6, inspectK6 } from "../../infra/clients/k6.ts";
import { scriptAt } from "../run/script-load.ts";
import { listenForStop } from "../stop.ts";
import { k6Agent, k6Binary } from "./agent.ts";
import { AGENT_SCHEMA, parseAgentLine, type AgentEnd, type AgentJob } from "./protocol.ts";

const AGENT_COUNT_MAX = 64;
/** k6's own: fine, and thresholds crossed. */
const FINE_CODES: readonly number[] = [0, 99];

interface K6Options {
  readonly script: string;
  /** So many processes on this machine. */
  readonly agents: string;
  /** Commands before `lakeproof` on other hosts, e.g. "ssh load1 npx". */
  readonly agent: readonly string[];
  readonly env: readonly string[];
  readonly json: boolean;
}

export function addK6(
  verb: (name: string, about: string) => Command,
  exit: (code: number) => void,
): void {
  const each = (value: string, all: readonly string[]): readonly string[] => [...all, value];
  verb("k6 <script>", "run a k6 script over several agents and merge what they saw without loss")
    .option("--json", "machine-readable output on stdout", false)
    .option("--agents <number>", "processes on this machine, each with an equal part", "1")
    .option(
      "--agent <command>",
      'a further agent elsewhere: what to put before `lakeproof k6-agent`, e.g. "ssh load1 npx"; repeatable',
      each,
      [],
    )
    .option("--env <name=value>", "for the script's __ENV; repeatable", each, [])
    .action(async (script: string, options: Omit<K6Options, "script">) => {
      exit(await driveK6({ ...options, script }));
    });
  verb("k6-agent", "one part of `lakeproof k6`, told on standard input what to do").action(
    async () => {
      exit(await k6Agent());
    },
  );
}

async function driveK6(options: K6Options): Promise<number> {
  const commands = agentCommands(options);
  const env = envOf(options.env);
  const { path } = scriptAt({ path: options.script });
  const stop = new AbortController();
  listenForStop(stop, { notice: "Stopping all agents.", hint: "Run it again." });
  const binary = await k6Binary(stop.signal);
  const facts = await inspectK6(binary, path, env);
  const archive = await archived(binary, path, env);
  host.err(
    `${path}: ${facts.scenarios.join(", ")}; up to ${String(facts.vuCountMax)} virtual users over ${String(commands.length)} agent(s)\n`,
  );
  const startedMs = host.monotonicMs();
  const progress = host.every(10_000, () => {
    host.err(`  running for ${((host.monotonicMs() - startedMs) / 1000).toFixed(0)} s\n`);
  });
  try {
    const ends = await Promise.all(
      commands.map((command, index) => {
        const job = { schema: AGENT_SCHEMA, archive, env, index, count: commands.length } as const;
        return runAgent(command, job, stop.signal);
      }),
    );
    return told(options, commands, ends);
  } finally {
    progress[Symbol.dispose]();
  }
}

function agentCommands(options: K6Options): readonly (readonly string[])[] {
  // None on this machine is allowed only where there are others.
  const least = options.agent.length === 0 ? 1 : 0;
  const local = Number(options.agents);
  if (!Number.isInteger(local) || local < least || local > AGENT_COUNT_MAX) {
    throw new LakeproofError("USAGE", `--agents is ${JSON.stringify(options.agents)}.`, {
      hint: `Allowed is a whole number from ${String(least)} to ${String(AGENT_COUNT_MAX)}.`,
    });
  }
  const own = [host.nodePath, host.launcherPath, "k6-agent"];
  return [
    ...Array.from({ length: local }, () => own),
    ...options.agent.map((prefix) => [
      ...prefix.split(/\s+/).filter((word) => word !== ""),
      "lakeproof",
      "k6-agent",
    ]),
  ];
}

function envOf(pairs: readonly string[]): Readonly<Record<string, string>> {
  const bad = pairs.filter((pair) => !/^[A-Za-z_]\w*=/.test(pair));
  if (bad.length > 0) {
    throw new LakeproofError(
      "USAGE",
      `--env is ${bad.map((pair) => JSON.stringify(pair)).join(", ")}.`,
      {
        hint: "Write NAME=value.",
      },
    );
  }
  return Object.fromEntries(
    pairs.map((pair) => [pair.slice(0, pair.indexOf("=")), pair.slice(pair.indexOf("=") + 1)]),
  );
}

async function archived(
  binary: string,
  script: string,
  env: Readonly<Record<string, string>>,
): Promise<string> {
  const dir = mkdtempSync(join(tmpdir(), "lakeproof-k6-"));
  try {
    const path = join(dir, "script.tar");
    await archiveK6(binary, script, env, path);
    return readFileSync(path).toString("base64");
  } finally {
    rmSync(dir, { recursive: true, force: true });
  }
}

/** Rejects when an agent ends without a result: a sum over some of them would pass for the whole. */
async function runAgent(
  command: readonly string[],
  job: AgentJob,
  signal: AbortSignal,
): Promise<AgentEnd> {
  const [program = "", ...args] = command;
  const child = spawn(program, args, { stdio: ["pipe", "pipe", "pipe"] });
  const onAbort = (): void => void child.kill("SIGTERM");
  signal.addEventListener("abort", onAbort, { once: true });
  let out = "";
  let err = "";
  child.stdout.on("data", (chunk: Buffer) => {
    out += chunk.toString();
  });
  child.stderr.on("data", (chunk: Buffer) => {
    err = (err + chunk.toString()).slice(-2000);
  });
  child.stdin.on("error", () => undefined);
  child.stdin.end(JSON.stringify(job));
  await new Promise<void>((resolve) => {
    child.once("error", (error) => {
      err += error.message;
      resolve();
    });
    child.once("close", () => {
      resolve();
    });
  });
  signal.removeEventListener("abort", onAbort);
  const ended = out
    .split("\n")
    .map(parseAgentLine)
    .find((line) => line !== undefined);
  if (ended !== undefined) return ended;
  throw new LakeproofError(
    "CLIENT_FAILED",
    `Agent ${String(job.index)} (${command.join(" ")}) gave no result: ${err.trim()}`,
    {
      hint: "Try its command by hand; it needs lakeproof of this version on its host.",
    },
  );
}

function told(
  options: K6Options,
  commands: readonly (readonly string[])[],
  ends: readonly AgentEnd[],
): number {
  const result = mergeScriptResults(ends.map((end) => end.result));
  const failed = ends.filter((end) => !FINE_CODES.includes(end.exitCode));
  const crossed = ends.flatMap((end, index) =>
    end.thresholds.filter((one) => !one.ok).map((one) => ({ agent: index, ...one })),
  );
  if (options.json) {
    const agents = ends.map(({ exitCode, result: { iterations } }, index) => ({
      command: commands[index]?.join(" ") ?? "",
      exitCode,
      iterations,
    }));
    host.out(
      `${JSON.stringify({ schema: "lakeproof.k6/1", agents, ...result, crossed }, null, 2)}\n`,
    );
  } else host.out(textOf(result, crossed));
  for (const { log } of failed) host.err(`${log}\n`);
  if (failed.length > 0) return 21;
  return crossed.length > 0 ? 10 : 0;
}

function textOf(
  result: ScriptResult,
  crossed: readonly {
    readonly agent: number;
    readonly metric: string;
    readonly expression: string;
  }[],
): string {
  const ms = (value: number): string => value.toFixed(1).padStart(10);
  const lines = [
    `${String(result.iterations)} iterations, ${String(result.dropped)} never started`,
    `${"trend".padEnd(32)}${"samples".padStart(10)}${["p50", "p95", "p99", "max"].map((one) => one.padStart(10)).join("")}`,
    ...result.trends.map((trend) => {
      const histogram = mergeHistograms([trend.histogram]);
      const values = [50, 95, 99, 100].map((percentile) => ms(histogram.percentileMs(percentile)));
      return `${`${trend.metric} ${trend.scenario}`.padEnd(32)}${String(trend.count).padStart(10)}${values.join("")}`;
    }),
    ...result.checks.map(
      (check) =>
        `${check.failed === 0 ? "✔" : "✘"} ${check.name} (${check.scenario}): ${String(check.passed)} of ${String(check.passed + check.failed)}`,
    ),
    ...crossed.map(
      (one) =>
        `✘ agent ${String(one.agent)}: ${one.metric} ${one.expression} does not hold over its part`,
    ),
  ];
  return `${lines.join("\n")}\n`;
}
