import { describe, expect, it } from "vitest";
import type { EventOf, JournalBody, JournalEvent } from "../../../../core/contracts/journal.ts";
import type { Arrivals } from "../../../../core/contracts/plan.ts";
import type { Verdict } from "../../../../core/contracts/slo.ts";
import { CPU_PROBE, DELAY_PROBE, K6_CPU_PROBE } from "../../../../slo/checks/generator-headroom.ts";
import { FAULT_FROM_MS, healthyEvents } from "../../../../slo/checks/synthetic.ts";
import { READER_PROBE } from "../../../../slo/checks/telemetry.ts";
import { verdictFor, without, type Events } from "../../../fixtures/verdicts.ts";

const HEALTHY = healthyEvents();

function blindSeconds(probe: string, fromMs: number, count: number): Events {
  const blind = Array.from({ length: count }, (_, index): JournalEvent => ({
    atMs: fromMs + index * 1_000,
    kind: "probe.blind",
    probe,
    reason: "timeout",
  }));
  return [...HEALTHY.slice(0, -1), ...blind, ...HEALTHY.slice(-1)];
}

function ended(body: Extract<JournalBody, { kind: "run.ended" }> | undefined): Events {
  const events = HEALTHY.slice(0, -1);
  return body === undefined ? events : [...events, { atMs: 171_000, ...body }];
}

describe("recovery", () => {
  const recovery = (events: Events): Verdict => verdictFor("recovery", "recovery.f1", events);
  const change = (
    fits: (event: EventOf<"fault.changed">) => boolean,
    edit: Partial<EventOf<"fault.changed">> | undefined,
  ): Events =>
    HEALTHY.flatMap((event) => {
      if (event.kind !== "fault.changed" || !fits(event)) return [event];
      return edit === undefined ? [] : [{ ...event, ...edit }];
    });

  it("compares the measured time with the budget and shows the formula", () => {
    const verdict = recovery(HEALTHY);
    expect(verdict).toMatchObject({ status: "PROVEN", observed: { value: 19_000 } });
    expect(verdict.because).toContain("19 s, within its budget of 40 s (start 30 s + commit");
    expect(verdict.details).toEqual([
      "process 4711 is gone",
      expect.stringMatching(/^noticed outside: 800 of 10 500 requests without success/),
    ]);
  });

  it("is violated over the budget and when the pipeline never came back", () => {
    const slow = change((event) => event.state === "recovered", { recoveryMs: 40_001 });
    expect(recovery(slow)).toMatchObject({ status: "VIOLATED", exitCode: 10 });
    const never = change((event) => event.state === "recovered", undefined);
    expect(recovery(never)).toMatchObject({ status: "VIOLATED", exitCode: 10 });
  });

  it("is INVALID without evidence, however fast the recovery", () => {
    const blind = change((event) => event.evidence !== undefined, { evidence: [] });
    expect(recovery(blind)).toMatchObject({ status: "INVALID", exitCode: 21 });
  });

  it("gives the reason of a fault that failed", () => {
    const failed = change((event) => event.state === "active", {
      state: "failed",
      evidence: [],
      reason: "no such process",
    });
    expect(recovery(failed).because).toContain("no such process");
  });

  it("is inconclusive for a fault that was never begun", () => {
    const verdict = recovery(without(HEALTHY, "fault.changed"));
    expect(verdict).toMatchObject({ status: "INCONCLUSIVE", exitCode: 11 });
  });
});

describe("offered-load", () => {
  const load = (
    fits: (window: EventOf<"load.window">) => boolean,
    edit: Partial<EventOf<"load.window">>,
  ): Events =>
    HEALTHY.map((event) =>
      event.kind === "load.window" && fits(event) ? { ...event, ...edit } : event,
    );
  const bank = (events: Events): Verdict =>
    verdictFor("offered-load", "validity.offered-load.bank", events);
  const queries = (events: Events): Verdict =>
    verdictFor("offered-load", "validity.offered-load.queries", events);

  it("does not forgive a single dropped bank transaction", () => {
    const events = load((window) => window.workload === "bank" && window.fromMs === 100_000, {
      ok: 1_749,
      dropped: 1,
    });
    expect(bank(events)).toMatchObject({ status: "INVALID", exitCode: 21, claimed: true });
  });

  it("does not blame the generator for what the system refused", () => {
    const events = load((window) => window.workload === "bank", {
      ok: 1_400,
      failed: 350,
      events: 4_000,
    });
    expect(bank(events).status).toBe("PROVEN");
  });

  it("is INVALID when the offered rate or the windows themselves fall short", () => {
    const slower = load((window) => window.workload === "bank", { events: 4_700 });
    expect(bank(slower).status).toBe("INVALID");
    const holes = HEALTHY.filter(
      (event) => event.kind !== "load.window" || event.fromMs < 120_000 || event.fromMs > 130_000,
    );
    expect(bank(holes).status).toBe("INVALID");
    expect(bank(without(HEALTHY, "load.window")).status).toBe("INVALID");
  });

  it("expects of every stretch what the shape of the arrivals gives it", () => {
    const own = HEALTHY.filter((event) => event.kind === "load.window").filter(
      ({ workload }) => workload === "bank",
    );
    const firstMs = own[0]?.fromMs ?? 0;
    // Only the first quarter of the day is measured: far below the mean.
    const periodMs = 4 * own.reduce((sum, { windowMs }) => sum + windowMs, 0);
    const arrivals: Arrivals = { kind: "diurnal", spacing: "uniform", periodMs, peakRatio: 1.8 };
    const scaled = (share: number): Events =>
      HEALTHY.map((event): JournalEvent => {
        if (event.kind === "run.started") {
          return { ...event, plan: { ...event.plan, bank: { ...event.plan.bank, arrivals } } };
        }
        if (event.kind !== "load.window" || event.workload !== "bank") return event;
        const day = (event.fromMs - firstMs + event.windowMs / 2) / periodMs;
        const factor = share * (1 - 0.8 * Math.cos(2 * Math.PI * day));
        const count = Math.round(event.offered * factor);
        return { ...event, offered: count, ok: count, events: event.events * factor };
      });
    expect(bank(scaled(1)).status).toBe("PROVEN");
    expect(bank(scaled(0.8)).status).toBe("INVALID");
  });

  it("accepts queries dropped while a fault holds and not at rest", () => {
    const dropped = { ok: 0, failed: 0, dropped: 50 };
    const during = load(
      (window) => window.workload === "queries" && window.fromMs === FAULT_FROM_MS,
      dropped,
    );
    expect(queries(during).status).toBe("PROVEN");
    const atRest = load(
      (window) => window.workload === "queries" && window.fromMs === 120_000,
      dropped,
    );
    expect(queries(atRest).status).toBe("INVALID");
  });

  it("says nothing about a run that never came to its measured time", () => {
    const verdict = bank(without(HEALTHY, "phase.entered"));
    expect(verdict).toMatchObject({ status: "INCONCLUSIVE", exitCode: 11 });
  });

  it("names the query class that was not offered", () => {
    const events = HEALTHY.filter(
      (event) => event.kind !== "load.window" || event.class !== "complex",
    );
    const verdict = queries(events);
    expect(verdict.status).toBe("INVALID");
    expect(verdict.details?.[0]).toContain("complex: 0 of 1 500");
  });
});

describe("generator-headroom", () => {
  const headroom = (probe: string, value: (index: number) => number): Verdict => {
    let index = 0;
    const events = HEALTHY.map((event): JournalEvent => {
      if (event.kind !== "sample.taken" || event.probe !== probe) return event;
      index += 1;
      return { ...event, observed: { ...event.observed, value: value(index) } };
    });
    return verdictFor("generator-headroom", "validity.generator-headroom", events);
  };

  it.each([
    [DELAY_PROBE, 201],
    [CPU_PROBE, 0.91],
    // Cores, of two.
    [K6_CPU_PROBE, 1.81],
  ])("is INVALID when most samples of %s are above the limit", (probe, value) => {
    expect(headroom(probe, () => value)).toMatchObject({ status: "INVALID", exitCode: 21 });
    expect(headroom(probe, (index) => (index % 3 === 0 ? value : 0.01)).status).toBe("PROVEN");
  });

  it("lets k6 have more than a core where there are more", () => {
    expect(headroom(K6_CPU_PROBE, () => 1.79).status).toBe("PROVEN");
  });

  it("is inconclusive without samples", () => {
    const events = without(HEALTHY, "sample.taken");
    const verdict = verdictFor("generator-headroom", "validity.generator-headroom", events);
    expect(verdict.status).toBe("INCONCLUSIVE");
  });
});

describe("telemetry", () => {
  const telemetry = (events: Events): Verdict =>
    verdictFor("telemetry", "validity.telemetry", events);

  it("is INVALID when the canary reader was blind in more than 5 % of its looks", () => {
    // 25 looks outside of the fault succeeded: one blind one is 3.8 %, two are 7.4 %.
    expect(telemetry(blindSeconds(READER_PROBE, 100_000, 1)).status).toBe("PROVEN");
    expect(telemetry(blindSeconds(READER_PROBE, 100_000, 2)).status).toBe("INVALID");
  });

  it("goes by seconds where the successful looks are not journalled", () => {
    const of = (count: number): string =>
      telemetry(without(blindSeconds(READER_PROBE, 100_000, count), "sample.taken")).status;
    expect(of(6)).toBe("PROVEN");
    expect(of(7)).toBe("INVALID");
  });

  it("is inconclusive when the run never came to its measured time", () => {
    expect(telemetry(without(HEALTHY, "phase.entered")).status).toBe("INCONCLUSIVE");
  });

  it("expects blindness while a fault holds", () => {
    expect(telemetry(blindSeconds(READER_PROBE, FAULT_FROM_MS, 20)).status).toBe("PROVEN");
  });

  it("lists other blind probes without calling the run off", () => {
    const verdict = telemetry(blindSeconds("flink.lag", 100_000, 20));
    expect(verdict.status).toBe("PROVEN");
    expect(verdict.details?.[0]).toContain("flink.lag: blind 20 times");
  });

  it("is INVALID when no canary was ever seen", () => {
    expect(telemetry(without(HEALTHY, "canary.seen")).status).toBe("INVALID");
  });
});

describe("selftest-passed", () => {
  const selftest = (events: Events): Verdict =>
    verdictFor("selftest-passed", "validity.selftest", events);

  it("is INVALID when it never ran or missed a defect", () => {
    expect(selftest(without(HEALTHY, "selftest.defect"))).toMatchObject({
      status: "INVALID",
      exitCode: 21,
    });
    const missed: JournalEvent = {
      ...{ atMs: 700, kind: "selftest.defect", defect: "one lost" },
      ...{ check: "integrity.no-lost-change", caught: false },
    };
    const verdict = selftest([...HEALTHY, missed]);
    expect(verdict.status).toBe("INVALID");
    expect(verdict.details).toEqual(["one lost was not caught by integrity.no-lost-change"]);
  });
});

describe("journal-complete", () => {
  const complete = (events: Events): Verdict =>
    verdictFor("journal-complete", "validity.journal-complete", events);

  it.each([
    ["PROVEN", { kind: "run.ended", reason: "completed" }],
    ["INCONCLUSIVE", { kind: "run.ended", reason: "interrupted" }],
    ["INCONCLUSIVE", { kind: "run.ended", reason: "provisioning-failed" }],
    ["INVALID", { kind: "run.ended", reason: "crashed" }],
    ["INVALID", undefined],
  ] as const)("is %s after %j", (status, body) => {
    expect(complete(ended(body)).status).toBe(status);
  });

  it("does not trust a completed run with events it cannot read", () => {
    const strange = { atMs: 5, kind: "quantum.entangled" } as unknown as JournalEvent;
    const verdict = complete([strange, ...HEALTHY]);
    expect(verdict.status).toBe("INCONCLUSIVE");
    expect(verdict.details?.[0]).toContain("quantum.entangled");
  });
});

describe("residue", () => {
  const residue = (events: Events): Verdict => verdictFor("residue", "hygiene.residue", events);

  it("must have been looked for, and nothing found", () => {
    expect(residue(HEALTHY).status).toBe("PROVEN");
    expect(residue(without(HEALTHY, "residue.checked"))).toMatchObject({
      status: "INCONCLUSIVE",
      exitCode: 22,
    });
    const left: JournalEvent = { atMs: 170_000, kind: "residue.checked", residue: ["toxic x"] };
    expect(residue([...HEALTHY, left])).toMatchObject({ status: "VIOLATED", exitCode: 22 });
  });
});
