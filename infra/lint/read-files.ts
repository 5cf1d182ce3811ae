/** Configuration files below a directory, or one of them by name. */
import { readdirSync, readFileSync, statSync, type Dirent } from "node:fs";
import { basename, join, relative } from "node:path";
import { LakeproofError, reasonOf } from "../../core/errors.ts";
import { isConfiguration, type GivenFile } from "./parse/read.ts";

/** No configuration is longer; what is, is data. */
const FILE_BYTES_MAX = 1_048_576;
const FILE_COUNT_MAX = 2000;
const PASSED_OVER = new Set(["node_modules", ".git", "dist", "coverage", "target", "build"]);

/** Undefined where there is no such file or directory. */
export function readConfigFiles(path: string): readonly GivenFile[] | undefined {
  try {
    const found = statSync(path, { throwIfNoEntry: false });
    if (found === undefined) return undefined;
    if (!found.isDirectory()) return [{ file: basename(path), text: readFileSync(path, "utf8") }];
    return filesBelow(path).map((file) => ({
      file: relative(path, file),
      text: readFileSync(file, "utf8"),
    }));
  } catch (cause) {
    throw new LakeproofError("CONFIG_INVALID", `${path} cannot be read: ${reasonOf(cause)}.`, {
      hint: "Give a file or a directory that this user may read.",
      cause,
    });
  }
}

function filesBelow(directory: string): readonly string[] {
  const files: string[] = [];
  const waiting = [directory];
  for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) {
    const here = next;
    const entries = readdirSync(here, { withFileTypes: true });
    for (const entry of entries.toSorted((a, b) => (a.name < b.name ? -1 : 1))) {
      const path = join(here, entry.name);
      // Linked directories are not followed: they may lead back here.
      if (entry.isDirectory() && !PASSED_OVER.has(entry.name)) waiting.push(path);
      else if (isConfiguration(path) && isFile(entry, path)) files.push(path);
    }
    if (files.length > FILE_COUNT_MAX) break;
  }
  return files.slice(0, FILE_COUNT_MAX);
}

/** A linked file is one too: mounted configuration often is nothing but links. */
function isFile(entry: Dirent, path: string): boolean {
  if (!entry.isFile() && !entry.isSymbolicLink()) return false;
  const found = statSync(path, { throwIfNoEntry: false });
  return found?.isFile() === true && found.size <= FILE_BYTES_MAX;
}
