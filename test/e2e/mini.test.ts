/** The highly available topology as people hold it: up, its zones tried from inside, its health asked, up again, taken down. */
import { expect, test } from "vitest";
import { chooseIsolation } from "../../infra/drivers/isolation.ts";
import { lakeproof, leftovers } from "./lab.ts";

const TEST_MS_MAX = 15 * 60_000;

const choice = chooseIsolation("namespaces");

test(
  "mini comes up with every system, its zones hold, and nothing is left of it",
  { timeout: TEST_MS_MAX },
  async (context) => {
    context.skip(choice.reason !== undefined, `namespaces cannot be had: ${choice.reason ?? ""}`);
    expect(await lakeproof(["up", "mini"], true).ended).toBe(0);
    try {
      expect(await lakeproof(["check", "zones"], true).ended).toBe(0);
      expect(await lakeproof(["health"], true).ended).toBe(0);
      // A second time it only says that it is up.
      expect(await lakeproof(["up", "mini"]).ended).toBe(0);
    } finally {
      expect(await lakeproof(["down"], true).ended).toBe(0);
    }
    expect(leftovers()).toEqual([]);
  },
);
