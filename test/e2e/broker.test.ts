/** The smallest topology as people hold it: one broker up, load straight into it, taken down. */
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { z } from "zod";
import { lakeproof, leftovers } from "./lab.ts";

const Result = z.object({
  operations: z.object({ offered: z.number(), fail: z.number() }),
  acknowledgedRecords: z.number(),
  unclearRecords: z.number(),
  recordsInTopics: z.number(),
});

test(
  "one broker comes up, takes every change it acknowledges, and nothing is left of it",
  { timeout: 5 * 60_000 },
  async () => {
    const out = mkdtempSync(join(tmpdir(), "lakeproof-e2e-loads-"));
    onTestFinished(() => {
      rmSync(out, { recursive: true, force: true });
    });
    expect(await lakeproof(["up", "broker"], true).ended).toBe(0);
    try {
      const load = ["load", "kafka", "--rate", "2000", "--warmup", "2", "--duration", "5"];
      // A slow machine may call its own figures INVALID; what was acknowledged is there all the same.
      expect([0, 21]).toContain(await lakeproof([...load, "--out", out], true).ended);
    } finally {
      expect(await lakeproof(["down"], true).ended).toBe(0);
    }
    const [run = ""] = readdirSync(out);
    const result = Result.parse(JSON.parse(readFileSync(join(out, run, "result.json"), "utf8")));
    expect(result.operations).toMatchObject({ fail: 0 });
    expect(result.acknowledgedRecords).toBeGreaterThan(1000);
    expect(result.recordsInTopics - result.acknowledgedRecords).toBeGreaterThanOrEqual(0);
    expect(result.recordsInTopics - result.acknowledgedRecords).toBeLessThanOrEqual(
      result.unclearRecords,
    );
    expect(leftovers()).toEqual([]);
  },
);
