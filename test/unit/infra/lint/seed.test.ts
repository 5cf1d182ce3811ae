/** The specification itself: its sums and its snippets. */
import { describe, expect, test } from "vitest";
import type { Facts, SeedFigures } from "../../../../infra/lint/facts.ts";
import { lintFacts } from "../../../../infra/lint/index.ts";
import type { Finding } from "../../../../infra/lint/rule.ts";
import { seedFacts } from "../../../../infra/lint/seed-facts.ts";
import { DEMAND, factsOf, type RuleId } from "./system.ts";

const facts: Facts = {
  ...factsOf([]),
  ...seedFacts(),
  demand: { ...DEMAND, rateEventsPerS: 100_000 },
};

const { findings, applied } = lintFacts(facts);

function said(rule: RuleId, from: readonly Finding[] = findings): string {
  return from
    .filter((finding) => finding.rule === rule)
    .map(({ severity, consequence }) => `${severity}: ${consequence}`)
    .join("\n");
}

function withFigures(figures: Partial<SeedFigures>): readonly Finding[] {
  const [seed] = facts.seed;
  return lintFacts({ ...facts, seed: seed === undefined ? [] : [{ ...seed, ...figures }] })
    .findings;
}

describe("the specification as it is written", () => {
  test.for([
    ["seed-cost", "The 7 lines add up to $14,500: $1,200 a month are in the total and in no line"],
    ["seed-object-store", "usable 192 TB = 174.6 TiB"],
    [
      "seed-object-store",
      "As one pool of 8 nodes any 2 may be lost, as two pools of 4 only 1 in each",
    ],
    ["seed-object-store", "8 × 25 Gbps are 25 GB/s in all"],
    ["seed-query-rates", "100 queries/s are 360,000 an hour, 36 times the 10,000"],
    [
      "seed-trino-memory",
      "10 workers × 128 GiB × 80 % heap × 30 % for one query are 307 GiB, and a query is ended at 20 GiB: 6.5 % of it",
    ],
    ["seed-replicas", "above 1 TB of the primary's 2 TB both replicas stop"],
    ["kafka-retention", "over 7 days 123 TB; the disks are 5 × 4 TB = 20 TB and full after 27.2 h"],
    ["iceberg-ddl", "Type not supported for Iceberg: json"],
    ["iceberg-ddl", "mismatched input 'PARTITIONED'"],
    ["iceberg-identity", "100 changes share a millisecond"],
    ["trino-groups-concurrency", "Missing required property: hardConcurrencyLimit"],
    ["trino-groups-selectors", "selectors is null"],
    ["trino-groups-weights", "analytics is meant to start 75 %"],
    ["trino-groups-memory", "20 % of its memory stays empty"],
    ["alerts-freshness", "An age between 30 s and 60 s breaks it for ever without an alert"],
    ["haproxy-redispatch", "33 calls fail"],
    ["haproxy-maxconn", "4,096 are enough for 683"],
    ["haproxy-tls", "1,000 users"],
  ] as const)("%s: %s", ([rule, words]) => {
    expect(said(rule)).toContain(words);
  });

  test("what it says well is not accused", () => {
    expect(applied).toContain("kafka-min-isr");
    expect(applied).toContain("haproxy-checks");
    for (const rule of [
      "kafka-min-isr",
      "kafka-replication",
      "haproxy-checks",
      "haproxy-timeouts",
    ]) {
      expect(said(rule as RuleId)).toBe("");
    }
  });
});

describe("a specification that adds up", () => {
  const [seed] = facts.seed;
  test("is not accused", () => {
    const sound = withFigures({
      monthlyTotalUsd: 14_500,
      queriesPerHour: 360_000,
      replicaDiskGB: 2000,
      controllerCount: 3,
      trino: { workerCount: 10, workerMemoryGiB: 128, queryMemoryGiB: 300 },
      ...(seed === undefined
        ? {}
        : {
            objectStore: {
              ...seed.objectStore,
              usableTBClaimed: 192,
              throughputGBPerSClaimed: 20,
            },
          }),
    });
    const rules = [
      "seed-cost",
      "seed-object-store",
      "seed-query-rates",
      "seed-replicas",
      "seed-trino-memory",
    ] as const;
    expect(rules.map((rule) => said(rule, sound))).toEqual(["", "", "", "", ""]);
  });

  test("a limit that the workers cannot reach is told", () => {
    const trino = { workerCount: 10, workerMemoryGiB: 128, queryMemoryGiB: 500 };
    expect(said("seed-trino-memory", withFigures({ trino }))).toContain(
      "no query ever gets 500 GiB",
    );
  });

  test("a total below its lines is told apart", () => {
    expect(said("seed-cost", withFigures({ monthlyTotalUsd: 14_000 }))).toContain(
      "$500 a month are in the lines and not in the total",
    );
  });
});
