/** One byte changed anywhere, in the raw data, a report or the certificate itself: found, and the file named. */
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Verification } from "../../../cli/certificate/verification.ts";
import { placeOf, verifyCertificate } from "../../../cli/verify.ts";
import { filesOf, removeMade, sealedRun } from "../../fixtures/run-directory.ts";
import type { SealedRun } from "../../fixtures/run-directory.ts";
import { seededRandom } from "../../fixtures/seeded-random.ts";

afterAll(removeMade);

const verified = (target: string): Promise<Verification> => verifyCertificate(placeOf(target));

describe("tampering", () => {
  let run: SealedRun;
  const EVERY_FILE = [
    "certificate.json",
    "environment.json",
    "histograms/simple.hlog",
    "journal.ndjson",
    "junit.xml",
    "k6.ndjson",
    "logs/kafka-0.log",
    "logs/trino-0.log",
    "manifest.sha256",
    "metrics.prom",
    "objectives.json",
    "plan.json",
    "report.html",
    "summary.md",
  ];

  beforeAll(async () => {
    run = await sealedRun();
  });

  test("the list of files is complete", () => {
    expect(filesOf(run.runDir)).toEqual(EVERY_FILE);
  });

  test.for(EVERY_FILE)("any byte of %s fails and names it", { timeout: 120_000 }, async (file) => {
    const path = join(run.runDir, file);
    const original = readFileSync(path);
    for (const { at, mask } of offsets(file, original.length)) {
      const bytes = Buffer.from(original);
      bytes[at] = (bytes[at] ?? 0) ^ mask;
      writeFileSync(path, bytes);
      const result = await verified(run.runDir);
      const where = `byte ${String(at)} xor ${String(mask)}`;
      expect([where, result.exit]).toEqual([where, 21]);
      expect(result.findings.map(({ about }) => about)).toContain(file);
    }
    writeFileSync(path, original);
    expect((await verified(run.runDir)).outcome).toBe("genuine");
  });

  /** First, last, and a seeded sample between, each with a seeded change of at least one bit. */
  function offsets(file: string, length: number): readonly { at: number; mask: number }[] {
    const random = seededRandom(file.length * 7919 + file.charCodeAt(0));
    const between = Array.from({ length: 2 }, () => Math.floor(random() * length));
    return [0, length - 1, ...between].map((at) => ({ at, mask: 1 + Math.floor(random() * 255) }));
  }

  test("every character of the signature and of the keyid counts", async () => {
    const path = join(run.runDir, "certificate.json");
    const original = readFileSync(path, "utf8");
    const from = original.indexOf('"signatures"');
    const missed: number[] = [];
    for (let at = from; at < original.length; at += 1) {
      const other = original[at] === "A" ? "B" : "A";
      writeFileSync(path, `${original.slice(0, at)}${other}${original.slice(at + 1)}`);
      const { findings } = await verifyCertificate({
        ...placeOf(path),
        runDir: join(run.runDir, "logs"),
      });
      if (!findings.some(({ about }) => about === "certificate.json")) missed.push(at);
    }
    writeFileSync(path, original);
    expect(missed).toEqual([]);
  });
});
