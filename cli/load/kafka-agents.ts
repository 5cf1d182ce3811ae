/** The load into Kafka over several agents: shared out by lanes, started at one instant, and brought together. */
import type { JournalBody } from "../../core/contracts/journal.ts";
import type { Json } from "../../core/contracts/values.ts";
import { host } from "../../core/host.ts";
import type { AgentCommand } from "../agents/commands.ts";
import { AgentCrew, type AgentEnd } from "../agents/crew.ts";
import type { AgentOutcome } from "./kafka-agents-result.ts";
import {
  KAFKA_WORK,
  parseKafkaEnd,
  parseKafkaEvent,
  readyOf,
  readyProblem,
  type KafkaJob,
} from "./kafka-agent-protocol.ts";
import { newRun, recordCount, topicsOf } from "./kafka-load.ts";
import type { KafkaLoadOptions } from "./kafka-load-options.ts";
import type { WorkerHealth } from "./kafka-worker-protocol.ts";

/** Threads that open their lanes, on a slow host. */
const READY_MS_MAX = 120_000;
/** After the end and its grace: what an agent may take to sum up. */
const END_MS_MAX = 30_000;

export interface KafkaAgentsOptions extends Omit<
  KafkaLoadOptions,
  "journalDir" | "resume" | "onHealth" | "arrivals"
> {
  readonly arrivals: KafkaJob["arrivals"];
  readonly commands: readonly AgentCommand[];
}

export interface KafkaAgentsOutcome {
  readonly agents: readonly AgentOutcome[];
  /** Records by which the topics grew; NaN where the broker could not be asked at the end. */
  readonly grownBy: number;
}

/**
 * Throws AGENT_REFUSED where an agent cannot take part and CONFIG_INVALID where the topics are not there, both before
 * anything is sent; the signal's reason when it is aborted. An agent that is lost later ends the others, and is in
 * the outcome.
 */
export async function runKafkaAgents(options: KafkaAgentsOptions): Promise<KafkaAgentsOutcome> {
  const { addresses, commands, signal, warmupMs, durationMs, graceMs } = options;
  const topics = await topicsOf(addresses);
  const expected = readyOf(options, topics);
  const watch = new AgentWatch(options);
  const run = { partitionCount: topics.partitionCount, ...newRun() };
  const ended = await (async () => {
    await using crew = await AgentCrew.gather({
      ...{ commands, work: KAFKA_WORK, readyMsMax: READY_MS_MAX, signal },
      jobs: commands.map((_, index) => jobOf(options, run, index)),
      problemOf: (facts) => readyProblem(facts, expected),
      onEvent: (agent, body) => {
        watch.take(agent, body);
      },
    });
    const before = await recordCount(addresses);
    const { startMonotonicMs } = crew.start();
    using _second = host.every(1000, () => {
      watch.everySecond(startMonotonicMs);
    });
    const totalMs = warmupMs + durationMs;
    const leadMs = Math.max(0, startMonotonicMs - host.monotonicMs());
    return { before, ends: await crew.ends(leadMs + totalMs + graceMs + END_MS_MAX) };
  })();
  const after = await recordCount(addresses).catch(() => Number.NaN);
  const agents = ended.ends.map((end, index) => outcomeOf(end, watch.measured(index)));
  return { agents, grownBy: after - ended.before };
}

function jobOf(
  options: KafkaAgentsOptions,
  run: Pick<KafkaJob, "partitionCount" | "startLsn" | "runId">,
  index: number,
): KafkaJob {
  const { addresses, seed, rateEventsPerS, durationMs, warmupMs, arrivals } = options;
  const { userCount, lingerMs, dropMs, graceMs, workerCount } = options;
  return {
    ...{ index, count: options.commands.length, addresses, seed: String(seed), ...run },
    ...{ rateEventsPerS, durationMs, warmupMs, arrivals, userCount, lingerMs, dropMs, graceMs },
    workerCount: workerCount ?? null,
  };
}

function outcomeOf(end: AgentEnd, health: readonly WorkerHealth[]): AgentOutcome {
  const { name, startLateMs, clockErrorMs, result, lost } = end;
  const about = { name, startLateMs, clockErrorMs };
  if (result === undefined) return { ...about, lost: lost ?? `${name} gave no result.` };
  return { ...about, outcome: { ...parseKafkaEnd(name, result), health } };
}

/** What the agents tell while they load. */
class AgentWatch {
  readonly #options: KafkaAgentsOptions;
  readonly #measured = new Map<number, WorkerHealth[]>();
  readonly #latest = new Map<string, WorkerHealth>();

  constructor(options: KafkaAgentsOptions) {
    this.#options = options;
  }

  take(agent: number, value: Json): void {
    const event = parseKafkaEvent(value);
    if (event === undefined) return;
    if (event.kind === "journal") {
      this.#options.journal(named(agent, event.body));
      return;
    }
    const { health, isMeasured } = event;
    this.#latest.set(`${String(agent)}/${String(health.worker)}`, health);
    if (!isMeasured) return;
    const own = this.#measured.get(agent);
    if (own === undefined) this.#measured.set(agent, [health]);
    else own.push(health);
  }

  measured(agent: number): readonly WorkerHealth[] {
    return this.#measured.get(agent) ?? [];
  }

  everySecond(startMonotonicMs: number): void {
    const { onSecond, warmupMs, durationMs } = this.#options;
    const elapsedMs = host.monotonicMs() - startMonotonicMs;
    onSecond(Math.max(0, elapsedMs), warmupMs + durationMs, [...this.#latest.values()]);
  }
}

/** Samples of all generators go into one journal: generator.0.busyRatio of the second becomes agent.2.generator.0.… */
function named(agent: number, body: JournalBody): JournalBody {
  if (body.kind !== "sample.taken") return body;
  return { ...body, probe: `agent.${String(agent + 1)}.${body.probe}` };
}
