/**
 * Absent data is never good data: whatever samples are taken away, no verdict that was not PROVEN becomes so.
 * Runs with a planted defect, and one with lost rows, lose a whole kind of sample or a seeded part of them.
 * Two things are no samples. Findings (a located anomaly, a blind probe) only ever speak against a run; and the one
 * row that shows a lost change has nothing beside it that would miss it. Taking those away is tampering, and what
 * the manifest is for.
 */
import { describe, expect, test } from "vitest";
import type {
  EventsOf,
  JournalEvent,
  JournalKind,
  JournalReader,
} from "../../../../core/contracts/journal.ts";
import type { Judgement, VerdictStatus } from "../../../../core/contracts/slo.ts";
import { judge } from "../../../../core/judge.ts";
import { CHECKS } from "../../../../slo/checks/index.ts";
import { DEFECTS } from "../../../../slo/checks/selftest.ts";
import { healthyEvents, journalOf } from "../../../../slo/checks/synthetic.ts";
import { lossJournal, smokeJournal } from "../../../fixtures/journals.ts";
import { seededRandom } from "../../../fixtures/seeded-random.ts";
import type { Events } from "../../../fixtures/verdicts.ts";

/** What a run measures. */
const SAMPLE_KINDS = [
  "instance.memory",
  "load.window",
  "latency.window",
  "ops.settled",
  "ledger.changes",
  "ledger.state",
  "ledger.metadata",
  "fence.visible",
  "canary.seen",
  "canary.censored",
  "sample.taken",
  "fault.changed",
  "selftest.defect",
  "residue.checked",
] as const satisfies readonly JournalKind[];

const HEALTHY = healthyEvents();

/** Each with the run it would be without its defect. */
const RUNS: readonly (readonly [name: string, events: Events, sound: Events])[] = [
  ["a healthy run", HEALTHY, HEALTHY],
  ["a run with lost rows", lossJournal().all(), smokeJournal().all()],
  ...DEFECTS.map((defect) => [defect.name, defect.plant(HEALTHY), HEALTHY] as const),
];

/** Rows of the ledger that a sound run does not have: the defect itself. */
function loneWitnesses(events: Events, sound: Events): ReadonlySet<JournalEvent> {
  const lines = new Set(sound.map((event) => JSON.stringify(event)));
  return new Set(
    events.filter((event) => event.kind.startsWith("ledger.") && !lines.has(JSON.stringify(event))),
  );
}

const KEPT_SHARE = 0.5;

/** A journal with these events of it, which were read already: reading is not what is tried here. */
function readerWith(events: Events, journal: JournalReader): JournalReader {
  const byKind = Map.groupBy(events, ({ kind }) => kind);
  return {
    ...journal,
    endMs: events.at(-1)?.atMs ?? 0,
    of: <K extends JournalKind>(kind: K) => (byKind.get(kind) ?? []) as unknown as EventsOf<K>,
    eventCount: events.length,
    all: () => events,
  };
}

function statusesIn(judgement: Judgement): ReadonlyMap<string, VerdictStatus> {
  return new Map(judgement.verdicts.map(({ id, status }) => [id, status]));
}

/** Ids that are PROVEN only since something was taken away. */
function improved(
  before: ReadonlyMap<string, VerdictStatus>,
  judgement: Judgement,
): readonly string[] {
  return [...statusesIn(judgement)]
    .filter(([id, status]) => status === "PROVEN" && (before.get(id) ?? "none") !== "PROVEN")
    .map(([id]) => `${id} was ${before.get(id) ?? "not judged"}`);
}

function isSample(event: JournalEvent): boolean {
  return (SAMPLE_KINDS as readonly JournalKind[]).includes(event.kind);
}

describe.for(RUNS)("%s", ([name, planted, sound]) => {
  const journal = journalOf(planted);
  const events = journal.all();
  const judged = (rest: Events): Judgement =>
    judge(readerWith(rest, journal), Object.values(CHECKS));
  const whole = judged(events);
  const before = statusesIn(whole);
  // Without a kind that the run has not got it is the same run.
  const kinds = SAMPLE_KINDS.filter((kind) => events.some((event) => event.kind === kind));
  const witnesses = loneWitnesses(events, sound);

  test("proves no more without one kind of sample", () => {
    expect(kinds.length).toBeGreaterThanOrEqual(10);
    const found = kinds.flatMap((kind) =>
      improved(before, judged(events.filter((event) => event.kind !== kind))).map(
        (id) => `without ${kind}: ${id}`,
      ),
    );
    expect(found).toEqual([]);
  });

  test("proves no more without a seeded part of one kind", () => {
    const random = seededRandom(name.length);
    const found = kinds.flatMap((kind) =>
      improved(
        before,
        judged(
          events.filter(
            (event) => event.kind !== kind || witnesses.has(event) || random() < KEPT_SHARE,
          ),
        ),
      ).map((id) => `without a part of ${kind}: ${id}`),
    );
    expect(found).toEqual([]);
  });

  // Load windows are what the other samples are counted against. Without both, a single objective may look
  // proven on what is left; that the load itself cannot be seen then decides the run.
  test("is not PROVEN as a whole without a seeded part of everything", () => {
    const random = seededRandom(name.length + 1);
    const kept = [0.95, 0.5, 0.1].map((share) =>
      events.filter((event) => !isSample(event) || witnesses.has(event) || random() < share),
    );
    const proven = kept.filter((rest) => judged(rest).status === "PROVEN").length;
    expect(proven).toBeLessThanOrEqual(whole.status === "PROVEN" ? 3 : 0);
  });
});
