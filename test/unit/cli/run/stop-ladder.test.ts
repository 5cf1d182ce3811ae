import { expect, it } from "vitest";
import { StopLadder } from "../../../../cli/run/stop-ladder.ts";

const OPERATOR = { guard: "operator", reason: "Ctrl-C" } as const;

it("is no step while nothing is left to leave out", () => {
  const ladder = new StopLadder();
  expect(ladder.quiet(OPERATOR)).toBe(false);
  ladder.open(() => undefined);
  ladder.close();
  expect(ladder.quiet(OPERATOR)).toBe(false);
  expect(ladder.quietBecause).toBeUndefined();
});

it("is taken once, told once, and keeps its first reason", () => {
  const ladder = new StopLadder();
  const told: unknown[] = [];
  ladder.open((cause) => void told.push(cause));
  expect(ladder.quiet(OPERATOR)).toBe(true);
  expect(ladder.quiet({ guard: "telemetry", reason: "blind" })).toBe(false);
  expect(told).toEqual([OPERATOR]);
  expect(ladder.quietBecause).toBe("Ctrl-C");
});
