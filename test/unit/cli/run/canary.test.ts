/**
 * Canaries are written when they are meant to be. One whose write got no answer is given up only when its row is known
 * to have gone on without it.
 */
import { describe, expect, test } from "vitest";
import { canariesDue, neverWritten, type Flying } from "../../../../cli/run/canary.ts";

function flying(canary: number, rest: Partial<Flying> = {}): Flying {
  return {
    canary,
    table: "users",
    partition: 1,
    bucket: 5,
    intendedMs: canary * 500,
    ackMs: Infinity,
    lastMissMs: 0,
    isUnknown: false,
    ...rest,
  };
}

function given(all: readonly Flying[], visible: readonly number[]): readonly number[] {
  return neverWritten(all, new Set(visible)).map(({ canary }) => canary);
}

const unknown = flying(10, { isUnknown: true });

test("a later version of its row is visible and it is not: never committed", () => {
  expect(given([unknown, flying(20)], [20])).toEqual([10]);
});

test.each([
  ["it is visible itself", [unknown, flying(20)], [10, 20]],
  ["nothing is visible", [unknown, flying(20)], []],
  ["only an earlier version is", [flying(5), unknown], [5]],
  ["another partition's is", [unknown, flying(20, { partition: 2 })], [20]],
  ["the other table's is", [unknown, flying(20, { table: "accounts" })], [20]],
  ["it was acknowledged", [flying(10, { ackMs: 5100 }), flying(20)], [20]],
  ["its answer is still to come", [flying(10), flying(20)], [20]],
] as const)("is waited for while %s", (_why, all, visible) => {
  expect(given(all, visible)).toEqual([]);
});

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
