/** Listens at Kafka: every committed change is checked, counted, and its account's balance followed. */
import { BANK_TABLES, topicOf } from "../../core/bank-schema.ts";
import { FENCE_LANE } from "../../core/bank-schema.ts";
import { readEnvelope, verifyFingerprint, type BankEvent } from "../../generators/envelope.ts";
import { UNORDERED, type ChangeLedger } from "../../core/ledger.ts";
import { openTap, type TapMessage } from "../../infra/clients/kafka.ts";
import { CanaryCaptures } from "./canary-captures.ts";
import type { Session } from "./session.ts";

export interface KafkaTap {
  /** Where it began, per "topic/partition". */
  readonly startOffsets: ReadonlyMap<string, number>;
  /** Next offset expected per "topic/partition". */
  readonly offsets: ReadonlyMap<string, number>;
  /** Records of both topics, control rows included, per table. */
  recordCount(table: string): number;
  /** Highest bucket whose fence has passed in every partition of every topic. */
  fencedTo(): number;
  close(): Promise<void>;
}

export function startTap(session: Session, startOffsets: ReadonlyMap<string, number>): KafkaTap {
  const { topicPartitionCount: partitionCount } = session.plan.topology;
  const offsets = new Map<string, number>();
  const counts = new Map<string, number>();
  /** By the handle of the partition. */
  const fences = new Map<number, number>();
  const gone = new Set<number>();
  const topics = BANK_TABLES.map(topicOf);
  const partitions = Array.from({ length: partitionCount }, (_, partition) => String(partition));
  const keys = new Map(
    topics.map((topic) => [topic, partitions.map((partition) => `${topic}/${partition}`)]),
  );
  const handles = {
    users: partitions.map((partition) => session.kafka.partition(`users/${partition}`)),
    accounts: partitions.map((partition) => session.kafka.partition(`accounts/${partition}`)),
  };
  const captures = new CanaryCaptures(session);
  const take = (message: TapMessage): void => {
    const key = keys.get(message.topic)?.[message.partition];
    if (key !== undefined) offsets.set(key, message.offset + 1);
    const json: unknown = JSON.parse(message.value.toString("utf8"));
    const event = readEnvelope(json);
    if (event === undefined) return;
    counts.set(event.table, (counts.get(event.table) ?? 0) + 1);
    const partition = handles[event.table][message.partition];
    if (partition === undefined) return;
    if (event.lane === FENCE_LANE) {
      // A fence that is sent again after a restart opens no bucket again.
      fences.set(partition, Math.max(fences.get(partition) ?? -1, event.bucket));
    }
    captures.take(event, json, message);
    if (event.lane < FENCE_LANE) {
      accountChange(session.kafka, event, {
        partition,
        offset: message.offset,
        gone,
        fencedTo: fences.get(partition),
      });
    }
  };
  const tap = openTap({
    addresses: session.lab.endpoints.addresses("kafka"),
    topics,
    partitionCount,
    startOffsets,
    onMessage: take,
    onError: (reason) => {
      session.journal.append({ kind: "probe.blind", probe: "kafka.tap", reason });
    },
  });
  return {
    startOffsets,
    offsets,
    recordCount: (table) => counts.get(table) ?? 0,
    fencedTo: () =>
      fences.size < BANK_TABLES.length * partitionCount ? -1 : Math.min(...fences.values()),
    close: () => tap.close(),
  };
}

export interface ChangePlace {
  /** The ledger's handle of "table/partition": within it the order must hold. */
  readonly partition: number;
  readonly offset: number;
  /** Highest bucket whose fence has passed in this partition. */
  readonly fencedTo: number | undefined;
  /** Rows that were deleted and are not back, by `rowKeyOf`. */
  readonly gone: Set<number>;
}

/** Enters one change in the books of Kafka, and notes what is wrong with it. */
export function accountChange(ledger: ChangeLedger, event: BankEvent, place: ChangePlace): void {
  const { lane, seq, bucket, fp } = event;
  const { partition, offset, fencedTo } = place;
  // A snapshot tells how rows stand, not what changed: old rows and fences come as they lie.
  const isOrdered = event.op !== "r";
  const order = isOrdered ? partition : UNORDERED;
  if (!ledger.observe(lane, seq, bucket, fp, order, offset)) return;
  if (!verifyFingerprint(event.row)) {
    const detail = `columns do not match the fingerprint at ${ledger.position(partition, offset)}`;
    ledger.note({ anomaly: "corrupted", lane, seq, bucket, detail });
  }
  if (isOrdered && fencedTo !== undefined && bucket <= fencedTo) {
    const position = ledger.position(partition, offset);
    const detail = `at ${position}, behind the fence of bucket ${String(fencedTo)}`;
    ledger.note({ anomaly: "delayed", lane, seq, bucket, detail });
  }
  followLife(ledger, event, place);
}

/** A row that was deleted may only come back by an insert. */
function followLife(ledger: ChangeLedger, event: BankEvent, place: ChangePlace): void {
  const key = rowKeyOf(event);
  if (event.op === "d") {
    place.gone.add(key);
    return;
  }
  if (place.gone.size === 0 || !place.gone.delete(key) || event.op !== "u") return;
  const { lane, seq, bucket } = event;
  const row = `${event.table}/${String(event.id)}`;
  const detail = `update of deleted ${row} at ${ledger.position(place.partition, place.offset)}`;
  ledger.note({ anomaly: "resurrected", lane, seq, bucket, detail });
}

/** One number for a row of either table: a text for each change would be thrown away at once. */
function rowKeyOf({ table, id }: BankEvent): number {
  return table === "users" ? 2 * id : 2 * id + 1;
}
