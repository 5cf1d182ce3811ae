/** Who signed the raw data, over what, and how anybody can look whether it still is the same. */
import type { JournalReader } from "../core/contracts/journal.ts";
import type { Seal } from "../core/contracts/report.ts";
import type { Judgement } from "../core/contracts/slo.ts";
import { claimsOf } from "./certificate.ts";
import { definitions } from "./html-table.ts";
import { html } from "./markup.ts";
import type { Markup } from "./markup.ts";

export function certificate(
  journal: JournalReader,
  judgement: Judgement,
  seal: Seal | undefined,
): Markup {
  return html`<section id="certificate">
    <h2>Certificate</h2>
    ${seal === undefined ? noCertificate() : signed(journal, judgement, seal)}
  </section>`;
}

function noCertificate(): Markup {
  return html`<p class="none">
    This run has no certificate: nothing says whether its raw data are still what was recorded.
  </p>`;
}

function signed(journal: JournalReader, judgement: Judgement, seal: Seal): Markup {
  const { certifies, doesNotCertify } = claimsOf(journal, judgement).scope;
  return html`<p class="lead">${certifies}</p>
    ${definitions("versions", [
      ["Signed with key", html`<code>${seal.keyid}</code>`],
      ["Manifest of the raw data (SHA-256)", html`<code>${seal.manifestSha256}</code>`],
    ])}
    <h3>What it does not certify</h3>
    <ul class="deviations">
      ${doesNotCertify.map((line) => html`<li>${line}</li>`)}
    </ul>
    <h3>Verify it</h3>
    <p>
      Offline: checks the signature and every file, judges the raw data again and prints each
      difference. Name the key you trust with --public-key; this page vouches for none.
    </p>
    <pre class="scroll" tabindex="0"><code>npx lakeproof verify runs/${journal.runId}</code></pre>`;
}
