/** How much of a start is left. */
import { expect, it } from "vitest";
import { COMPONENTS } from "../../../infra/components/index.ts";
import { type InstanceFigures, sumByComponent } from "../../../infra/instance-sums.ts";
import { StartProgress } from "../../../infra/start-progress.ts";

const STEPS = [
  { id: "kafka-0", component: "kafka" },
  { id: "trino-0", component: "trino" },
  { id: "redis-0", component: "redis" },
];

it("begins with what the machine should be able to, and ends with nothing", () => {
  const progress = new StartProgress(STEPS, 2);
  const atFirstMs = progress.remainingMs(0);
  expect(atFirstMs).toBeGreaterThan(5_000);
  expect(new StartProgress(STEPS, 4).remainingMs(0)).toBe(atFirstMs / 2);
  for (const { id } of STEPS) progress.done(id);
  expect(progress.remainingMs(30_000)).toBe(0);
  expect([progress.doneCount, progress.totalCount]).toEqual([3, 3]);
});

it("learns from a start that is slower than believed", () => {
  const quick = new StartProgress(STEPS, 2);
  const slow = new StartProgress(STEPS, 2);
  quick.done("kafka-0");
  slow.done("kafka-0");
  expect(slow.remainingMs(60_000)).toBeGreaterThan(2 * quick.remainingMs(5_000));
});

it("counts a step once, and none that is unknown", () => {
  const progress = new StartProgress(STEPS, 2);
  progress.done("kafka-0");
  progress.done("kafka-0");
  progress.done("nobody-0");
  expect(progress.doneCount).toBe(1);
});

it("knows every component's name by heart only where it has one", () => {
  const known = Object.keys(COMPONENTS);
  for (const component of ["trino", "kafka", "superset", "lakehouse"]) {
    expect(known).toContain(component);
    const one = new StartProgress([{ id: "x", component }], 1).remainingMs(0);
    const other = new StartProgress([{ id: "x", component: "unheard-of" }], 1).remainingMs(0);
    expect(one).toBeGreaterThan(other);
  }
});

it("adds instances up by component, the largest first", () => {
  const figures = (component: string, rssBytes: number, readyCpuMs?: number): InstanceFigures => ({
    component,
    rssBytes,
    readyCpuMs,
  });
  expect(
    sumByComponent([
      figures("kafka", 10, 1000),
      figures("trino-worker", 30, 5000),
      figures("kafka", 15),
    ]),
  ).toEqual([
    { component: "trino-worker", instanceCount: 1, rssBytes: 30, readyCpuMs: 5000 },
    { component: "kafka", instanceCount: 2, rssBytes: 25, readyCpuMs: 1000 },
  ]);
});
