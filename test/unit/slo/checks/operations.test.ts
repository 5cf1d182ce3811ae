import { describe, expect, it } from "vitest";
import type { EventOf, JournalEvent } from "../../../../core/contracts/journal.ts";
import type { Verdict } from "../../../../core/contracts/slo.ts";
import { healthyEvents, histogramOf } from "../../../../slo/checks/synthetic.ts";
import { planned, verdictFor, without, type Events } from "../../../fixtures/verdicts.ts";

const HEALTHY = healthyEvents();

function objective(id: string, events: Events): Verdict {
  return verdictFor("objectives", `objective.${id}`, events);
}

type LoadWindow = EventOf<"load.window">;
type LatencyWindow = EventOf<"latency.window">;

function load(fits: (window: LoadWindow) => boolean, change: Partial<LoadWindow>): Events {
  return HEALTHY.map((event) =>
    event.kind === "load.window" && fits(event) ? { ...event, ...change } : event,
  );
}

function latency(fits: (window: LatencyWindow) => boolean, change: Partial<LatencyWindow>): Events {
  return HEALTHY.map((event) =>
    event.kind === "latency.window" && fits(event) ? { ...event, ...change } : event,
  );
}

function isIn(fromMs: number, toMs: number, className?: string) {
  return (window: { readonly fromMs: number; readonly class?: string }): boolean =>
    window.fromMs >= fromMs && window.fromMs < toMs && window.class === className;
}

describe("objective.latency", () => {
  it("leaves fault windows out and says so", () => {
    const verdict = objective("latency.simple", HEALTHY);
    expect(verdict).toMatchObject({ status: "PROVEN", sample: { n: 1_200, bad: 0 } });
    expect(verdict.details?.[0]).toContain("200 of them failed");
  });

  it("uses the generator's exact count for the class's own target", () => {
    const events = latency(isIn(100_000, 110_000, "simple"), { overTarget: 7 });
    expect(objective("latency.simple", events).sample?.bad).toBe(14);
  });

  it("counts in the histogram where the target is another one", () => {
    // The class's own target is 30 s, so nothing is over it; the 2 s of all queries are.
    const events = latency(isIn(100_000, 110_000, "large"), { histogramUs: histogramOf(2_500) });
    expect(objective("latency.large", events).sample?.bad).toBe(0);
    expect(objective("latency.queries", events).sample?.bad).toBe(100);
  });

  it("falls back to the histogram when nothing was counted, threshold included", () => {
    const slow = HEALTHY.map((event): JournalEvent => {
      if (event.kind !== "latency.window" || !isIn(100_000, 105_000, "simple")(event)) return event;
      const { kind, atMs, workload, fromMs, windowMs, count } = event;
      const window = { kind, atMs, workload, fromMs, windowMs, count };
      return { ...window, class: "simple", histogramUs: histogramOf(100) };
    });
    expect(objective("latency.simple", slow).sample?.bad).toBe(50);
  });

  it("counts failed, unknown and dropped operations as too slow", () => {
    const lost = { ok: 44, failed: 1, unknown: 2, dropped: 3 };
    const verdict = objective("latency.simple", load(isIn(100_000, 105_000, "simple"), lost));
    expect(verdict.sample).toMatchObject({ n: 1_200, bad: 6, censored: 6 });
  });

  it("holds operations whose latency was lost against the proof", () => {
    const events = HEALTHY.filter(
      (event) => event.kind !== "latency.window" || !isIn(100_000, 125_000, "simple")(event),
    );
    const verdict = objective("latency.simple", events);
    expect(verdict.status).toBe("INCONCLUSIVE");
    expect(verdict.because).toContain("250 missing or doubtful");
  });

  it("is INVALID when the generator did not offer the load", () => {
    const events = load(isIn(100_000, 130_000, "simple"), { offered: 25, ok: 25 });
    const verdict = objective("latency.simple", events);
    expect(verdict).toMatchObject({ status: "INVALID", exitCode: 21 });
    expect(verdict.because).toContain("fell behind");
  });

  it("has no observed value when more than one in twenty never ended", () => {
    const answered = { count: 40, histogramUs: histogramOf(40, 40) };
    const events = load((window) => window.class === "simple", { ok: 40, failed: 10 }).map(
      (event) =>
        event.kind === "latency.window" && event.class === "simple"
          ? { ...event, ...answered }
          : event,
    );
    const verdict = objective("latency.simple", events);
    expect(verdict).toMatchObject({ status: "VIOLATED", sample: { n: 1_200, bad: 240 } });
    expect(verdict).not.toHaveProperty("observed");
  });

  it("takes one long outage for one event: not proven, and no accusation either", () => {
    const events = load(isIn(100_000, 110_000, "simple"), { ok: 0, failed: 50 });
    const verdict = objective("latency.simple", events);
    expect(verdict.status).toBe("INCONCLUSIVE");
    expect(verdict.sample?.nEff).toBeLessThan(60);
  });

  it("is inconclusive when nothing was measured", () => {
    const verdict = objective("latency.simple", without(HEALTHY, "load.window", "latency.window"));
    expect(verdict.status).toBe("INCONCLUSIVE");
  });
});

describe("objective.errors", () => {
  it("counts the whole measured time for writes", () => {
    const verdict = objective("errors.writes", HEALTHY);
    expect(verdict).toMatchObject({ status: "PROVEN", sample: { n: 52_500, bad: 0 } });
  });

  it.each([["failed"], ["unknown"], ["dropped"]] as const)("counts %s writes as bad", (field) => {
    const events = load((window) => window.workload === "bank", { ok: 1_740, [field]: 10 });
    const verdict = objective("errors.writes", events);
    expect(verdict).toMatchObject({ status: "VIOLATED", exitCode: 10, sample: { bad: 300 } });
  });

  it("holds a hole in the journal against the proof", () => {
    const events = HEALTHY.filter(
      (event) => event.kind !== "load.window" || !isIn(100_000, 105_000)(event),
    );
    const verdict = objective("errors.writes", events);
    expect(verdict.status).toBe("INCONCLUSIVE");
    expect(verdict.because).toContain("1 750 missing");
  });

  it("holds a query class that left no trace against the proof", () => {
    const events = HEALTHY.filter(
      (event) => !("class" in event) || (event as LoadWindow).class !== "large",
    );
    expect(objective("errors.queries", events).status).toBe("INCONCLUSIVE");
  });
});

describe("objective.uptime", () => {
  it("names the slices without an answer and the length a proof would take", () => {
    const verdict = objective("uptime", HEALTHY);
    expect(verdict).toMatchObject({ claimed: false, sample: { n: 15, bad: 2 } });
    expect(verdict.details).toContain("down in the slice from 1 min 10 s");
  });

  it("cannot be proven by a short run without any outage", () => {
    const up = HEALTHY.map((event) =>
      event.kind === "load.window" ? { ...event, ok: event.offered, failed: 0 } : event,
    );
    const verdict = objective("uptime", up);
    expect(verdict).toMatchObject({ status: "INCONCLUSIVE", observed: { value: 1 } });
    expect(verdict.needed).toContain("8 h 19 min");
  });

  it("takes a slice without load for unknown, not for up", () => {
    const verdict = objective("uptime", without(HEALTHY, "load.window"));
    expect(verdict.status).toBe("INCONCLUSIVE");
    expect(verdict.sample).toMatchObject({ n: 15, censored: 15 });
  });
});

describe("objective.rate.dev", () => {
  it("is violated when the system refuses more than one in a hundred", () => {
    const events = load(isIn(10_000, 160_000), { ok: 1_700, failed: 50, events: 4_857 });
    expect(objective("rate.dev", events).status).toBe("VIOLATED");
  });

  it("is inconclusive when the plan asks for less", () => {
    const events = planned(HEALTHY, (plan) => ({ bank: { ...plan.bank, rateEventsPerS: 900 } }));
    expect(objective("rate.dev", events).status).toBe("INCONCLUSIVE");
  });

  it("is INVALID when the generator fell behind", () => {
    const events = load(isIn(10_000, 160_000), { offered: 1_600, ok: 1_600, events: 4_571 });
    expect(objective("rate.dev", events).status).toBe("INVALID");
  });
});

describe("objectives", () => {
  it("keeps what this load cannot show as not proven, with the reason", () => {
    expect(objective("rate.production", HEALTHY)).toMatchObject({
      status: "INCONCLUSIVE",
      claimed: false,
      because: expect.stringMatching(
        /^The plan offers 1.000 a second, less than the 100.000 /u,
      ) as string,
    });
  });

  it("does not let a claim without an objective vanish", () => {
    const events = planned(HEALTHY, () => ({ claims: ["freshnes"] }));
    expect(objective("freshnes", events)).toMatchObject({ status: "INCONCLUSIVE", claimed: true });
  });
});
