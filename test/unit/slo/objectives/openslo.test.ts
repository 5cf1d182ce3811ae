/** Objectives as OpenSLO v1 and back, and what is refused with which words. */
import { describe, expect, it } from "vitest";
import { parseAllDocuments } from "yaml";
import type { Objective } from "../../../../core/contracts/slo.ts";
import { LakeproofError } from "../../../../core/errors.ts";
import { OBJECTIVES } from "../../../../slo/objectives/index.ts";
import { openSloOf } from "../../../../slo/objectives/openslo-export.ts";
import {
  objectivesFromOpenSlo,
  type ImportedObjectives,
} from "../../../../slo/objectives/openslo-import.ts";

const ALL: readonly Objective[] = Object.values(OBJECTIVES);

const WORKLOADS = ["bank", "queries", "dashboards", "api-calls", "users"];

function imported(text: string): ImportedObjectives {
  return objectivesFromOpenSlo(text, { file: "mine.yaml", workloads: WORKLOADS });
}

function problemsOf(text: string): string {
  try {
    imported(text);
  } catch (error) {
    if (error instanceof LakeproofError) return `${error.code}: ${error.message}`;
    throw error;
  }
  return "none";
}

/** One SLO; lines that begin with the key of a given one are replaced by it. */
function slo(changes: Readonly<Record<string, string>> = {}): string {
  const lines = [
    "apiVersion: openslo/v1",
    "kind: SLO",
    "metadata:",
    "  name: quick",
    "spec:",
    "  budgetingMethod: Occurrences",
    "  indicator:",
    "    metadata: { name: quick-sli }",
    "    spec:",
    "      thresholdMetric:",
    "        metricSource:",
    "          type: lakeproof",
    "          spec: { sli: latency, workload: queries, class: simple, unit: ms }",
    "  objectives:",
    "    - { op: lt, value: 250, target: 0.99 }",
  ];
  return lines
    .map((line) => {
      const change = Object.entries(changes).find(([key]) => line.trim().startsWith(key));
      return change === undefined ? line : change[1];
    })
    .join("\n");
}

describe("OpenSLO export", () => {
  const { text, leftOut } = openSloOf(ALL, ["freshness"]);

  it("comes back as it went, but for what no service-level objective can be", () => {
    const back = imported(text);
    const kept = ALL.filter(({ id }) => !leftOut.includes(id));
    expect(back.objectives).toEqual(kept);
    expect(back.claims).toEqual(["freshness"]);
    expect(leftOut).toEqual(["business.adoption", "business.views", "business.roi"]);
  });

  it("has the fields of the specification in their places", () => {
    const documents = parseAllDocuments(text).map((document) => document.toJS() as unknown);
    const uptime = documents.find(
      (one) => (one as { metadata: { name: string } }).metadata.name === "uptime",
    );
    expect(uptime).toMatchObject({
      apiVersion: "openslo/v1",
      kind: "SLO",
      metadata: { annotations: { "lakeproof/seed-line": "419" } },
      spec: {
        service: "lakehouse",
        timeWindow: [{ duration: "30d", isRolling: true }],
        budgetingMethod: "Timeslices",
        // Ten seconds, in the minutes that a bare number means.
        objectives: [{ target: 0.999, timeSliceTarget: 1, timeSliceWindow: 10 / 60 }],
      },
    });
  });
});

describe("OpenSLO import", () => {
  it("reads an objective of one's own, with a share in per cent too", () => {
    const expected = {
      id: "quick",
      title: "quick",
      source: "mine.yaml, SLO quick",
      window: "steady",
      sli: { kind: "latency", workload: "queries", class: "simple" },
      threshold: { value: 250, unit: "ms" },
      badRatioMax: 0.01,
    };
    expect(imported(slo()).objectives).toEqual([expected]);
    const percent = slo({ "- {": "    - { op: lt, value: 250, targetPercent: 99 }" });
    expect(imported(percent).objectives).toEqual([expected]);
  });

  it("finds the indicator that is referred to", () => {
    const referring = [
      "apiVersion: openslo/v1",
      "kind: SLO",
      "metadata: { name: writes, annotations: { lakeproof/claim: 'true' } }",
      "spec:",
      "  indicatorRef: failures",
      "  budgetingMethod: Occurrences",
      "  objectives: [{ target: 0.9995 }]",
      "---",
      "apiVersion: openslo/v1",
      "kind: SLI",
      "metadata: { name: failures }",
      "spec:",
      "  ratioMetric:",
      "    counter: true",
      "    bad: { metricSource: { type: lakeproof, spec: { sli: errors, workload: bank, window: faults.W } } }",
      "    total: { metricSource: { type: lakeproof, spec: { sli: errors, workload: bank } } }",
    ].join("\n");
    const { objectives, claims } = imported(referring);
    expect(objectives).toMatchObject([
      { id: "writes", window: "faults.W", badRatioMax: 0.0005, threshold: { value: 0.0005 } },
    ]);
    expect(claims).toEqual(["writes"]);
    expect(problemsOf(referring.replace("Ref: failures", "Ref: failure"))).toContain(
      'refers to the SLI "failure", which is not in the file',
    );
  });

  it("keeps what somebody else measures, as not measured", () => {
    const foreign = slo({
      "type:": "          type: Prometheus",
      "spec: {": "          spec: { query: up }",
    });
    const { objectives, notes } = imported(foreign);
    expect(objectives[0]?.sli).toMatchObject({ kind: "unmeasured" });
    expect(notes[0]).toContain("of type Prometheus, and only those of type lakeproof are measured");
  });

  it.each([
    ["an unknown field", { budgetingMethod: "  budgetMethod: Occurrences" }, "budgetMethod"],
    ["a target of 1", { "- {": "    - { op: lt, value: 250, target: 1 }" }, "objectives.0.target"],
    ["no op", { "- {": "    - { value: 250, target: 0.9 }" }, "needs op and value"],
    [
      "the wrong op",
      { "- {": "    - { op: gt, value: 250, target: 0.9 }" },
      "allowed here are lt and lte",
    ],
    [
      "both shares",
      { "- {": "    - { op: lt, value: 2, target: 0.9, targetPercent: 90 }" },
      "one of target and targetPercent",
    ],
    [
      "a composite",
      { "- {": "    - { op: lt, value: 2, target: 0.9, indicatorRef: a }" },
      "composite SLO",
    ],
    ["another version", { apiVersion: "apiVersion: openslo.com/v2alpha" }, "allowed is openslo/v1"],
    ["another kind", { kind: "kind: Slo" }, 'kind is "Slo"'],
    ["a name with capitals", { "name:": "  name: Quick" }, "RFC 1123"],
    [
      "an unknown workload",
      { "spec: {": "          spec: { sli: latency, workload: querys, unit: ms }" },
      'the workload "querys": known are bank, queries',
    ],
    [
      "an unknown window",
      { "spec: {": "          spec: { sli: freshness, window: steadi, unit: ms }" },
      ".window is wrong",
    ],
    [
      "slices for a latency",
      {
        budgetingMethod: "  budgetingMethod: Timeslices",
        "- {": "    - { op: lt, value: 2, target: 0.9, timeSliceTarget: 1, timeSliceWindow: 1m }",
      },
      "all else in Occurrences",
    ],
  ])("refuses %s", (_, changes, words) => {
    const problems = problemsOf(slo(changes));
    expect(problems).toMatch(/^CONFIG_INVALID: mine\.yaml has \d+ problem/);
    expect(problems).toContain(words);
  });

  it("tells every problem at once, with its document, and refuses a file without any SLO", () => {
    const two = `${slo({ "name:": "  name: Quick" })}\n---\n${slo({ kind: "kind: Slo" })}`;
    expect(problemsOf(two)).toContain("2 problem(s)");
    expect(problemsOf(two)).toContain("document 2 (quick).kind");
    expect(problemsOf("")).toContain("holds no document of kind SLO");
    expect(problemsOf("a: [")).toContain("is no YAML");
    expect(problemsOf(`${slo()}\n---\n${slo()}`)).toContain("has the id quick a second time");
  });
});
