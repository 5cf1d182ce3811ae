/** The list of files of a cached artifact: written when it is complete, compared when it is used. */
import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { chmod, lstat, readdir, readlink } from "node:fs/promises";
import { join } from "node:path";
import { pipeline } from "node:stream/promises";

export interface ManifestFile {
  readonly path: string;
  readonly bytes: number;
  /** Of a symbolic link: of the text of its target. */
  readonly sha256: string;
}

/** A file that is not what it should be. */
export interface Difference {
  readonly path: string;
  readonly expected: string;
  readonly actual: string;
}

export async function sha256OfFile(path: string): Promise<string> {
  const hash = createHash("sha256");
  await pipeline(createReadStream(path, { highWaterMark: 1 << 20 }), hash);
  return hash.digest("hex");
}

export function sha256OfText(text: string): string {
  return createHash("sha256").update(text).digest("hex");
}

/** Paths of all files below `dir`, relative and sorted. Directories themselves are not listed. */
async function filesBelow(dir: string): Promise<readonly string[]> {
  const entries = await readdir(dir, { recursive: true, withFileTypes: true });
  return entries
    .filter((entry) => !entry.isDirectory())
    .map((entry) => join(entry.parentPath, entry.name).slice(dir.length + 1))
    .sort();
}

export async function manifestOf(dir: string): Promise<readonly ManifestFile[]> {
  const files: ManifestFile[] = [];
  for (const path of await filesBelow(dir)) files.push(await manifestFile(dir, path));
  return files;
}

async function manifestFile(dir: string, path: string): Promise<ManifestFile> {
  const full = join(dir, path);
  const facts = await lstat(full);
  if (facts.isSymbolicLink()) {
    return { path, bytes: facts.size, sha256: sha256OfText(await readlink(full)) };
  }
  return { path, bytes: facts.size, sha256: await sha256OfFile(full) };
}

/** Names and sizes only: milliseconds. The first difference, or undefined. */
export async function compareSizes(
  dir: string,
  manifest: readonly ManifestFile[],
): Promise<Difference | undefined> {
  const found = new Set(await filesBelow(dir));
  for (const file of manifest) {
    if (!found.delete(file.path)) {
      return { path: file.path, expected: `${String(file.bytes)} bytes`, actual: "no such file" };
    }
  }
  const [extra] = found;
  if (extra !== undefined) return { path: extra, expected: "no such file", actual: "a file" };
  const sizes = await Promise.all(
    manifest.map(async ({ path }) => (await lstat(join(dir, path))).size),
  );
  const index = manifest.findIndex((file, at) => file.bytes !== sizes[at]);
  const wrong = manifest[index];
  if (wrong === undefined) return undefined;
  return {
    path: wrong.path,
    expected: `${String(wrong.bytes)} bytes`,
    actual: `${String(sizes[index])} bytes`,
  };
}

/** Every byte: seconds. The first difference, or undefined. */
export async function compareDigests(
  dir: string,
  manifest: readonly ManifestFile[],
): Promise<Difference | undefined> {
  const bySize = await compareSizes(dir, manifest);
  if (bySize !== undefined) return bySize;
  for (const file of manifest) {
    const actual = await manifestFile(dir, file.path);
    if (actual.sha256 !== file.sha256) {
      return {
        path: file.path,
        expected: `sha256 ${file.sha256}`,
        actual: `sha256 ${actual.sha256}`,
      };
    }
  }
  return undefined;
}

/** Everybody may read, nobody else may write: programs run under other users than the one who fetched. */
export async function makeReadable(dir: string): Promise<void> {
  await chmod(dir, 0o755);
  for (const entry of await readdir(dir, { recursive: true, withFileTypes: true })) {
    const path = join(entry.parentPath, entry.name);
    if (entry.isSymbolicLink()) continue;
    const executable = entry.isDirectory() || ((await lstat(path)).mode & 0o100) !== 0;
    await chmod(path, executable ? 0o755 : 0o644);
  }
}
