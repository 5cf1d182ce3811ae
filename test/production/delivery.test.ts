/** What is under way when something dies: a commit, a batch, bytes on a link. Nothing may be lost or come twice. */
import { expect, test } from "vitest";
import { journalText, lakeproof, leftovers, objectivesOf } from "../e2e/lab.ts";

test("half done is neither lost nor done twice", { timeout: 20 * 60_000 }, async () => {
  const started = lakeproof(["run", "delivery", "--seed", "6"], true);
  expect(await started.ended).toBe(0);

  const { verdicts } = objectivesOf(started);
  const ofKind = (kind: string): readonly string[] =>
    verdicts.filter((one) => one.kind === kind).map(({ id, status }) => `${id} ${status}`);
  for (const id of ["no-lost-change", "no-duplicate", "iceberg-metadata"]) {
    expect(ofKind("integrity")).toContain(`integrity.${id} PROVEN`);
  }
  expect(ofKind("recovery")).toEqual([1, 2, 3, 4].map((at) => `recovery.f${String(at)} PROVEN`));
  const text = journalText(started);
  expect(text).toMatch(/killed with \d+ of the \d+ changes of its backlog in Kafka/);
  expect(text).toMatch(/by a commit whose sender, flink-taskmanager-0, had been gone for \d+ ms/);
  expect(text).toMatch(/no answer over the link within 3 s/);
  expect(leftovers()).toEqual([]);
});
