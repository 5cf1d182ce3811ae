/** Configuration files below a directory, or one of them by name. */
import { readdirSync, readFileSync, statSync } from "node:fs";
import { basename, join, relative } from "node:path";
import { isConfiguration, type GivenFile } from "./parse/read.ts";

/** No configuration is longer; what is, is data. */
const FILE_BYTES_MAX = 1_048_576;
const FILE_COUNT_MAX = 2000;
const PASSED_OVER = new Set(["node_modules", ".git", "dist", "coverage", "target", "build"]);

/** Undefined where there is no such file or directory. */
export function readConfigFiles(path: string): readonly GivenFile[] | undefined {
  const found = statSync(path, { throwIfNoEntry: false });
  if (found === undefined) return undefined;
  const paths = found.isDirectory() ? filesBelow(path) : [path];
  return paths.map((file) => ({
    file: found.isDirectory() ? relative(path, file) : basename(path),
    text: readFileSync(file, "utf8"),
  }));
}

function filesBelow(directory: string): readonly string[] {
  const files: string[] = [];
  const waiting = [directory];
  for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) {
    const here = next;
    const entries = readdirSync(here, { withFileTypes: true });
    for (const entry of entries.toSorted((a, b) => (a.name < b.name ? -1 : 1))) {
      const path = join(here, entry.name);
      if (entry.isDirectory() && !PASSED_OVER.has(entry.name)) waiting.push(path);
      else if (entry.isFile() && isConfiguration(path) && statSync(path).size <= FILE_BYTES_MAX) {
        files.push(path);
      }
    }
    if (files.length > FILE_COUNT_MAX) break;
  }
  return files.slice(0, FILE_COUNT_MAX);
}
