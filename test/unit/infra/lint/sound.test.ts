/** A sound system is not accused of anything, and every rule has looked. */
import { describe, expect, test } from "vitest";
import { collectFiles } from "../../../../infra/lint/collect.ts";
import { LINT_RULES, lintFacts } from "../../../../infra/lint/index.ts";
import { factsOf, findingsOf, SOUND } from "./system.ts";

describe("a sound system", () => {
  const result = lintFacts(factsOf(SOUND));

  test("every file is read, by itself as beside the others", () => {
    const { lists, unread } = collectFiles(SOUND);
    expect(unread).toEqual([]);
    const { instances: none, ...read } = lists;
    expect(factsOf(SOUND)).toMatchObject(read);
    expect(none).toEqual([]);
  });

  test("has no findings", () => {
    expect(result.findings).toEqual([]);
  });

  test("leaves no rule without something to look at, but those about the specification and a topology's zones", () => {
    expect(result.notApplied.map(({ rule }) => rule)).toEqual([
      "availability-zones",
      "seed-cost",
      "seed-object-store",
      "seed-query-rates",
      "seed-replicas",
      "seed-trino-memory",
    ]);
    expect(result.applied).toHaveLength(Object.keys(LINT_RULES).length - 6);
  });
});

test("each file of the sound system by itself is not accused of being alone", () => {
  const single = SOUND.flatMap((given) =>
    findingsOf([given], { complete: false, instances: [] }).map(
      ({ rule, file, severity }) => `${severity} ${rule} ${file}`,
    ),
  );
  expect([...new Set(single)]).toEqual([]);
});

test("without facts no rule speaks, and each says what it missed", () => {
  const { findings, applied, notApplied } = lintFacts(factsOf([], { instances: [] }));
  expect(findings).toEqual([]);
  expect(applied).toEqual([]);
  expect(notApplied.find(({ rule }) => rule === "slot-sync-ready")?.missing).toEqual([
    "connectWorkers",
    "connectors",
  ]);
});

test("the same finding of several instances is one finding", () => {
  const files = SOUND.map((given) => ({
    ...given,
    text: given.text.replace("replica.lag.time.max.ms=10000", "replica.lag.time.max.ms=40000"),
  }));
  const findings = findingsOf(files);
  expect(findings).toHaveLength(1);
  expect(findings[0]).toMatchObject({
    rule: "kafka-slow-follower",
    file: "kafka-0/server.properties",
    alsoIn: [1, 2, 3, 4].map((ordinal) => `kafka-${String(ordinal)}/server.properties`),
  });
});

test("the table's keys are the rules' own ids", () => {
  expect(Object.values(LINT_RULES).map(({ id }) => id)).toEqual(Object.keys(LINT_RULES));
});
