/** The people's part of the page. */
import type { JournalReader } from "../core/contracts/journal.ts";
import type { Judgement } from "../core/contracts/slo.ts";
import {
  DETECTION_HEADS,
  gameDayLine,
  gameDayTables,
  HYPOTHESIS_HEADS,
  NOTE_HEADS,
  type GameDayTables,
} from "./game-day.ts";
import { scrollTable } from "./html-table.ts";
import { html, NOTHING } from "./markup.ts";
import type { Markup } from "./markup.ts";

export function hasGameDay(journal: JournalReader, judgement: Judgement): boolean {
  return gameDayTables(journal, judgement) !== undefined;
}

export function gameDay(journal: JournalReader, judgement: Judgement): Markup {
  const tables = gameDayTables(journal, judgement);
  if (tables === undefined) return NOTHING;
  return html`<section id="game-day">
    <h2>What was expected, and what came of it</h2>
    <p class="lead">
      Hypotheses were written down before the fault; figures in them are answered from the journal.
      One that did not hold is something learnt, not a failed verdict.
    </p>
    ${hypotheses(tables)} ${table("Human detection", DETECTION_HEADS, tables.detections)}
    ${table("Notes of the players", NOTE_HEADS, tables.notes)}
  </section>`;
}

function hypotheses(tables: GameDayTables): Markup {
  if (tables.hypotheses.length === 0) {
    return html`<p class="none">Nobody wrote down what to expect.</p>`;
  }
  return html`<p>${gameDayLine(tables)}.</p>
    ${scrollTable({
      label: "Hypotheses",
      heads: HYPOTHESIS_HEADS,
      rows: tables.hypotheses,
      left: true,
    })}`;
}

function table(
  label: string,
  heads: readonly string[],
  rows: readonly (readonly string[])[],
): Markup {
  if (rows.length === 0) return NOTHING;
  return html`<h3>${label}</h3>
    ${scrollTable({ label, heads, rows, left: true })}`;
}
