/** Kafka's record batch (format 2): records that are laid out already, compressed, numbered and summed. */
import { compressionsAlgorithms, crc32c } from "@platformatic/kafka";

const LZ4 = 3;
const MAGIC = 2;
const OFFSETS = {
  length: 8,
  leaderEpoch: 12,
  magic: 16,
  crc: 17,
  attributes: 21,
  lastOffsetDelta: 23,
  baseTimestamp: 27,
  maxTimestamp: 35,
  producerId: 43,
  producerEpoch: 51,
  baseSequence: 53,
  recordCount: 57,
  records: 61,
} as const;
/** What `length` does not count: the base offset and itself. */
const BEFORE_LENGTH = 12;

export interface BatchFacts {
  readonly recordCount: number;
  readonly timestampMs: number;
  readonly producerId: bigint;
  readonly producerEpoch: number;
  readonly baseSequence: number;
}

/** One batch as it goes into a produce request. The records may be overwritten afterwards. */
export function sealBatch(records: Uint8Array, facts: BatchFacts): Buffer {
  const view = Buffer.from(records.buffer, records.byteOffset, records.length);
  const compressed = compressionsAlgorithms.lz4.compressSync(view);
  const batch = Buffer.allocUnsafe(OFFSETS.records + compressed.length);
  batch.writeBigInt64BE(0n, 0);
  batch.writeInt32BE(batch.length - BEFORE_LENGTH, OFFSETS.length);
  batch.writeInt32BE(-1, OFFSETS.leaderEpoch);
  batch.writeInt8(MAGIC, OFFSETS.magic);
  batch.writeInt16BE(LZ4, OFFSETS.attributes);
  batch.writeInt32BE(facts.recordCount - 1, OFFSETS.lastOffsetDelta);
  batch.writeBigInt64BE(BigInt(facts.timestampMs), OFFSETS.baseTimestamp);
  batch.writeBigInt64BE(BigInt(facts.timestampMs), OFFSETS.maxTimestamp);
  batch.writeBigInt64BE(facts.producerId, OFFSETS.producerId);
  batch.writeInt16BE(facts.producerEpoch, OFFSETS.producerEpoch);
  batch.writeInt32BE(facts.baseSequence, OFFSETS.baseSequence);
  batch.writeInt32BE(facts.recordCount, OFFSETS.recordCount);
  batch.set(compressed, OFFSETS.records);
  batch.writeUInt32BE(crc32c(batch.subarray(OFFSETS.attributes)), OFFSETS.crc);
  return batch;
}
