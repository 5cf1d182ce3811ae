/** The tests that promtool runs: every rule is made to fire and to end, and the file is what promtool reads. */
import { describe, expect, it, test } from "vitest";
import { z } from "zod";
import { ALERT_RULES, ALERTS } from "../../../../infra/monitoring/alerts/index.ts";
import { CASES } from "../../../../infra/monitoring/promtool/cases.ts";
import { GONE, level, ramp, valuesOf } from "../../../../infra/monitoring/promtool/story.ts";
import { promtoolYaml } from "../../../../infra/monitoring/promtool/tests.ts";

const Expected = z.object({
  exp_labels: z.record(z.string(), z.string()),
  exp_annotations: z.record(z.string(), z.string()),
});
const TestFile = z.object({
  rule_files: z.array(z.string()),
  evaluation_interval: z.string(),
  tests: z.array(
    z.object({
      name: z.string(),
      interval: z.string(),
      input_series: z.array(z.object({ series: z.string(), values: z.string() })),
      alert_rule_test: z.array(
        z.object({ eval_time: z.string(), alertname: z.string(), exp_alerts: z.array(Expected) }),
      ),
    }),
  ),
});

const file = TestFile.parse(JSON.parse(promtoolYaml("rules.yml")));

describe("promtool's tests", () => {
  it("are for the generated rules", () => {
    expect(file.rule_files).toEqual(["rules.yml"]);
  });

  it("have a case for every rule", () => {
    const tested = CASES.map(({ alert, signal }) => `${alert}/${signal}`);
    const rules = ALERT_RULES.map(({ alert, signal }) => `${alert}/${signal}`);
    expect(tested.toSorted()).toEqual(rules.toSorted());
  });

  test.for(CASES)("$alert/$signal is silent, fires and is silent again", ({ alert, signal }) => {
    const one = file.tests.find(({ name }) => name === `${alert}: ${signal}`);
    const counts = one?.alert_rule_test.map(({ exp_alerts }) => exp_alerts.length) ?? [];
    expect(counts[0]).toBe(0);
    expect(counts.at(-2)).toBeGreaterThan(0);
    expect(counts.at(-1)).toBe(0);
    const told = one?.alert_rule_test.at(-2)?.exp_alerts.map((each) => each.exp_labels["signal"]);
    expect(told).toContain(signal);
  });

  it("leave no template unfilled", () => {
    const texts = file.tests.flatMap((one) =>
      one.alert_rule_test.flatMap(({ exp_alerts }) =>
        exp_alerts.map(({ exp_annotations }) => exp_annotations["description"] ?? ""),
      ),
    );
    expect(texts.filter((text) => text === "" || text.includes("{{"))).toEqual([]);
  });

  it("ask all six alerts for silence on healthy series, and for a word when there are none", () => {
    const alerts = (name: string): readonly string[] => [
      ...new Set(
        file.tests
          .find((one) => one.name === name)
          ?.alert_rule_test.map(({ alertname }) => alertname),
      ),
    ];
    expect(alerts("silent: healthy series")).toEqual(Object.keys(ALERTS));
    expect(alerts("no series at all")).toEqual(Object.keys(ALERTS));
  });

  it("write a story of a series in promtool's words", () => {
    const story = [
      { shape: level(1), steps: 3 },
      { shape: GONE, steps: 3 },
      { shape: GONE, steps: 1 },
      { shape: ramp(5, 10), steps: 2 },
      { shape: level(9), steps: 0 },
    ];
    expect(valuesOf(story)).toBe("1+0x2 stale _x2 stale 5+10x1");
  });
});
