/** Puts the statistical judgement of one objective into a Verdict: the sentence, the bound, what is still needed. */
import type { Quantity } from "../../../core/contracts/values.ts";
import type { Objective, Verdict, VerdictStatus } from "../../../core/contracts/slo.ts";
import { judgeBadRatio, type BadRatioJudgement } from "../../maths/judge-bad-ratio.ts";
import { proofPower } from "../../maths/power.ts";
import { verdictChange, type VerdictChange } from "../../maths/verdict-change.ts";
import { burnOf, type TimedGroup } from "./rows.ts";
import { duration, figure, percent } from "./text.ts";
import { verdictOf } from "./verdict.ts";

export interface ShareEvidence {
  /** "canaries", "queries", … */
  readonly noun: string;
  /** "took 30 s or longer", "failed", … */
  readonly badVerb: string;
  readonly n: number;
  readonly bad: number;
  /** Among the n, not among the bad: nobody can tell. */
  readonly doubtful?: number;
  /** Among the bad ones: never seen to an end. */
  readonly censored: number;
  readonly missing: number;
  readonly groups: readonly TimedGroup[];
  /** The same objective in each phase and around each fault. */
  readonly windows?: Verdict["windows"];
  readonly interval?: Verdict["interval"];
  /** Length of the judged time. */
  readonly timeMs: number;
  readonly observed?: Quantity;
  readonly target: NonNullable<Verdict["target"]>;
  readonly details: readonly string[];
  /** Why the samples carry no verdict at all, e.g. a generator that fell behind. */
  readonly invalid?: string;
}

/** Below this share of the expected samples nothing is concluded in the system's favour. */
const COVERAGE_MIN = 0.95;

export function shareVerdict(
  objective: Objective,
  claimed: boolean,
  evidence: ShareEvidence,
): Verdict {
  const input = { ...evidence, missing: Math.ceil(evidence.missing - 1e-9) };
  const judged = judgeBadRatio({ ...input, badRatioMax: objective.badRatioMax });
  const status = statusOf(judged, input);
  const needed = status === "INCONCLUSIVE" ? neededText(objective, input) : undefined;
  const burn = burnOf(input.groups, objective.badRatioMax, input.timeMs);
  const { interval, windows } = input;
  return verdictOf({
    id: `objective.${objective.id}`,
    kind: "objective",
    title: objective.title,
    status,
    claimed,
    because: sentenceOf(objective, input, judged, status),
    ...(evidence.observed === undefined ? {} : { observed: evidence.observed }),
    target: evidence.target,
    sample: {
      n: input.n + input.missing,
      bad: input.bad,
      censored: input.censored + input.missing,
      nEff: Math.round(judged.nEff * 10) / 10,
    },
    bound: {
      method: `Clopper-Pearson, one-sided 95 % ${status === "VIOLATED" ? "lower" : "upper"} bound`,
      value: judged.bound,
      limit: objective.badRatioMax,
    },
    ...(interval === undefined ? {} : { interval }),
    power: powerOf(objective, input, judged),
    ...(burn === undefined ? {} : { burn }),
    ...(windows === undefined ? {} : { windows }),
    ...(needed === undefined ? {} : { needed }),
    details: evidence.details,
  });
}

/** Shares of the limit at which it is worth knowing how likely the proof was. */
const POWER_AT: readonly number[] = [0, 0.25, 0.5, 0.75];

/** Of the size and dependence that this run turned out to have. */
function powerOf(
  { badRatioMax }: Objective,
  { n, missing }: ShareEvidence,
  { designEffect }: BadRatioJudgement,
): NonNullable<Verdict["power"]> {
  const size = { n: Math.floor(n + missing), badRatioMax, designEffect };
  return POWER_AT.map((share) => {
    const trueBadRatio = share * badRatioMax;
    return { trueBadRatio, powerRatio: proofPower(size, trueBadRatio) };
  });
}

function statusOf(judged: BadRatioJudgement, input: ShareEvidence): VerdictStatus {
  if (input.n === 0) return "INCONCLUSIVE";
  if (input.invalid !== undefined) return "INVALID";
  const poorly = input.n / (input.n + input.missing) < COVERAGE_MIN;
  return judged.status === "PROVEN" && poorly ? "INCONCLUSIVE" : judged.status;
}

function sentenceOf(
  objective: Objective,
  input: ShareEvidence,
  judged: BadRatioJudgement,
  status: VerdictStatus,
): string {
  if (input.n === 0) return `No ${input.noun} were measured in the time that counts.`;
  if (status === "INVALID") return `The samples carry no verdict: ${input.invalid ?? ""}`;
  const counted = `${figure(input.bad)} of ${figure(input.n)} ${input.noun} ${input.badVerb}`;
  const bound = percent(judged.bound);
  const limit = `limit ${percent(objective.badRatioMax)}`;
  const claim =
    status === "PROVEN"
      ? `at most ${bound} do`
      : status === "VIOLATED"
        ? `at least ${bound} do`
        : `up to ${bound} may`;
  const doubts = input.missing + (input.doubtful ?? 0);
  const holes =
    doubts === 0 ? "" : `; ${figure(doubts)} missing or doubtful ones count against the proof`;
  return `${counted}: with 95 % confidence ${claim} (${limit})${holes}.`;
}

/** What would change an open verdict, in time of the kind that counts. */
function neededText(objective: Objective, input: ShareEvidence): string {
  const change = verdictChange({ ...input, badRatioMax: objective.badRatioMax });
  const counted = (count: number): string => `${figure(count)} ${input.noun}`;
  switch (change.kind) {
    case "decided":
      return `At least ${percent(COVERAGE_MIN)} of the expected ${input.noun}.`;
    case "no-samples":
      return `${counted(change.sampleCountIfNoneBad)}, none of them bad.`;
    case "more-samples":
      return (
        `${counted(change.sampleCount)} at the observed share: ${duration(change.timeMs)} of such time ` +
        `instead of ${duration(input.timeMs)}, ${duration(change.timeMsMore)} more.${allowedText(change)}`
      );
    case "share-too-high": {
      const violated =
        change.timeMsUntilViolated === undefined
          ? ""
          : ` After ${duration(change.timeMsUntilViolated)} at this share it would be VIOLATED.`;
      return (
        `No run length proves it at the observed share of ${percent(change.badRatio)}; ` +
        `${counted(change.sampleCountIfNoneBad)} would do with none bad.${allowedText(change)}${violated}`
      );
    }
  }
}

/** What this very run could have had and still been a proof. */
function allowedText(
  change: Extract<VerdictChange, { kind: "more-samples" | "share-too-high" }>,
): string {
  const { badCountAllowed, isOnlyDoubt } = change;
  const doubt = isOnlyDoubt ? " Only the missing and doubtful ones stand in the way." : "";
  if (badCountAllowed === undefined) return doubt;
  const most = badCountAllowed === 0 ? "no bad one" : `at most ${figure(badCountAllowed)} bad`;
  return ` A run of this size proves it with ${most}.${doubt}`;
}
