/** Which files make up a snapshot: its manifest list, and the manifests in it. Source: Iceberg's table specification. */
import { z } from "zod";
import { LakeproofError, reasonOf } from "../../../core/errors.ts";
import { avroRecords } from "./avro.ts";
import { damaged, readWhole, type LakeStorage } from "./storage.ts";
import type { LakeSnapshot } from "./table-metadata.ts";

const Whole = z.union([z.number(), z.bigint()]).transform(Number);
const Bound = z.object({ key: z.number(), value: z.instanceof(Uint8Array) });

const ManifestFile = z.object({
  manifest_path: z.string(),
  manifest_length: Whole,
  // Absent in version 1, where there are only data files.
  content: z.number().default(0),
  sequence_number: Whole.default(0),
});

const Entry = z.object({
  status: z.number(),
  sequence_number: Whole.nullish(),
  data_file: z.object({
    content: z.number().default(0),
    file_path: z.string(),
    file_format: z.string(),
    partition: z.unknown(),
    record_count: Whole,
    file_size_in_bytes: Whole,
    lower_bounds: z.array(Bound).nullish(),
    upper_bounds: z.array(Bound).nullish(),
    equality_ids: z.array(z.number()).nullish(),
  }),
});

const REMOVED = 2;
const CONTENTS = ["data", "position-deletes", "equality-deletes"] as const;

export interface LakeFile {
  readonly content: (typeof CONTENTS)[number];
  readonly path: string;
  readonly recordCount: number;
  readonly byteLength: number;
  /** Which commit it belongs to: a delete hides rows of earlier ones only. */
  readonly sequenceNumber: number;
  /** Files of one partition have the same text. */
  readonly partition: string;
  /** By field id: the least and the greatest value, as bytes. Left out where the writer knew none. */
  readonly lower: ReadonlyMap<number, Uint8Array>;
  readonly upper: ReadonlyMap<number, Uint8Array>;
  /** Columns, by field id, by which rows are deleted. */
  readonly equalityIds: readonly number[];
}

/** Every live file of a snapshot. Throws LAKE_DAMAGED also when their records do not add up to the snapshot's own total. */
export async function filesOf(
  storage: LakeStorage,
  snapshot: LakeSnapshot,
  manifestOf: (
    path: string,
    read: () => Promise<readonly LakeFile[]>,
  ) => Promise<readonly LakeFile[]>,
  signal: AbortSignal,
): Promise<readonly LakeFile[]> {
  const listPath = snapshot["manifest-list"];
  const listed = await avroRecords(listPath, await readWhole(storage, listPath, signal));
  const files: LakeFile[] = [];
  for (const record of listed) {
    const manifest = parsed(ManifestFile, listPath, record);
    files.push(
      ...(await manifestOf(manifest.manifest_path, () => readManifest(storage, manifest, signal))),
    );
  }
  const total = snapshot.summary["total-records"];
  const counted = files.reduce(
    (sum, file) => sum + (file.content === "data" ? file.recordCount : 0),
    0,
  );
  if (total !== undefined && Number(total) !== counted) {
    throw damaged(
      listPath,
      `leads to files with ${String(counted)} records; the snapshot says ${total}`,
    );
  }
  return files;
}

async function readManifest(
  storage: LakeStorage,
  manifest: z.infer<typeof ManifestFile>,
  signal: AbortSignal,
): Promise<readonly LakeFile[]> {
  const { manifest_path: path, manifest_length: byteLength } = manifest;
  const records = await avroRecords(path, await readWhole(storage, path, signal, byteLength));
  return records
    .map((record) => parsed(Entry, path, record))
    .filter((entry) => entry.status !== REMOVED)
    .map((entry) => fileOf(path, entry, manifest.sequence_number));
}

function fileOf(manifestPath: string, entry: z.infer<typeof Entry>, inherited: number): LakeFile {
  const { data_file: file } = entry;
  const content = CONTENTS[file.content];
  if (content === undefined) {
    throw damaged(manifestPath, `holds an entry of the unknown content ${String(file.content)}`);
  }
  if (file.file_format.toUpperCase() !== "PARQUET") {
    throw new LakeproofError("CAPABILITY_MISSING", `${file.file_path} is ${file.file_format}.`, {
      hint: "The second reader reads Parquet; write the table with 'write.format.default' = 'parquet'.",
    });
  }
  return {
    content,
    path: file.file_path,
    recordCount: file.record_count,
    byteLength: file.file_size_in_bytes,
    // An entry that was added inherits the number of its commit.
    sequenceNumber: entry.sequence_number ?? inherited,
    partition: JSON.stringify(file.partition, (_, value: unknown) =>
      typeof value === "bigint" ? String(value) : value,
    ),
    lower: bounds(file.lower_bounds),
    upper: bounds(file.upper_bounds),
    equalityIds: file.equality_ids ?? [],
  };
}

function bounds(
  list: readonly z.infer<typeof Bound>[] | null | undefined,
): ReadonlyMap<number, Uint8Array> {
  return new Map((list ?? []).map(({ key, value }) => [key, value]));
}

function parsed<T>(schema: z.ZodType<T>, path: string, record: unknown): T {
  try {
    return schema.parse(record);
  } catch (error) {
    throw damaged(path, `holds an entry that is none: ${reasonOf(error).slice(0, 200)}`, error);
  }
}

/** True when the file may hold a row whose whole-number column lies within [min, max]. */
export function mayHold(
  file: LakeFile,
  fieldId: number | undefined,
  min: number,
  max: number,
): boolean {
  if (fieldId === undefined) return true;
  const lower = wholeNumber(file.lower.get(fieldId));
  const upper = wholeNumber(file.upper.get(fieldId));
  return (upper === undefined || upper >= min) && (lower === undefined || lower <= max);
}

/** int and long bounds are little-endian, 4 or 8 bytes. */
function wholeNumber(bytes: Uint8Array | undefined): number | undefined {
  if (bytes?.length !== 4 && bytes?.length !== 8) return undefined;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  return bytes.length === 4 ? view.getInt32(0, true) : Number(view.getBigInt64(0, true));
}
