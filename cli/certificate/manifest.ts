/** manifest.sha256: every raw file of a run directory with its digest, in the format `sha256sum -c` reads. */
import { createHash } from "node:crypto";
import { createReadStream, readdirSync } from "node:fs";
import { join } from "node:path";
import { pipeline } from "node:stream/promises";

export const MANIFEST_FILE = "manifest.sha256";
export const CERTIFICATE_FILE = "certificate.json";

export interface HashedFile {
  /** Below the directory, with "/" between its parts. */
  readonly path: string;
  readonly sha256: string;
  readonly sizeBytes: number;
}

export interface DirectoryEntries {
  readonly files: readonly string[];
  /** Links, sockets, pipes: nothing whose content could be vouched for. */
  readonly others: readonly string[];
}

/** Everything below a directory, in the order of its UTF-16 code units. Links are not followed. */
export function entriesBelow(directory: string): DirectoryEntries {
  const files: string[] = [];
  const others: string[] = [];
  const walk = (below: string): void => {
    for (const entry of readdirSync(join(directory, below), { withFileTypes: true })) {
      const path = below === "" ? entry.name : `${below}/${entry.name}`;
      if (entry.isDirectory()) walk(path);
      else (entry.isFile() ? files : others).push(path);
    }
  };
  walk("");
  return { files: files.sort(), others: others.sort() };
}

/** Reads the file as a stream: journals and logs may be larger than memory. */
export async function hashFile(directory: string, path: string): Promise<HashedFile> {
  const hash = createHash("sha256");
  let sizeBytes = 0;
  await pipeline(createReadStream(join(directory, path)), async (chunks) => {
    for await (const chunk of chunks as AsyncIterable<Buffer>) {
      sizeBytes += chunk.length;
      hash.update(chunk);
    }
  });
  return { path, sha256: hash.digest("hex"), sizeBytes };
}

/** One after the other: two streams over one disk only make both slower. */
export async function hashFiles(
  directory: string,
  paths: readonly string[],
): Promise<readonly HashedFile[]> {
  const hashed: HashedFile[] = [];
  for (const path of paths) hashed.push(await hashFile(directory, path));
  return hashed;
}

export function manifestText(files: readonly Pick<HashedFile, "path" | "sha256">[]): string {
  return files.map(({ path, sha256 }) => `${sha256}  ${path}\n`).join("");
}

export function sha256Of(text: string): string {
  return createHash("sha256").update(text).digest("hex");
}
