/** The seed's six alerts: there, explained, honest about their time, and silent about what does not exist. */
import { describe, expect, it, test } from "vitest";
import { z } from "zod";
import { FAULTS } from "../../../../chaos/index.ts";
import { ALERT_RULES, ALERTS, detectionOf } from "../../../../infra/monitoring/alerts/index.ts";
import { rulesFor, rulesYaml } from "../../../../infra/monitoring/rules.ts";
import { SCRAPE_JOBS } from "../../../../infra/monitoring/scrape.ts";
import { TIMINGS } from "../../../../infra/monitoring/timings.ts";
import { ALL_INSTANCES, without } from "./instances.ts";

const Rule = z.object({
  record: z.string().optional(),
  alert: z.string().optional(),
  expr: z.string(),
  for: z.string().optional(),
  labels: z.record(z.string(), z.string()).optional(),
  annotations: z.record(z.string(), z.string()).optional(),
});
const RuleFile = z.object({
  groups: z.array(z.object({ name: z.string(), interval: z.string(), rules: z.array(Rule) })),
});

const file = RuleFile.parse(JSON.parse(rulesYaml(ALL_INSTANCES)));
const rules = file.groups.flatMap((group) => group.rules);

describe("the rule file", () => {
  it("has the seed's six alerts, and what is recorded before what is alerted on", () => {
    const names = rules.flatMap(({ alert }) => alert ?? []);
    expect([...new Set(names)]).toEqual(Object.keys(ALERTS));
    expect(Object.values(ALERTS)).toEqual([
      "CDC lag > 1 minute",
      "Flink job failures",
      "Database connection failures",
      "MinIO cluster degraded",
      "Trino coordinator down",
      "Metabase cluster < 2 healthy instances",
    ]);
    const firstAlert = rules.findIndex(({ alert }) => alert !== undefined);
    expect(rules.slice(firstAlert).every(({ record }) => record === undefined)).toBe(true);
    expect(file.groups).toHaveLength(1);
  });

  test.for(rules.filter(({ alert }) => alert !== undefined))(
    "$alert/$labels.signal says what it is, what to do and how soon it can tell",
    (rule) => {
      expect(Object.keys(rule.labels ?? {})).toEqual(["severity", "signal"]);
      expect(Object.keys(rule.annotations ?? {})).toEqual([
        "summary",
        "description",
        "runbook",
        "seed",
        "detection_seconds_max",
        "detection_formula",
        "fired_by",
      ]);
      expect(Object.values(rule.annotations ?? {}).filter((text) => text === "")).toEqual([]);
    },
  );

  it("has no two rules of one alert with the same signal", () => {
    const keys = ALERT_RULES.map(({ alert, signal }) => `${alert}/${signal}`);
    expect(new Set(keys).size).toBe(keys.length);
  });

  test.for(Object.keys(ALERTS))("%s fires when its metric is gone as well", (alert) => {
    const own = ALERT_RULES.filter((rule) => rule.alert === alert);
    expect(own.some(({ expr }) => expr.startsWith("absent("))).toBe(true);
    expect(own.some(({ expr }) => !expr.startsWith("absent("))).toBe(true);
  });

  it("names faults and components of the house", () => {
    const strange = ALERT_RULES.map(({ firedBy }) => firedBy).filter(
      ({ fault, component }) =>
        !(fault in FAULTS) || !(component in { ...SCRAPE_JOBS, postgres: true }),
    );
    expect(strange).toEqual([]);
  });

  it("holds faults long enough to be told", () => {
    const tooShort = ALERT_RULES.filter(
      ({ firedBy, forS, growsS = 0 }) => firedBy.holdS > 0 && firedBy.holdS <= forS + growsS,
    );
    expect(tooShort.map(({ alert, signal }) => `${alert}/${signal}`)).toEqual([]);
  });
});

describe("rules for what is there", () => {
  it("are all of them in a whole lab", () => {
    expect(rulesFor(ALL_INSTANCES)).toEqual(ALERT_RULES);
  });

  it("never speak of Patroni, BI or Redis where there are none", () => {
    const small = without("patroni", "haproxy-bi", "superset", "metabase", "redis");
    const signals = rulesFor(small).map(({ alert, signal }) => `${alert}/${signal}`);
    expect(signals).not.toContain("DatabaseConnectionFailure/no-leader");
    expect(signals.filter((key) => key.startsWith("BiBelowTwoInstances"))).toEqual([]);
    expect(signals).toContain("DatabaseConnectionFailure/refused");
  });

  it("do not ask two healthy BI instances of a lab that has one", () => {
    const one = without("metabase").filter(({ id }) => id !== "superset-1");
    expect(rulesFor(one).filter(({ alert }) => alert === "BiBelowTwoInstances")).toEqual([]);
  });
});

describe("detection time", () => {
  it("is the sum of what has to pass", () => {
    const rule = ALERT_RULES.find(({ signal }) => signal === "not-running");
    expect(rule).toBeDefined();
    if (rule === undefined) return;
    expect(detectionOf(rule)).toEqual({
      maxS: 40,
      formula: "15 s source + 5 s scrape + 5 s evaluation + 15 s for = 40 s",
    });
  });

  it("is what the seed's minute allows: lag is told within a quarter of a minute of its becoming true", () => {
    const late = ALERT_RULES.filter(({ alert }) => alert === "CdcLagAboveOneMinute").filter(
      (rule) => detectionOf(rule).maxS > 75,
    );
    expect(late).toEqual([]);
  });

  it("counts whole evaluations: a `for` between two of them lasts until the later", () => {
    const rule = ALERT_RULES[0];
    expect(rule).toBeDefined();
    if (rule === undefined) return;
    const odd = detectionOf({ ...rule, growsS: 0, forS: 7 });
    expect(odd.maxS).toBe(TIMINGS.scrapeIntervalS + TIMINGS.evaluationIntervalS + 10);
  });
});
