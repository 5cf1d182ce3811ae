/** No change may arrive twice, not even where a later hop would remove the copy again. */
import type { Check } from "../../core/contracts/slo.ts";
import { changesVerdict } from "./evidence/changes.ts";

export const noDuplicate: Check = {
  name: "no-duplicate",
  purpose: "Every change is at each hop exactly once: as many events as distinct sequence numbers.",
  judge: (journal) => [
    changesVerdict(journal, {
      name: "no-duplicate",
      title: "No change is doubled",
      anomalies: ["duplicated"],
      holds: "none was doubled",
    }),
  ],
};
