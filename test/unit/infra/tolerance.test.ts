/** How much may be gone, and what the time until others took over is summed from. */
import { expect, it } from "vitest";
import { recoveryBudget } from "../../../infra/budgets.ts";
import { toleranceOf } from "../../../infra/tolerance.ts";

it("knows minorities, parity and single instances", () => {
  expect(toleranceOf("patroni", 3)).toBe(1);
  expect(toleranceOf("kafka", 5)).toBe(1);
  expect(toleranceOf("kafka", 1)).toBe(0);
  expect(toleranceOf("minio", 8)).toBe(2);
  expect(toleranceOf("minio", 4)).toBe(1);
  expect(toleranceOf("redis", 6)).toBe(1);
  expect(toleranceOf("trino-worker", 10)).toBe(9);
  expect(toleranceOf("trino", 1)).toBe(0);
  expect(toleranceOf("unheard-of", 9)).toBe(0);
});

it("sums a take-over from the configured time-outs, and a restart from the start-up", () => {
  const input = { restarts: true, canaryRoundMs: 4000 };
  const taken = recoveryBudget({ ...input, component: "patroni", takesOver: true });
  expect(taken.formula).toMatch(/Patroni ttl 20 s/);
  expect(taken.formula).toMatch(/one canary in every partition 4 s/);
  const restarted = recoveryBudget({ ...input, component: "trino", takesOver: false });
  expect(restarted.formula).toMatch(/restart of trino 75 s/);
  expect(restarted.formula).not.toMatch(/canary/);
});
