/** How much may be gone, and what the time until others took over is summed from. */
import { expect, it } from "vitest";
import { recoveryBudget } from "../../../infra/budgets.ts";
import { toleranceOf } from "../../../infra/tolerance.ts";

it.for([
  ["patroni", 3, 1],
  ["kafka", 5, 1],
  ["kafka", 1, 0],
  ["redis", 6, 1],
  ["trino-worker", 10, 9],
  ["trino", 1, 0],
  ["unheard-of", 9, 0],
] as const)("%s of %i goes on without %i", ([component, replicaCount, tolerance]) => {
  expect(toleranceOf({ component, replicaCount })).toBe(tolerance);
});

// At half of a set as parity a write needs one drive more than a read.
it.for([
  [8, 2, 2],
  [8, 8, 2],
  [4, 2, 1],
  [4, 1, 1],
  [8, 1, 3],
  [2, 2, 0],
  [1, 4, 0],
  [1, 1, 0],
] as const)("%i nodes of MinIO with %i drives write without %i of them", (figures) => {
  const [replicaCount, drivesPerNode, tolerance] = figures;
  const service = { component: "minio", replicaCount, config: { drivesPerNode } };
  expect(toleranceOf(service)).toBe(tolerance);
});

it("sums a take-over from the configured time-outs, and a restart from the start-up", () => {
  const input = { restarts: true, canaryRoundMs: 4000, readIntervalMs: 1000 };
  const taken = recoveryBudget({ ...input, component: "patroni", takesOver: true });
  expect(taken.formula).toMatch(/Patroni ttl 20 s/);
  expect(taken.formula).toMatch(/one canary in every partition 4 s/);
  const restarted = recoveryBudget({ ...input, component: "trino", takesOver: false });
  expect(restarted.formula).toMatch(/restart of trino 75 s/);
  expect(restarted.formula).not.toMatch(/canary/);
});
