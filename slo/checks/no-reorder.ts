/** The changes of one key must arrive in the order of their commits, and all of a bucket before its fence. */
import type { Check } from "../../core/contracts/slo.ts";
import { changesVerdict } from "./evidence/changes.ts";

export const noReorder: Check = {
  name: "no-reorder",
  purpose:
    "The changes of one key arrive in the order in which they were committed, none behind the fence of its bucket.",
  judge: (journal) => [
    changesVerdict(journal, {
      name: "no-reorder",
      title: "No change overtakes another of its key",
      anomalies: ["reordered", "delayed"],
      holds: "none came out of order",
    }),
  ],
};
