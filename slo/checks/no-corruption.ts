/** What arrives must be what was acknowledged: not altered, not invented, not brought back from the dead. */
import type { Check } from "../../core/contracts/slo.ts";
import { changesVerdict } from "./evidence/changes.ts";

export const noCorruption: Check = {
  name: "no-corruption",
  purpose: "Fingerprints add up at each hop; nothing is altered, invented or resurrected.",
  judge: (journal) => [
    changesVerdict(journal, {
      name: "no-corruption",
      title: "No change is altered, invented or resurrected",
      anomalies: ["corrupted", "phantom", "resurrected"],
      holds: "none was altered, invented or resurrected",
    }),
  ],
};
