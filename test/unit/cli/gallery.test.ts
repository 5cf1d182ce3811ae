/** The gallery: what it holds a run to, that it can be planned, and that each configuration is named by lint. */
import { describe, expect, it } from "vitest";
import { makePlan } from "../../../cli/plan.ts";
import { outcomeOf } from "../../../cli/selftest/gallery.ts";
import type { Scenario } from "../../../core/contracts/scenario.ts";
import type { Verdict, VerdictStatus } from "../../../core/contracts/slo.ts";
import { fileNameOf } from "../../../core/file-name.ts";
import { planLab, settingProblems } from "../../../infra/lab-plan.ts";
import { collectSpecs } from "../../../infra/lint/collect.ts";
import { declaredBy } from "../../../infra/lint/declared.ts";
import { lintFacts } from "../../../infra/lint/index.ts";
import { dev, TOPOLOGIES } from "../../../infra/topologies/index.ts";
import { GALLERY } from "../../../scenarios/known-bad/index.ts";
import { CHECKS } from "../../../slo/checks/index.ts";
import { factsOf } from "../infra/lint/system.ts";

const LAB = { id: "lint", subnet: "127.77.0", secret: "", isolation: "loopback" } as const;

function errorsOf({ topology }: Scenario): readonly string[] {
  const plan = planLab(topology, LAB, {});
  const { lists } = collectSpecs(plan.specs, declaredBy(topology, plan));
  const { findings } = lintFacts({ ...factsOf([]), ...lists, hardware: {} });
  return findings
    .filter(({ severity }) => severity !== "note")
    .map(({ rule, key, value }) => `${rule}: ${key} ${value}`);
}

/** What lint says of the bad one and not of its twin. */
const NAMED: Readonly<Record<string, readonly string[]>> = {
  "known-bad/upsert-without-keys": ["iceberg-keys"],
  "known-bad/async-standby": ["patroni-synchronous"],
  "known-bad/acks-1": ["producer-safety"],
  "known-bad/slot-without-failover": ["slot-failover"],
  "known-bad/unclean-election": ["kafka-unclean-election"],
  "known-bad/min-isr-1": ["kafka-min-isr", "kafka-unclean-election"],
  "known-bad/offset-unchecked": ["debezium-offset-mismatch", "slot-failover"],
};

describe.for(GALLERY)("$bad.name", ({ bad, healthy }) => {
  it("can be planned, and so can its twin, under the same faults", () => {
    const planned = [bad, healthy].map(({ name }) =>
      makePlan(
        { scenario: name, seed: "1", rate: undefined, subnet: "127.77.0" },
        "loopback",
        undefined,
      ),
    );
    const [first, second] = planned;
    expect(first?.scenario).toBe(bad.name);
    expect(second?.faults).toEqual(first?.faults);
    expect(second?.bank).toEqual(first?.bank);
  });

  it("differs from its twin in settings alone", () => {
    const services = Object.entries(bad.topology.services).map(([name, { settings, ...spec }]) => {
      expect(settings === undefined || Object.keys(settings).length > 0).toBe(true);
      return [name, spec];
    });
    expect(Object.fromEntries(services)).toEqual(healthy.topology.services);
    expect(bad.topology.services).not.toEqual(healthy.topology.services);
  });

  it("is named by lint, and its twin is not", () => {
    const twin = errorsOf(healthy);
    const own = errorsOf(bad).filter((finding) => !twin.includes(finding));
    const rules = new Set(own.map((finding) => finding.slice(0, finding.indexOf(":"))));
    expect([...rules].sort()).toEqual([...(NAMED[bad.name] ?? [])].sort());
  });

  it("must turn verdicts red that there are", () => {
    const ids = Object.keys(CHECKS).map((name) => `integrity.${name}`);
    expect(bad.mustViolate?.length).toBeGreaterThan(0);
    expect(bad.mustViolate?.filter((id) => !ids.includes(id))).toEqual([]);
    expect(healthy.mustViolate).toBeUndefined();
  });
});

it("settings that a component does not list, or other values, are refused with what is allowed", () => {
  const problems = settingProblems({
    ...dev.services,
    kafka: { ...dev.services.kafka, settings: { "min.insync.replicas": "0" } },
    trino: { ...dev.services.trino, settings: { spill: "true" } },
  });
  expect(problems).toEqual([
    'services.kafka.settings.min.insync.replicas is "0": allowed are 1.',
    "services.trino.settings.spill is not one that can be replaced: there is none.",
  ]);
  expect(Object.values(TOPOLOGIES).flatMap(({ services }) => settingProblems(services))).toEqual(
    [],
  );
});

function verdict(id: string, status: VerdictStatus): Verdict {
  const kind = id.startsWith("validity") ? "validity" : "integrity";
  return { id, kind, title: id, status, claimed: true, because: `${id} says so.`, exitCode: 13 };
}

describe("outcomeOf", () => {
  const bad = { mustViolate: ["integrity.no-lost-change"] };
  const complete = verdict("validity.journal-complete", "PROVEN");
  const judged = (code: number, verdicts: readonly Verdict[]): Parameters<typeof outcomeOf>[1] => ({
    status: code === 0 ? "PROVEN" : "VIOLATED",
    because: "because",
    exit: { code, reasons: [] },
    verdicts,
  });

  it("is content with a bad one that turned red where it had to", () => {
    const verdicts = [complete, verdict("integrity.no-lost-change", "VIOLATED")];
    expect(outcomeOf(bad, judged(13, verdicts)).caught).toBe(true);
  });

  it("is not content with another red verdict, none, or a run that ended early", () => {
    const lost = verdict("integrity.no-lost-change", "VIOLATED");
    for (const verdicts of [
      [complete, verdict("integrity.no-duplicate", "VIOLATED")],
      [complete, verdict("integrity.no-lost-change", "PROVEN")],
      [verdict("validity.journal-complete", "INVALID"), lost],
      [lost],
    ]) {
      expect(outcomeOf(bad, judged(13, verdicts)).caught).toBe(false);
    }
  });

  it("asks of a twin that it is green", () => {
    expect(outcomeOf({}, judged(0, [complete])).caught).toBe(true);
    expect(outcomeOf({}, judged(10, [complete])).caught).toBe(false);
  });
});

it("a name with a group becomes one name of a file", () => {
  const names = GALLERY.flatMap(({ bad, healthy }) => [bad.name, healthy.topology.name]);
  for (const name of names) expect(fileNameOf(name)).toMatch(/^[A-Za-z0-9][\w.-]*$/);
  expect(fileNameOf("known-bad/acks-1")).toBe("known-bad-acks-1");
});
