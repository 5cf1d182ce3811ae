/** The certifier is certified: each planted defect is caught, and nothing gets better by looking away. */
import { describe, expect, it } from "vitest";
import type { JournalEvent, JournalKind } from "../../core/contracts/journal.ts";
import type { Judgement, VerdictStatus } from "../../core/contracts/slo.ts";
import { judge } from "../../core/judge.ts";
import { CHECKS } from "../../slo/checks/index.ts";
import { DEFECTS, runSelftest } from "../../slo/checks/selftest.ts";
import { healthyEvents, journalOf } from "../../slo/checks/synthetic.ts";
import { seededRandom } from "../fixtures/seeded-random.ts";

const HEALTHY = healthyEvents();

function judgementOf(events: readonly JournalEvent[]): Judgement {
  return judge(journalOf(events), Object.values(CHECKS));
}

describe("the self-test", () => {
  it("catches every planted defect and leaves the healthy run alone", () => {
    const results = runSelftest();
    expect(results.filter((result) => !result.caught)).toEqual([]);
    expect(results).toHaveLength(DEFECTS.length + 1);
  });

  it("plants something for every check that can fail on evidence", () => {
    const planted = new Set(DEFECTS.map((defect) => defect.by));
    const unplanted = Object.keys(CHECKS).filter((name) => !planted.has(name as never));
    // These two judge the run's own record; unit tests cover them.
    expect(unplanted).toEqual(["selftest-passed", "journal-complete"]);
  });
});

describe("a healthy run", () => {
  it("is PROVEN with exit 0 and without a single journal problem", () => {
    const judgement = judgementOf(HEALTHY);
    expect(judgement).toMatchObject({ status: "PROVEN", exit: { code: 0 }, journalProblems: [] });
  });

  it("has one verdict per id", () => {
    const ids = judgementOf(HEALTHY).verdicts.map((verdict) => verdict.id);
    expect(new Set(ids).size).toBe(ids.length);
  });
});

describe.each(DEFECTS)("$name", ({ check, status, plant }) => {
  it(`turns ${check} ${status} and the run's exit code with it`, () => {
    const judgement = judgementOf(plant(HEALTHY));
    const verdict = judgement.verdicts.find((one) => one.id === check);
    expect(verdict?.status).toBe(status);
    expect(judgement.status).not.toBe("PROVEN");
    expect(judgement.exit.code).not.toBe(0);
    expect(judgement.exit.reasons.join("\n")).toContain(check);
  });
});

describe("a run that was cut off", () => {
  it.each([0.02, 0.3, 0.6, 0.9, 0.99])("is never PROVEN after %d of its journal", (share) => {
    const kept = HEALTHY.slice(0, Math.max(1, Math.floor(HEALTHY.length * share)));
    const judgement = judgementOf(kept);
    expect(judgement.status).not.toBe("PROVEN");
    expect(judgement.exit.code).not.toBe(0);
  });
});

const SAMPLES: readonly JournalKind[] = [
  "canary.seen",
  "canary.censored",
  "load.window",
  "latency.window",
  "ledger.changes",
];

function thinned(
  events: readonly JournalEvent[],
  share: number,
  random: () => number,
): readonly JournalEvent[] {
  return events.filter((event) => !SAMPLES.includes(event.kind) || random() >= share);
}

function provenOf(judgement: Judgement, prefix: string): readonly string[] {
  return judgement.verdicts
    .filter((verdict) => verdict.status === "PROVEN" && verdict.id.startsWith(prefix))
    .map((verdict) => verdict.id);
}

/** Makes a random part of the canaries late and of the operations slow or failed. */
function worsened(random: () => number): readonly JournalEvent[] {
  const share = random() * 0.12;
  const hit = (): boolean => random() < share;
  return HEALTHY.map((event) => {
    if (event.kind === "canary.seen" && hit()) {
      return { ...event, visibleMs: event.intendedMs + 31_000 };
    }
    if (event.kind === "latency.window" && hit()) return { ...event, overTarget: 40 };
    if (event.kind === "load.window" && event.ok > 0 && hit()) {
      return { ...event, ok: event.ok - 2, failed: 2 };
    }
    return event;
  });
}

describe("removing samples", () => {
  it.each(Array.from({ length: 12 }, (_, seed) => seed + 1))(
    "never proves an objective that was not proven (seed %i)",
    (seed) => {
      const random = seededRandom(seed);
      const events = worsened(random);
      const before = judgementOf(events);
      const after = judgementOf(thinned(events, random() * 0.2, random));
      const gained = provenOf(after, "objective.").filter(
        (id) => !provenOf(before, "objective.").includes(id),
      );
      expect(gained).toEqual([]);
    },
  );

  it("never makes a run with a defect PROVEN", () => {
    const random = seededRandom(99);
    const statuses = DEFECTS.map(
      ({ plant }) => judgementOf(thinned(plant(HEALTHY), random() * 0.1, random)).status,
    );
    expect(statuses).not.toContain("PROVEN");
  });

  it("does not let the late canaries be removed one by one", () => {
    const late = HEALTHY.map((event) =>
      event.kind === "canary.seen" && event.canary % 9 === 0
        ? { ...event, visibleMs: event.intendedMs + 40_000 }
        : event,
    );
    const hidden = late.filter(
      (event) => event.kind !== "canary.seen" || event.visibleMs - event.intendedMs < 40_000,
    );
    const freshness = (events: readonly JournalEvent[]): VerdictStatus | undefined =>
      judgementOf(events).verdicts.find((verdict) => verdict.id === "objective.freshness")?.status;
    expect(freshness(late)).not.toBe("PROVEN");
    expect(freshness(hidden)).not.toBe("PROVEN");
  });
});
