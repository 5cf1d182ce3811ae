/**
 * No hop may double a change. Repeats in Kafka after a fault are what at-least-once delivery allows, up to
 * a budget computed from the configuration; behind Kafka not one copy may be added.
 */
import type { Check } from "../../core/contracts/slo.ts";
import { changesVerdict } from "./evidence/changes.ts";

export const noDuplicate: Check = {
  name: "no-duplicate",
  purpose:
    "Repeats in Kafka stay within the budget of the injected faults; no later hop adds a copy.",
  judge: (journal) => [
    changesVerdict(journal, {
      name: "no-duplicate",
      title: "No change is doubled",
      anomalies: ["duplicated"],
      holds: "none was doubled",
    }),
  ],
};
