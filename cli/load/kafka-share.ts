/** What of a load into Kafka belongs to whom: lanes are the unit of determinism, whoever has them. Pure. */
import { availableParallelism } from "node:os";
import type { Arrivals } from "../../core/contracts/plan.ts";
import { canonicalJson } from "../../core/canonical-json.ts";
import { arrivals } from "../../generators/arrivals.ts";
import {
  buildDictionaries,
  lanesOfWorker,
  measureMeanEventsPerTxn,
  openBankLane,
} from "../../generators/bank.ts";
import { subSeed } from "../../generators/random.ts";
import { sha256Of } from "../certificate/manifest.ts";

/** Must not follow the number of workers or agents. */
export const LANE_COUNT = 8;
/** What one thread makes and sends with room to spare on a small machine. */
const EVENTS_PER_S_PER_WORKER = 60_000;

/** Which of how many agents. */
export interface AgentShare {
  readonly index: number;
  readonly count: number;
}

export const WHOLE: AgentShare = { index: 0, count: 1 };

export function lanesOfAgent({ index, count }: AgentShare): readonly number[] {
  return lanesOfWorker(index, count, LANE_COUNT);
}

/** The lanes of each thread of an agent; never a thread without one. */
export function lanesOfThreads(
  share: AgentShare,
  workerCount: number,
): readonly (readonly number[])[] {
  const lanes = lanesOfAgent(share);
  return Array.from({ length: Math.min(workerCount, lanes.length) }, (_, worker) =>
    lanesOfWorker(worker, Math.min(workerCount, lanes.length), lanes.length).flatMap(
      (at) => lanes[at] ?? [],
    ),
  );
}

/** The part of a rate that falls to an agent: lanes are equal, agents need not be. */
export function rateOfAgent(rateEventsPerS: number, share: AgentShare): number {
  return (rateEventsPerS * lanesOfAgent(share).length) / LANE_COUNT;
}

/** The number of threads for a rate, unless the caller knows better. */
export function workerCountFor(rateEventsPerS: number): number {
  const wanted = Math.ceil(rateEventsPerS / EVENTS_PER_S_PER_WORKER);
  return Math.max(1, Math.min(wanted, availableParallelism(), LANE_COUNT));
}

/** Everything that operations follow from. */
export interface OperationsPlan {
  readonly seed: bigint;
  readonly userCount: number;
  readonly rateEventsPerS: number;
  readonly arrivals: Arrivals;
}

/** Mean of the mix, by which a rate of events becomes one of transactions. */
export function eventsPerTxn({ seed, userCount }: OperationsPlan): number {
  return measureMeanEventsPerTxn({
    ...{ seed, lane: 0, laneCount: LANE_COUNT, dictionaries: buildDictionaries(seed) },
    userCount: userCountPerLane(userCount),
  });
}

export function userCountPerLane(userCount: number): number {
  return Math.ceil(userCount / LANE_COUNT);
}

const SAMPLE_TXNS = 200;
const SAMPLE_STARTS = 200;
/** Enough for every kind of operation, and made in no time. */
const SAMPLE_USERS = 1000;

/**
 * Equal where the same plan makes the same operations at the same times: a digest over what this very program makes
 * first in each lane, so that another version, Node or dictionary shows before anything is sent.
 */
export function planDigest(plan: OperationsPlan): string {
  const { seed, rateEventsPerS, userCount } = plan;
  const dictionaries = buildDictionaries(seed);
  const perTxn = eventsPerTxn(plan);
  const ratePerS = rateEventsPerS / perTxn / LANE_COUNT;
  const lanes = lanesOfAgent(WHOLE).map((lane) => {
    const bank = openBankLane({
      ...{ seed, lane, laneCount: LANE_COUNT, userCount: SAMPLE_USERS, dictionaries },
      opening: "implied",
    });
    for (let count = 0; count < SAMPLE_TXNS; count += 1) bank.next(count);
    const starts = arrivals({
      ...{ kind: plan.arrivals, ratePerS },
      seed: subSeed(seed, "lane", String(lane)),
    });
    return {
      digest: JSON.stringify(bank.digest()),
      startsMs: Array.from({ length: SAMPLE_STARTS }, () => starts.next().value),
    };
  });
  const facts = { seed: String(seed), userCount, rateEventsPerS, arrivals: plan.arrivals, perTxn };
  return sha256Of(canonicalJson({ ...facts, lanes }));
}
