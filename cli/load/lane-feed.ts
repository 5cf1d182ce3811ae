/**
 * Several lanes of the bank in open loop on one thread. What is due is made only when it is asked for, so a
 * target that falls behind costs no memory: the schedule waits, not a queue of operations.
 */
import type { Arrivals } from "../../core/contracts/plan.ts";
import { arrivals } from "../../generators/arrivals.ts";
import type { BankLane, Txn } from "../../generators/bank.ts";
import { subSeed } from "../../generators/random.ts";

/** Operations of one lane before the others have their turn. */
const TURN = 32;
/** Rows carry the stretch of time they were meant for. */
const BUCKET_MS = 5000;

export function bucketOf(intendedMs: number): number {
  return Math.floor(intendedMs / BUCKET_MS);
}

export interface FeedLane {
  readonly bank: BankLane;
  readonly schedule: Iterator<number, unknown, void>;
  /** Intended start of the next operation. */
  nextMs: number;
}

export interface FeedOptions {
  readonly seed: bigint;
  readonly arrivals: Arrivals;
  readonly ratePerSPerLane: number;
  readonly lanes: readonly BankLane[];
  /** Operations meant to start at or after it are not offered. */
  readonly stopMs: number;
  /** An operation this late is dropped and counted; the next one made is the one that would have been. */
  readonly dropMs: number;
}

export interface FeedPorts {
  /** True when no more fits at present. */
  readonly isFull: () => boolean;
  readonly take: (bank: BankLane, txn: Txn, intendedMs: number) => void;
  readonly drop: (intendedMs: number) => void;
}

export class LaneFeed {
  readonly #lanes: readonly FeedLane[];
  readonly #options: FeedOptions;
  #turn = 0;

  constructor(options: FeedOptions) {
    this.#options = options;
    this.#lanes = options.lanes.map((bank) => {
      const schedule = arrivals({
        kind: options.arrivals,
        ratePerS: options.ratePerSPerLane,
        seed: subSeed(options.seed, "lane", String(bank.lane)),
      });
      return { bank, schedule, nextMs: schedule.next().value };
    });
  }

  /** Intended start of the earliest operation that was not taken; Infinity when all are. */
  get earliestMs(): number {
    const earliest = Math.min(...this.#lanes.map(({ nextMs }) => nextMs));
    return earliest < this.#options.stopMs ? earliest : Infinity;
  }

  /** Takes what is due, the lanes in turns, until nothing is or no more fits. */
  fill(nowMs: number, ports: FeedPorts): void {
    const lanes = this.#lanes;
    let idle = 0;
    while (idle < lanes.length && !ports.isFull()) {
      const lane = lanes[this.#turn];
      this.#turn = (this.#turn + 1) % lanes.length;
      if (lane !== undefined && this.#takeTurn(lane, nowMs, ports)) idle = 0;
      else idle += 1;
    }
  }

  /** Operations that were due before the end and will not be made any more. */
  countLeft(): number {
    let count = 0;
    for (const lane of this.#lanes) {
      while (lane.nextMs < this.#options.stopMs) {
        advance(lane);
        count += 1;
      }
    }
    return count;
  }

  #takeTurn(lane: FeedLane, nowMs: number, ports: FeedPorts): boolean {
    const { dropMs, stopMs } = this.#options;
    let taken = 0;
    while (lane.nextMs <= nowMs && lane.nextMs < stopMs && taken < TURN) {
      const intendedMs = lane.nextMs;
      advance(lane);
      taken += 1;
      if (nowMs - intendedMs > dropMs) ports.drop(intendedMs);
      else {
        ports.take(lane.bank, lane.bank.next(bucketOf(intendedMs)), intendedMs);
        if (ports.isFull()) return true;
      }
    }
    return taken > 0;
  }
}

function advance(lane: FeedLane): void {
  lane.nextMs = Number(lane.schedule.next().value);
}
