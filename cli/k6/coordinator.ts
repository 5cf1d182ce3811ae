/** `lakeproof k6 <script>`: one script over several agents, started together, with one merged result. */
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Command } from "commander";
import { LakeproofError } from "../../core/errors.ts";
import { mergeHistograms } from "../../core/histogram.ts";
import { host } from "../../core/host.ts";
import { mergeScriptResults, type ScriptResult } from "../../generators/k6-script-output.ts";
import { archiveK6, inspectK6 } from "../../infra/clients/k6.ts";
import { agentCommands, type AgentCommand, type AgentOptions } from "../agents/commands.ts";
import { AgentCrew, NO_LIMIT_MS, type AgentEnd } from "../agents/crew.ts";
import { scriptAt } from "../run/script-load.ts";
import { listenForStop } from "../stop.ts";
import { k6Agent, k6Binary } from "./agent.ts";
import { K6_WORK, parseK6End, type K6End, type K6Job } from "./protocol.ts";

const AGENT_COUNT_MAX = 64;
/** An agent that has no k6 yet builds it first. */
const READY_MS_MAX = 1_200_000;
/** k6's own: fine, and thresholds crossed. */
const FINE_CODES: readonly number[] = [0, 99];

interface K6Options extends AgentOptions {
  readonly script: string;
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
  const commands = agentCommands(options, "k6-agent", AGENT_COUNT_MAX);
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
  const jobs = commands.map((_, index): K6Job => ({ archive, env, index, count: commands.length }));
  const { signal } = stop;
  await using crew = await AgentCrew.gather({
    ...{ commands, work: K6_WORK, jobs, readyMsMax: READY_MS_MAX, signal },
  });
  const { startMonotonicMs } = crew.start();
  using _progress = host.every(10_000, () => {
    host.err(`  running for ${((host.monotonicMs() - startMonotonicMs) / 1000).toFixed(0)} s\n`);
  });
  return told(options, commands, wholeOf(await crew.ends(NO_LIMIT_MS)));
}

/** Throws AGENT_LOST when one ended without a result: a sum over some of them would pass for the whole. */
function wholeOf(ends: readonly AgentEnd[]): readonly K6End[] {
  const lost = ends.flatMap((end) => end.lost ?? []);
  if (lost.length === 0) return ends.map(({ name, result }) => parseK6End(name, result));
  throw new LakeproofError("AGENT_LOST", `INVALID: ${lost.join(" ")}`, {
    hint: "Try its command by hand; the others were ended too.",
  });
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

function told(
  options: K6Options,
  commands: readonly AgentCommand[],
  ends: readonly K6End[],
): number {
  const result = mergeScriptResults(ends.map((end) => end.result));
  const failed = ends.filter((end) => !FINE_CODES.includes(end.exitCode));
  const crossed = ends.flatMap((end, index) =>
    end.thresholds.filter((one) => !one.ok).map((one) => ({ agent: index, ...one })),
  );
  if (options.json) {
    const agents = ends.map(({ exitCode, result: { iterations } }, index) => ({
      command: commands[index]?.argv.join(" ") ?? "",
      exitCode,
      iterations,
    }));
    host.out(
      `${JSON.stringify({ schema: "lakeproof.k6/1", agents, ...result, crossed }, null, 2)}\n`,
    );
  } else host.out(textOf(result, crossed));
  for (const [index, end] of ends.entries()) {
    if (failed.includes(end)) host.err(`${commands[index]?.name ?? ""}:\n${end.log}\n`);
  }
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
        `✘ agent ${String(one.agent + 1)}: ${one.metric} ${one.expression} does not hold over its part`,
    ),
  ];
  return `${lines.join("\n")}\n`;
}
