/**
 * The bank's load through PostgreSQL: lanes in open loop, one connection each, with the books kept per
 * bucket; when all lanes have closed a bucket, its fence is written.
 */
import { BANK_DATABASE } from "../../core/bank-schema.ts";
import type { Outcome } from "../../core/contracts/values.ts";
import { LakeproofError } from "../../core/errors.ts";
import { host } from "../../core/host.ts";
import { runOpenLoop } from "../../core/open-loop.ts";
import { SettledRanges } from "../../core/settled-ranges.ts";
import { openWindows } from "../../core/windows.ts";
import { arrivals } from "../../generators/arrivals.ts";
import {
  buildDictionaries,
  fenceTxn,
  measureMeanEventsPerTxn,
  openBankLane,
  type LaneDigest,
  type Txn,
} from "../../generators/bank.ts";
import { seqOf } from "../../generators/bank-rows.ts";
import { subSeed } from "../../generators/random.ts";
import { txnSql } from "../../generators/sql.ts";
import { WriterConnection } from "../../infra/clients/postgres.ts";
import { laneDigest } from "../../slo/probes/postgres.ts";
import { applyTxn, type PostgresLane } from "../load/postgres-lane.ts";
import { bucketAt, type Session } from "./session.ts";

const POPULATE_CHANGES_MAX = 400;
/** For the operation under way when a load is given up; one that a dead network swallowed never ends by itself. */
const ABANDON_MS_MAX = 5000;

interface LaneWork extends PostgresLane {
  readonly index: number;
  /** Bucket of the last operation handed out. */
  bucket: number;
  /** Intended start of the operation under way: windows before it are complete. */
  intendedMs: number;
}

export interface BankLoad {
  readonly eventsPerTxn: number;
  readonly fences: ReadonlyMap<number, number>;
  /** First bucket of this run. */
  readonly bucketMin: number;
  /** No operation is offered after this call; resolves when all are settled and the last fence is written. */
  stop(): Promise<number>;
  /** What each lane's rows must add up to now. */
  digests(): readonly { readonly lane: number; readonly digest: LaneDigest }[];
  /** Ends the load without a last fence, whatever state it is in. */
  abandon(): Promise<void>;
}

/** Empties the bank, writes the opening state, and starts the lanes. Resolves once the load is running. */
export async function startBankLoad(session: Session): Promise<BankLoad> {
  const load = new RunningLoad(session);
  await load.populate();
  load.start();
  return load;
}

class RunningLoad implements BankLoad {
  readonly eventsPerTxn: number;
  readonly bucketMin: number;
  /** Bucket → run time at which its fence was committed. */
  readonly fences = new Map<number, number>();
  readonly #session: Session;
  readonly #works: readonly LaneWork[];
  readonly #control: WriterConnection;
  readonly #ranges = new SettledRanges((range) => {
    this.#session.journal.append({ kind: "ops.settled", ...range });
  });
  readonly #windows = openWindows("bank", undefined, undefined);
  /** Each lane is written by one connection: what is acknowledged comes in order. */
  readonly #order: number;
  /** Ends the look-ups of operations whose outcome nobody waits for any more. */
  readonly #given = new AbortController();
  #running: Promise<unknown> = Promise.resolve();
  #timer: Disposable | undefined;
  #stopAtMs = Infinity;
  #fencedTo: number;
  #fencing: Promise<void> = Promise.resolve();

  constructor(session: Session) {
    this.#session = session;
    this.#order = session.acknowledged.partition("acknowledged");
    const { bank } = session.plan;
    const address = session.lab.endpoints.address("postgres");
    const dictionaries = buildDictionaries(session.seed);
    const options = (lane: number): Parameters<typeof openBankLane>[0] => ({
      seed: session.seed,
      lane,
      laneCount: bank.laneCount,
      userCount: bank.userCountPerLane,
      dictionaries,
      profile: bank.profile,
    });
    this.eventsPerTxn = measureMeanEventsPerTxn(options(0));
    this.bucketMin = bucketAt(session, session.journal.nowMs());
    this.#fencedTo = this.bucketMin - 1;
    const database = session.bankDatabase ?? BANK_DATABASE;
    this.#control = new WriterConnection(address, database);
    this.#works = Array.from({ length: bank.laneCount }, (_, index) => ({
      lane: openBankLane(options(index)),
      index,
      connection: new WriterConnection(address, database),
      bucket: this.bucketMin,
      intendedMs: 0,
    }));
  }

  async populate(): Promise<void> {
    const client = await this.#control.client();
    // The bank is ours alone: an earlier run's rows would be counted as phantoms.
    await client.query("TRUNCATE bank.users, bank.accounts");
    await Promise.all(
      this.#works.map(async (work) => {
        for (;;) {
          const txn = work.lane.populate(this.bucketMin, POPULATE_CHANGES_MAX);
          if (txn === undefined) return;
          const outcome = await work.connection.apply(txnSql(txn));
          if (outcome !== "ok") {
            throw new LakeproofError(
              "PROVISIONING_FAILED",
              "The bank's opening state was refused.",
              {
                hint: "Read logs/postgres-0.log.",
              },
            );
          }
          this.#account(work, txn, outcome);
        }
      }),
    );
  }

  start(): void {
    const startMs = this.#session.journal.nowMs();
    const { bank } = this.#session.plan;
    const ratePerS = bank.rateEventsPerS / this.eventsPerTxn / bank.laneCount;
    this.#timer = host.every(1000, () => {
      this.#flush(Math.min(...this.#works.map((work) => work.intendedMs)));
      this.#fenceClosed();
    });
    this.#running = Promise.all(this.#works.map((work) => this.#runLane(work, startMs, ratePerS)));
    this.#running.catch(() => undefined);
  }

  #runLane(work: LaneWork, startMs: number, ratePerS: number): Promise<void> {
    const { journal, seed, plan } = this.#session;
    const signal = AbortSignal.any([this.#session.signal, this.#given.signal]);
    const schedule = arrivals({
      kind: plan.bank.arrivals,
      ratePerS,
      seed: subSeed(seed, "lane", String(work.index)),
    });
    return runOpenLoop<Txn>({
      schedule: schedule.map((offsetMs) => startMs + offsetMs),
      nowMs: () => journal.nowMs(),
      sleepMs: (ms) => host.sleep(ms),
      stopAtMs: () => this.#stopAtMs,
      offered: (intendedMs) => {
        work.intendedMs = intendedMs;
        this.#windows.offered(intendedMs);
      },
      next: async (intendedMs) => {
        const bucket = bucketAt(this.#session, intendedMs);
        while (work.bucket < bucket) await this.#closeBucket(work);
        return work.lane.next(bucket);
      },
      apply: (txn) => applyTxn(work, txn, signal),
      settled: (txn, outcome, intendedMs, endedMs) => {
        const events = txn.changes.length;
        this.#windows.settled(intendedMs, outcome, endedMs - intendedMs, events);
        this.#account(work, txn, outcome);
      },
    });
  }

  #account(work: LaneWork, txn: Txn, outcome: Outcome): void {
    const { acknowledged } = this.#session;
    if (outcome === "ok") {
      for (const change of txn.changes) {
        const { bucket, fp } = change.row;
        const seq = seqOf(change);
        acknowledged.observe(work.index, seq, bucket, fp, this.#order, seq);
      }
    }
    this.#ranges.settle(work.index, txn.seqMin, txn.seqMax, outcome);
  }

  /** The lane stands still here, so its expected state and PostgreSQL's must be equal to the cent. */
  async #closeBucket(work: LaneWork): Promise<void> {
    const bucket = work.bucket;
    const expected = work.lane.digest();
    const where = { kind: "ledger.state", bucket, lane: work.index, when: "during" } as const;
    this.#ranges.flush(work.index);
    try {
      const seen = await laneDigest(await work.connection.client(), work.index);
      this.#session.journal.append({ ...where, hop: "acknowledged", ...expected });
      this.#session.journal.append({ ...where, hop: "postgres", ...seen });
    } catch {
      await work.connection.close();
    }
    work.bucket = bucket + 1;
  }

  /** Writes the fences of all buckets that every lane has left behind, in order. */
  #fenceClosed(): void {
    const closedTo = Math.min(...this.#works.map((work) => work.bucket)) - 1;
    this.#fencing = this.#fencing.then(async () => {
      while (this.#fencedTo < closedTo) {
        const bucket = this.#fencedTo + 1;
        const sql = txnSql(fenceTxn(bucket, this.#session.plan.topology.topicPartitionCount));
        if ((await this.#control.apply(sql)) !== "ok") return;
        this.fences.set(bucket, this.#session.journal.nowMs());
        this.#fencedTo = bucket;
      }
    });
  }

  #flush(untilMs: number): void {
    this.#windows.flush(untilMs, (body) => {
      this.#session.journal.append(body);
    });
  }

  async stop(): Promise<number> {
    this.#stopAtMs = this.#session.journal.nowMs();
    await this.#running;
    this.#timer?.[Symbol.dispose]();
    const last = Math.max(...this.#works.map((work) => work.bucket));
    for (const work of this.#works) while (work.bucket <= last) await this.#closeBucket(work);
    this.#flush(Infinity);
    this.#fenceClosed();
    await this.#fencing;
    return last;
  }

  digests(): readonly { readonly lane: number; readonly digest: LaneDigest }[] {
    return this.#works.map((work) => ({ lane: work.index, digest: work.lane.digest() }));
  }

  async abandon(): Promise<void> {
    this.#stopAtMs = 0;
    this.#timer?.[Symbol.dispose]();
    const idle = Promise.allSettled([this.#running, this.#fencing]);
    await Promise.race([idle, host.sleep(ABANDON_MS_MAX)]);
    this.#given.abort();
    // Also ends what is still under way on them.
    await this.#close();
    await idle;
    this.#flush(Infinity);
    await this.#close();
  }

  async #close(): Promise<void> {
    const connections = [...this.#works.map((work) => work.connection), this.#control];
    await Promise.all(connections.map((connection) => connection.close()));
  }
}
