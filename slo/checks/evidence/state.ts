/** The rows a hop holds in the end, lane by lane, against what the acknowledged changes add up to. */
import type { EventOf, JournalReader } from "../../../core/contracts/journal.ts";
import type { Verdict } from "../../../core/contracts/slo.ts";
import { figure } from "./text.ts";
import { verdictOf } from "./verdict.ts";

type State = EventOf<"ledger.state">;

export interface StateQuestion {
  readonly id: string;
  readonly title: string;
  /** Who holds the rows: "PostgreSQL". */
  readonly holder: string;
  readonly hop: State["hop"];
  /** The rows to compare; those of other hops may be among them. */
  readonly states: readonly State[];
}

export function stateVerdict(journal: JournalReader, question: StateQuestion): Verdict {
  const { holder, states } = question;
  const facts = { id: question.id, kind: "integrity", title: question.title } as const;
  const expected = statesOf(states, "acknowledged");
  const actual = statesOf(states, question.hop);
  const finals = [...actual.values()].filter((row) => row.when === "final");
  const wrong = [
    ...[...actual].flatMap(([key, row]) => differenceOf(holder, row, expected.get(key))),
    ...absentLanes(holder, [...expected.values()], finals),
  ];
  const first = wrong[0];
  if (first !== undefined) {
    return verdictOf({ ...facts, status: "VIOLATED", because: `${first}.`, details: wrong });
  }
  const compared = finals.filter((row) => expected.has(keyOf(row)));
  const lanes = new Set(compared.map((row) => row.lane)).size;
  if (lanes < Math.max(1, journal.plan.bank.laneCount)) {
    return verdictOf({
      ...facts,
      status: "INCONCLUSIVE",
      because: `Nobody can tell: the final state was compared for ${String(lanes)} of ${String(journal.plan.bank.laneCount)} lanes.`,
      needed: "A run that ends with the full verification of every hop.",
    });
  }
  const rowCount = compared.reduce((sum, row) => sum + row.rowCount, 0);
  return verdictOf({
    ...facts,
    status: "PROVEN",
    because: `${figure(rowCount)} rows of ${figure(lanes)} lanes match in number, fingerprints and balances.`,
    observed: { value: rowCount, unit: "count" },
  });
}

function keyOf(row: State): string {
  return `${row.when}/${String(row.bucket)}/${String(row.lane)}`;
}

function statesOf(states: readonly State[], hop: State["hop"]): ReadonlyMap<string, State> {
  return new Map(states.filter((row) => row.hop === hop).map((row) => [keyOf(row), row]));
}

function differenceOf(holder: string, row: State, expected: State | undefined): readonly string[] {
  if (expected === undefined) return [];
  const differences = (["rowCount", "fingerprintSum", "balanceSum"] as const)
    .filter((field) => row[field] !== expected[field])
    .map((field) => `${field} ${String(row[field])} instead of ${String(expected[field])}`);
  if (differences.length === 0) return [];
  const place = `lane ${String(row.lane)} after bucket ${String(row.bucket)} (${row.when})`;
  return [`${holder}, ${place}: ${differences.join(", ")}`];
}

/** A lane without a single row leaves no line in a grouped query: that is a loss, not a gap. */
function absentLanes(
  holder: string,
  expected: readonly State[],
  finals: readonly State[],
): readonly string[] {
  if (finals.length === 0) return [];
  const there = new Set(finals.map((row) => row.lane));
  const last = new Map<number, State>();
  for (const row of expected) if (row.when === "final") last.set(row.lane, row);
  return [...last.values()]
    .filter((row) => row.rowCount > 0 && !there.has(row.lane))
    .map(
      (row) =>
        `${holder}, lane ${String(row.lane)}: no rows at all instead of ${figure(row.rowCount)}`,
    );
}
