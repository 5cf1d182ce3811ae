/** The differential: what each hop held, which neighbours disagree, and every located finding. */
import type { EventOf, Hop, JournalReader } from "../core/contracts/journal.ts";
import { formatExact, formatNumber, NONE, plural } from "./format.ts";
import { anomalyCounts, fenceCounts, hopTotals } from "./ledger.ts";
import type { HopTotal } from "./ledger.ts";
import { html, NOTHING } from "./markup.ts";
import type { Markup } from "./markup.ts";

const ANOMALY_COUNT_MAX = 50;

const HOP_NAMES: Readonly<Record<Hop, string>> = {
  acknowledged: "Acknowledged to the load",
  postgres: "PostgreSQL",
  kafka: "Kafka",
  iceberg: "Iceberg",
  reader: "Reader (Trino)",
};

export function ledger(journal: JournalReader): Markup {
  const totals = hopTotals(journal);
  const fences = fenceCounts(journal);
  const underLoad =
    fences.compared === 0
      ? "No fence was compared under load."
      : `Under load, ${formatNumber(fences.exact)} of ${plural(fences.compared, "fence")} ${fences.compared === 1 ? "was" : "were"} exact.`;
  return html`<section id="differential">
    <h2>Differential, hop by hop</h2>
    <p class="lead">
      A difference between two neighbours names the guilty hop. Sums are over the fingerprints of
      all distinct changes, after drain. ${underLoad}
    </p>
    ${totals.length === 0 ? html`<p class="none">no samples: the ledger was never compared after drain</p>` : hopTable(totals)}
    ${metadata(journal)}${anomalies(journal, totals.length > 1)}
  </section>`;
}

function hopTable(totals: readonly HopTotal[]): Markup {
  return html`<div class="scroll" tabindex="0" role="region" aria-label="Totals of each hop">
    <table class="num">
      <thead>
        <tr>
          <th scope="col">Hop</th>
          <th scope="col">Events</th>
          <th scope="col">Distinct</th>
          <th scope="col">Sum of fingerprints</th>
          <th scope="col">Against the hop before</th>
          <th scope="col">Rows</th>
          <th scope="col">Sum of balances, cents</th>
        </tr>
      </thead>
      <tbody>
        ${totals.map(
          (total) =>
            html`<tr>
              <th scope="row">${HOP_NAMES[total.hop]}</th>
              <td>${formatNumber(total.eventCount)}</td>
              <td>${formatNumber(total.distinctCount)}</td>
              <td><code>${String(total.fingerprintSum)}</code></td>
              <td>${agreement(total)}</td>
              <td>${total.state === undefined ? NONE : formatNumber(total.state.rowCount)}</td>
              <td>${total.state === undefined ? NONE : formatExact(total.state.balanceCents)}</td>
            </tr> `,
        )}
      </tbody>
    </table>
  </div>`;
}

function agreement(total: HopTotal): Markup {
  if (total.cellsDiffering === undefined) return html`${NONE}`;
  const repeats = total.eventCount - total.distinctCount;
  if (total.cellsDiffering === 0 && total.hop === "kafka" && repeats > 0) {
    return html`<span class="same">✔ the same changes; ${formatNumber(repeats)} repeated</span>`;
  }
  return total.cellsDiffering === 0
    ? html`<span class="same">✔ equal in all ${formatNumber(total.cellCount)} cells</span>`
    : html`<span class="differs">✘ differs in ${plural(total.cellsDiffering, "cell")}</span>`;
}

function metadata(journal: JournalReader): Markup {
  const tables = journal.of("ledger.metadata");
  if (tables.length === 0) return NOTHING;
  return html`<h3>Iceberg metadata against Kafka</h3>
    <div class="scroll" tabindex="0" role="region" aria-label="Iceberg metadata">
      <table class="num">
        <thead>
          <tr>
            <th scope="col">Table</th>
            <th scope="col">Snapshots</th>
            <th scope="col">Added records</th>
            <th scope="col">Records in Kafka</th>
            <th scope="col">Foreign snapshots</th>
            <th scope="col">Repeated commits</th>
          </tr>
        </thead>
        <tbody>
          ${tables.map(metadataRow)}
        </tbody>
      </table>
    </div>`;
}

function metadataRow(event: EventOf<"ledger.metadata">): Markup {
  const equal = event.addedRecords === event.kafkaRecords;
  const listed = (lines: readonly string[]): string =>
    lines.length === 0 ? "none" : lines.slice(0, 5).join("; ");
  return html`<tr>
    <th scope="row">${event.table}</th>
    <td>${formatNumber(event.snapshotCount)}</td>
    <td class="${equal ? "same" : "differs"}">
      ${equal ? "✔" : "✘"} ${formatNumber(event.addedRecords)}
    </td>
    <td>${formatNumber(event.kafkaRecords)}</td>
    <td>${listed(event.foreignSnapshots)}</td>
    <td>${listed(event.repeatedCommits)}</td>
  </tr> `;
}

function anomalies(journal: JournalReader, compared: boolean): Markup {
  const found = journal.of("ledger.anomaly");
  if (found.length === 0 && !compared) return NOTHING;
  if (found.length === 0)
    return html`<p class="after">
      No change was found lost, duplicated, reordered, corrupted, resurrected or made up.
    </p>`;
  const counts = [...anomalyCounts(journal)].map(
    ([kind, count]) => `${formatNumber(count)} ${kind}`,
  );
  const more = found.length - ANOMALY_COUNT_MAX;
  return html`<h3>Located findings: ${counts.join(", ")}</h3>
    <div class="scroll" tabindex="0" role="region" aria-label="Located findings">
      <table class="num left">
        <thead>
          <tr>
            <th scope="col">Finding</th>
            <th scope="col">First wrong at</th>
            <th scope="col">Lane</th>
            <th scope="col">Sequence</th>
            <th scope="col">Bucket</th>
            <th scope="col">Detail</th>
          </tr>
        </thead>
        <tbody>
          ${found.slice(0, ANOMALY_COUNT_MAX).map(
            (event) =>
              html`<tr>
                <th scope="row">${event.anomaly}</th>
                <td>${HOP_NAMES[event.hop]}</td>
                <td>${event.lane}</td>
                <td>${event.seq}</td>
                <td>${event.bucket}</td>
                <td>${event.detail}</td>
              </tr> `,
          )}
        </tbody>
      </table>
    </div>
    ${more > 0 ? html`<p>… and ${formatNumber(more)} more in journal.ndjson.</p>` : NOTHING}`;
}
