/** The source itself: PostgreSQL must hold the rows the acknowledged changes add up to. */
import type { Check } from "../../core/contracts/slo.ts";
import { stateVerdict } from "./evidence/state.ts";

export const postgresState: Check = {
  name: "postgres-state",
  purpose:
    "Rows, fingerprints and balances in PostgreSQL are what the acknowledged changes add up to.",
  judge: (journal) => [
    stateVerdict(journal, {
      id: "integrity.postgres-state",
      title: "PostgreSQL holds what it acknowledged",
      holder: "PostgreSQL",
      hop: "postgres",
      states: journal.of("ledger.state"),
    }),
  ],
};
