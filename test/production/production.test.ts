/** Every system in its production count, one of each lost under load. Too long for every change. */
import { expect, test } from "vitest";
import { lakeproof, leftovers, objectivesOf } from "../e2e/lab.ts";

const RUN_MS_MAX = 60 * 60_000;

test(
  "production survives the loss of one node of each kind without losing a change",
  { timeout: RUN_MS_MAX },
  async () => {
    const started = lakeproof(["run", "production", "--seed", "20261125"], true);
    const code = await started.ended;
    const { verdicts } = objectivesOf(started);
    const failed = verdicts.filter(({ claimed, status }) => claimed && status !== "PROVEN");
    expect(failed.map(({ id, because }) => `${id}: ${because}`)).toEqual([]);
    expect(code).toBe(0);
    expect(leftovers()).toEqual([]);
  },
);
