/** Columns of one Parquet file. Whole numbers come as doubles, which hold every number of the bank exactly. */
import { parquetMetadataAsync, parquetRead, type AsyncBuffer, type Compressors } from "hyparquet";
import { brotliDecompressSync, gunzipSync, zstdDecompressSync } from "node:zlib";
import { reasonOf } from "../../../core/errors.ts";
import type { LakeFile } from "./manifests.ts";
import { damaged, readWhole, type LakeStorage } from "./storage.ts";

export interface Column {
  readonly name: string;
  /** Names change, ids do not: the file is asked by id where it carries ids. */
  readonly fieldId: number | undefined;
}

/** Up to this size one request for the whole file beats several for its parts. */
const WHOLE_BYTES_MAX = 4 * 2 ** 20;

const COMPRESSORS: Compressors = {
  ZSTD: (packed) => zstdDecompressSync(packed),
  GZIP: (packed) => gunzipSync(packed),
  BROTLI: (packed) => brotliDecompressSync(packed),
};

/** Values by column name, in the order of the file's rows; null where there is none. Throws LAKE_DAMAGED. */
export async function readColumns(
  storage: LakeStorage,
  file: LakeFile,
  columns: readonly Column[],
  signal: AbortSignal,
): Promise<ReadonlyMap<string, readonly unknown[]>> {
  const values = new Map(columns.map(({ name }) => [name, new Array<unknown>(file.recordCount)]));
  await eachValue(storage, file, { columns, signal }, (name, row, value) => {
    const list = values.get(name);
    if (list !== undefined) list[row] = value ?? null;
  });
  return values;
}

/**
 * The same as numbers: NaN where there is no value, the code of its first character for a text.
 * Throws LAKE_DAMAGED.
 */
export async function readNumbers(
  storage: LakeStorage,
  file: LakeFile,
  columns: readonly Column[],
  signal: AbortSignal,
): Promise<ReadonlyMap<string, Float64Array>> {
  const values = new Map(
    columns.map(({ name }) => [name, new Float64Array(file.recordCount).fill(Number.NaN)]),
  );
  await eachValue(storage, file, { columns, signal }, (name, row, value) => {
    const list = values.get(name);
    if (list !== undefined) list[row] = numberOf(value);
  });
  return values;
}

function numberOf(value: unknown): number {
  if (typeof value === "number") return value;
  if (typeof value === "bigint") return Number(value);
  return typeof value === "string" ? value.charCodeAt(0) : Number.NaN;
}

/** What the storage refused while the decoder was reading: it would otherwise look like damage. */
interface Transport {
  error?: Error;
}

interface Request {
  readonly columns: readonly Column[];
  readonly signal: AbortSignal;
}

async function eachValue(
  storage: LakeStorage,
  file: LakeFile,
  { columns, signal }: Request,
  take: (name: string, row: number, value: unknown) => void,
): Promise<void> {
  const transport: Transport = {};
  const bytes = await openFile(storage, file, signal, transport);
  const taken = new Map<string, number>();
  try {
    const metadata = await parquetMetadataAsync(bytes);
    const physical = new Map<string, string>();
    for (const { name, fieldId } of columns) {
      const element =
        metadata.schema.find((one) => fieldId !== undefined && one.field_id === fieldId) ??
        metadata.schema.find((one) => one.field_id === undefined && one.name === name);
      if (element !== undefined) physical.set(element.name, name);
    }
    await parquetRead({
      file: bytes,
      metadata,
      columns: [...physical.keys()],
      compressors: COMPRESSORS,
      onChunk: ({ columnName, columnData, rowStart }) => {
        const name = physical.get(columnName);
        if (name === undefined) return;
        for (let index = 0; index < columnData.length; index += 1) {
          take(name, rowStart + index, columnData[index]);
        }
        taken.set(name, (taken.get(name) ?? 0) + columnData.length);
      },
    });
  } catch (error) {
    // A request that failed says nothing about the file.
    if (transport.error !== undefined) throw transport.error;
    throw damaged(file.path, `cannot be decoded: ${reasonOf(error)}`, error);
  }
  for (const [name, count] of taken) {
    if (count === file.recordCount) continue;
    const counts = `${String(count)} values of ${name} instead of ${String(file.recordCount)}`;
    throw damaged(file.path, `has ${counts}`);
  }
}

async function openFile(
  storage: LakeStorage,
  file: LakeFile,
  signal: AbortSignal,
  transport: Transport,
): Promise<AsyncBuffer> {
  const { path, byteLength } = file;
  if (byteLength <= WHOLE_BYTES_MAX) {
    const whole = await readWhole(storage, path, signal, byteLength);
    return { byteLength, slice: (from, to) => exactBuffer(whole.subarray(from, to)) };
  }
  const slice = async (from: number, to = byteLength): Promise<ArrayBuffer> => {
    const part = await storage.read(path, signal, { from, to });
    if (part === undefined) throw damaged(path, "is not there");
    if (part.length !== to - from) {
      throw damaged(path, `ends before byte ${String(to)} of ${String(byteLength)}`);
    }
    return exactBuffer(part);
  };
  return {
    byteLength,
    slice: async (from, to) => {
      try {
        return await slice(from, to);
      } catch (error) {
        transport.error ??= error instanceof Error ? error : new DOMException(reasonOf(error));
        throw error;
      }
    },
  };
}

function exactBuffer(bytes: Uint8Array): ArrayBuffer {
  const copy = new ArrayBuffer(bytes.length);
  new Uint8Array(copy).set(bytes);
  return copy;
}
