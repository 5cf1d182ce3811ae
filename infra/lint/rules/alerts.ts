/** Alerts: how late they come, compared with what they are to protect. */
import { MONTH_MS } from "../estimates.ts";
import type { AlertRule, Facts } from "../facts.ts";
import { percent, span } from "../figures.ts";
import type { Draft, LintRule } from "../rule.ts";
import { msOf, type Settings } from "../settings.ts";

/** Prometheus' own default for both. */
const INTERVAL_MS = 60_000;
const NOTHING: Settings = { file: "", values: {} };

interface Delay {
  readonly ms: number;
  /** Without what nobody showed: intervals that are only guessed accuse nobody. */
  readonly certainMs: number;
  readonly parts: string;
}

/** From the moment the condition is true to the alert: next scrape, next evaluation, and the wait asked for. */
function delayOf(facts: Facts, alert: AlertRule): Delay {
  const settings = facts.prometheus[0] ?? NOTHING;
  const scrapeMs = msOf(settings, "global.scrape_interval", INTERVAL_MS);
  const everyMs = alert.intervalMs ?? msOf(settings, "global.evaluation_interval", INTERVAL_MS);
  const guessed = facts.prometheus.length === 0 ? " (Prometheus' defaults)" : "";
  return {
    ms: scrapeMs + everyMs + alert.forMs,
    certainMs: alert.forMs + (guessed === "" ? scrapeMs + everyMs : (alert.intervalMs ?? 0)),
    parts: `${span(scrapeMs)} scrape + ${span(everyMs)} evaluation${guessed}${alert.forMs > 0 ? ` + ${span(alert.forMs)} for` : ""}`,
  };
}

const AGE_WORDS = new Set([
  "lag",
  "age",
  "fresh",
  "freshness",
  "delay",
  "behind",
  "staleness",
  "since",
]);

/** Whole words, so that a JobManager has no age. */
function wordsOf(expr: string): ReadonlySet<string> {
  const words = expr.replaceAll(/([a-z])([A-Z])/g, "$1 $2").split(/[^A-Za-z]+/);
  return new Set(words.map((word) => word.toLowerCase()));
}

/** Is it about how old something is? */
function speaksOfAge(expr: string): boolean {
  return !wordsOf(expr).isDisjointFrom(AGE_WORDS);
}

const IN_MS = new Set(["ms", "millis", "milliseconds"]);
const IN_SECONDS = new Set(["seconds", "secs", "sec", "time"]);

/** The age an expression about lag in time allows before it is true; undefined for other expressions. */
export function thresholdMs(expr: string): number | undefined {
  const found = />=?\s*(\d+(?:\.\d+)?)(?=\s*(?:$|\)|and\b|or\b|unless\b))/.exec(expr);
  const left = found === null ? "" : expr.slice(0, found.index);
  if (found === null || !speaksOfAge(left)) return undefined;
  const words = wordsOf(left);
  if (!words.isDisjointFrom(IN_MS)) return Number(found[1]);
  return words.isDisjointFrom(IN_SECONDS) ? undefined : Number(found[1]) * 1000;
}

export const alertsFreshness: LintRule = {
  id: "alerts-freshness",
  purpose:
    "Threshold + scrape + evaluation + for of alerts on age, against the freshness objective.",
  needs: ["alerts"],
  check: (facts) =>
    facts.alerts.flatMap((alert): readonly Draft[] => {
      const age = thresholdMs(alert.expr);
      const { freshnessMs } = facts.targets;
      if (age === undefined) return [];
      const delay = delayOf(facts, alert);
      const late = age + delay.ms;
      if (!(age >= freshnessMs || age + delay.certainMs > 3 * freshnessMs)) return [];
      return [
        {
          severity: "warning",
          file: alert.file,
          key: `${alert.name} / expr, for`,
          value: `> ${span(age)}${alert.forMs > 0 ? ` for ${span(alert.forMs)}` : ""}`,
          consequence: `${span(age)} threshold + ${delay.parts}: it fires when the data is up to ${span(late)} old; the objective is ${span(freshnessMs)} and broken for ${span(late - freshnessMs)} by then.${age > freshnessMs ? ` An age between ${span(freshnessMs)} and ${span(age)} breaks it for ever without an alert.` : ""}`,
          change: `Alert at ${span(freshnessMs / 2)}, with a scrape and evaluation interval of 5 s and for 10 s.`,
        },
      ];
    }),
};

/** A tenth of the month's budget for noticing alone is too much: repair comes on top. */
const BUDGET_SHARE_MAX = 0.1;

export const alertsAvailability: LintRule = {
  id: "alerts-availability",
  purpose:
    "Scrape + evaluation + for of alerts on failures, as a share of the month's uptime budget.",
  needs: ["alerts"],
  check: (facts) =>
    facts.alerts.flatMap((alert): readonly Draft[] => {
      if (speaksOfAge(alert.expr)) return [];
      const budgetMs = MONTH_MS * (1 - facts.targets.uptimeRatio);
      const { ms: takesMs, certainMs, parts } = delayOf(facts, alert);
      const share = takesMs / budgetMs;
      if (!(certainMs / budgetMs > BUDGET_SHARE_MAX)) return [];
      return [
        {
          severity: "warning",
          file: alert.file,
          key: `${alert.name} / for`,
          value: span(alert.forMs),
          consequence: `${parts} = ${span(takesMs)} until anybody is told: ${percent(share)} of the ${span(budgetMs)} a month that ${percent(facts.targets.uptimeRatio)} uptime leaves, for one incident and before the repair begins.`,
          change: `Shorten for and the intervals to a sum below ${span(budgetMs * BUDGET_SHARE_MAX)}.`,
        },
      ];
    }),
};
