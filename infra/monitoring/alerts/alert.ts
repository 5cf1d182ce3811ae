/** What an alert is made of, and how long it takes from the damage to the message. */
import { TIMINGS } from "../timings.ts";

/** The seed's six alerts, by what the house calls them. */
export const ALERTS = {
  CdcLagAboveOneMinute: "CDC lag > 1 minute",
  FlinkJobFailure: "Flink job failures",
  DatabaseConnectionFailure: "Database connection failures",
  MinioDegraded: "MinIO cluster degraded",
  TrinoCoordinatorDown: "Trino coordinator down",
  BiBelowTwoInstances: "Metabase cluster < 2 healthy instances",
} as const;
export type AlertName = keyof typeof ALERTS;

/** Kinds of component of which the topology must have so many for the rule to make sense. */
export interface Need {
  readonly anyOf: readonly string[];
  readonly countMin: number;
}

/** One way to see the trouble. An alert has several, each a rule with the same name and a signal of its own. */
export interface AlertRule {
  readonly alert: AlertName;
  readonly signal: string;
  readonly needs: readonly Need[];
  readonly expr: string;
  readonly forS: number;
  /** From the damage until the condition itself is true, such as a lag that has to grow to a minute. */
  readonly growsS?: number;
  /** How long the source may still tell the old state: a cache, a health check, a scrape that runs into its limit. */
  readonly sourceS?: number;
  /** How often the source is scraped where that is not the usual interval. */
  readonly scrapeS?: number;
  readonly severity: "critical" | "warning";
  readonly summary: string;
  /** Prometheus puts the value in. */
  readonly description: string;
  /** Where to look first. */
  readonly runbook: string;
  /** The fault that makes it fire, on an instance of that component, held at least so long. */
  readonly firedBy: { readonly fault: string; readonly component: string; readonly holdS: number };
}

export function need(...anyOf: readonly string[]): Need {
  return { anyOf, countMin: 1 };
}

export interface Detection {
  readonly maxS: number;
  /** The sum, term by term. */
  readonly formula: string;
}

/** Longest time from the damage to the firing alert, from the configured intervals. */
export function detectionOf(rule: AlertRule): Detection {
  const { scrapeIntervalS, evaluationIntervalS } = TIMINGS;
  const terms: readonly (readonly [string, number])[] = [
    ["until the condition holds", rule.growsS ?? 0],
    ["source", rule.sourceS ?? 0],
    ["scrape", rule.scrapeS ?? scrapeIntervalS],
    ["evaluation", evaluationIntervalS],
    // `for` is only looked at when rules are evaluated.
    ["for", Math.ceil(rule.forS / evaluationIntervalS) * evaluationIntervalS],
  ];
  const counted = terms.filter(([, seconds]) => seconds > 0);
  const maxS = counted.reduce((sum, [, seconds]) => sum + seconds, 0);
  const formula = counted.map(([name, seconds]) => `${String(seconds)} s ${name}`).join(" + ");
  return { maxS, formula: `${formula} = ${String(maxS)} s` };
}
