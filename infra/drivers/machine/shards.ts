/** Which files below a MinIO drive hold pieces of objects: `bucket/key/xl.meta`, `bucket/key/<uuid>/part.1`. */
import { readdirSync, statSync } from "node:fs";
import { basename, dirname, join, relative, sep } from "node:path";
import type { ShardFile } from "../../../core/contracts/machine.ts";

/** Copies are kept of what is damaged: larger files are left alone. */
const FILE_BYTES_MAX = 16 * 1024 * 1024;
const SYSTEM_DIR = ".minio.sys";

export function shardFilesOf(drivePath: string): readonly ShardFile[] {
  const buckets = readdirSync(drivePath).filter((name) => name !== SYSTEM_DIR);
  return buckets
    .flatMap((bucket) => filesBelow(join(drivePath, bucket)))
    .flatMap((path) => shardFileAt(drivePath, path) ?? [])
    .sort((a, b) => (a.path < b.path ? -1 : 1));
}

/** What goes while we look is passed over: the store is at work. */
function filesBelow(dir: string): readonly string[] {
  try {
    return readdirSync(dir, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => join(entry.parentPath, entry.name));
  } catch {
    return [];
  }
}

function shardFileAt(drivePath: string, path: string): ShardFile | undefined {
  const name = basename(path);
  const isPart = name.startsWith("part.");
  if (!isPart && name !== "xl.meta") return undefined;
  const objectDir = isPart ? dirname(dirname(path)) : dirname(path);
  const [bucket = "", ...key] = relative(drivePath, objectDir).split(sep);
  const byteCount = statSync(path, { throwIfNoEntry: false })?.size ?? 0;
  if (key.length === 0 || byteCount === 0 || byteCount > FILE_BYTES_MAX) return undefined;
  return { path, bucket, key: key.join("/"), byteCount };
}
