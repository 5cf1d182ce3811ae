/** A replication slot that is gone takes changes with it: the run has to say so, and go on afterwards. */
import { expect, test } from "vitest";
import { journalText, lakeproof, leftovers, objectivesOf } from "./lab.ts";

test("a lost slot is mended, and what it cost is named", { timeout: 20 * 60_000 }, async () => {
  const started = lakeproof(["run", "slot-loss", "--seed", "5"], true);
  expect(await started.ended).toBe(13);

  const { verdicts } = objectivesOf(started);
  const lost = verdicts.find(({ id }) => id === "integrity.no-lost-change");
  expect(lost?.status).toBe("VIOLATED");
  expect(lost?.because).toContain("lost at Kafka");
  // Every row is read again, and each that Kafka holds already is a repeat: allowed for.
  expect(verdicts.find(({ id }) => id === "integrity.no-duplicate")?.status).toBe("PROVEN");
  const recoveries = verdicts.filter(({ id }) => id.startsWith("recovery."));
  expect(recoveries.map(({ because, status }) => [status, because])).toEqual([
    ["PROVEN", expect.any(String)],
    ["PROVEN", expect.any(String)],
  ]);
  const text = journalText(started);
  expect(text).toContain("is not in pg_replication_slots; the connector failed loudly");
  expect(text).toContain("has wal_status lost");
  expect(leftovers()).toEqual([]);
});
