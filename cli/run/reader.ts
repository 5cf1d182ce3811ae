/**
 * Looks at the lake again and again, as its users do: canaries for freshness, fences for completeness.
 * When all fences of a bucket are visible, the bucket is compared with the books while the load goes on.
 */
import { BANK_TABLES, FENCE_LANE, topicOf } from "../../core/bank-schema.ts";
import { reasonOf } from "../../core/errors.ts";
import { READ_INTERVAL_MS } from "../../core/plan-problems.ts";
import { host } from "../../core/host.ts";
import { isAborted } from "../../core/until-aborted.ts";
import { openTrino, type TrinoClient } from "../../infra/clients/trino.ts";
import { bucketTotals, controlRows, type ControlRow } from "../../slo/probes/reader.ts";
import { BalanceLooks } from "./balance-looks.ts";
import type { BankLoad } from "./bank-load.ts";
import type { Canaries } from "./canary.ts";
import { KafkaFences } from "./kafka-fences.ts";
import type { Session } from "./session.ts";
import type { KafkaTap } from "./tap.ts";
import { journalTotals } from "./totals.ts";

const QUERY_MS_MAX = 20_000;
/**
 * Given up at the usual limit, the statements of a cold engine would start over for ever and never warm it:
 * before its first answer it gets this long, and after each one that did not come twice the time, up to this.
 */
const COLD_QUERY_MS_MAX = 90_000;
/** A time-out this soon after the limit was told is the same moment. */
const TOLD_MS_MAX = 1000;
/** So many looks one after the other, each within half of the limit: then the engine is warm. */
const STEADY_LOOK_COUNT = 3;

export class LakeReader {
  readonly #session: Session;
  readonly #canaries: Canaries;
  readonly #load: BankLoad;
  readonly #tap: KafkaTap;
  readonly #trino: TrinoClient;
  readonly #balances: BalanceLooks;
  readonly #kafkaFences: KafkaFences;
  readonly #stopping = new AbortController();
  #running: Promise<unknown> = Promise.resolve();
  /** Highest bucket known to be complete in the lake, and when it was first seen so. */
  #completeTo: number;
  readonly #visibleAtMs = new Map<number, number>();
  /** The same for good: queries are judged long after the comparison. */
  readonly #wholeAtMs = new Map<number, number>();
  /** Highest bucket compared with the books. */
  #comparedTo: number;
  #lagRecords = 0;
  #queryMsMax = COLD_QUERY_MS_MAX;
  /** Looks in a row that took at most half of what is allowed. */
  #quickLookCount = 0;

  constructor(session: Session, canaries: Canaries, load: BankLoad, tap: KafkaTap) {
    this.#session = session;
    this.#canaries = canaries;
    this.#load = load;
    this.#tap = tap;
    this.#completeTo = load.bucketMin - 1;
    this.#comparedTo = load.bucketMin - 1;
    this.#trino = openTrino(session.lab.endpoints.address("trino"), "lakeproof-reader");
    this.#balances = new BalanceLooks(session, load, this.#trino);
    this.#kafkaFences = new KafkaFences(session, load.bucketMin, () => tap.fencedTo());
  }

  get trino(): TrinoClient {
    return this.#trino;
  }

  get completeTo(): number {
    return this.#completeTo;
  }

  /** When all of a bucket was first known to be in Kafka and in the lake; undefined while it is not. */
  wholeAtMs(bucket: number): number | undefined {
    return this.#tap.fencedTo() < bucket ? undefined : this.#wholeAtMs.get(bucket);
  }

  start(): void {
    this.#kafkaFences.start();
    // Two loops: comparing buckets after an outage must not keep the canaries from being seen.
    this.#running = Promise.all([
      this.#run(() => this.#attempt("reader", () => this.#look())),
      // One after the other: the engine serves two statements of its watchers at once, and one is the canaries'.
      this.#run(async () => {
        await this.#attempt("reader.totals", () => this.#compare());
        await this.#attempt("reader.balances", () => this.#watchBalances());
      }),
    ]);
  }

  /** From now on the balances are added up as well. Only once a canary has come through and the engine is warm. */
  beginBalances(): void {
    this.#balances.begin();
  }

  /** False when its looks were still slow or failing at the end of the time. */
  async becomesSteady(limitMs: number, signal: AbortSignal): Promise<boolean> {
    const deadlineMs = host.monotonicMs() + limitMs;
    while (host.monotonicMs() < deadlineMs) {
      if (this.#quickLookCount >= STEADY_LOOK_COUNT) return true;
      await host.sleep(250, signal);
    }
    return false;
  }

  async stop(): Promise<void> {
    this.#stopping.abort(new DOMException("stopped", "AbortError"));
    await this.#running;
    this.#kafkaFences.stop();
  }

  async #run(work: () => Promise<void>): Promise<void> {
    const { signal } = this.#stopping;
    const intervalMs = this.#session.plan.canary.readIntervalMs ?? READ_INTERVAL_MS;
    while (!signal.aborted) {
      await work();
      await host.sleep(intervalMs, signal).catch(() => undefined);
    }
  }

  /** Given more time, it sees no more than before: each usual limit that passes is told, also when it answers at last. */
  async #attempt(probe: string, work: () => Promise<void>): Promise<void> {
    const startMs = host.monotonicMs();
    let toldMs = 0;
    const blind = (reason: string): void => {
      toldMs = host.monotonicMs() - startMs;
      this.#session.journal.append({ kind: "probe.blind", probe, reason: reason.slice(0, 200) });
    };
    using _limits = host.every(QUERY_MS_MAX, () => {
      blind(`No answer within ${String(QUERY_MS_MAX)} ms`);
    });
    try {
      await work();
    } catch (error) {
      if (isAborted(this.#stopping.signal)) return;
      this.#quickLookCount = 0;
      this.#queryMsMax = Math.min(2 * this.#queryMsMax, COLD_QUERY_MS_MAX);
      const isTold = toldMs > 0 && host.monotonicMs() - startMs - toldMs < TOLD_MS_MAX;
      if (!isTold) blind(reasonOf(error));
    }
  }

  async #look(): Promise<void> {
    const { journal } = this.#session;
    const bucketMin = Math.min(this.#completeTo + 1, this.#canaries.bucketMin() ?? Infinity);
    const askedMs = journal.nowMs();
    const rows = await controlRows(this.#trino, bucketMin, this.#deadline());
    const seenMs = journal.nowMs();
    this.#queryMsMax = QUERY_MS_MAX;
    this.#quickLookCount = seenMs - askedMs <= QUERY_MS_MAX / 2 ? this.#quickLookCount + 1 : 0;
    this.#canaries.observe(rows, askedMs, seenMs);
    this.#measureLag(rows);
    const complete = this.#completeBucket(rows);
    for (let bucket = this.#completeTo + 1; bucket <= complete; bucket += 1) {
      this.#visibleAtMs.set(bucket, seenMs);
      this.#wholeAtMs.set(bucket, seenMs);
    }
    this.#completeTo = Math.max(this.#completeTo, complete);
  }

  #deadline(): AbortSignal {
    return host.deadline(this.#queryMsMax, this.#stopping.signal);
  }

  /** Records in Kafka past the newest control row that the lake shows, per partition. */
  #measureLag(rows: readonly ControlRow[]): void {
    const newest = new Map<string, number>();
    for (const { table, partition, offset } of rows) {
      const key = `${topicOf(table === "users" ? "users" : "accounts")}/${String(partition)}`;
      newest.set(key, Math.max(newest.get(key) ?? 0, offset + 1));
    }
    if (newest.size === this.#tap.offsets.size) {
      this.#lagRecords = [...newest].reduce(
        (sum, [key, next]) => sum + Math.max(0, (this.#tap.offsets.get(key) ?? 0) - next),
        0,
      );
    }
    const observed = { value: this.#lagRecords, unit: "events" } as const;
    this.#session.journal.append({ kind: "sample.taken", probe: "lake.lagEvents", observed });
  }

  /** All buckets that are complete by now in one query: behind after an outage, it catches up at once. */
  async #compare(): Promise<void> {
    const { journal } = this.#session;
    const first = this.#comparedTo + 1;
    const last = Math.min(this.#completeTo, this.#tap.fencedTo());
    if (last < first) return;
    this.#kafkaFences.compare();
    const seen = await bucketTotals(this.#trino, first, last, this.#deadline());
    for (let bucket = first; bucket <= last; bucket += 1) {
      const committedAtMs = this.#load.fences.get(bucket) ?? 0;
      const visibleAtMs = this.#visibleAtMs.get(bucket) ?? 0;
      this.#visibleAtMs.delete(bucket);
      journal.append({ kind: "fence.visible", bucket, committedAtMs, visibleAtMs });
      const inLake = seen.filter((totals) => totals.bucket === bucket);
      journalTotals(journal, "reader", inLake, "during");
    }
    this.#comparedTo = last;
  }

  async #watchBalances(): Promise<void> {
    if (this.#completeTo < this.#load.bucketMin || this.#stopping.signal.aborted) return;
    await this.#balances.lookWhenDue(this.#deadline());
  }

  /** The highest bucket whose fence is visible in every partition of both tables. */
  #completeBucket(rows: readonly ControlRow[]): number {
    const { topicPartitionCount } = this.#session.plan.topology;
    const newest = new Map<string, number>();
    for (const row of rows) {
      if (row.lane !== FENCE_LANE) continue;
      const key = `${row.table}/${String(row.partition)}`;
      newest.set(key, Math.max(newest.get(key) ?? 0, row.seq));
    }
    if (newest.size < BANK_TABLES.length * topicPartitionCount) return this.#completeTo;
    return Math.min(...newest.values());
  }
}
