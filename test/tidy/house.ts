/** The files of the repository as git sees them: committed, or new and not ignored. */
import { execFileSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { ROOT } from "../../tools/tables.ts";

export function houseFiles(): readonly string[] {
  const listing = execFileSync(
    "git",
    ["ls-files", "-z", "--cached", "--others", "--exclude-standard"],
    { cwd: ROOT, encoding: "utf8" },
  );
  // A file that was deleted but not yet committed is still listed.
  return listing.split("\0").filter((path) => path !== "" && existsSync(join(ROOT, path)));
}

export function isSource(path: string): boolean {
  return /\.(ts|js|mjs)$/.test(path) || path.startsWith(".ci/");
}

export function isTest(path: string): boolean {
  return path.startsWith("test/");
}

/** Undefined for binary files, and for those that are not there. */
export function readText(path: string): string | undefined {
  if (!existsSync(join(ROOT, path))) return undefined;
  const bytes = readFileSync(join(ROOT, path));
  return bytes.includes(0) ? undefined : bytes.toString("utf8");
}

/** "path:line: text" of each line that matches, in the given files. */
export function linesMatching(paths: readonly string[], pattern: RegExp): readonly string[] {
  return paths.flatMap((path) =>
    (readText(path) ?? "")
      .split("\n")
      .flatMap((line, index) =>
        pattern.test(line) ? [`${path}:${String(index + 1)}: ${line.trim().slice(0, 120)}`] : [],
      ),
  );
}
