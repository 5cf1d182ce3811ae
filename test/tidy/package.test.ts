/** What a newcomer meets first: the lock file, the package and the README's promises. */
import { describe, expect, test } from "vitest";
import { z } from "zod";
import { EXIT_CODES } from "../../core/errors.ts";
import { houseFiles, readText } from "./house.ts";

const Lock = z.object({ packages: z.record(z.string(), z.record(z.string(), z.unknown())) });
const Package = z.object({ dependencies: z.record(z.string(), z.string()) });

function json(path: string): unknown {
  return JSON.parse(readText(path) ?? "");
}

describe("package-lock.json", () => {
  const entries = Object.entries(Lock.parse(json("package-lock.json")).packages);

  test("names no place to fetch from, so that it works behind every mirror", () => {
    expect(entries.filter(([, entry]) => "resolved" in entry).map(([name]) => name)).toEqual([]);
  });

  test("holds every optional dependency of every entry, or `npm ci` refuses it", () => {
    const names = new Set(entries.map(([path]) => path.replace(/^.*node_modules\//, "")));
    const missing = entries.flatMap(([path, entry]) =>
      Object.keys(z.record(z.string(), z.string()).parse(entry.optionalDependencies ?? {}))
        .filter((name) => !names.has(name))
        .map((name) => `${path} wants ${name}`),
    );
    expect(missing).toEqual([]);
  });
});

test("each runtime dependency has its reason in docs/decisions/0002", () => {
  const reasons = houseFiles()
    .filter((file) => file.startsWith("docs/decisions/0002-"))
    .map(readText)
    .join();
  const { dependencies } = Package.parse(json("package.json"));
  expect(Object.keys(dependencies).filter((name) => !reasons.includes(`\`${name}\``))).toEqual([]);
});

test("the README's table of exit codes is EXIT_CODES", () => {
  const lines = (readText("README.md") ?? "").split("\n");
  const rows = lines.flatMap((line) => {
    const row = /^\|\s*`?(\d+)`?\s*\|\s*(.*?)\s*\|\s*$/.exec(line);
    return row === null ? [] : [[row[1], row[2]] as const];
  });
  expect(Object.fromEntries(rows)).toEqual(Object.fromEntries(Object.entries(EXIT_CODES)));
});
