/** What all reports say alike about verdicts: order, headings, symbols and what is claimed. */
import type { FaultClass } from "../core/contracts/fault.ts";
import type { JournalReader } from "../core/contracts/journal.ts";
import type { Provable } from "../core/contracts/plan.ts";
import type { Judgement, Verdict, VerdictKind, VerdictStatus } from "../core/contracts/slo.ts";
import type { RunFacts } from "./facts.ts";
import {
  formatDurationMs,
  formatNumber,
  formatObserved,
  formatTarget,
  NONE,
  plural,
} from "./format.ts";

/** A shape and a word go together, so that no status is told by colour alone. */
export const SYMBOLS: Readonly<Record<VerdictStatus, string>> = {
  PROVEN: "✔",
  VIOLATED: "✘",
  INCONCLUSIVE: "?",
  INVALID: "!",
};

export const MEANINGS: Readonly<Record<VerdictStatus, string>> = {
  PROVEN: "the one-sided 95 % bound is inside the limit",
  VIOLATED: "the evidence is that the limit does not hold",
  INCONCLUSIVE: "too few samples to say either way",
  INVALID: "the measurement itself cannot carry a verdict",
};

const KIND_TITLES: Readonly<Record<VerdictKind, string>> = {
  integrity: "Integrity",
  objective: "Objectives",
  recovery: "Recovery",
  validity: "Validity",
  hygiene: "Hygiene",
};

export const FAULT_CLASSES: Readonly<Record<FaultClass, string>> = {
  W: "within design: objectives must hold",
  B: "boundary: degraded but safe",
  X: "beyond design: may fail loudly, must lose nothing and recover",
};

export interface VerdictGroup {
  readonly kind: VerdictKind;
  readonly title: string;
  readonly verdicts: readonly Verdict[];
}

/** In the order a reader asks: is the data right, do the objectives hold, did it come back, may I believe it. */
export function groupVerdicts(verdicts: readonly Verdict[]): readonly VerdictGroup[] {
  return (Object.keys(KIND_TITLES) as VerdictKind[]).flatMap((kind) => {
    const own = verdicts.filter((verdict) => verdict.kind === kind);
    return own.length === 0 ? [] : [{ kind, title: KIND_TITLES[kind], verdicts: own }];
  });
}

export function claimedGroups(judgement: Judgement): readonly VerdictGroup[] {
  return groupVerdicts(judgement.verdicts.filter((verdict) => verdict.claimed));
}

export interface Unclaimed {
  readonly id: string;
  readonly title: string;
  /** Absent where nobody judged it. */
  readonly verdict: Verdict | undefined;
  /** NONE without a verdict. */
  readonly target: string;
  readonly observed: string;
  /** What it would take to prove it, from the judge and the plan's power figures; "" when it is decided. */
  readonly needed: string;
}

/** Every verdict that does not decide this run, then the objectives of the plan nobody judged. */
export function unclaimedOf(journal: JournalReader, judgement: Judgement): readonly Unclaimed[] {
  const { plan } = journal;
  const verdicts = judgement.verdicts.filter((verdict) => !verdict.claimed);
  const listed = verdicts.map((verdict) => {
    const provable = plan.provable.find((entry) => isAbout(verdict, entry.objectiveId));
    return entryOf(verdict.id, verdict.title, verdict, provable);
  });
  const unjudged = plan.provable.filter(
    (entry) =>
      !entry.claimed && !judgement.verdicts.some((verdict) => isAbout(verdict, entry.objectiveId)),
  );
  return [
    ...listed,
    ...unjudged.map((provable) => {
      const objective = plan.objectives.find((candidate) => candidate.id === provable.objectiveId);
      const title = objective?.title ?? provable.objectiveId;
      return entryOf(provable.objectiveId, title, undefined, provable);
    }),
  ];
}

function entryOf(
  id: string,
  title: string,
  verdict: Verdict | undefined,
  provable: Provable | undefined,
): Unclaimed {
  return {
    id,
    title,
    verdict,
    target: verdict === undefined ? NONE : formatTarget(verdict.target),
    observed: verdict === undefined ? NONE : formatObserved(verdict),
    needed: neededFor(verdict, provable),
  };
}

function isAbout(verdict: Verdict, objectiveId: string): boolean {
  return verdict.id === objectiveId || verdict.id.endsWith(`.${objectiveId}`);
}

function neededFor(verdict: Verdict | undefined, provable: Provable | undefined): string {
  if (verdict?.status === "PROVEN" || verdict?.status === "VIOLATED") return "";
  const fromJudge = verdict?.needed?.replace(/\.$/, "");
  const fromPlan = provable === undefined ? undefined : powerText(provable);
  return [fromJudge, fromPlan].filter((part) => part !== undefined).join("; ");
}

function powerText(provable: Provable): string {
  const { durationMsNeeded, sampleCountNeeded, sampleCountExpected } = provable;
  if (!Number.isFinite(durationMsNeeded) || durationMsNeeded <= 0) {
    return "no length would do: nothing in this plan measures it";
  }
  return (
    `${formatDurationMs(durationMsNeeded)} of measured time: ` +
    `${formatNumber(Math.ceil(sampleCountNeeded))} samples without a bad one, ` +
    `this plan has ${formatNumber(Math.floor(sampleCountExpected))}`
  );
}

/** "9 of 12 claimed verdicts PROVEN", for a headline. */
export function claimedLine(judgement: Judgement): string {
  const claimed = judgement.verdicts.filter((verdict) => verdict.claimed);
  if (claimed.length === 0) return "No claimed verdict was reached";
  const proven = claimed.filter((verdict) => verdict.status === "PROVEN").length;
  return `${formatNumber(proven)} of ${plural(claimed.length, "claimed verdict")} PROVEN`;
}

export function evidencedLine(facts: RunFacts): string {
  return `${String(facts.faultCountEvidenced)} of ${plural(facts.faultCountPlanned, "fault")} evidenced`;
}

/** Located evidence shown in full up to `countMax`, then a line that says how much there is more. */
export function firstDetails(
  details: readonly string[] | undefined,
  countMax: number,
): readonly string[] {
  const all = details ?? [];
  if (all.length <= countMax) return all;
  return [...all.slice(0, countMax), `… and ${formatNumber(all.length - countMax)} more`];
}
