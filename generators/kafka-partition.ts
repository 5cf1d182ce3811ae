/**
 * Which partition a change lands on: Kafka's default partitioner for records with a key, bit for
 * bit, and ids that are chosen to land on a given partition (fences and canaries need one each).
 */
import { LakeproofError } from "../core/errors.ts";
import type { BankTable } from "./bank-rows.ts";

const MURMUR2_SEED = 0x9747_b28c;
const MURMUR2_STEP = 0x5bd1_e995;
const encoder = new TextEncoder();

/** Kafka's murmur2 of the bytes: a signed 32-bit integer. */
export function murmur2(bytes: Uint8Array): number {
  const length = bytes.length;
  const wordsEnd = length - (length % 4);
  let hash = MURMUR2_SEED ^ length;
  for (let offset = 0; offset < wordsEnd; offset += 4) {
    let word = Math.imul(wordAt(bytes, offset), MURMUR2_STEP);
    word = Math.imul(word ^ (word >>> 24), MURMUR2_STEP);
    hash = Math.imul(hash, MURMUR2_STEP) ^ word;
  }
  const tailLength = length - wordsEnd;
  if (tailLength > 0) {
    for (let index = tailLength - 1; index >= 0; index -= 1) {
      hash ^= (bytes[wordsEnd + index] ?? 0) << (8 * index);
    }
    hash = Math.imul(hash, MURMUR2_STEP);
  }
  hash = Math.imul(hash ^ (hash >>> 13), MURMUR2_STEP);
  return hash ^ (hash >>> 15);
}

/** Little endian, without the view object that would cost more than the hash of a short key. */
function wordAt(bytes: Uint8Array, offset: number): number {
  return (
    (bytes[offset] ?? 0) |
    ((bytes[offset + 1] ?? 0) << 8) |
    ((bytes[offset + 2] ?? 0) << 16) |
    ((bytes[offset + 3] ?? 0) << 24)
  );
}

/** Partition of a record with this key. */
export function partitionOf(key: string | Uint8Array, partitionCount: number): number {
  const bytes = typeof key === "string" ? encoder.encode(key) : key;
  return (murmur2(bytes) & 0x7fff_ffff) % partitionCount;
}

/** The key Connect's JSON converter (without schemas) writes for a row of the bank. */
export function connectKey(id: number): string {
  return `{"id":${String(id)}}`;
}

/**
 * The first negative id at or below `startId` whose key lands on `partition`.
 * Users get odd ids and accounts even ones, so that a row found in the wrong table can be told.
 */
export function idForPartition(
  table: BankTable,
  partition: number,
  partitionCount: number,
  startId: number,
): number {
  if (!(Number.isInteger(partition) && partition >= 0 && partition < partitionCount)) {
    throw new LakeproofError(
      "INTERNAL",
      `There is no partition ${String(partition)} among ${String(partitionCount)}.`,
      { hint: "Ask for a partition between 0 and the partition count minus one." },
    );
  }
  const parity = table === "users" ? 1 : 0;
  const firstId = Math.min(-1, startId);
  let id = Math.abs(firstId % 2) === parity ? firstId : firstId - 1;
  while (partitionOf(connectKey(id), partitionCount) !== partition) id -= 2;
  return id;
}
