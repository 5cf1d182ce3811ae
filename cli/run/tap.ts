/** Listens at Kafka: every committed change is checked, counted, and its account's balance followed. */
import { BANK_TABLES, topicOf } from "../../core/bank-schema.ts";
import { FENCE_LANE } from "../../core/bank-schema.ts";
import { readEnvelope, verifyFingerprint, type BankEvent } from "../../generators/envelope.ts";
import type { ChangeLedger } from "../../core/ledger.ts";
import { openTap, type TapMessage } from "../../infra/clients/kafka.ts";
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
  const fences = new Map<string, number>();
  const gone = new Set<string>();
  const topics = BANK_TABLES.map(topicOf);
  const take = (message: TapMessage): void => {
    offsets.set(`${message.topic}/${String(message.partition)}`, message.offset + 1);
    const event = readEnvelope(JSON.parse(message.value.toString("utf8")));
    if (event === undefined) return;
    counts.set(event.table, (counts.get(event.table) ?? 0) + 1);
    const partition = `${event.table}/${String(message.partition)}`;
    if (event.lane === FENCE_LANE) {
      // A fence that is sent again after a restart opens no bucket again.
      fences.set(partition, Math.max(fences.get(partition) ?? -1, event.bucket));
    }
    if (event.lane < FENCE_LANE) {
      const position = `${partition}@${String(message.offset)}`;
      accountChange(session.kafka, event, {
        partition,
        position,
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
  /** "table/partition": within it the order must hold. */
  readonly partition: string;
  /** Printed with a finding, e.g. "users/3@1042". */
  readonly position: string;
  /** Highest bucket whose fence has passed in this partition. */
  readonly fencedTo: number | undefined;
  /** "table/id" of rows that were deleted and are not back. */
  readonly gone: Set<string>;
}

/** Enters one change in the books of Kafka, and notes what is wrong with it. */
export function accountChange(ledger: ChangeLedger, event: BankEvent, place: ChangePlace): void {
  const { lane, seq, bucket, fp } = event;
  const { partition, position, fencedTo } = place;
  // A snapshot tells how rows stand, not what changed: old rows and fences come as they lie.
  const isOrdered = event.op !== "r";
  if (!ledger.has(lane, seq)) {
    if (!verifyFingerprint(event.row)) {
      const detail = `columns do not match the fingerprint at ${position}`;
      ledger.note({ anomaly: "corrupted", lane, seq, bucket, detail });
    }
    if (isOrdered && fencedTo !== undefined && bucket <= fencedTo) {
      const detail = `at ${position}, behind the fence of bucket ${String(fencedTo)}`;
      ledger.note({ anomaly: "delayed", lane, seq, bucket, detail });
    }
    followLife(ledger, event, place);
  }
  ledger.record({ lane, seq, bucket, fp, partition, position, isOrdered });
}

/** A row that was deleted may only come back by an insert. */
function followLife(ledger: ChangeLedger, event: BankEvent, place: ChangePlace): void {
  const key = `${event.table}/${String(event.id)}`;
  if (event.op === "u" && place.gone.has(key)) {
    const { lane, seq, bucket } = event;
    const detail = `update of deleted ${key} at ${place.position}`;
    ledger.note({ anomaly: "resurrected", lane, seq, bucket, detail });
  }
  if (event.op === "d") place.gone.add(key);
  else place.gone.delete(key);
}
