/** Unit tests of the rules, in the form that `promtool test rules` runs. */
import type { Json } from "../../../core/contracts/values.ts";
import { LakeproofError } from "../../../core/errors.ts";
import {
  ALERT_RULES,
  ALERTS,
  type AlertName,
  type AlertRule,
  detectionOf,
} from "../alerts/index.ts";
import { annotationsOf, labelsOf } from "../rules.ts";
import { TIMINGS } from "../timings.ts";
import { yamlText } from "../yaml.ts";
import { type Case, CASES, HARMLESS, HEALTHY, NOTHING_TOLD, type Told } from "./cases.ts";
import { type Shape, stepsOf, valuesOf } from "./story.ts";

const BEGIN_S = 120;
/** How long the damage stays after the alert had to be there. */
const STAYS_S = 30;
/** Until every window of a minute has passed over what happened. */
const CALM_S = 90;
const ALERT_NAMES = Object.keys(ALERTS) as readonly AlertName[];

/** The text of the test file; `ruleFile` is named relative to it. */
export function promtoolYaml(ruleFile: string): string {
  return yamlText({
    rule_files: [ruleFile],
    evaluation_interval: `${String(TIMINGS.evaluationIntervalS)}s`,
    tests: [
      silent("healthy series", {}, 120),
      ...HARMLESS.map(({ about, broken, lastsS }) => silent(about, broken, lastsS)),
      nothing(),
      ...CASES.map(brokenAndMended),
    ],
  });
}

/** Silent before, not yet firing before its `for` is over, firing in time, and silent again afterwards. */
function brokenAndMended(one: Case): Json {
  const rule = ruleOf(one.alert, one.signal);
  const firesS = BEGIN_S + promtoolDetectionS(rule);
  const mendedS = firesS + STAYS_S;
  const endS = mendedS + CALM_S;
  const tooEarlyS = rule.forS - TIMINGS.evaluationIntervalS;
  const early = one.told.filter(({ signal }) => ruleOf(one.alert, signal).forS <= tooEarlyS);
  return {
    ...head(`${one.alert}: ${one.signal}`),
    input_series: seriesOf(one.broken, one.after ?? {}, mendedS, endS),
    alert_rule_test: [
      expectation(BEGIN_S - TIMINGS.evaluationIntervalS, one.alert, []),
      ...(tooEarlyS < 0 ? [] : [expectation(BEGIN_S + tooEarlyS, one.alert, early)]),
      expectation(firesS, one.alert, one.told),
      expectation(endS, one.alert, []),
    ],
  };
}

/** All healthy series, with those that are broken between the beginning and `mendedS`. */
function seriesOf(
  broken: Readonly<Record<string, Shape>>,
  after: Readonly<Record<string, Shape>>,
  mendedS: number,
  endS: number,
): readonly Json[] {
  const before = stepsOf(BEGIN_S);
  const during = stepsOf(mendedS) - before;
  const rest = stepsOf(endS) - before - during + 1;
  return Object.entries(HEALTHY).map(([name, healthy]) => {
    const shape = broken[name];
    const chapters =
      shape === undefined
        ? [{ shape: healthy, steps: before + during + rest }]
        : [
            { shape: healthy, steps: before },
            { shape, steps: during },
            { shape: after[name] ?? healthy, steps: rest },
          ];
    return { series: name, values: valuesOf(chapters) };
  });
}

/** The computed time, without the last scrape and the source's own delay: here both are part of the series. */
function promtoolDetectionS(rule: AlertRule): number {
  const scrapeS = rule.scrapeS ?? TIMINGS.scrapeIntervalS;
  return detectionOf(rule).maxS - scrapeS - (rule.sourceS ?? 0) + TIMINGS.evaluationIntervalS;
}

/** Looked at while it lasts, when it is over, and later. */
function silent(about: string, broken: Readonly<Record<string, Shape>>, lastsS: number): Json {
  const overS = BEGIN_S + lastsS;
  const timesS = [overS - TIMINGS.evaluationIntervalS, overS, overS + CALM_S];
  return {
    ...head(`silent: ${about}`),
    input_series: seriesOf(broken, {}, overS, overS + CALM_S),
    alert_rule_test: timesS.flatMap((atS) =>
      ALERT_NAMES.map((alert) => expectation(atS, alert, [])),
    ),
  };
}

function nothing(): Json {
  return {
    ...head("no series at all"),
    input_series: [],
    alert_rule_test: NOTHING_TOLD.map(({ alert, told }) => expectation(300, alert, told)),
  };
}

function head(name: string): { readonly name: string; readonly interval: string } {
  return { name, interval: `${String(TIMINGS.scrapeIntervalS)}s` };
}

function expectation(atS: number, alert: AlertName, told: readonly Told[]): Json {
  return {
    eval_time: `${String(atS)}s`,
    alertname: alert,
    exp_alerts: told.map((one) => {
      const rule = ruleOf(alert, one.signal);
      return {
        exp_labels: { ...one.labels, ...labelsOf(rule) },
        exp_annotations: {
          ...annotationsOf(rule),
          description: rendered(rule.description, one),
        },
      };
    }),
  };
}

/** As Prometheus renders the few templates that the descriptions use. */
function rendered(template: string, told: Told): string {
  return template
    .replaceAll(/\{\{ \$labels\.(\w+) \}\}/g, (_, name: string) => told.labels[name] ?? "")
    .replaceAll('{{ printf "%.0f" $value }}', (told.value ?? 0).toFixed(0));
}

function ruleOf(alert: AlertName, signal: string): AlertRule {
  const rule = ALERT_RULES.find((one) => one.alert === alert && one.signal === signal);
  if (rule !== undefined) return rule;
  throw new LakeproofError("INTERNAL", `${alert} has no signal ${signal}.`, {
    hint: "Name a signal of infra/monitoring/alerts in the promtool case.",
  });
}
