import { describe, expect, it } from "vitest";
import type { JournalBody, JournalEvent } from "../../../core/contracts/journal.ts";
import type { Check, Verdict, VerdictStatus } from "../../../core/contracts/slo.ts";
import { judge } from "../../../core/judge.ts";
import { parseJournal } from "../../../core/journal.ts";
import { healthyEvents, journalOf } from "../../../slo/checks/synthetic.ts";

const HEALTHY = healthyEvents();
const JOURNAL = journalOf(HEALTHY);

function verdict(status: VerdictStatus, exitCode: number, claimed = true): Verdict {
  const id = `test.${status}.${String(exitCode)}`;
  return { id, kind: "objective", title: id, status, claimed, because: "For the test.", exitCode };
}

function checkOf(...verdicts: readonly Verdict[]): Check {
  return { name: "fixed", purpose: "Says what the test wants.", judge: () => verdicts };
}

function ended(body: Extract<JournalBody, { kind: "run.ended" }>): readonly JournalEvent[] {
  return [...HEALTHY.slice(0, -1), { atMs: 171_000, ...body }];
}

describe("judge", () => {
  it("is PROVEN with exit 0 when every claimed verdict is", () => {
    const judgement = judge(JOURNAL, [
      checkOf(verdict("PROVEN", 0), verdict("VIOLATED", 10, false)),
    ]);
    expect(judgement).toMatchObject({ status: "PROVEN", exit: { code: 0, reasons: [] } });
    expect(judgement.because).toBe("All 1 claimed verdicts are PROVEN.");
  });

  it("is the worst of its claimed parts", () => {
    const statuses = (...all: readonly Verdict[]): VerdictStatus =>
      judge(JOURNAL, [checkOf(...all)]).status;
    expect(statuses(verdict("PROVEN", 0), verdict("INCONCLUSIVE", 11))).toBe("INCONCLUSIVE");
    expect(statuses(verdict("VIOLATED", 10), verdict("INCONCLUSIVE", 11))).toBe("VIOLATED");
    expect(statuses(verdict("VIOLATED", 10), verdict("INVALID", 21))).toBe("INVALID");
  });

  it("lets the gravest reason decide the exit code and lists all of them", () => {
    const { exit, because } = judge(JOURNAL, [
      checkOf(verdict("VIOLATED", 10), verdict("INVALID", 21), verdict("VIOLATED", 13)),
    ]);
    expect(exit.code).toBe(13);
    expect(exit.reasons).toHaveLength(3);
    expect(because).toContain("test.VIOLATED.13");
  });

  it("proves nothing when nothing is claimed", () => {
    expect(judge(JOURNAL, []).status).toBe("INCONCLUSIVE");
    expect(judge(JOURNAL, [checkOf(verdict("PROVEN", 0, false))]).status).toBe("INCONCLUSIVE");
  });

  it("turns a crashed check into an open verdict with the reason", () => {
    const crashing: Check = {
      name: "crashing",
      purpose: "Crashes.",
      judge: () => {
        throw new RangeError("bucket -1");
      },
    };
    const judgement = judge(JOURNAL, [checkOf(verdict("PROVEN", 0)), crashing]);
    expect(judgement).toMatchObject({ status: "INCONCLUSIVE", exit: { code: 11 } });
    expect(judgement.verdicts[1]?.because).toContain("bucket -1");
  });

  it("never trusts an exit code that is none", () => {
    expect(judge(JOURNAL, [checkOf(verdict("VIOLATED", 0))]).exit.code).toBe(1);
    expect(judge(JOURNAL, [checkOf(verdict("VIOLATED", 99))]).exit.code).toBe(1);
  });

  it.each([
    ["interrupted", "INTERRUPTED", 130],
    ["interrupted", "TERMINATED", 143],
    ["provisioning-failed", "INSTANCE_FAILED", 20],
    ["crashed", "INTERNAL", 1],
    ["crashed", "FAULT_FAILED", 21],
    ["crashed", "no such code", 1],
  ] as const)("gives a run that ended %s with %s exit %i", (reason, code, exit) => {
    const error = { code, message: "it stopped", hint: "" };
    const journal = journalOf(ended({ kind: "run.ended", reason, error }));
    expect(judge(journal, [checkOf(verdict("PROVEN", 0))]).exit.code).toBe(exit);
  });

  it("is never certifiable on this machine and says which it was", () => {
    const { certifiable } = judge(JOURNAL, []);
    expect(certifiable.value).toBe(false);
    expect(certifiable).toHaveProperty("reason", expect.stringContaining("2 cores of synthetic"));
  });

  it("hands on what is odd about the journal", () => {
    const text = HEALTHY.slice(0, 50)
      .map((event) => `${JSON.stringify(event)}\n`)
      .join("");
    const judgement = judge(parseJournal(`${text}{"atMs":1,"ki`), []);
    expect(judgement.journalProblems).toHaveLength(2);
  });
});
