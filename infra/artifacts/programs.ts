/** Where a program is below an artifact's path, whether it was fetched or was on this machine already. */
import { existsSync } from "node:fs";
import { basename, dirname, join } from "node:path";

/** In the order they are looked in; "." for releases that were unpacked into one directory. */
const PROGRAM_DIRS = ["bin", "sbin", "."];

/**
 * The program's path. A fetched tree has all of its programs in bin; a system's prefix has those of
 * administrators in sbin. Where there is none, the path in bin, so that starting it tells what is missing.
 */
export function programIn(tree: string, program: string): string {
  const candidates = PROGRAM_DIRS.map((dir) => join(tree, dir, program));
  return candidates.find((path) => existsSync(path)) ?? join(tree, "bin", program);
}

/** The path to hand to `programIn` so that it finds a program of this directory. */
export function prefixOf(dir: string): string {
  return /^s?bin$/.test(basename(dir)) ? dirname(dir) : dir;
}
