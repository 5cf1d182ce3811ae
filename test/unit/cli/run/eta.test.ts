import { expect, test } from "vitest";
import { Eta } from "../../../../cli/run/eta.ts";
import { PLAN as plan } from "../../../fixtures/plan.ts";

const faults = plan.faults.length;

test("what is left never counts what is behind", () => {
  const eta = new Eta(plan);
  const atStart = eta.remainingMs(0);
  eta.entered("warmup", 10_000);
  const warm = eta.remainingMs(10_000);
  eta.entered("control", 20_000);
  const control = eta.remainingMs(20_000);
  expect(warm).toBeLessThan(atStart);
  expect(control).toBeLessThan(warm);
  expect(eta.remainingMs(20_000 + plan.durations.controlMs)).toBe(
    control - plan.durations.controlMs,
  );
});

test("a phase that takes longer than expected leaves what comes after it", () => {
  const eta = new Eta(plan);
  eta.entered("control", 0);
  const overdue = eta.remainingMs(plan.durations.controlMs * 10);
  eta.entered("measure", plan.durations.controlMs * 10);
  expect(eta.remainingMs(plan.durations.controlMs * 10)).toBe(overdue);
});

test("slow recoveries so far make the coming ones slow", () => {
  expect(faults).toBeGreaterThan(1);
  const [quick, slow] = [new Eta(plan), new Eta(plan)];
  for (const [eta, tookMs] of [
    [quick, 10_000],
    [slow, 100_000],
  ] as const) {
    eta.entered("measure", 0);
    eta.faultEnded(tookMs);
  }
  const drainAndVerifyMs = after(plan);
  const quickMs = quick.remainingMs(10_000) - drainAndVerifyMs;
  const slowMs = slow.remainingMs(100_000) - drainAndVerifyMs;
  expect(slowMs / quickMs).toBeCloseTo(10, 6);
});

test("what is late is still written, in the drain and after it no more", () => {
  const eta = new Eta(plan);
  const lateMs = 150_000;
  eta.entered("drain", 0);
  expect(eta.remainingMs(0, lateMs) - eta.remainingMs(0)).toBe(lateMs);
  expect(eta.remainingMs(100_000, lateMs)).toBe(eta.remainingMs(0, lateMs) - 100_000);
  eta.entered("verify", 165_000);
  expect(eta.remainingMs(165_000, lateMs)).toBe(eta.remainingMs(165_000));
});

function after(of: typeof plan): number {
  const eta = new Eta(of);
  eta.entered("drain", 0);
  return eta.remainingMs(0);
}
