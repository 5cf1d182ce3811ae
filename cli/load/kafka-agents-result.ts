/** What a load over several agents comes to: one sum, and whose fault it is where that proves nothing. Pure. */
import type { KafkaLoadOutcome } from "./kafka-load-options.ts";
import {
  doubtsOf,
  figuresOf,
  verdictOf,
  violationsOf,
  type AgentPart,
  type KafkaLoadFacts,
  type KafkaLoadResult,
} from "./kafka-result.ts";
import { LANE_COUNT, lanesOfAgent, rateOfAgent } from "./kafka-share.ts";

/** As much as an operation may be late for: the first ones of the load were. */
const START_LATE_MS_MAX = 100;

export interface AgentOutcome {
  readonly name: string;
  readonly startLateMs: number;
  readonly clockErrorMs: number;
  /** Absent where the agent was lost. */
  readonly outcome?: Omit<KafkaLoadOutcome, "grownBy">;
  readonly lost?: string;
}

/** @param grownBy - records by which the topics grew; NaN where the broker could not be asked */
export function kafkaAgentsResult(
  agents: readonly AgentOutcome[],
  grownBy: number,
  facts: KafkaLoadFacts,
): KafkaLoadResult {
  const parts = agents.map((agent, index) => partOf(agent, index, agents.length, facts));
  const figures = figuresOf({ ...summed(agents), grownBy }, facts);
  const lost = parts.filter((part) => part.figures === null);
  // The others were ended because of it: what they could not do then is no fault of theirs.
  const doubts = (lost.length > 0 ? lost : parts).flatMap(doubtsOfPart);
  const verdict = verdictOf(violationsOf(figures, lost.length === 0), doubts);
  return { schema: "lakeproof.load-kafka/1", ...verdict, ...figures, agents: parts };
}

function partOf(
  { name, startLateMs, clockErrorMs, outcome, lost }: AgentOutcome,
  index: number,
  count: number,
  facts: KafkaLoadFacts,
): AgentPart {
  const share = { index, count };
  const rateEventsPerS = rateOfAgent(facts.rateEventsPerS, share);
  return {
    ...{ name, lanes: lanesOfAgent(share), offeredEventsPerS: rateEventsPerS },
    ...{ startLateMs, clockErrorMs },
    lost: outcome === undefined ? (lost ?? `${name} gave no result.`) : null,
    figures:
      outcome === undefined
        ? null
        : figuresOf({ ...outcome, grownBy: Number.NaN }, { ...facts, rateEventsPerS }),
  };
}

/** As if all threads had been in one process. Memory adds up, at worst all at the same time. */
function summed(agents: readonly AgentOutcome[]): Omit<KafkaLoadOutcome, "grownBy"> {
  const known = agents.flatMap(({ outcome }, index) =>
    outcome === undefined ? [] : [{ outcome, index }],
  );
  const numbered = <T extends { readonly worker: number }>(index: number, own: readonly T[]): T[] =>
    own.map((one) => ({ ...one, worker: index * LANE_COUNT + one.worker }));
  const sum = (values: readonly number[]): number => values.reduce((total, one) => total + one, 0);
  return {
    workers: known.flatMap(({ outcome, index }) => numbered(index, outcome.workers)),
    health: known.flatMap(({ outcome, index }) => numbered(index, outcome.health)),
    cpuMs: sum(known.map(({ outcome }) => outcome.cpuMs)),
    rssBytesMax: sum(known.map(({ outcome }) => outcome.rssBytesMax)),
  };
}

/** A percentile of the sum is beyond its limit only where one agent's is: their doubts are all there are. */
function doubtsOfPart({ name, lost, figures, startLateMs }: AgentPart): readonly string[] {
  if (figures === null) return [lost ?? ""];
  const doubts = doubtsOf(figures);
  return [
    ...(startLateMs > START_LATE_MS_MAX
      ? [
          `${name}: the order to start came ${startLateMs.toFixed(0)} ms late (limit ${String(START_LATE_MS_MAX)} ms).`,
        ]
      : []),
    ...(doubts.length === 0 ? [] : [`${name}: ${doubts.join(" ")}`]),
  ];
}
