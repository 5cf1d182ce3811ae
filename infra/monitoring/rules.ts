/** The rule file: recordings first, then those alerts that make sense for the instances there are. */
import type { Json } from "../../core/contracts/values.ts";
import { ALERT_RULES, ALERTS, type AlertRule, detectionOf } from "./alerts/index.ts";
import { RECORDINGS } from "./recordings.ts";
import { TIMINGS } from "./timings.ts";
import { yamlText } from "./yaml.ts";

/** Without what an alert is about, its "gone" would fire for ever: such a rule is left out. */
export function rulesFor(
  instances: readonly { readonly component: string }[],
): readonly AlertRule[] {
  return ALERT_RULES.filter((rule) =>
    rule.needs.every(
      ({ anyOf, countMin }) =>
        instances.filter(({ component }) => anyOf.includes(component)).length >= countMin,
    ),
  );
}

/** One group, because its rules are evaluated one after the other: alerts read what was just recorded. */
export function rulesYaml(instances: readonly { readonly component: string }[]): string {
  return yamlText({
    groups: [
      {
        name: "lakeproof",
        interval: `${String(TIMINGS.evaluationIntervalS)}s`,
        rules: [
          ...RECORDINGS.map(({ record, expr }) => ({ record, expr })),
          ...rulesFor(instances).map(ruleJson),
        ],
      },
    ],
  });
}

function ruleJson(rule: AlertRule): Json {
  return {
    alert: rule.alert,
    expr: rule.expr,
    for: `${String(rule.forS)}s`,
    labels: labelsOf(rule),
    annotations: annotationsOf(rule),
  };
}

export function labelsOf(rule: AlertRule): Readonly<Record<string, string>> {
  return { severity: rule.severity, signal: rule.signal };
}

export function annotationsOf(rule: AlertRule): Readonly<Record<string, string>> {
  const { fault, component, holdS } = rule.firedBy;
  const held = holdS === 0 ? "" : `, held for ${String(holdS)} s`;
  const detection = detectionOf(rule);
  return {
    summary: rule.summary,
    description: rule.description,
    runbook: rule.runbook,
    seed: ALERTS[rule.alert],
    detection_seconds_max: String(detection.maxS),
    detection_formula: detection.formula,
    fired_by: `${fault} on ${component}${held}`,
  };
}
