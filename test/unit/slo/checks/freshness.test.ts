import { describe, expect, it } from "vitest";
import type { EventOf, JournalEvent } from "../../../../core/contracts/journal.ts";
import type { Verdict } from "../../../../core/contracts/slo.ts";
import { healthyEvents } from "../../../../slo/checks/synthetic.ts";
import { verdictFor, without, type Events } from "../../../fixtures/verdicts.ts";

const HEALTHY = healthyEvents();

function freshness(events: Events): Verdict {
  return verdictFor("objectives", "objective.freshness", events);
}

/** Edits the canaries intended in [fromMs, toMs); `undefined` removes them. */
function canaries(
  fromMs: number,
  toMs: number,
  edit: (event: EventOf<"canary.seen">) => JournalEvent | undefined,
): Events {
  return HEALTHY.flatMap((event) => {
    if (event.kind !== "canary.seen") return [event];
    if (event.intendedMs < fromMs || event.intendedMs >= toMs) return [event];
    const edited = edit(event);
    return edited === undefined ? [] : [edited];
  });
}

function late(byMs: number) {
  return (event: EventOf<"canary.seen">): JournalEvent => ({
    ...event,
    visibleMs: event.intendedMs + byMs,
  });
}

function censored(event: EventOf<"canary.seen">): JournalEvent {
  const { canary, table, partition, intendedMs } = event;
  const place = { canary, table, partition, intendedMs };
  return { atMs: 165_000, kind: "canary.censored", ...place, ageMs: 5_000, reason: "run ended" };
}

describe("objective.freshness", () => {
  it("is proven from the steady canaries and names those a fault delayed", () => {
    const verdict = freshness(HEALTHY);
    expect(verdict).toMatchObject({
      status: "PROVEN",
      claimed: true,
      exitCode: 0,
      observed: { value: 8_000, unit: "ms" },
      sample: { n: 116, bad: 0, censored: 0, nEff: 116 },
    });
    expect(verdict.details?.join("\n")).toContain("8 canaries overlapped fault windows");
    expect(verdict.details?.join("\n")).toContain("worst 32.8 s");
  });

  it("counts a canary that was late before the fault set in", () => {
    // Intended at 20 s, late at 50 s, seen only after the fault that began at 70 s.
    const verdict = freshness(canaries(20_000, 24_000, late(80_000)));
    expect(verdict.sample?.bad).toBe(4);
  });

  it("counts a canary at exactly the target as bad and one just below as good", () => {
    expect(freshness(canaries(100_000, 101_000, late(30_000))).sample?.bad).toBe(1);
    expect(freshness(canaries(100_000, 101_000, late(29_999))).sample?.bad).toBe(0);
  });

  it("counts a canary never seen as bad, whatever its age", () => {
    const verdict = freshness(canaries(150_000, 159_000, censored));
    expect(verdict.sample).toMatchObject({ n: 116, bad: 9, censored: 9 });
    expect(verdict.status).not.toBe("PROVEN");
    expect(verdict.details?.join("\n")).toContain("9 canaries were never seen");
  });

  it("holds canaries that were never written against the proof", () => {
    const verdict = freshness(canaries(110_000, 113_000, () => undefined));
    expect(verdict.sample).toMatchObject({ n: 116, bad: 0, censored: 3 });
    expect(verdict.because).toContain("3 missing");
  });

  it("concludes nothing in its favour below 95 % coverage", () => {
    const verdict = freshness(canaries(110_000, 120_000, () => undefined));
    expect(verdict.status).toBe("INCONCLUSIVE");
    expect(verdict.exitCode).toBe(11);
  });

  it("is inconclusive without a single canary", () => {
    const verdict = freshness(without(HEALTHY, "canary.seen"));
    expect(verdict.status).toBe("INCONCLUSIVE");
    expect(verdict.because).toContain("No canaries were measured");
    expect(verdict).not.toHaveProperty("observed");
  });

  it("is violated by a long stall, and says what the bound is", () => {
    const verdict = freshness(canaries(96_000, 140_000, late(45_000)));
    expect(verdict).toMatchObject({ status: "VIOLATED", exitCode: 10, bound: { limit: 0.05 } });
    expect(verdict.bound?.value).toBeGreaterThan(0.05);
    expect(verdict.bound?.method).toContain("lower");
  });

  it("discounts a burst of late canaries instead of taking them for independent", () => {
    const verdict = freshness(canaries(100_000, 110_000, late(45_000)));
    expect(verdict.sample?.nEff).toBeLessThan(60);
  });
});
