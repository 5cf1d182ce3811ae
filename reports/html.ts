/** report.html: one file that opens from disk with no network, verdict first. This file is the order of the page. */
import type { JournalReader } from "../core/contracts/journal.ts";
import type { ReportExtras, Reporter, Seal } from "../core/contracts/report.ts";
import type { Judgement } from "../core/contracts/slo.ts";
import { timelineOf } from "./charts/timeline.ts";
import { availability } from "./html-availability.ts";
import { banner, figures, problems } from "./html-banner.ts";
import { certificate } from "./html-certificate.ts";
import { costs } from "./html-costs.ts";
import { deviations, environment, topology } from "./html-environment.ts";
import { faults } from "./html-faults.ts";
import { freshnessByStage, hasFreshnessStages } from "./html-freshness.ts";
import { gameDay, hasGameDay } from "./html-game-day.ts";
import { ledger } from "./html-ledger.ts";
import { load } from "./html-load.ts";
import { maintenance } from "./html-maintenance.ts";
import { claimed, notClaimed } from "./html-verdicts.ts";
import { capacity } from "./html-capacity.ts";
import { cursorControl } from "./html-cursor.ts";
import { history } from "./html-history.ts";
import { htmlPage } from "./html-page.ts";
import { topologyMap } from "./charts/topology-map.ts";
import { html } from "./markup.ts";
import type { Markup } from "./markup.ts";

export const htmlReport: Reporter = {
  name: "html",
  purpose: "the report for people: verdict, evidence, timeline and environment in one file",
  render: (journal, judgement, seal, extras) => [
    { path: "report.html", body: page(journal, judgement, seal, extras).markup },
  ],
};

const SECTIONS = [
  ["verdicts", "Verdicts"],
  ["not-claimed", "Not claimed"],
  ["budgets", "Budgets"],
  ["faults", "Faults"],
  ["game-day", "Hypotheses"],
  ["load", "Load"],
  ["timeline", "Timeline"],
  ["freshness", "Freshness"],
  ["capacity", "Capacity"],
  ["history", "History"],
  ["differential", "Differential"],
  ["environment", "Environment"],
  ["costs", "Cost"],
  ["files", "Files and rerun"],
  ["certificate", "Certificate"],
] as const;

function page(
  journal: JournalReader,
  judgement: Judgement,
  seal: Seal | undefined,
  extras: ReportExtras = {},
): Markup {
  const hasLadders = (extras.ladders ?? []).length > 0;
  const hasHistories = (extras.histories ?? []).length > 0;
  const absent = new Set<string>([
    ...(hasLadders ? [] : ["capacity"]),
    ...(hasHistories ? [] : ["history"]),
    ...(hasGameDay(journal, judgement) ? [] : ["game-day"]),
    ...(hasFreshnessStages(journal) ? [] : ["freshness"]),
  ]);
  const sections = SECTIONS.filter(([id]) => !absent.has(id));
  const title = `${judgement.status}: ${judgement.scenario} ${judgement.runId} – lakeproof`;
  return htmlPage({
    title,
    sections,
    main: html`
      ${banner(journal, judgement)} ${problems(journal, judgement)} ${figures(journal, judgement)}
      ${claimed(judgement)} ${notClaimed(journal, judgement)} ${availability(judgement)}
      ${faults(journal)} ${gameDay(journal, judgement)} ${load(journal)} ${timeline(journal)}
      ${freshnessByStage(journal)} ${capacity(extras.ladders ?? [])}
      ${history(extras.histories ?? [])} ${ledger(journal)} ${maintenance(journal)}
      ${topology(journal)} ${environment(journal)} ${deviations(journal)} ${costs(journal)}
      ${files(journal, seal)} ${certificate(journal, judgement, seal)}
    `,
    footer: html`
      Drawn by lakeproof ${journal.environment.lakeproofVersion} from journal.ndjson and
      objectives.json alone.
    `,
  });
}

function timeline(journal: JournalReader): Markup {
  const { frame, head, charts, distribution } = timelineOf(journal);
  return html`<section id="timeline">
    <h2>Timeline</h2>
    <p class="lead">
      All charts share one time axis, from the start of warm-up. Nothing is averaged away: each
      drawn point is the smallest or largest of its stretch, and percentiles come from merged
      histograms.
    </p>
    ${cursorControl(frame)}${head}${charts}${distribution}${topologyMap(journal)}
  </section>`;
}

const RAW_FILES = [
  ["journal.ndjson", "the one ordered history everything here is drawn from"],
  ["plan.json", "what was decided before the run, with its seed"],
  ["environment.json", "machine, versions and configuration digests"],
  ["objectives.json", "every verdict with its samples and bounds, for programs"],
  ["summary.md", "this report on one page"],
  ["junit.xml", "one test case a verdict"],
  ["metrics.prom", "the run's figures as OpenMetrics"],
  ["logs/", "the log of each instance"],
] as const;

const SEALED_FILES = [
  ["manifest.sha256", "SHA-256 of each raw file, for sha256sum -c"],
  ["certificate.json", "the signed statement about them"],
] as const;

function files(journal: JournalReader, seal: Seal | undefined): Markup {
  return html`<section id="files">
    <h2>Raw files and rerun</h2>
    <p class="lead">
      They lie beside this file in the run directory. Judging and drawing again needs no cluster.
    </p>
    <ul class="files">
      ${[...RAW_FILES, ...(seal === undefined ? [] : SEALED_FILES)].map(
        ([path, about]) =>
          html`<li>
            <a href="${path}"><code>${path}</code></a> ${about}
          </li>`,
      )}
    </ul>
    <h3>Run it again</h3>
    <pre class="scroll" tabindex="0"><code>${journal.rerun}</code></pre>
  </section>`;
}
