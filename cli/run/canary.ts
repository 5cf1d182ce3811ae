/** Canary rows in open loop: each one's way from commit to the reader's eyes is a freshness sample. */
import { BANK_DATABASE, BANK_TABLES, CANARY_LANE } from "../../core/bank-schema.ts";
import { host } from "../../core/host.ts";
import { canaryTxn } from "../../generators/bank.ts";
import { txnSql } from "../../generators/sql.ts";
import { WriterConnection } from "../../infra/clients/postgres.ts";
import type { ControlRow } from "../../slo/probes/reader.ts";
import { bucketAt, firstCanaryOf, type Session } from "./session.ts";

/** A canary that nobody has seen yet. */
export interface Flying {
  readonly canary: number;
  readonly table: string;
  readonly partition: number;
  readonly bucket: number;
  readonly intendedMs: number;
  ackMs: number;
  lastMissMs: number;
  /** The connection was lost before the answer: written or not. */
  isUnknown: boolean;
}

type Listener = (ackMs: number, visibleMs: number, line: string) => void;

/** One table and partition: the finest grain at which a part of the pipeline can stand still. */
function lineOf(table: string, partition: number): string {
  return `${table}/${String(partition)}`;
}

/**
 * The canaries of a line are versions of one row, so a later one that is visible tells that an earlier one of unknown
 * outcome, if it is not, was never committed. Waited for on, it would make each look read all that came after it.
 */
export function neverWritten(
  flying: readonly Flying[],
  visible: ReadonlySet<number>,
): readonly Flying[] {
  const isLater = (one: Flying, other: Flying): boolean =>
    other.canary > one.canary && other.table === one.table && other.partition === one.partition;
  return flying.filter(
    (one) =>
      one.isUnknown &&
      !visible.has(one.canary) &&
      flying.some((other) => visible.has(other.canary) && isLater(one, other)),
  );
}

const RETRY_MS = 500;

/**
 * How many canaries are to be written by now, `elapsedMs` after the start: one at once, then one after each gap. Each
 * is due when its own time comes, not when the next one's does.
 */
export function canariesDue(elapsedMs: number, gapMs: number): number {
  return elapsedMs < 0 ? 0 : Math.floor(elapsedMs / gapMs) + 1;
}

export class Canaries {
  readonly #session: Session;
  readonly #connection: WriterConnection;
  readonly #flying = new Map<number, Flying>();
  readonly #waiting = new Set<Listener>();
  readonly #lines: readonly string[];
  readonly #stopping = new AbortController();
  readonly #firstNumber: number;
  #count = 0;
  #lastSeenAgeMs: number | undefined;
  #writing: Promise<void> = Promise.resolve();

  constructor(session: Session) {
    this.#session = session;
    this.#firstNumber = firstCanaryOf(session);
    const address = session.lab.endpoints.address("postgres");
    this.#connection = new WriterConnection(address, BANK_DATABASE);
    const { topicPartitionCount } = session.plan.topology;
    this.#lines = BANK_TABLES.flatMap((table) =>
      Array.from({ length: topicPartitionCount }, (_, partition) => lineOf(table, partition)),
    );
  }

  start(): void {
    void this.#beat();
  }

  /** Sleeps until the next one is due: the grain of a timer would be part of every age. */
  async #beat(): Promise<void> {
    const { journal, plan } = this.#session;
    const { signal } = this.#stopping;
    const startMs = journal.nowMs();
    const gapMs = 1000 / plan.canary.ratePerS;
    while (!signal.aborted) {
      // The number due is computed from the clock, so that a late timer skips no canary.
      const due = canariesDue(journal.nowMs() - startMs, gapMs);
      for (; this.#count < due; this.#count += 1) {
        this.#write(this.#count, startMs + this.#count * gapMs);
      }
      const nextMs = startMs + this.#count * gapMs;
      await host.sleep(Math.max(1, nextMs - journal.nowMs()), signal).catch(() => undefined);
    }
  }

  #write(index: number, intendedMs: number): void {
    const { topicPartitionCount: partitionCount } = this.#session.plan.topology;
    const table = BANK_TABLES[index % BANK_TABLES.length] ?? "users";
    const partition = Math.floor(index / BANK_TABLES.length) % partitionCount;
    const bucket = bucketAt(this.#session, intendedMs);
    const canary = this.#firstNumber + index;
    const flying = {
      canary,
      table,
      partition,
      bucket,
      intendedMs,
      ackMs: Infinity,
      lastMissMs: intendedMs,
      isUnknown: false,
    };
    this.#flying.set(canary, flying);
    const sql = txnSql(canaryTxn(table, { partition, partitionCount, bucket, canary }));
    this.#writing = this.#writing.then(async () => {
      let outcome = await this.#connection.apply(sql);
      // Refused for certain: written again, and its age goes on counting from when it was meant to be written.
      while (outcome === "fail" && !this.#stopping.signal.aborted) {
        await host.sleep(RETRY_MS);
        outcome = await this.#connection.apply(sql);
      }
      if (outcome === "ok") flying.ackMs = this.#session.journal.nowMs();
      flying.isUnknown = outcome === "unknown";
    });
  }

  /** Lowest bucket a canary under way may be found in; undefined when all have been seen. */
  bucketMin(): number | undefined {
    const first = this.#flying.values().next().value;
    return first?.bucket;
  }

  get flyingCount(): number {
    return this.#flying.size;
  }

  /** Age of the oldest canary under way, or of the last that was seen where that was older; undefined before the first. */
  freshnessMs(nowMs: number): number | undefined {
    const first = this.#flying.values().next().value;
    const ages = [
      ...(first === undefined ? [] : [nowMs - first.intendedMs]),
      ...(this.#lastSeenAgeMs === undefined ? [] : [this.#lastSeenAgeMs]),
    ];
    return ages.length === 0 ? undefined : Math.max(...ages);
  }

  /** What one look at the lake showed: begun at `askedMs`, answered at `seenMs`. */
  observe(rows: readonly ControlRow[], askedMs: number, seenMs: number): void {
    const visible = new Set(rows.filter((row) => row.lane === CANARY_LANE).map((row) => row.seq));
    for (const lost of neverWritten([...this.#flying.values()], visible)) {
      this.#censor(lost, "its write was never committed", seenMs);
    }
    for (const [canary, flying] of this.#flying) {
      if (!visible.has(canary)) {
        flying.lastMissMs = Math.max(flying.lastMissMs, askedMs);
        continue;
      }
      this.#flying.delete(canary);
      const { table, partition, intendedMs, lastMissMs } = flying;
      const ackMs = Math.min(flying.ackMs, seenMs);
      this.#lastSeenAgeMs = seenMs - intendedMs;
      this.#session.journal.append({
        kind: "canary.seen",
        ...{ canary: canary - this.#firstNumber, table, partition, intendedMs, ackMs, lastMissMs },
        visibleMs: seenMs,
      });
      const line = lineOf(table, partition);
      for (const notify of this.#waiting) notify(ackMs, seenMs, line);
    }
  }

  /** Resolves with the moment a canary committed after `sinceMs` was first seen; undefined after `limitMs`. */
  delivered(sinceMs: number, limitMs: number, signal: AbortSignal): Promise<number | undefined> {
    return this.#seen((ackMs) => ackMs >= sinceMs, limitMs, signal);
  }

  /** The same for every partition of both tables: the moment the last of them was first seen. */
  deliveredEverywhere(
    sinceMs: number,
    limitMs: number,
    signal: AbortSignal,
  ): Promise<number | undefined> {
    const missing = new Set(this.#lines);
    const completes = (ackMs: number, line: string): boolean => {
      if (ackMs < sinceMs) return false;
      missing.delete(line);
      return missing.size === 0;
    };
    return this.#seen(completes, limitMs, signal);
  }

  /** The moment the first canary that `suffices` was seen. */
  async #seen(
    suffices: (ackMs: number, line: string) => boolean,
    limitMs: number,
    signal: AbortSignal,
  ): Promise<number | undefined> {
    const { promise, resolve } = Promise.withResolvers<number>();
    const listener: Listener = (ackMs, visibleMs, line) => {
      if (suffices(ackMs, line)) resolve(visibleMs);
    };
    this.#waiting.add(listener);
    try {
      return await Promise.race([promise, host.sleep(limitMs, signal).then(() => undefined)]);
    } finally {
      this.#waiting.delete(listener);
    }
  }

  stopWriting(): Promise<void> {
    this.#stopping.abort(new DOMException("stopped", "AbortError"));
    return this.#writing;
  }

  /** At its age: it counts, and not in our favour. */
  #censor(flying: Flying, reason: string, nowMs: number): void {
    const { canary, table, partition, intendedMs } = flying;
    this.#flying.delete(canary);
    this.#session.journal.append({
      kind: "canary.censored",
      ...{ canary: canary - this.#firstNumber, table, partition, intendedMs, reason },
      ageMs: nowMs - intendedMs,
    });
  }

  /** What was never seen is censored. */
  async close(reason: string): Promise<void> {
    await this.stopWriting();
    const nowMs = this.#session.journal.nowMs();
    for (const flying of [...this.#flying.values()]) this.#censor(flying, reason, nowMs);
    await this.#connection.close();
  }
}
