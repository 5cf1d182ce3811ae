/** One way to a program's path, for fetched trees and for what was installed already. */
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { prefixOf, programIn } from "../../../../infra/artifacts/programs.ts";

let dir: string;

beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), "lakeproof-programs-"));
});
afterEach(() => rm(dir, { recursive: true }));

describe("a program", () => {
  it.each(["bin", "sbin", "."])(
    "in %s is found by what stands for its directory",
    async (place) => {
      await mkdir(join(dir, place), { recursive: true });
      await writeFile(join(dir, place, "haproxy"), "");
      expect(prefixOf(join(dir, place))).toBe(dir);
      expect(programIn(dir, "haproxy")).toBe(join(dir, place, "haproxy"));
    },
  );

  it("that is nowhere is said to be in bin", () => {
    expect(programIn(dir, "haproxy")).toBe(join(dir, "bin", "haproxy"));
  });
});
