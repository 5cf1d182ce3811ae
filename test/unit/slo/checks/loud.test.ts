/** What is beyond the design has to be noticed: planted silence, planted blindness, and every way of noticing. */
import { describe, expect, it } from "vitest";
import type { JournalBody, JournalEvent } from "../../../../core/contracts/journal.ts";
import type { FaultEntry } from "../../../../core/contracts/fault.ts";
import type { Verdict } from "../../../../core/contracts/slo.ts";
import { CHECKS } from "../../../../slo/checks/index.ts";
import {
  ALERTS_PROBE,
  COMPLAINTS,
  NOTICE_MS_MAX,
} from "../../../../slo/checks/evidence/noticed.ts";
import { FAULT_FROM_MS, healthyEvents, journalOf } from "../../../../slo/checks/synthetic.ts";
import { READER_PROBE, READER_SIGHT } from "../../../../slo/checks/telemetry.ts";
import { PROBES } from "../../../../slo/probes/index.ts";
import { planned, verdictFor, without, type Events } from "../../../fixtures/verdicts.ts";

/** Every request answered and every change soon in sight. */
const SILENT: Events = healthyEvents().map((event) => {
  if (event.kind === "load.window") return { ...event, ok: event.offered, failed: 0 };
  if (event.kind === "canary.seen") return { ...event, visibleMs: event.intendedMs + 4000 };
  return event;
});

/** The same, and a change that was acknowledged is not in the lake. */
const HARMFUL: Events = SILENT.map((event) =>
  event.kind === "ledger.changes" && event.when === "final" && event.hop !== "acknowledged"
    ? { ...event, eventCount: event.eventCount - 1, distinctCount: event.distinctCount - 1 }
    : event,
);

const at = (afterMs: number, body: JournalBody): JournalEvent => ({
  atMs: FAULT_FROM_MS + afterMs,
  ...body,
});
const plus = (events: Events, ...added: Events): Events =>
  [...events, ...added].toSorted((a, b) => a.atMs - b.atMs);
const loud = (events: Events): Verdict => verdictFor("loud", "loud.f1", events);
const blind = (probe: string, afterMs: number): JournalEvent =>
  at(afterMs, { kind: "probe.blind", probe, reason: "connect ECONNREFUSED" });
const count = (probe: string, value: number, afterMs: number): JournalEvent =>
  at(afterMs, { kind: "sample.taken", probe, observed: { value, unit: "count" } });
const requests = (afterMs: number, failed: number, workload = "bank"): JournalEvent =>
  at(afterMs + 1000, {
    kind: "load.window",
    ...{ workload, fromMs: FAULT_FROM_MS + afterMs, windowMs: 1000, offered: 10, ok: 10 - failed },
    ...{ failed, unknown: 0, dropped: 0, events: 0 },
  });
const withFault = (events: Events, change: Partial<FaultEntry>): Events =>
  planned(events, ({ faults }) => ({ faults: faults.map((fault) => ({ ...fault, ...change })) }));

describe("noticed", () => {
  it("by requests that fail, with the time and everybody who did", () => {
    const verdict = loud(healthyEvents());
    expect(verdict).toMatchObject({ status: "PROVEN", observed: { value: 5000, unit: "ms" } });
    expect(verdict.because).toContain("Noticed 5 s after the injection (queries simple: 50 of 50");
    expect(verdict.details?.length).toBeGreaterThan(1);
  });

  it.for([
    ["a probe that is answered with an error", blind(READER_PROBE, 900), 900],
    ["the consumer of the change topics", blind("kafka.tap", 40), 40],
    ["an alert", count("alert.FlinkJobFailure", 1, 45_000), 45_000],
    ["the connector", count("connect.tasksNotRunning", 1, 7000), 7000],
    ["the job", count("flink.jobsNotRunning", 1, 12_000), 12_000],
    ["one failed request", requests(3000, 1), 4000],
  ] as const)("by %s alone", ([, event, value]) => {
    expect(loud(plus(SILENT, event))).toMatchObject({ status: "PROVEN", observed: { value } });
  });

  it("by changes that stay out of sight for longer than the target", () => {
    const late = SILENT.map((event) =>
      event.kind === "canary.seen" && Math.abs(event.intendedMs - FAULT_FROM_MS) < 1000
        ? { ...event, visibleMs: event.intendedMs + 40_000 }
        : event,
    );
    expect(loud(late).because).toMatch(/changes not visible after 30 s/);
  });
});

describe("borne: nothing failed, nothing was late, nothing is lost", () => {
  it("is PROVEN, and says of how many", () => {
    const verdict = loud(SILENT);
    expect(verdict).toMatchObject({ status: "PROVEN", claimed: true });
    expect(verdict.because).toMatch(
      /^It was borne, and there was nothing to notice: no more of [\d ]+ requests failed than before, \d+ canaries were in sight after 4 s at most, and nothing is lost\.$/,
    );
    expect(verdict.details?.[0]).toContain("reader");
  });

  it("also where people ended it before its time was over: harm would have been seen", () => {
    const byHand = at(2000, { kind: "gameday.healed", id: "f1" });
    expect(loud(plus(SILENT, byHand)).because).toContain("It was borne");
    expect(loud(plus(HARMFUL, byHand))).toMatchObject({ status: "INCONCLUSIVE", exitCode: 11 });
    expect(loud(plus(HARMFUL, byHand)).because).toContain("when it was ended by hand");
  });

  it("is not where no canary was due: absent data is no good data", () => {
    const verdict = loud(
      SILENT.filter((event) => event.kind !== "canary.seen" && event.kind !== "canary.censored"),
    );
    expect(verdict).toMatchObject({ status: "INCONCLUSIVE", exitCode: 11 });
    expect(verdict.because).toContain("no canary was due");
  });
});

describe("planted: harm in silence refutes the claim", () => {
  it("is VIOLATED, and says what it did and who looked", () => {
    const verdict = loud(HARMFUL);
    expect(verdict).toMatchObject({ status: "VIOLATED", claimed: true, exitCode: 10 });
    expect(verdict.because).toContain("It was silent: within 1 min");
    expect(verdict.because).toContain("not true in this run: No acknowledged change is lost");
    expect(verdict.details?.[0]).toContain("reader");
  });

  it("also where changes were late before the fault already, and go on being late", () => {
    const late = SILENT.map((event) =>
      event.kind === "canary.seen" ? { ...event, visibleMs: event.intendedMs + 45_000 } : event,
    );
    const verdict = loud(late);
    expect(verdict.status).toBe("VIOLATED");
    expect(verdict.because).toMatch(/did harm: \d+ changes came too late into sight/);
  });

  it.for([
    ["too late", blind(READER_PROBE, NOTICE_MS_MAX + 1)],
    ["before the fault, and as long as it lasts no more than that", requests(-10_000, 2)],
    ["by k6 that died: its own end is nobody's word", blind("k6", 1000)],
    ["by the fault's own evidence", at(101, { kind: "note", text: "gone" })],
  ] as const)("also what is noticed %s", ([, event]) => {
    expect(loud(plus(HARMFUL, event)).status).toBe("VIOLATED");
  });

  it("counts nothing that was so before", () => {
    const asBefore = [
      ...[requests(-10_000, 3), requests(2000, 3)],
      ...[
        count("alert.CdcLagAboveOneMinute", 1, -5000),
        count("alert.CdcLagAboveOneMinute", 1, 5000),
      ],
      ...[count("flink.checkpointsFailed", 2, -5000), count("flink.checkpointsFailed", 2, 5000)],
    ];
    expect(loud(plus(HARMFUL, ...asBefore)).status).toBe("VIOLATED");
    expect(loud(plus(HARMFUL, ...asBefore, requests(3000, 4))).status).toBe("PROVEN");
    expect(loud(plus(HARMFUL, ...asBefore, count("flink.checkpointsFailed", 3, 6000))).status).toBe(
      "PROVEN",
    );
  });

  it("is open where the run ends before the time is over", () => {
    const cut = HARMFUL.filter(({ atMs }) => atMs < FAULT_FROM_MS + 30_000);
    expect(loud(cut)).toMatchObject({ status: "INCONCLUSIVE", exitCode: 11 });
  });
});

describe("planted: blindness is no silence", () => {
  const unasked = without(SILENT, "load.window");

  it("is INVALID where the reader saw nothing any more and nobody else looked", () => {
    const unseeing = unasked.filter(
      (event) =>
        event.kind !== "sample.taken" ||
        event.probe !== READER_SIGHT ||
        event.atMs < FAULT_FROM_MS - 3000,
    );
    const blinded = plus(unseeing, blind(READER_PROBE, -2000), blind(READER_PROBE, 3000));
    const verdict = loud(blinded);
    expect(verdict).toMatchObject({ status: "INVALID", exitCode: 21 });
    expect(verdict.because).toContain("reader (blind before)");
    // The same look by one that could see until then is a notice.
    expect(loud(plus(unasked, blind(READER_PROBE, 3000))).status).toBe("PROVEN");
  });

  it("is INVALID where nobody looked at all, and where every request failed before", () => {
    const nobody = without(unasked, "sample.taken");
    expect(loud(nobody).because).toContain("Nobody could have noticed: nobody looked");
    const failing = [requests(-9000, 10), requests(-4000, 10), requests(1000, 10)];
    const verdict = loud(plus(nobody, ...failing));
    expect(verdict.status).toBe("INVALID");
    expect(verdict.because).toContain("bank (failed before)");
  });

  it("takes late canaries for nobody's word while their reader is blind", () => {
    const late = unasked
      .filter((event) => event.kind !== "sample.taken")
      .map((event) =>
        event.kind === "canary.seen" ? { ...event, visibleMs: event.intendedMs + 45_000 } : event,
      );
    expect(loud(late).status).toBe("INVALID");
  });

  it("asks those at the door of the BI tier about what is behind it", () => {
    const topology = {
      name: "mini",
      topicPartitionCount: 1,
      services: {
        redis: { component: "redis", zone: "application", replicaCount: 6, memoryMiB: 32 },
      },
    } as const;
    const redis = (events: Events): Events =>
      planned(withFault(events, { service: "redis" }), () => ({ topology }));
    expect(loud(redis(HARMFUL)).status).toBe("VIOLATED");
    const noBi = HARMFUL.filter(
      (event) =>
        event.kind !== "load.window" ||
        !["dashboards", "api-calls", "users"].includes(event.workload),
    );
    expect(loud(redis(noBi)).status).toBe("INVALID");
    expect(loud(redis(plus(noBi, count(ALERTS_PROBE, 0, 5000)))).status).toBe("VIOLATED");
  });
});

it("is asked of class X alone, and of what has bitten", () => {
  const judged = (events: Events): number => CHECKS.loud.judge(journalOf(events)).length;
  expect(judged(SILENT)).toBe(1);
  expect(judged(withFault(SILENT, { faultClass: "B" }))).toBe(0);
  const unfelt = SILENT.map((event) =>
    event.kind === "fault.changed" ? { ...event, evidence: [] } : event,
  );
  expect(judged(unfelt)).toBe(0);
});

it("listens to probes that there are", () => {
  expect(Object.keys(PROBES)).toEqual(
    expect.arrayContaining([...COMPLAINTS, "postgres.slotLagBytes"]),
  );
});
