/** Which statements of the maintenance met a fault that was aimed at them. */
import { describe, expect, it } from "vitest";
import type { JournalBody, JournalReader } from "../../../../../core/contracts/journal.ts";
import { faultWindows } from "../../../../../core/timeline.ts";
import { recovery } from "../../../../../slo/checks/recovery.ts";
import { smokeJournal } from "../../../../fixtures/journals.ts";

type Done = Omit<Extract<JournalBody, { kind: "lake.maintained" }>, "kind">;

const smoke = smokeJournal();
const [first] = faultWindows(smoke);
if (first === undefined) throw new Error("the smoke journal has a fault");
const { fromMs, toMs, entry: aimedAt } = first;

/** The smoke journal, its first fault aimed at the maintenance, of which this was seen. */
function journalWith(...done: readonly (Done & { readonly atMs: number })[]): JournalReader {
  const after = { event: "maintenance-started" } as const;
  const faults = smoke.plan.faults.map((one) => (one.id === aimedAt.id ? { ...one, after } : one));
  const own = done.map((one) => ({ kind: "lake.maintained" as const, ...one }));
  return {
    ...smoke,
    plan: { ...smoke.plan, faults },
    of: (kind) => (kind === "lake.maintained" ? (own as never) : smoke.of(kind)),
  };
}

function verdictOf(journal: JournalReader, id: string): ReturnType<typeof recovery.judge>[number] {
  const found = recovery.judge(journal).find((verdict) => verdict.id === id);
  if (found === undefined) throw new Error(`no verdict ${id}`);
  return found;
}

const overlap = `maintenance.${aimedAt.id}`;
const optimize = { table: "users", operation: "optimize", runCount: 1, durationMs: 3000 } as const;

describe("a fault aimed at the maintenance", () => {
  it("is shown to have met it, with what became of each statement", () => {
    const journal = journalWith(
      // Looked at seconds later, but begun before the fault and ended in it.
      {
        ...{ ...optimize, outcome: "conflict", atMs: fromMs + 6000 },
        ...{ startedAtMs: fromMs - 500, endedAtMs: fromMs + 2500 },
      },
      {
        ...{ ...optimize, operation: "expire_snapshots", outcome: "ok", atMs: fromMs + 6000 },
        ...{ startedAtMs: fromMs + 2600, endedAtMs: fromMs + 3000 },
      },
    );
    expect(verdictOf(journal, overlap)).toMatchObject({
      status: "PROVEN",
      observed: { value: 2, unit: "count" },
      details: [
        "maintenance of the lake meanwhile: 1 optimize conflict, 1 expire_snapshots ok; the first, optimize of users, " +
          "began 500 ms before the fault and ended 2.5 s after its injection",
      ],
    });
    expect(verdictOf(journal, `recovery.${aimedAt.id}`).details?.at(-1)).toMatch(
      /^maintenance of the lake meanwhile: 1 optimize conflict/,
    );
  });

  it.each([
    ["ended before the fault, and looked at within it", fromMs - 3000, fromMs - 10, "ok"],
    ["begun after the recovery", toMs + 10, toMs + 500, "ok"],
    ["skipped", fromMs + 10, fromMs + 10, "skipped"],
  ] as const)("is not shown by one %s", (_, startedAtMs, endedAtMs, outcome) => {
    const atMs = fromMs + 4000;
    const journal = journalWith({ ...optimize, outcome, atMs, startedAtMs, endedAtMs });
    expect(verdictOf(journal, overlap)).toMatchObject({ status: "INCONCLUSIVE", exitCode: 11 });
  });

  it("has no such verdict where it was aimed at something else", () => {
    const ids = recovery.judge(smoke).map(({ id }) => id);
    expect(ids.some((id) => id.startsWith("maintenance."))).toBe(false);
  });
});

describe("a round of the maintenance that was begun in a fault", () => {
  const [around, round] = smoke.plan.faults;
  if (around === undefined || round === undefined) throw new Error("the smoke plan has two faults");
  const [broken, own] = faultWindows(smoke);
  const brokenMs = broken?.healedMs ?? 0;
  const roundId = `maintenance.${round.id}`;

  /** The second fault of the smoke journal is the round, which begins 1 s into the first. */
  const journal = (startedAtMs: number, endedAtMs: number): JournalReader => {
    const after = { event: "fault-active" } as const;
    const faults = [around, { ...round, fault: "maintenance-round", after }];
    const earlierMs = (own?.fromMs ?? 0) - (broken?.fromMs ?? 0) - 1000;
    const moved = smoke
      .of("fault.changed")
      .map((one) => (one.id === round.id ? { ...one, atMs: one.atMs - earlierMs } : one));
    const done = { ...optimize, kind: "lake.maintained", outcome: "ok", atMs: endedAtMs } as const;
    return {
      ...smoke,
      plan: { ...smoke.plan, faults },
      of: (kind) => {
        if (kind === "fault.changed") return moved as never;
        if (kind !== "lake.maintained") return smoke.of(kind);
        return [{ ...done, startedAtMs, endedAtMs }] as never;
      },
    };
  };

  it("is shown to have run while the other was broken", () => {
    const verdict = verdictOf(journal(brokenMs - 5000, brokenMs + 2000), roundId);
    expect(verdict).toMatchObject({ status: "PROVEN", observed: { value: 1, unit: "count" } });
    expect(verdict.title).toContain(`${around.id} ${around.fault}`);
  });

  it.each([
    ["before it was told to begin", (broken?.fromMs ?? 0) - 5000, (broken?.fromMs ?? 0) + 500],
    ["once the other was healed", brokenMs + 10, brokenMs + 3000],
  ])("is not shown by a statement %s", (_, startedAtMs, endedAtMs) => {
    expect(verdictOf(journal(startedAtMs, endedAtMs), roundId)).toMatchObject({
      status: "INCONCLUSIVE",
      exitCode: 11,
    });
  });
});
