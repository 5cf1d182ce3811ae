/** The highly available topology as people use it: held up, its zones tried, its failovers run, taken down. */
import { expect, test } from "vitest";
import { chooseIsolation } from "../../infra/drivers/isolation.ts";
import { lakeproof, leftovers, objectivesOf } from "./lab.ts";

const RUN_MS_MAX = 22 * 60_000;

const choice = chooseIsolation("namespaces");

test(
  "mini proves its zones and its failovers, and leaves nothing behind",
  { timeout: RUN_MS_MAX },
  async (context) => {
    context.skip(choice.reason !== undefined, `namespaces cannot be had: ${choice.reason ?? ""}`);
    expect(await lakeproof(["up", "mini"], true).ended).toBe(0);
    try {
      expect(await lakeproof(["check", "zones"], true).ended).toBe(0);
      // A second time it only says that it is up.
      expect(await lakeproof(["up", "mini"]).ended).toBe(0);
      const started = lakeproof(["run", "mini", "--seed", "20261124"], true);
      const code = await started.ended;
      const { verdicts } = objectivesOf(started);
      const failed = verdicts.filter(({ claimed, status }) => claimed && status !== "PROVEN");
      expect(failed.map(({ id, because }) => `${id}: ${because}`)).toEqual([]);
      expect(code).toBe(0);
      expect(verdicts.filter(({ kind }) => kind === "recovery")).toHaveLength(4);
    } finally {
      expect(await lakeproof(["down"], true).ended).toBe(0);
    }
    expect(leftovers()).toEqual([]);
  },
);
