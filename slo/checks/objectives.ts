/** One verdict for every objective of the plan, claimed or not. */
import type { JournalReader } from "../../core/contracts/journal.ts";
import type { Check, Objective, Verdict } from "../../core/contracts/slo.ts";
import { freshnessVerdict } from "./evidence/freshness.ts";
import { errorsVerdict, latencyVerdict } from "./evidence/operations.ts";
import { projectionVerdict } from "./evidence/projection.ts";
import { rateVerdict } from "./evidence/rate.ts";
import { usersVerdict } from "./evidence/users.ts";
import { recoveryObjectiveVerdict } from "./evidence/recovery-objective.ts";
import { uptimeVerdict } from "./evidence/uptime.ts";
import { figure } from "./evidence/text.ts";
import { verdictOf } from "./evidence/verdict.ts";

export const objectives: Check = {
  name: "objectives",
  purpose: "Each objective of the plan, by a one-sided 95 % bound on its share of bad samples.",
  judge(journal) {
    const { objectives: planned, claims } = journal.plan;
    const known = new Set(planned.map((objective) => objective.id));
    return [
      ...planned
        .filter(({ id, sli }) => sli.kind !== "informational" || claims.includes(id))
        .map((objective) => objectiveVerdict(journal, objective, claims.includes(objective.id))),
      ...claims.filter((claim) => !known.has(claim)).map(unknownClaim),
    ];
  },
};

function objectiveVerdict(journal: JournalReader, objective: Objective, claimed: boolean): Verdict {
  const { sli } = objective;
  switch (sli.kind) {
    case "freshness":
      return freshnessVerdict(journal, objective, claimed);
    case "latency":
      return latencyVerdict(journal, { ...objective, sli }, claimed);
    case "errors":
      return errorsVerdict(journal, { ...objective, sli }, claimed);
    case "uptime":
      return uptimeVerdict(journal, { ...objective, sli }, claimed);
    case "rate":
      return rateVerdict(journal, { ...objective, sli }, claimed);
    case "users":
      return usersVerdict(journal, { ...objective, sli }, claimed);
    case "recovery":
      return recoveryObjectiveVerdict(journal, { ...objective, sli }, claimed);
    case "projected-uptime":
      return projectionVerdict(journal, { ...objective, sli }, claimed);
    case "informational":
    case "unmeasured":
      return verdictOf({
        id: `objective.${objective.id}`,
        kind: "objective",
        title: objective.title,
        status: "INCONCLUSIVE",
        claimed,
        because: `Not measured: ${sli.reason}.`,
        target: { ...objective.threshold, op: ">=" },
        needed: `A run that measures ${figure(objective.threshold.value)} ${objective.threshold.unit}.`,
      });
  }
}

/** A claim nobody can judge must not vanish from the verdict. */
function unknownClaim(claim: string): Verdict {
  return verdictOf({
    id: `objective.${claim}`,
    kind: "objective",
    title: `Claimed objective ${claim}`,
    status: "INCONCLUSIVE",
    because: `The plan claims ${JSON.stringify(claim)} but holds no objective of that name.`,
  });
}
