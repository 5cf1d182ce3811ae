/** One integrity verdict from the differential: the anomalies it is about, or the reason why nobody can tell. */
import type { Anomaly, JournalReader } from "../../../core/contracts/journal.ts";
import type { Verdict } from "../../../core/contracts/slo.ts";
import { differential, type Differential, type Finding } from "./ledger.ts";
import { figure } from "./text.ts";
import { verdictOf } from "./verdict.ts";

export interface ChangesQuestion {
  readonly name: string;
  readonly title: string;
  readonly anomalies: readonly Anomaly[];
  /** "no change was lost": the sentence when it holds. */
  readonly holds: string;
}

export function changesVerdict(journal: JournalReader, question: ChangesQuestion): Verdict {
  const truth = differential(journal);
  const own = truth.findings.filter((finding) => question.anomalies.includes(finding.anomaly));
  const facts = {
    id: `integrity.${question.name}`,
    kind: "integrity",
    title: question.title,
    target: { value: 0, unit: "events", op: "=" },
  } as const;
  const first = own[0];
  if (first !== undefined) {
    const count = countOf(own);
    return verdictOf({
      ...facts,
      status: "VIOLATED",
      because: `${first.text}${own.length > 1 ? `; ${figure(own.length)} findings in all` : ""}.`,
      observed: { value: count, unit: "events" },
      details: own.map((finding) => finding.text),
    });
  }
  if (truth.gaps.length > 0) {
    return verdictOf({
      ...facts,
      status: "INCONCLUSIVE",
      because: `Nobody can tell: ${truth.gaps.join("; ")}.`,
      needed: "A run that ends with the full verification of every hop.",
    });
  }
  return verdictOf({
    ...facts,
    status: "PROVEN",
    because: `Of ${figure(truth.changeCount)} acknowledged changes ${question.holds} on the way to ${placesOf(truth)}${fencesText(truth)}${question.name === "no-duplicate" ? repeatsText(truth) : ""}.`,
    observed: { value: 0, unit: "events" },
    details: truth.fenceDetails,
  });
}

/** The same change may be in a sum and in a located finding: the larger of the two counts. */
function countOf(findings: readonly Finding[]): number {
  const located = findings.filter((finding) => finding.located).length;
  const summed = findings.reduce((sum, finding) => sum + (finding.located ? 0 : finding.count), 0);
  return Math.max(located, summed);
}

function placesOf(truth: Differential): string {
  return truth.hops.filter((hop) => hop !== "acknowledged").join(", ");
}

/** Repeats are legal here up to the budget, and a reader must know that they were there. */
function repeatsText({ repeats }: Differential): string {
  if (repeats.count === 0) return "";
  return (
    `; Kafka repeats ${figure(repeats.count)} of them (at-least-once delivery, budget ` +
    `${figure(repeats.budget)}), the lake holds each repeat as such and none of its own`
  );
}

function fencesText({ fences }: Differential): string {
  if (fences.total === 0) return "";
  return `; exact at ${figure(fences.exact)} of ${figure(fences.total)} fences under load`;
}
