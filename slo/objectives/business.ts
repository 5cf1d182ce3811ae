/** The seed's targets about people and money: kept with the others, so that nobody takes them for forgotten. */
import type { Objective } from "../../core/contracts/slo.ts";

const KPIS = 'seed/production-scaling-guide.md, "Key Performance Indicators", Business KPIs';
const REASON = "it is about what people do over months, which no load test measures";

export const BUSINESS_OBJECTIVES = {
  "business.adoption": informational(
    "business.adoption",
    "More than 80 % of the target users use it",
    "User Adoption: > 80% of target users",
    { value: 0.8, unit: "ratio" },
  ),
  "business.views": informational(
    "business.views",
    "More than 500 dashboard views a day",
    "Dashboard Usage: > 500 views/day",
    { value: 500, unit: "count" },
  ),
  "business.roi": informational(
    "business.roi",
    "Break-even within 12 months",
    "ROI: Break-even within 12 months",
    { value: 12, unit: "count" },
  ),
} as const satisfies Record<string, Objective>;

function informational(
  id: string,
  title: string,
  words: string,
  threshold: Objective["threshold"],
): Objective {
  return {
    id,
    title,
    source: `${KPIS}: ${words}`,
    window: "whole",
    sli: { kind: "informational", reason: REASON },
    threshold,
    badRatioMax: 0,
  };
}
