/** What all reports say alike about verdicts: order, headings, symbols and what is claimed. */
import type { FaultClass } from "../core/contracts/fault.ts";
import type { JournalReader } from "../core/contracts/journal.ts";
import type { Provable } from "../core/contracts/plan.ts";
import type { Judgement, Verdict, VerdictKind, VerdictStatus } from "../core/contracts/slo.ts";
import { formatDurationMs, formatNumber, plural } from "./format.ts";

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

export interface Unclaimed {
  readonly id: string;
  readonly title: string;
  readonly verdict?: Verdict;
  readonly provable?: Provable;
}

/** Every verdict that does not decide this run, then the objectives of the plan nobody judged. */
export function unclaimedOf(journal: JournalReader, judgement: Judgement): readonly Unclaimed[] {
  const { plan } = journal;
  const verdicts = judgement.verdicts.filter((verdict) => !verdict.claimed);
  const listed = verdicts.map((verdict): Unclaimed => {
    const provable = plan.provable.find((entry) => isAbout(verdict, entry.objectiveId));
    return {
      id: verdict.id,
      title: verdict.title,
      verdict,
      ...(provable === undefined ? {} : { provable }),
    };
  });
  const unjudged = plan.provable.filter(
    (entry) =>
      !entry.claimed && !judgement.verdicts.some((verdict) => isAbout(verdict, entry.objectiveId)),
  );
  return [
    ...listed,
    ...unjudged.map((provable): Unclaimed => {
      const objective = plan.objectives.find((candidate) => candidate.id === provable.objectiveId);
      return {
        id: provable.objectiveId,
        title: objective?.title ?? provable.objectiveId,
        provable,
      };
    }),
  ];
}

function isAbout(verdict: Verdict, objectiveId: string): boolean {
  return verdict.id === objectiveId || verdict.id.endsWith(`.${objectiveId}`);
}

/** What it would take to prove an objective, from the judge and the plan's power figures; "" when it is decided. */
export function neededFor(entry: Unclaimed): string {
  const status = entry.verdict?.status;
  if (status === "PROVEN" || status === "VIOLATED") return "";
  const fromJudge = entry.verdict?.needed?.replace(/\.$/, "");
  const fromPlan = entry.provable === undefined ? undefined : powerText(entry.provable);
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

/** Located evidence shown in full up to `countMax`, then a line that says how much there is more. */
export function firstDetails(
  details: readonly string[] | undefined,
  countMax: number,
): readonly string[] {
  const all = details ?? [];
  if (all.length <= countMax) return all;
  return [...all.slice(0, countMax), `… and ${formatNumber(all.length - countMax)} more`];
}
