/** The differential: what each hop held, which neighbours disagree, and every located finding. */
import type { EventOf, Hop, JournalReader } from "../core/contracts/journal.ts";
import { detectionFigures } from "../core/detection.ts";
import { tornFigures } from "../core/torn-windows.ts";
import { formatDurationMs, formatExact, formatNumber, NONE, plural } from "./format.ts";
import { anomalyCounts, fenceCounts, hopTotals } from "./ledger.ts";
import type { HopTotal } from "./ledger.ts";
import { scrollTable } from "./html-table.ts";
import { html, NOTHING } from "./markup.ts";
import type { Fragment, Markup } from "./markup.ts";

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
    ${detection(journal)}${tornWindow(journal)}${metadata(journal)}${anomalies(journal, totals.length > 1)}
  </section>`;
}

function hopTable(totals: readonly HopTotal[]): Markup {
  return scrollTable({
    label: "Totals of each hop",
    heads: [
      "Hop",
      "Events",
      "Distinct",
      "Sum of fingerprints",
      "Against the hop before",
      "Rows",
      "Sum of balances, cents",
    ],
    rows: totals.map((total) => [
      HOP_NAMES[total.hop],
      formatNumber(total.eventCount),
      formatNumber(total.distinctCount),
      html`<code>${String(total.fingerprintSum)}</code>`,
      agreement(total),
      total.state === undefined ? NONE : formatNumber(total.state.rowCount),
      total.state === undefined ? NONE : formatExact(total.state.balanceCents),
    ]),
  });
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

function detection(journal: JournalReader): Markup {
  const figures = detectionFigures(journal);
  if (figures.length === 0) return NOTHING;
  return html`<h3>Time to detect</h3>
    <p>
      A bucket is compared once its fence has passed. From the first moment of a bucket to that
      comparison: no change that was lost there could have gone unseen for longer.
    </p>
    ${scrollTable({
      label: "Time to detect, by hop",
      heads: ["Hop", "Buckets compared under load", "Between fences", "P50", "Longest"],
      rows: figures.map((one) => [
        HOP_NAMES[one.hop],
        formatNumber(one.bucketCount),
        formatDurationMs(one.bucketMs),
        formatDurationMs(one.detectMsP50),
        formatDurationMs(one.detectMsMax),
      ]),
    })}`;
}

/** Informational: between two commits a reader may see one leg of a transfer only. */
function tornWindow(journal: JournalReader): Markup {
  const torn = tornFigures(journal);
  if (torn === undefined) return NOTHING;
  return html`<h3>Torn window: one leg of a transfer without the other</h3>
    <p>
      A window is a stretch of looks in which a lane's balances did not add up to the constant, from
      the last whole look before it to the first one after. It decides nothing: the other leg comes
      with a later commit.
    </p>
    ${scrollTable({
      label: "Torn windows seen by the reader",
      heads: [
        "Looks",
        "Torn looks",
        "Between looks",
        "Windows",
        "Ends unseen",
        "P50",
        "P95",
        "Longest",
        "Largest difference, cents",
      ],
      rows: [
        [
          formatNumber(torn.lookCount),
          formatNumber(torn.tornLookCount),
          formatDurationMs(torn.lookIntervalMsP50),
          formatNumber(torn.windowCount),
          formatNumber(torn.openWindowCount),
          ...[torn.tornWindowMsP50, torn.tornWindowMsP95, torn.tornWindowMsMax].map((ms) =>
            torn.windowCount === 0 ? NONE : formatDurationMs(ms),
          ),
          formatExact(BigInt(torn.differenceMax)),
        ],
      ],
    })}`;
}

function metadata(journal: JournalReader): Markup {
  const tables = journal.of("ledger.metadata");
  if (tables.length === 0) return NOTHING;
  return html`<h3>Iceberg metadata against Kafka</h3>
    ${scrollTable({
      label: "Iceberg metadata",
      heads: [
        "Table",
        "Snapshots",
        "Added records",
        "Records in Kafka",
        "Foreign snapshots",
        "Repeated commits",
      ],
      rows: tables.map(metadataRow),
    })}`;
}

function metadataRow(event: EventOf<"ledger.metadata">): readonly Fragment[] {
  const equal = event.addedRecords === event.kafkaRecords;
  const listed = (lines: readonly string[]): string =>
    lines.length === 0 ? "none" : lines.slice(0, 5).join("; ");
  return [
    event.table,
    formatNumber(event.snapshotCount),
    html`<span class="${equal ? "same" : "differs"}"
      >${equal ? "✔" : "✘"} ${formatNumber(event.addedRecords)}</span
    >`,
    formatNumber(event.kafkaRecords),
    listed(event.foreignSnapshots),
    listed(event.repeatedCommits),
  ];
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
    ${scrollTable({
      label: "Located findings",
      heads: ["Finding", "First wrong at", "Lane", "Sequence", "Bucket", "Detail"],
      rows: found
        .slice(0, ANOMALY_COUNT_MAX)
        .map((event) => [
          event.anomaly,
          HOP_NAMES[event.hop],
          event.lane,
          event.seq,
          event.bucket,
          event.detail,
        ]),
      left: true,
    })}
    ${more > 0 ? html`<p>… and ${formatNumber(more)} more in journal.ndjson.</p>` : NOTHING}`;
}
