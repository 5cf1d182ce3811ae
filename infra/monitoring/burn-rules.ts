/**
 * Burn-rate alerts as Prometheus rules, with promtool's tests made from what a run recorded: the rules must fire and
 * end in the very seconds in which the run's own arithmetic says so. Whoever changes a rule then runs them.
 */
import type { Json } from "../../core/contracts/values.ts";
import { yamlText } from "./yaml.ts";

export interface RecordedAlert {
  /** "page-1h". */
  readonly name: string;
  readonly severity: string;
  readonly burnRateMin: number;
  readonly longMs: number;
  readonly shortMs: number;
  /** Ends of seconds at which it began and ceased to hold. */
  readonly firings: readonly { readonly fromMs: number; readonly toMs: number }[];
}

export interface RecordedObjective {
  readonly id: string;
  readonly workload: string;
  readonly badRatioMax: number;
  /** Whole seconds in order; one that is not there was not measured. */
  readonly seconds: readonly { readonly toMs: number; readonly n: number; readonly bad: number }[];
  readonly alerts: readonly RecordedAlert[];
}

/** Gauges: operations that were meant to start in the second that ended, and the bad ones among them. */
const ALL = "lakeproof_operations";
const BAD = "lakeproof_operations_bad";
const STEP_MS = 1000;

/** Quotients of counts miss a limit by their last digit. */
const ROUNDING = 1e-12;

export function burnRulesYaml(objectives: readonly RecordedObjective[]): string {
  const rules = objectives.flatMap((objective) =>
    objective.alerts.map((alert) => ruleOf(objective, alert)),
  );
  return yamlText({ groups: [{ name: "lakeproof-error-budgets", interval: "1s", rules }] });
}

function ruleOf(objective: RecordedObjective, alert: RecordedAlert): Json {
  const limit = alert.burnRateMin * objective.badRatioMax * (1 - ROUNDING);
  const burns = (windowMs: number): string => {
    const range = rangeOf(windowMs);
    const sum = (metric: string): string =>
      `sum_over_time(${metric}{workload="${objective.workload}"}[${range}])`;
    return `${sum(BAD)} / ${sum(ALL)} >= ${String(limit)}`;
  };
  return {
    alert: alertName(objective, alert),
    expr: `${burns(alert.longMs)} and ${burns(alert.shortMs)}`,
    labels: { severity: alert.severity, objective: objective.id },
    annotations: {
      summary: `${objective.id} burns its error budget at least ${String(alert.burnRateMin)} times as fast as it may`,
    },
  };
}

/**
 * Half a second less than the window: whether Prometheus counts a sample at the far end of a range (version 2) or not
 * (version 3), it then counts those of the window and no other.
 */
function rangeOf(windowMs: number): string {
  return `${String(windowMs / STEP_MS - 1)}s500ms`;
}

function alertName({ id }: RecordedObjective, { name }: RecordedAlert): string {
  return `ErrorBudgetBurn_${`${id}_${name}`.replace(/[^a-zA-Z0-9]+/g, "_")}`;
}

/** @param ruleFile - named relative to the file of the tests */
export function burnTestsYaml(objectives: readonly RecordedObjective[], ruleFile: string): string {
  return yamlText({
    rule_files: [ruleFile],
    evaluation_interval: "1s",
    tests: objectives.filter(({ seconds }) => seconds.length > 0).map(testOf),
  });
}

function testOf(objective: RecordedObjective): Json {
  const { workload, seconds } = objective;
  const series = (metric: string, value: (second: (typeof seconds)[number]) => number): Json => ({
    series: `${metric}{workload="${workload}"}`,
    values: valuesOf(seconds.map((second) => ({ toMs: second.toMs, value: value(second) }))),
  });
  return {
    name: `${objective.id}, as recorded`,
    interval: "1s",
    input_series: [series(ALL, ({ n }) => n), series(BAD, ({ bad }) => bad)],
    alert_rule_test: objective.alerts.flatMap((alert) => expectations(objective, alert)),
  };
}

/** promtool's words: a value and how often it repeats, or how many samples are not there. */
function valuesOf(samples: readonly { readonly toMs: number; readonly value: number }[]): string {
  const words: string[] = [];
  let run: { value: number; count: number } | undefined;
  let expectedMs = samples[0]?.toMs ?? 0;
  const close = (): void => {
    if (run === undefined) return;
    const { value, count } = run;
    words.push(count === 1 ? String(value) : `${String(value)}+0x${String(count - 1)}`);
    run = undefined;
  };
  for (const { toMs, value } of samples) {
    const gap = Math.round((toMs - expectedMs) / STEP_MS);
    if (gap > 0) {
      close();
      words.push(`_x${String(gap)}`);
    }
    if (run?.value === value) run.count += 1;
    else {
      close();
      run = { value, count: 1 };
    }
    expectedMs = toMs + STEP_MS;
  }
  close();
  return words.join(" ");
}

/** In the second before each beginning and end, in the second itself, and in the last one. */
function expectations(objective: RecordedObjective, alert: RecordedAlert): readonly Json[] {
  const ends = objective.seconds.map(({ toMs }) => toMs);
  const [first = 0] = ends;
  const last = ends.at(-1) ?? first;
  const before = (toMs: number): number | undefined => ends[ends.indexOf(toMs) - 1];
  const turns = alert.firings.flatMap(({ fromMs, toMs }) => [fromMs, toMs]);
  const looks = new Set([...turns.flatMap((toMs) => [before(toMs), toMs]), last]);
  // In the last second it may have ended or still go on: the recording does not tell the two apart.
  const isUnclear = (toMs: number): boolean =>
    toMs === last && alert.firings.some((firing) => firing.toMs === last && firing.fromMs !== last);
  return [...looks]
    .filter((toMs) => toMs !== undefined)
    .filter((toMs) => !isUnclear(toMs))
    .sort((a, b) => a - b)
    .map((toMs) => ({
      eval_time: `${String(Math.round((toMs - first) / STEP_MS))}s`,
      alertname: alertName(objective, alert),
      exp_alerts: holdsAt(alert, toMs) ? [expectedAlert(objective, alert)] : [],
    }));
}

function holdsAt({ firings }: RecordedAlert, toMs: number): boolean {
  return firings.some(
    (firing) => toMs >= firing.fromMs && (toMs < firing.toMs || toMs === firing.fromMs),
  );
}

function expectedAlert(objective: RecordedObjective, alert: RecordedAlert): Json {
  return {
    exp_labels: {
      severity: alert.severity,
      objective: objective.id,
      workload: objective.workload,
    },
    exp_annotations: {
      summary: `${objective.id} burns its error budget at least ${String(alert.burnRateMin)} times as fast as it may`,
    },
  };
}
