import { describe, expect, test } from "vitest";
import { canariesDue } from "../../../../cli/run/canary.ts";

const GAP_MS = 500;

describe("canaries are due at the time they are meant for", () => {
  test("the first one at once", () => {
    expect(canariesDue(0, GAP_MS)).toBe(1);
  });

  test("canary n when n gaps have passed, not a gap later", () => {
    // What is written late by a gap would look that much older than it is.
    for (const canary of [1, 2, 3, 10, 601]) {
      const intendedMs = canary * GAP_MS;
      expect(canariesDue(intendedMs - 0.5, GAP_MS)).toBe(canary);
      expect(canariesDue(intendedMs, GAP_MS)).toBe(canary + 1);
    }
  });

  test("a late timer skips none", () => {
    expect(canariesDue(1740, GAP_MS)).toBe(4);
  });

  test("none before the start", () => {
    expect(canariesDue(-1, GAP_MS)).toBe(0);
  });
});
