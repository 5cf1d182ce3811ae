/** Each of the specification's alerts, given a real reason on the highly available topology. */
import { expect, test } from "vitest";
import { lakeproof, leftovers } from "../e2e/lab.ts";

const TEST_MS_MAX = 40 * 60_000;

test("every alert fires in time and resolves", { timeout: TEST_MS_MAX }, async () => {
  expect(await lakeproof(["up", "mini"], true).ended).toBe(0);
  try {
    expect(await lakeproof(["check", "alerts"], true).ended).toBe(0);
  } finally {
    expect(await lakeproof(["down"], true).ended).toBe(0);
  }
  expect(leftovers()).toEqual([]);
});
