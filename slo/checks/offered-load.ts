/** The load must be what the plan asked for, or no latency means anything. */
import { plannedBiLoads } from "../../core/bi-load.ts";
import type { Check } from "../../core/contracts/slo.ts";
import { offeredLoad } from "./evidence/offered.ts";
import { verdictOf } from "./evidence/verdict.ts";

export const offeredLoadCheck: Check = {
  name: "offered-load",
  purpose:
    "The generators offered the planned load: late or dropped operations are never forgiven.",
  judge(journal) {
    const { bank, queries } = journal.plan;
    const queriesPerS = queries.reduce((sum, query) => sum + query.ratePerS, 0);
    const workloads = [
      ...(bank.rateEventsPerS > 0
        ? [{ name: "bank", planned: bank.rateEventsPerS, unit: "eventsPerS" as const }]
        : []),
      ...(queriesPerS > 0
        ? [{ name: "queries", planned: queriesPerS, unit: "operationsPerS" as const }]
        : []),
      ...plannedBiLoads(journal.plan).map(({ workload, ratePerS }) => ({
        name: workload,
        planned: ratePerS ?? journal.plan.users?.count ?? 0,
        unit: ratePerS === undefined ? ("count" as const) : ("operationsPerS" as const),
      })),
    ];
    return workloads.map(({ name, planned, unit }) => {
      const { status, because, details, offeredRatePerS } = offeredLoad(journal, name);
      return verdictOf({
        id: `validity.offered-load.${name}`,
        kind: "validity",
        title: `The ${name} load was offered as planned`,
        status,
        because,
        details,
        observed: { value: offeredRatePerS, unit },
        target: { value: planned, unit, op: ">=" },
      });
    });
  },
};
