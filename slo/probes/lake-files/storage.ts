/** Where the lake's files are: by the addresses the metadata gives them, from an object store or from a test's folder. */
import { LakeproofError } from "../../../core/errors.ts";
import type { ByteRange, ObjectStore } from "../../../infra/clients/object-store.ts";

export interface LakeStorage {
  /** Undefined when there is no such file. `path` as in the metadata: "s3a://bucket/key". */
  read(path: string, signal: AbortSignal, range?: ByteRange): Promise<Uint8Array | undefined>;
}

export function storageOf(store: ObjectStore): LakeStorage {
  return {
    read: (path, signal, range) => {
      const parts = /^s3[an]?:\/\/([^/]+)\/(.+)$/.exec(path);
      const [, bucket, key] = parts ?? [];
      if (bucket === undefined || key === undefined) {
        throw new LakeproofError("CAPABILITY_MISSING", `${path} is not in an object store.`, {
          hint: "The second reader reads tables whose files have s3, s3a or s3n addresses.",
        });
      }
      return store.read(bucket, key, signal, range);
    },
  };
}

/** A file that a table lists is not what the table says. */
export function damaged(path: string, reason: string, cause?: unknown): LakeproofError {
  return new LakeproofError("LAKE_DAMAGED", `${path} ${reason}`, {
    hint: "Compare the file with its copies in the object store; the table cannot be read without it.",
    cause,
  });
}

/** A whole file, `byteLength` long where the metadata says so. Throws LAKE_DAMAGED. */
export async function readWhole(
  storage: LakeStorage,
  path: string,
  signal: AbortSignal,
  byteLength?: number,
): Promise<Uint8Array> {
  const bytes = await storage.read(path, signal);
  if (bytes === undefined) throw damaged(path, "is not there");
  if (byteLength !== undefined && bytes.length !== byteLength) {
    throw damaged(path, `has ${String(bytes.length)} bytes instead of ${String(byteLength)}`);
  }
  return bytes;
}
