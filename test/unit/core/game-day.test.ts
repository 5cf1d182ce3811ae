import { describe, expect, it } from "vitest";
import type { JournalBody, JournalEvent } from "../../../core/contracts/journal.ts";
import type { Verdict } from "../../../core/contracts/slo.ts";
import { expectationsIn, roundsOf, type Round } from "../../../core/game-day.ts";
import { parseJournal } from "../../../core/journal.ts";
import { owedFaults } from "../../../core/timeline.ts";
import { recovery } from "../../../slo/checks/recovery.ts";
import { FAULTS, PLAN, ENVIRONMENT } from "../../fixtures/plan.ts";

type Timed = readonly [atMs: number, body: JournalBody];

const HYPOTHESIS =
  "it comes back: recovery < 20 s, freshness < 30 s, failed writes < 10 %, nothing lost";

function journalOf(events: readonly Timed[], gameDay = true): ReturnType<typeof parseJournal> {
  const plan = gameDay ? { ...PLAN, gameDay: { lengthMsMax: 600_000 } } : PLAN;
  const started: JournalEvent = {
    ...{ atMs: 0, kind: "run.started", schema: "lakeproof.journal/1", runId: "r" },
    ...{ startedAtEpochMs: 0, plan, environment: ENVIRONMENT, rerun: "x" },
  };
  const lines = [started, ...events.map(([atMs, body]) => ({ atMs, ...body }))];
  return parseJournal(lines.map((line) => `${JSON.stringify(line)}\n`).join(""));
}

function fault(
  atMs: number,
  state: "injecting" | "active" | "healed" | "recovered" | "failed",
  more: object = {},
): Timed {
  const kafka = FAULTS.find(({ id }) => id === "f2");
  if (kafka === undefined) throw new Error("The plan has no f2.");
  const { id, fault: name, faultClass } = kafka;
  return [
    atMs,
    {
      kind: "fault.changed",
      ...{ id, fault: name, faultClass, instanceId: "kafka-0", state },
      ...more,
    },
  ];
}

function window(fromMs: number, offered: number, failed: number): Timed {
  return [
    fromMs + 1000,
    {
      kind: "load.window",
      workload: "bank",
      ...{ fromMs, windowMs: 1000, offered, ok: offered - failed, failed, unknown: 0, dropped: 0 },
      events: 2 * offered,
    },
  ];
}

function canary(intendedMs: number, ageMs: number): Timed {
  const visibleMs = intendedMs + ageMs;
  return [
    visibleMs,
    {
      kind: "canary.seen",
      ...{ canary: intendedMs, table: "users", partition: 0, intendedMs, visibleMs },
      ...{ ackMs: intendedMs + 1, lastMissMs: intendedMs },
    },
  ];
}

const loss = (status: Verdict["status"]): Verdict => ({
  ...{ id: "integrity.no-lost-change", kind: "integrity", title: "t", status, claimed: true },
  ...{ because: "counted", exitCode: 13 },
});

const ROUND: readonly Timed[] = [
  [900, { kind: "gameday.expected", id: "f2", text: HYPOTHESIS }],
  [990, { kind: "gameday.chosen", id: "f2", hidden: true }],
  fault(1000, "injecting"),
  fault(1100, "active", { evidence: ["it refused"] }),
  window(2000, 100, 20),
  window(3000, 100, 0),
  canary(2000, 9000),
  [4000, { kind: "gameday.detected", id: "f2", text: "writes fail" }],
  fault(6000, "healed"),
  fault(12_000, "recovered", { recoveryMs: 6000, recoveryBudgetMs: 59_000 }),
  window(13_000, 100, 100),
];

function heldOf(round: Round | undefined): Readonly<Record<string, boolean | undefined>> {
  return Object.fromEntries(
    (round?.outcomes ?? []).map(({ expectation, held }) => [expectation.subject, held]),
  );
}

describe("expectations", () => {
  it("are read out of the sentence, with their units", () => {
    expect(expectationsIn(HYPOTHESIS)).toEqual([
      { subject: "recovery", limit: { value: 20_000, unit: "ms" } },
      { subject: "freshness", limit: { value: 30_000, unit: "ms" } },
      { subject: "failed writes", limit: { value: 0.1, unit: "ratio" } },
      { subject: "nothing lost" },
    ]);
  });

  it("know minutes, milliseconds and other spellings", () => {
    expect(expectationsIn("Recovery ≤ 2 min and nothing is lost; failed queries<=2.5%")).toEqual([
      { subject: "recovery", limit: { value: 120_000, unit: "ms" } },
      { subject: "failed queries", limit: { value: 0.025, unit: "ratio" } },
      { subject: "nothing lost" },
    ]);
  });

  it("are none where the unit cannot be that of the subject, or no figure is named", () => {
    expect(expectationsIn("recovery < 5 %, failed writes < 3 s, it recovers soon")).toEqual([]);
  });
});

describe("rounds", () => {
  it("answer each part of the hypothesis from the fault's own time", () => {
    const [round] = roundsOf(journalOf(ROUND), [loss("PROVEN")]);
    expect(heldOf(round)).toEqual({
      recovery: true,
      freshness: true,
      // 20 of 200: the window after the recovery is not part of it.
      "failed writes": false,
      "nothing lost": true,
    });
    expect(round?.detection).toEqual({ detectMs: 3000, text: "writes fail" });
    expect(round?.isHidden).toBe(true);
  });

  it("leave open what nothing shows", () => {
    const [round] = roundsOf(journalOf(ROUND.slice(0, 4)), []);
    expect(heldOf(round)).toEqual({
      recovery: undefined,
      freshness: undefined,
      "failed writes": undefined,
      "nothing lost": undefined,
    });
  });

  it("take no hypothesis that was written down after the injection", () => {
    const late: readonly Timed[] = [
      ...ROUND.slice(1),
      [5000, { kind: "gameday.expected", id: "f2", text: HYPOTHESIS }],
    ];
    const [round] = roundsOf(journalOf(late), [loss("PROVEN")]);
    expect(round?.hypothesis).toBeUndefined();
    expect(round?.outcomes).toEqual([]);
  });

  it("say of a canary that was never seen only that it is too old", () => {
    const unseen = (ageMs: number): readonly Timed[] => [
      ...ROUND.filter(([, { kind }]) => kind !== "canary.seen"),
      [
        20_000,
        {
          kind: "canary.censored",
          ...{ canary: 1, table: "users", partition: 0, intendedMs: 2000, ageMs, reason: "end" },
        },
      ],
    ];
    const freshness = (ageMs: number): unknown =>
      heldOf(roundsOf(journalOf(unseen(ageMs)), [])[0])["freshness"];
    expect(freshness(29_000)).toBeUndefined();
    expect(freshness(31_000)).toBe(false);
  });
});

describe("a menu", () => {
  it("owes only what somebody chose", () => {
    const journal = journalOf(ROUND);
    expect(owedFaults(journal).map(({ id }) => id)).toEqual(["f2"]);
    expect(recovery.judge(journal).map(({ id, status }) => [id, status])).toEqual([
      ["recovery.f2", "PROVEN"],
    ]);
  });

  it("owes a fault that was chosen and never begun", () => {
    const journal = journalOf([[990, { kind: "gameday.chosen", id: "f3", hidden: false }]]);
    expect(recovery.judge(journal).map(({ status }) => status)).toEqual(["INCONCLUSIVE"]);
  });

  it("is no excuse where the plan is none", () => {
    expect(recovery.judge(journalOf(ROUND, false))).toHaveLength(FAULTS.length);
  });

  it("leaves open whether others would have taken over from what was ended by hand", () => {
    const ended: readonly Timed[] = [
      ...ROUND.slice(0, 4),
      [3000, { kind: "gameday.healed", id: "f2" }],
      fault(6000, "healed"),
      fault(6001, "failed", { reason: "It was ended by hand" }),
    ];
    const [verdict] = recovery.judge(journalOf(ended));
    expect(verdict?.status).toBe("INCONCLUSIVE");
    const [violated] = recovery.judge(journalOf(ended.toSpliced(4, 1)));
    expect(violated?.status).toBe("VIOLATED");
  });
});
