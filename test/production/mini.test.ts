/** Failovers under load on the highly available topology: on two cores they leave no room for anything else. */
import { expect, test } from "vitest";
import { lakeproof, leftovers, objectivesOf } from "../e2e/lab.ts";

const RUN_MS_MAX = 22 * 60_000;

test(
  "mini takes over from every lost node by itself and loses no change",
  { timeout: RUN_MS_MAX },
  async () => {
    const started = lakeproof(["run", "mini", "--seed", "20261124"], true);
    const code = await started.ended;
    const { verdicts } = objectivesOf(started);
    const failed = verdicts.filter(({ claimed, status }) => claimed && status !== "PROVEN");
    expect(failed.map(({ id, because }) => `${id}: ${because}`)).toEqual([]);
    expect(code).toBe(0);
    expect(verdicts.filter(({ kind }) => kind === "recovery")).toHaveLength(4);
    expect(leftovers()).toEqual([]);
  },
);
