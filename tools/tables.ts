/**
 * The typed tables of the house in one place: the reference pages are generated from them, and the tidy tests
 * hold every file of their folders against them.
 */
import { join } from "node:path";
import { FAULTS } from "../chaos/index.ts";
import { ARTIFACTS } from "../infra/artifacts/table.ts";
import { COMPONENTS } from "../infra/components/index.ts";
import { LINT_RULES } from "../infra/lint/index.ts";
import { TOPOLOGIES } from "../infra/topologies/index.ts";
import { REPORTERS } from "../reports/index.ts";
import { CAPACITY_SCENARIOS, SCENARIOS } from "../scenarios/index.ts";
import { CHECKS } from "../slo/checks/index.ts";
import { OBJECTIVES } from "../slo/objectives/index.ts";
import { PROBES } from "../slo/probes/index.ts";

export const ROOT = join(import.meta.dirname, "..");

export interface Table {
  readonly file: string;
  readonly entries: Readonly<Record<string, object>>;
  /** An exported object of the folder with all of these fields is an entry and belongs into the table. */
  readonly entryKeys: readonly string[];
}

export const TABLES = {
  components: {
    file: "infra/components/index.ts",
    entries: COMPONENTS,
    entryKeys: ["kind", "artifacts", "instances"],
  },
  topologies: {
    file: "infra/topologies/index.ts",
    entries: TOPOLOGIES,
    entryKeys: ["services", "topicPartitionCount"],
  },
  artifacts: {
    file: "infra/artifacts/table.ts",
    entries: ARTIFACTS,
    entryKeys: ["client", "version", "entry"],
  },
  faults: { file: "chaos/index.ts", entries: FAULTS, entryKeys: ["inject", "recover"] },
  objectives: {
    file: "slo/objectives/index.ts",
    entries: OBJECTIVES,
    entryKeys: ["sli", "threshold"],
  },
  probes: { file: "slo/probes/index.ts", entries: PROBES, entryKeys: ["name", "sample"] },
  checks: { file: "slo/checks/index.ts", entries: CHECKS, entryKeys: ["name", "judge"] },
  reports: { file: "reports/index.ts", entries: REPORTERS, entryKeys: ["name", "render"] },
  scenarios: {
    file: "scenarios/index.ts",
    entries: SCENARIOS,
    entryKeys: ["topology", "claims"],
  },
  "capacity scenarios": {
    file: "scenarios/index.ts",
    entries: CAPACITY_SCENARIOS,
    entryKeys: ["topology", "targets"],
  },
  "lint-rules": {
    file: "infra/lint/index.ts",
    entries: LINT_RULES,
    entryKeys: ["id", "purpose", "needs", "check"],
  },
} as const satisfies Record<string, Table>;

export type TableName = keyof typeof TABLES;
