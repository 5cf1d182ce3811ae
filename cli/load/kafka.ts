/** `lakeproof load kafka`: the bank's changes as the connector would write them, straight into Kafka. */
import { mkdirSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import type { Command } from "commander";
import { LakeproofError } from "../../core/errors.ts";
import { host } from "../../core/host.ts";
import { openJournal } from "../../core/journal.ts";
import { USER_COUNT_MAX } from "../../core/bank-profile.ts";
import { askKafkaCalibration } from "../calibrate-store.ts";
import { insideLab, isElsewhere, runInside } from "../inside.ts";
import { labThatIsUp } from "../lab.ts";
import { listenForStop } from "../stop.ts";
import { agentCommands, type AgentCommand } from "../agents/commands.ts";
import { arrivalsOf } from "./arrivals-option.ts";
import { brokersOf, loopbackOnly } from "./kafka-addresses.ts";
import { loadAgent } from "./kafka-agent.ts";
import { runKafkaAgents, type KafkaAgentsOptions } from "./kafka-agents.ts";
import { kafkaAgentsResult } from "./kafka-agents-result.ts";
import { runKafkaLoad } from "./kafka-load.ts";
import {
  kafkaLoadResult,
  kafkaLoadText,
  type KafkaLoadFacts,
  type KafkaLoadResult,
} from "./kafka-result.ts";
import type { KafkaLoadOptions } from "./kafka-load-options.ts";
import { LANE_COUNT } from "./kafka-share.ts";
import type { WorkerHealth } from "./kafka-worker-protocol.ts";
import { readLaneJournals, type LaneHistory } from "./lane-journal.ts";

const PLAIN_INTERVAL_S = 10;
const GRACE_MS = 10_000;

interface LoadKafkaOptions {
  readonly bootstrap?: string;
  readonly subnet?: string;
  readonly rate: string;
  readonly duration: string;
  readonly warmup: string;
  readonly users: string;
  readonly arrivals: string;
  readonly linger: string;
  readonly dropAfter: string;
  readonly workers?: string;
  readonly seed?: string;
  readonly resume?: string;
  readonly aboveCalibration: boolean;
  readonly agents?: string;
  readonly agent: readonly string[];
  readonly out: string;
  readonly json: boolean;
}

export function addLoad(
  verb: (name: string, about: string) => Command,
  exit: (code: number) => void,
): void {
  const each = (value: string, all: readonly string[]): readonly string[] => [...all, value];
  verb(
    "load <target>",
    "open-loop load without a scenario; kafka: change events straight into its topics",
  )
    .option("--json", "machine-readable result on stdout", false)
    .option("--rate <events/s>", "change events a second", "100000")
    .option("--duration <seconds>", "measured time", "60")
    .option("--warmup <seconds>", "load before the measured time", "10")
    .option("--users <count>", "customers of the bank", "10000000")
    .option(
      "--arrivals <shape>",
      "poisson, uniform, burst:… or diurnal:… (docs/load.md)",
      "poisson",
    )
    .option("--linger <ms>", "how long changes are gathered before they are sent", "20")
    .option("--drop-after <ms>", "operations this late are dropped and counted", "10000")
    .option("--workers <count>", "threads, of each agent (default: one for each 60,000 events/s)")
    .option("--seed <number>", "repeat the same operations")
    .option("--above-calibration", "offer more than `calibrate` found possible here", false)
    .option("--resume <dir>", "go on with a load that was killed: its seed, its users, its lanes")
    .option(
      "--agents <number>",
      "processes on this machine, each with its lanes (default: this one)",
    )
    .option(
      "--agent <command>",
      'a further agent elsewhere: what to put before `lakeproof load-agent`, e.g. "ssh load1 npx"; repeatable',
      each,
      [],
    )
    .option("--bootstrap <host:port>", "brokers on loopback (default: those of the lab that is up)")
    .option("--subnet <a.b.c>", "only the lab on these addresses")
    .option("--out <dir>", "where the journal and the result go", join(host.cwd, "loads"))
    .action(async (target: string, options: LoadKafkaOptions) => {
      if (target !== "kafka") {
        throw new LakeproofError("USAGE", `There is no load target ${JSON.stringify(target)}.`, {
          hint: "The target is kafka; load through PostgreSQL belongs to a scenario: `lakeproof run smoke`.",
        });
      }
      exit(await loadKafka(options));
    });
  verb("load-agent", "some lanes of `lakeproof load kafka`, told on standard input which").action(
    async () => {
      exit(await loadAgent());
    },
  );
}

async function loadKafka(options: LoadKafkaOptions): Promise<number> {
  const numbers = parsedNumbers(options);
  const arrivals = arrivalsOf(options.arrivals);
  const commands = commandsOf(options);
  const lab = options.bootstrap === undefined ? labThatIsUp(options.subnet) : undefined;
  // Inside a lab's network this is the same command for the second time; other hosts are not calibrated from here.
  if (insideLab() === undefined && options.agent.length === 0) {
    const { rateEventsPerS } = numbers;
    const wish = { rateEventsPerS, arrivals, topology: lab?.topology };
    askKafkaCalibration(wish, options.aboveCalibration);
  }
  if (lab !== undefined && isElsewhere(lab)) return runInside(lab);
  const addresses = lab === undefined ? loopbackOnly(options.bootstrap ?? "") : brokersOf(lab);
  const resume = options.resume === undefined ? undefined : historyOf(options, options.resume);
  const seed = resume === undefined ? seedOf(options.seed) : BigInt(resume.seed);
  const { outDir, journal } = openOutput(options.out, options.resume);
  const stop = new AbortController();
  listenForStop(stop, { notice: "Stopping the load.", hint: "What was sent stays in the topics." });
  host.err(`seed ${String(seed)}, brokers ${addresses.join(", ")}, journal ${outDir}\n`);
  if (resume !== undefined) host.err(resumeText(resume));
  try {
    const load = {
      ...{ ...numbers, addresses, seed, graceMs: GRACE_MS, signal: stop.signal },
      arrivals,
      journal: (body) => {
        journal.append(body);
      },
      onSecond: sayProgress,
    } satisfies Omit<KafkaAgentsOptions, "commands">;
    const facts = { ...numbers, seed: String(seed) };
    const result =
      commands === undefined
        ? kafkaLoadResult(await runKafkaLoad({ ...load, ...oneProcess(resume, outDir) }), facts)
        : await loadOverAgents({ ...load, commands }, facts);
    const text = `${JSON.stringify(result, null, 2)}\n`;
    writeFileSync(join(outDir, "result.json"), text);
    host.out(options.json ? text : kafkaLoadText(result));
    return result.exitCode;
  } finally {
    await journal[Symbol.asyncDispose]();
  }
}

async function loadOverAgents(
  options: KafkaAgentsOptions,
  facts: KafkaLoadFacts,
): Promise<KafkaLoadResult> {
  const { agents, grownBy } = await runKafkaAgents(options);
  return kafkaAgentsResult(agents, grownBy, facts);
}

/** What its lanes write down lies with the process itself: only a load in one process can be resumed. */
function oneProcess(
  resume: LaneHistory | undefined,
  journalDir: string,
): Partial<Pick<KafkaLoadOptions, "resume" | "userCount" | "journalDir">> {
  if (resume === undefined) return { journalDir };
  return { journalDir, resume, userCount: resume.userCountPerLane * resume.laneCount };
}

/** Undefined where all is done in this process. */
function commandsOf(options: LoadKafkaOptions): readonly AgentCommand[] | undefined {
  const { agents, agent, resume } = options;
  if (agents === undefined && agent.length === 0) return undefined;
  if (resume !== undefined) {
    throw new LakeproofError("USAGE", "--resume and agents do not go together.", {
      hint: "A load over agents keeps no account of its lanes; repeat it with its --seed on empty topics.",
    });
  }
  return agentCommands({ agents: agents ?? "1", agent }, "load-agent", LANE_COUNT);
}

function parsedNumbers(options: LoadKafkaOptions): {
  readonly rateEventsPerS: number;
  readonly durationMs: number;
  readonly warmupMs: number;
  readonly userCount: number;
  readonly lingerMs: number;
  readonly dropMs: number;
  readonly workerCount?: number;
} {
  return {
    rateEventsPerS: within("--rate", options.rate, 10, 10_000_000),
    durationMs: within("--duration", options.duration, 5, 86_400) * 1000,
    warmupMs: within("--warmup", options.warmup, 0, 3600) * 1000,
    userCount: whole("--users", options.users, 64, USER_COUNT_MAX),
    lingerMs: within("--linger", options.linger, 1, 1000),
    dropMs: within("--drop-after", options.dropAfter, 100, 600_000),
    ...(options.workers === undefined
      ? {}
      : { workerCount: whole("--workers", options.workers, 1, 8) }),
  };
}

function within(name: string, text: string, least: number, most: number): number {
  const value = Number(text);
  if (text.trim() !== "" && value >= least && value <= most) return value;
  throw new LakeproofError("USAGE", `${name} is ${JSON.stringify(text)}.`, {
    hint: `Give a number from ${String(least)} to ${String(most)}.`,
  });
}

function whole(name: string, text: string, least: number, most: number): number {
  const value = within(name, text, least, most);
  if (Number.isInteger(value)) return value;
  throw new LakeproofError("USAGE", `${name} is ${JSON.stringify(text)}.`, {
    hint: `Give a whole number from ${String(least)} to ${String(most)}.`,
  });
}

function seedOf(text: string | undefined): bigint {
  if (text === undefined) return BigInt(`0x${host.randomHex(7)}`);
  if (/^\d{1,20}$/.test(text)) return BigInt(text);
  throw new LakeproofError("USAGE", `--seed is ${JSON.stringify(text)}.`, {
    hint: "Give the whole number that an earlier load printed.",
  });
}

/** Throws USAGE where the load that is gone on with had another seed than the one given. */
function historyOf({ seed }: LoadKafkaOptions, dir: string): LaneHistory {
  const history = readLaneJournals(resolve(dir));
  if (seed === undefined || seed === history.seed) return history;
  throw new LakeproofError(
    "USAGE",
    `--seed is ${seed}, and the load in ${dir} has ${history.seed}.`,
    {
      hint: "Leave --seed out: a load that is resumed keeps its own.",
    },
  );
}

function resumeText({ steps, partCount }: LaneHistory): string {
  const all = [...steps.values()].flat();
  const txnCount = all.reduce((sum, step) => sum + step.txnCount, 0);
  const unclear = all.filter(({ outcome }) => outcome === "unknown");
  const unclearCount = unclear.reduce((sum, step) => sum + step.txnCount, 0);
  return `resumed for the ${String(partCount)}. time: ${String(txnCount)} transactions so far, ${String(unclearCount)} of them to be looked up\n`;
}

function openOutput(
  out: string,
  resumed: string | undefined,
): {
  readonly outDir: string;
  readonly journal: ReturnType<typeof openJournal>;
} {
  const stamp = new Date(host.epochMs()).toISOString().replaceAll(/[-:]|\.\d+/g, "");
  const outDir = resolve(resumed ?? join(out, `${stamp}-kafka-${host.randomHex(3)}`));
  mkdirSync(outDir, { recursive: true });
  return { outDir, journal: openJournal(outDir, () => host.monotonicMs()) };
}

function sayProgress(elapsedMs: number, totalMs: number, health: readonly WorkerHealth[]): void {
  const second = Math.round(elapsedMs / 1000);
  if (!host.stderrIsTty && second % PLAIN_INTERVAL_S !== 0) return;
  const left = Math.max(0, Math.ceil((totalMs - elapsedMs) / 1000));
  const busy = health.map(({ busyRatio }) => `${(busyRatio * 100).toFixed(0)} %`).join(", ");
  const problem = health.find(({ lastProblem }) => lastProblem !== "")?.lastProblem ?? "";
  const line = `${String(second)} s, ${String(left)} s left, threads busy ${busy} ${problem}`;
  host.err(host.stderrIsTty ? `\r\x1b[2K${line.slice(0, host.columns - 1)}` : `${line}\n`);
}
