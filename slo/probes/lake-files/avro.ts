/** Records of an Avro container file, with 64-bit numbers kept exact. */
import avsc from "avsc";
import { zstdDecompress } from "node:zlib";
import { reasonOf } from "../../../core/errors.ts";
import { damaged } from "./storage.ts";

/** Snapshot ids use all 64 bits: a plain number would round them. */
const exactLong = avsc.types.LongType.__with({
  fromBuffer: (bytes: Buffer) => bytes.readBigInt64LE(),
  toBuffer: (value: bigint) => {
    const bytes = Buffer.alloc(8);
    bytes.writeBigInt64LE(value);
    return bytes;
  },
  fromJSON: BigInt,
  toJSON: String,
  isValid: (value: unknown) => typeof value === "bigint",
  compare: (a: bigint, b: bigint) => (a < b ? -1 : a > b ? 1 : 0),
});

/** Throws LAKE_DAMAGED. An end in the middle of a block is not seen here: who lists a file knows its length. */
export async function avroRecords(path: string, bytes: Uint8Array): Promise<readonly unknown[]> {
  const decoder = new avsc.streams.BlockDecoder({
    codecs: {
      ...avsc.streams.BlockDecoder.defaultCodecs(),
      zstandard: (packed, done) => {
        zstdDecompress(packed, done);
      },
    },
    parseHook: (schema) =>
      avsc.Type.forSchema(schema, { registry: { long: exactLong }, wrapUnions: false }),
  });
  const records: unknown[] = [];
  const seen = { header: false };
  decoder.on("metadata", () => {
    seen.header = true;
  });
  decoder.end(Buffer.from(bytes));
  try {
    for await (const record of decoder) records.push(record);
  } catch (error) {
    throw damaged(path, `cannot be decoded: ${reasonOf(error)}`, error);
  }
  if (!seen.header) throw damaged(path, "ends before its header does");
  return records;
}
