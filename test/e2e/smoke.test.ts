/** The main job on the real pipeline, with real faults; then with rows removed behind the harness's back. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { BasicAuth, Trino } from "trino-client";
import { expect, test } from "vitest";
import { z } from "zod";
import {
  journalText,
  lakeproof,
  leftovers,
  objectivesOf,
  runDirOf,
  untilJournalled,
} from "./lab.ts";

const RUN_MS_MAX = 16 * 60_000;
const LOST_ROWS = 3;

test("smoke proves what it claims and leaves nothing behind", { timeout: RUN_MS_MAX }, async () => {
  const started = lakeproof(["run", "smoke", "--seed", "20261122"], true);
  const code = await started.ended;
  const objectives = objectivesOf(started);
  const failed = objectives.verdicts.filter(
    (verdict) => verdict.claimed && verdict.status !== "PROVEN",
  );
  expect(failed.map((verdict) => `${verdict.id}: ${verdict.because}`)).toEqual([]);
  expect(code).toBe(0);
  const recoveries = objectives.verdicts.filter(({ id }) => id.startsWith("recovery."));
  expect(recoveries).toHaveLength(6);
  const runDir = runDirOf(started) ?? "";
  for (const file of ["report.html", "summary.md", "junit.xml", "manifest.sha256", "plan.json"]) {
    expect(readFileSync(join(runDir, file), "utf8").length).toBeGreaterThan(100);
  }
  expect(leftovers()).toEqual([]);

  // Nothing was written after the certificate, and it says what its own raw data say.
  expect(await lakeproof(["verify", runDir]).ended).toBe(0);

  // The same journal, judged again with no cluster there, gives the same answer.
  const again = lakeproof(["judge", runDir, "--json"]);
  expect(await again.ended).toBe(0);
  expect(objectivesOf(started)).toEqual(objectives);
});

const Status = z.object({
  labs: z.array(
    z.object({
      instances: z.array(z.object({ id: z.string(), endpoints: z.record(z.string(), z.string()) })),
    }),
  ),
});

async function trinoAddress(): Promise<string> {
  const status = lakeproof(["status", "--json"]);
  let text = "";
  status.child.stdout?.on("data", (chunk: Buffer) => {
    text += chunk.toString();
  });
  await status.ended;
  const { labs } = Status.parse(JSON.parse(text));
  const trino = labs.flatMap((lab) => lab.instances).find(({ id }) => id === "trino-0");
  return trino?.endpoints["main"] ?? "";
}

async function rowsOf(trino: Trino, sql: string): Promise<readonly (readonly unknown[])[]> {
  const rows: (readonly unknown[])[] = [];
  for await (const page of await trino.query(sql)) {
    expect(page.error).toBeUndefined();
    for (const row of page.data ?? []) rows.push(row as readonly unknown[]);
  }
  return rows;
}

test(
  "rows removed behind its back end in exit 13 and name the hop",
  { timeout: RUN_MS_MAX },
  async () => {
    const started = lakeproof(["run", "smoke", "--seed", "20261123"], true);
    await untilJournalled(
      started,
      (event) =>
        event["kind"] === "fault.changed" && event["id"] === "f1" && event["state"] === "recovered",
    );
    // Not with our own client: what it did wrong both ways nobody would notice.
    const trino = Trino.create({
      server: `http://${await trinoAddress()}`,
      catalog: "iceberg",
      schema: "raw_data",
      source: "behind-the-back",
      auth: new BasicAuth("lakeproof"),
    });
    const rows = await rowsOf(
      trino,
      `SELECT lane, seq FROM accounts WHERE lane = 2 AND op = 'u' ORDER BY seq LIMIT ${String(LOST_ROWS)}`,
    );
    expect(rows).toHaveLength(LOST_ROWS);
    const lost = rows.map((row) => Number(row[1]));
    await rowsOf(
      trino,
      `DELETE FROM accounts WHERE lane = 2 AND op = 'u' AND seq IN (${lost.join(", ")})`,
    );

    expect(await started.ended).toBe(13);
    const { verdicts } = objectivesOf(started);
    const verdict = verdicts.find(({ id }) => id === "integrity.no-lost-change");
    expect(verdict?.status).toBe("VIOLATED");
    expect(verdict?.because).toMatch(/iceberg/i);
    const anomalies = journalText(started)
      .split("\n")
      .filter((line) => line.includes('"ledger.anomaly"'))
      .map((line) => JSON.parse(line) as Record<string, unknown>);
    const located = anomalies.filter(
      (anomaly) => anomaly["anomaly"] === "lost" && anomaly["hop"] === "iceberg",
    );
    expect(located.map((anomaly) => anomaly["seq"]).sort()).toEqual([...lost].sort());
    expect(leftovers()).toEqual([]);
  },
);
