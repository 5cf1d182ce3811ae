/** Every acknowledged change must arrive at every hop. */
import type { Check } from "../../core/contracts/slo.ts";
import { changesVerdict } from "./evidence/changes.ts";

export const noLostChange: Check = {
  name: "no-lost-change",
  purpose: "Every acknowledged change arrives at Kafka, Iceberg and the reader.",
  judge: (journal) => [
    changesVerdict(journal, {
      name: "no-lost-change",
      title: "No acknowledged change is lost",
      anomalies: ["lost"],
      holds: "none was lost",
    }),
  ],
};
