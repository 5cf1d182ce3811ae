/** The system as a whole: stages that are one process. */
import { MONTH_MS } from "../estimates.ts";
import type { LintRule } from "../rule.ts";
import { percent, plural, span } from "../figures.ts";

/** Beside the path of the data: their loss stops no change and no query. */
const BESIDE = new Set(["flink-sql-gateway", "prometheus", "alertmanager", "toxiproxy"]);

export const singleInstances: LintRule = {
  id: "single-instances",
  purpose: "Stages with one instance: how they share the month's uptime budget.",
  needs: ["instances"],
  check: (facts) => {
    const counts = new Map<string, number>();
    for (const { component } of facts.instances)
      counts.set(component, (counts.get(component) ?? 0) + 1);
    const single = [...counts].flatMap(([component, instances]) =>
      instances === 1 && !BESIDE.has(component) ? [component] : [],
    );
    if (single.length === 0) return [];
    const { uptimeRatio } = facts.targets;
    const budgetMs = MONTH_MS * (1 - uptimeRatio);
    return [
      {
        severity: "note",
        file: facts.target,
        key: "replicaCount",
        value: `1 of ${single.join(", ")}`,
        consequence: `${plural(single.length, "stage")} without a second instance: while one restarts, changes or queries stop. If each is up ${percent(uptimeRatio)} of the time by itself, all together are ${(100 * uptimeRatio ** single.length).toFixed(2)} %; the ${span(budgetMs)} a month are ${span(budgetMs / single.length)} for each.`,
        change: "Give each a second instance where the objective has to hold while one is lost.",
      },
    ];
  },
};
