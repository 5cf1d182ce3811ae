/**
 * The second reader over files that other libraries wrote: columns by Arrow (test/fixtures/bank.parquet), manifests and their
 * list by avsc after Iceberg's table specification.
 */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import avsc from "avsc";
import { describe, expect, it } from "vitest";
import { LakeproofError } from "../../../../../core/errors.ts";
import { LakeFiles } from "../../../../../slo/probes/lake-files/reader.ts";

const never = new AbortController().signal;
const ROW_COUNT = 1000;
const COLUMNS = [
  ...["id", "op", "lane", "seq", "fp", "bucket", "balance", "kafka_partition", "kafka_offset"],
];
const DATA = new Uint8Array(
  readFileSync(join(import.meta.dirname, "../../../../fixtures/bank.parquet")),
);

async function avro(schema: avsc.Schema, records: readonly unknown[]): Promise<Uint8Array> {
  const encoder = new avsc.streams.BlockEncoder(schema, { codec: "deflate" });
  for (const record of records) encoder.write(record);
  encoder.end();
  const chunks: Buffer[] = [];
  for await (const chunk of encoder) chunks.push(chunk as Buffer);
  return new Uint8Array(Buffer.concat(chunks));
}

const field = (name: string, type: unknown): { name: string; type: unknown } => ({ name, type });

function record(name: string, ...fields: readonly { name: string; type: unknown }[]): avsc.Schema {
  return { type: "record", name, fields } as avsc.Schema;
}

function boundsOf(name: string): readonly unknown[] {
  const items = record(name, field("key", "int"), field("value", "bytes"));
  return ["null", { type: "array", logicalType: "map", items }];
}

const MANIFEST_ENTRY = record(
  "manifest_entry",
  field("status", "int"),
  field("snapshot_id", ["null", "long"]),
  field("sequence_number", ["null", "long"]),
  field(
    "data_file",
    record(
      "r2",
      field("content", "int"),
      field("file_path", "string"),
      field("file_format", "string"),
      field("partition", record("r102")),
      field("record_count", "long"),
      field("file_size_in_bytes", "long"),
      field("lower_bounds", boundsOf("k126_v127")),
      field("upper_bounds", boundsOf("k129_v130")),
      field("equality_ids", ["null", { type: "array", items: "int" }]),
    ),
  ),
);

const MANIFEST_FILE = record(
  "manifest_file",
  field("manifest_path", "string"),
  field("manifest_length", "long"),
  field("content", "int"),
  field("sequence_number", "long"),
);

function int32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeInt32LE(value);
  return bytes;
}

function entry(status: number): unknown {
  const key = COLUMNS.indexOf("bucket") + 1;
  return {
    status,
    snapshot_id: 5,
    sequence_number: null,
    data_file: {
      ...{ content: 0, file_path: "s3a://w/d.parquet", file_format: "PARQUET", partition: {} },
      ...{ record_count: ROW_COUNT, file_size_in_bytes: DATA.length },
      lower_bounds: [{ key, value: int32(10) }],
      upper_bounds: [{ key, value: int32(13) }],
      equality_ids: null,
    },
  };
}

/** Larger than any number that JSON.parse keeps. */
const SNAPSHOT_ID = "8123456789012345679";

function metadata(): Uint8Array {
  const fields = COLUMNS.map((name, index) => ({ id: index + 1, name }));
  const summary = {
    ...{ operation: "append", "added-records": "1000", "total-records": "1000" },
    ...{ "flink.job-id": "j", "flink.operator-id": "o", "flink.max-committed-checkpoint-id": "4" },
  };
  const text = JSON.stringify({
    ...{ "format-version": 2, "current-schema-id": 0, schemas: [{ "schema-id": 0, fields }] },
    "current-snapshot-id": 0,
    snapshots: [
      {
        ...{ "snapshot-id": 0, "timestamp-ms": 1, "sequence-number": 1, summary },
        "manifest-list": "s3a://w/list.avro",
      },
    ],
  });
  return new TextEncoder().encode(text.replaceAll('snapshot-id":0', `snapshot-id":${SNAPSHOT_ID}`));
}

const manifest = await avro(MANIFEST_ENTRY, [entry(1), entry(2)]);
const listed = { manifest_path: "s3a://w/m.avro", manifest_length: manifest.length };
const FILES: Readonly<Record<string, Uint8Array>> = {
  "s3a://w/t.json": metadata(),
  "s3a://w/list.avro": await avro(MANIFEST_FILE, [{ ...listed, content: 0, sequence_number: 1 }]),
  "s3a://w/m.avro": manifest,
  "s3a://w/d.parquet": DATA,
};

interface Lake {
  readonly files: LakeFiles;
  readonly reads: string[];
}

function openLake(changed: Readonly<Record<string, Uint8Array | undefined>> = {}): Lake {
  const reads: string[] = [];
  const stored = new Map(Object.entries({ ...FILES, ...changed }));
  const read = (path: string): Promise<Uint8Array | undefined> => {
    reads.push(path);
    return Promise.resolve(stored.get(path));
  };
  return { files: new LakeFiles({ read }, () => Promise.resolve("s3a://w/t.json")), reads };
}

/** Row i of the file, by the rule it was written by. */
const ROWS = Array.from({ length: ROW_COUNT }, (_, i) => ({
  ...{ lane: i < 990 ? i % 3 : 10_000, seq: i + 1, bucket: 10 + (i % 4), fp: 2 ** 40 + i },
  ...{ id: Math.floor(i / 2), op: i % 50 === 1 ? "d" : "u", balance: i, offset: i },
}));

describe("the reader of the lake's files", () => {
  it("sums what is there, and no entry that was removed", async () => {
    const totals = await openLake().files.bucketTotals(10, 11, never, ["users"]);
    const own = ROWS.filter((row) => row.lane === 1 && row.bucket === 11);
    const fingerprintSum = String(own.reduce((sum, { fp }) => sum + BigInt(fp), 0n));
    expect(totals).toHaveLength(6);
    expect(totals).toContainEqual({
      ...{ lane: 1, bucket: 11, eventCount: own.length, distinctCount: own.length },
      fingerprintSum,
    });
  });

  it("knows the newest version of every row that lives", async () => {
    // Both tables are this one file: every row counts twice, with the id in each.
    const newest = new Map(
      ROWS.filter(({ lane }) => lane === 2).map((row) => [row.id, row] as const),
    );
    const alive = [...newest.values()].filter(({ op }) => op !== "d");
    const found = (await openLake().files.laneStates(10, never)).find(({ lane }) => lane === 2);
    expect(found?.rowCount).toBe(2 * alive.length);
    const balance = alive.reduce((sum, row) => sum + row.balance, 0);
    expect(found?.balanceSum).toBe(String(2 * balance));
  });

  it("finds control rows and single sequence numbers", async () => {
    const { files } = openLake();
    const control = (await files.controlRows(12, never)).filter(({ table }) => table === "users");
    const expected = ROWS.filter(({ lane, bucket }) => lane === 10_000 && bucket >= 12);
    expect(control.map(({ seq, offset }) => [seq, offset])).toEqual(
      expected.map(({ seq, offset }) => [seq, offset]),
    );
    const seqs = ROWS.filter(({ lane, bucket }) => lane === 0 && bucket === 13);
    const found = await files.sequencesOf(0, 13, never, ["users"]);
    expect(found).toEqual(new Map(seqs.map(({ seq }) => [seq, 1])));
  });

  it("opens no file whose bounds exclude the bucket, and none twice", async () => {
    const { files, reads } = openLake();
    expect(await files.bucketTotals(14, 99, never)).toEqual([]);
    expect(reads).not.toContain("s3a://w/d.parquet");
    await files.bucketTotals(10, 13, never, ["users"]);
    await files.laneStates(10, never);
    expect(reads.filter((path) => path === "s3a://w/d.parquet")).toHaveLength(1);
  });

  it("tells the history from the metadata alone, with 64-bit ids", async () => {
    const { files, reads } = openLake();
    const [snapshot] = await files.snapshots("users", never);
    expect(snapshot).toMatchObject({ id: SNAPSHOT_ID, addedRecords: 1000, commit: "j/o/4" });
    expect(reads).toEqual(["s3a://w/t.json"]);
  });
});

async function outcome(changed: Readonly<Record<string, Uint8Array | undefined>>): Promise<string> {
  const asked = openLake(changed).files.bucketTotals(0, 99, never);
  return asked.then(
    () => "read without a word",
    (error: unknown) =>
      error instanceof LakeproofError ? `${error.code} ${error.message}` : String(error),
  );
}

describe.each(Object.keys(FILES))("%s", (path) => {
  const whole = FILES[path] ?? new Uint8Array();

  it("is named where it is missing", async () => {
    expect(await outcome({ [path]: undefined })).toBe(`LAKE_DAMAGED ${path} is not there`);
  });

  it.each([0, 0.1, 0.5, 0.9, 0.999])("is refused where it is cut off at %d", async (share) => {
    const cut = whole.subarray(0, Math.floor(whole.length * share));
    expect(await outcome({ [path]: cut })).toMatch(new RegExp(`^LAKE_DAMAGED ${path} `));
  });
});

it("a data file with its pages wiped out is refused", async () => {
  const wiped = DATA.slice();
  const footerBytes = new DataView(wiped.buffer).getUint32(wiped.length - 8, true);
  wiped.fill(0, 4, wiped.length - 8 - footerBytes);
  expect(await outcome({ "s3a://w/d.parquet": wiped })).toContain("LAKE_DAMAGED s3a://w/d.parquet");
});
