/** Configurations that are known to be bad, on real components: each turns its run red, and its sound twin does not. */
import { describe, expect, test } from "vitest";
import { GALLERY } from "../../scenarios/known-bad/index.ts";
import { lakeproof, leftovers, objectivesOf } from "../e2e/lab.ts";

const RUN_MS_MAX = 15 * 60_000;
const SEED = "20261126";

describe.for(GALLERY)("$bad.name", ({ bad, healthy }) => {
  test("turns red where it has to", { timeout: RUN_MS_MAX }, async () => {
    const started = lakeproof(["run", bad.name, "--seed", SEED], true);
    const code = await started.ended;
    const { verdicts } = objectivesOf(started);
    const statuses = new Map(verdicts.map(({ id, status }) => [id, status]));
    expect(statuses.get("validity.journal-complete")).toBe("PROVEN");
    expect(bad.mustViolate?.map((id) => `${id} ${statuses.get(id) ?? ""}`)).toEqual(
      bad.mustViolate?.map((id) => `${id} VIOLATED`),
    );
    expect(code).toBe(13);
    expect(leftovers()).toEqual([]);
  });

  test("its sound twin stays green under the same fault", { timeout: RUN_MS_MAX }, async () => {
    const started = lakeproof(["run", healthy.name, "--seed", SEED], true);
    const code = await started.ended;
    const { verdicts } = objectivesOf(started);
    const failed = verdicts.filter(({ claimed, status }) => claimed && status !== "PROVEN");
    expect(failed.map(({ id, because }) => `${id}: ${because}`)).toEqual([]);
    expect(code).toBe(0);
    expect(leftovers()).toEqual([]);
  });
});
