/** What the lake's users see of the bank: the newest version of every row must be the one that was acknowledged last. */
import type { Check } from "../../core/contracts/slo.ts";
import { undisputedStates } from "./evidence/readers.ts";
import { stateVerdict } from "./evidence/state.ts";

export const lakeState: Check = {
  name: "lake-state",
  purpose:
    "The newest versions of all rows in the lake are what the acknowledged changes add up to; no deleted row is back.",
  judge: (journal) => [
    stateVerdict(journal, {
      id: "integrity.lake-state",
      title: "The lake shows the bank as it was acknowledged",
      holder: "The lake",
      hop: "reader",
      states: undisputedStates(journal),
    }),
  ],
};
