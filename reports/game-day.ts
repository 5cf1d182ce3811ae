/** What people expected, what came of it, how long they took to notice, and what they wrote down. */
import type { JournalReader } from "../core/contracts/journal.ts";
import type { Judgement } from "../core/contracts/slo.ts";
import type { Quantity } from "../core/contracts/values.ts";
import { roundsOf, type ExpectationOutcome, type Round } from "../core/game-day.ts";
import { formatClock, formatDurationMs, formatQuantity, NONE } from "./format.ts";

export interface GameDayTables {
  readonly hypotheses: readonly (readonly string[])[];
  readonly detections: readonly (readonly string[])[];
  readonly notes: readonly (readonly string[])[];
}

export const HYPOTHESIS_HEADS = [
  "Fault",
  "Expected",
  "Asked of the journal",
  "Held",
  "What came of it",
];
export const DETECTION_HEADS = ["Fault", "Class", "Announced", "Seen after", "What was seen"];
export const NOTE_HEADS = ["At", "Note"];

/** Undefined where nobody expected or wrote down anything. */
export function gameDayTables(
  journal: JournalReader,
  judgement: Judgement,
): GameDayTables | undefined {
  const rounds = roundsOf(journal, judgement.verdicts);
  const notes = journal.of("gameday.noted");
  const isGame = journal.plan.gameDay !== undefined;
  if (!isGame && rounds.every(({ hypothesis }) => hypothesis === undefined)) return undefined;
  return {
    hypotheses: rounds.flatMap(hypothesisRows),
    detections: isGame ? rounds.map(detectionRow) : [],
    notes: notes.map(({ atMs, text }) => [formatClock(atMs), text]),
  };
}

/** "This plan injects no faults.", or that of a menu nobody took one. */
export function faultlessText({ plan }: JournalReader): string {
  return plan.gameDay === undefined
    ? "This plan injects no faults."
    : `Nobody took any of the ${String(plan.faults.length)} faults of the menu.`;
}

/** One sentence for a row of results. */
export function gameDayLine({ hypotheses }: GameDayTables): string {
  const held = hypotheses.filter((row) => row[3] === HELD.yes).length;
  const failed = hypotheses.filter((row) => row[3] === HELD.no).length;
  const open = hypotheses.length - held - failed;
  return `${String(held)} held, ${String(failed)} did not hold, ${String(open)} open`;
}

const HELD = { yes: "held", no: "did not hold", open: "open" } as const;

function heldText(held: boolean | undefined): string {
  if (held === undefined) return HELD.open;
  return held ? HELD.yes : HELD.no;
}

function nameOf({ window: { entry } }: Round): string {
  return `${entry.id} ${entry.composition ?? entry.fault} on ${entry.instanceId}`;
}

function hypothesisRows(round: Round): readonly (readonly string[])[] {
  const { hypothesis, outcomes, judged } = round;
  if (hypothesis === undefined) return [];
  const measured = outcomes.map((outcome) => [
    nameOf(round),
    hypothesis,
    askedText(outcome),
    heldText(outcome.held),
    outcome.because,
  ]);
  if (measured.length > 0 && judged === undefined) return measured;
  const said = judged?.text === "" ? "said by the players" : (judged?.text ?? "nobody judged it");
  return [...measured, [nameOf(round), hypothesis, "the players", heldText(judged?.held), said]];
}

function askedText({ expectation }: ExpectationOutcome): string {
  if (expectation.subject === "nothing lost") return expectation.subject;
  return `${expectation.subject} < ${limitText(expectation.limit)}`;
}

function limitText(limit: Quantity): string {
  return formatQuantity(limit);
}

function detectionRow(round: Round): readonly string[] {
  const { window, isHidden, detection, isHealedByHand } = round;
  const byHand = isHealedByHand ? ", ended by hand" : "";
  return [
    `${nameOf(round)}${byHand}`,
    window.faultClass,
    isHidden ? "no" : "yes",
    detection === undefined ? "nobody said so" : formatDurationMs(detection.detectMs),
    detection?.text === "" ? NONE : (detection?.text ?? NONE),
  ];
}
