/**
 * Compares every bucket with what PostgreSQL acknowledged as soon as its fences have passed in Kafka: what is lost
 * before the lake is told one fence later, whether or not the lake moves.
 */
import type { BucketTotals } from "../../core/ledger.ts";
import { host } from "../../core/host.ts";
import { journalTotals } from "./totals.ts";
import type { Session } from "./session.ts";

const LOOK_INTERVAL_MS = 250;
/** Buckets that are told on the console, at most: each is in the journal. */
const TOLD_MAX = 10;

export class KafkaFences {
  readonly #session: Session;
  readonly #fencedTo: () => number;
  #timer: Disposable | undefined;
  #comparedTo: number;
  #toldCount = 0;

  /** `bucketMin`: the first one of this run. */
  constructor(session: Session, bucketMin: number, fencedTo: () => number) {
    this.#session = session;
    this.#fencedTo = fencedTo;
    this.#comparedTo = bucketMin - 1;
  }

  start(): void {
    this.#timer = host.every(LOOK_INTERVAL_MS, () => {
      this.compare();
    });
  }

  stop(): void {
    this.#timer?.[Symbol.dispose]();
  }

  /** All buckets whose fences have passed by now. */
  compare(): void {
    const { journal, acknowledged, kafka } = this.#session;
    const last = this.#fencedTo();
    for (let bucket = this.#comparedTo + 1; bucket <= last; bucket += 1) {
      const [expected, seen] = [acknowledged.totals(bucket), kafka.totals(bucket)];
      journalTotals(journal, "acknowledged", expected, "during");
      journalTotals(journal, "kafka", seen, "during");
      this.#tell(bucket, expected, seen);
    }
    this.#comparedTo = Math.max(this.#comparedTo, last);
  }

  #tell(bucket: number, expected: readonly BucketTotals[], seen: readonly BucketTotals[]): void {
    const text = differenceText(expected, seen);
    if (text === undefined || this.#toldCount === TOLD_MAX) return;
    this.#toldCount += 1;
    const note = `Kafka's fence of bucket ${String(bucket)} has passed and ${text}.`;
    this.#session.journal.append({ kind: "note", text: note });
  }
}

/** Pure. Undefined where both hold the same distinct changes; repeats are weighed in the end. */
export function differenceText(
  expected: readonly BucketTotals[],
  seen: readonly BucketTotals[],
): string | undefined {
  const inKafka = new Map(seen.map((cell) => [cell.lane, cell]));
  const lanes = expected.flatMap(({ lane, distinctCount, fingerprintSum }) => {
    const own = inKafka.get(lane);
    const missing = distinctCount - (own?.distinctCount ?? 0);
    if (missing > 0)
      return [`lane ${String(lane)} lacks ${String(missing)} acknowledged change(s)`];
    if (missing < 0) return [`lane ${String(lane)} has ${String(-missing)} nobody acknowledged`];
    const isSame = own === undefined || own.fingerprintSum === fingerprintSum;
    return isSame ? [] : [`lane ${String(lane)} holds other changes than were acknowledged`];
  });
  return lanes.length === 0 ? undefined : lanes.join(", ");
}
