/** The user's own k6 script, by its own measure: its thresholds, or its checks where it has none. */
import type { EventOf } from "../../core/contracts/journal.ts";
import type { Check, Verdict } from "../../core/contracts/slo.ts";
import { figure } from "./evidence/text.ts";
import { verdictOf } from "./evidence/verdict.ts";

/** k6 ended the script itself, thresholds or not, or the run ended it. */
const FINE_CODES: readonly number[] = [0, 99, 105];

export const ownScript: Check = {
  name: "own-script",
  purpose: "The user's own k6 script held its thresholds, or its checks where it declares none.",
  judge(journal) {
    if (journal.plan.script === undefined) return [];
    const facts = {
      id: "objective.own-script",
      kind: "objective",
      title: "The k6 script's own thresholds and checks hold",
    } as const;
    const ended = journal.of("script.ended").at(-1);
    if (ended === undefined) {
      const because = "The script never came to its end: the run stopped before.";
      return [verdictOf({ ...facts, status: "INCONCLUSIVE", because, needed: "A whole run." })];
    }
    return [verdictOf({ ...facts, ...judged(ended) })];
  },
};

function judged(ended: EventOf<"script.ended">): Pick<Verdict, "status" | "because"> & {
  readonly details?: readonly string[];
  claimed?: boolean;
} {
  const { exitCode, thresholds, checks, iterations, dropped } = ended;
  const late = dropped === 0 ? [] : [`${figure(dropped)} iterations were never started`];
  if (!FINE_CODES.includes(exitCode)) {
    const because = `k6 ended the script with code ${String(exitCode)}: read logs/k6-script.log.`;
    return { status: "INVALID", because, details: late };
  }
  if (iterations === 0) {
    return {
      status: "INVALID",
      because: "The script ended without a single iteration.",
      details: late,
    };
  }
  const crossed = thresholds.filter((one) => !one.ok);
  const failing = checks.filter((one) => one.failed > 0);
  const details = [
    ...crossed.map((one) => `${one.metric}: ${one.expression} does not hold`),
    ...failing.map(
      (one) =>
        `${one.scenario}: "${one.name}" failed ${figure(one.failed)} of ${figure(one.failed + one.passed)} times`,
    ),
    ...late,
  ];
  const [first] = details;
  if (thresholds.length > 0) {
    const held = thresholds.length - crossed.length;
    const because = `${figure(held)} of ${figure(thresholds.length)} thresholds hold over ${figure(iterations)} iterations.`;
    return { status: crossed.length === 0 ? "PROVEN" : "VIOLATED", because, details };
  }
  if (checks.length > 0) {
    const because =
      failing.length === 0
        ? `Every one of ${figure(checks.length)} checks passed each time, over ${figure(iterations)} iterations.`
        : `${first ?? ""}.`;
    return { status: failing.length === 0 ? "PROVEN" : "VIOLATED", because, details };
  }
  const because =
    "The script declares neither a threshold nor a check: nothing of it can be judged.";
  return { status: "INCONCLUSIVE", because, details, claimed: false };
}
