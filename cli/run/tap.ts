/** Listens at Kafka: every committed change is checked, counted, and its account's balance followed. */
import { BANK_TABLES, topicOf } from "../../core/bank-schema.ts";
import { FENCE_LANE } from "../../core/bank-schema.ts";
import { readEnvelope, verifyFingerprint, type BankEvent } from "../../generators/envelope.ts";
import { openTap, type TapMessage } from "../../infra/clients/kafka.ts";
import type { Session } from "./session.ts";

export interface KafkaTap {
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
  const alive = new Map<string, boolean>();
  const topics = BANK_TABLES.map(topicOf);
  const take = (message: TapMessage): void => {
    offsets.set(`${message.topic}/${String(message.partition)}`, message.offset + 1);
    const event = readEnvelope(JSON.parse(message.value.toString("utf8")));
    if (event === undefined) return;
    counts.set(event.table, (counts.get(event.table) ?? 0) + 1);
    if (event.lane === FENCE_LANE) {
      fences.set(`${event.table}/${String(message.partition)}`, event.bucket);
    }
    if (event.lane < FENCE_LANE) account(session, event, message, alive);
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
    offsets,
    recordCount: (table) => counts.get(table) ?? 0,
    fencedTo: () =>
      fences.size < BANK_TABLES.length * partitionCount ? -1 : Math.min(...fences.values()),
    close: () => tap.close(),
  };
}

function account(
  session: Session,
  event: BankEvent,
  message: TapMessage,
  alive: Map<string, boolean>,
): void {
  const { lane, seq, bucket, fp } = event;
  const partition = `${event.table}/${String(message.partition)}`;
  const position = `${partition}@${String(message.offset)}`;
  if (!session.kafka.has(lane, seq)) {
    if (!verifyFingerprint(event.row)) {
      const detail = `columns do not match the fingerprint at ${position}`;
      session.kafka.note({ anomaly: "corrupted", lane, seq, bucket, detail });
    }
    followLife(session, event, position, alive);
  }
  session.kafka.record({ lane, seq, bucket, fp, partition, position });
}

/** A row that was deleted may only come back by an insert. */
function followLife(
  session: Session,
  event: BankEvent,
  position: string,
  alive: Map<string, boolean>,
): void {
  const key = `${event.table}/${String(event.id)}`;
  if (event.op === "u" && alive.get(key) === false) {
    const { lane, seq, bucket } = event;
    const detail = `update of deleted ${key} at ${position}`;
    session.kafka.note({ anomaly: "resurrected", lane, seq, bucket, detail });
  }
  alive.set(key, event.op !== "d");
}
