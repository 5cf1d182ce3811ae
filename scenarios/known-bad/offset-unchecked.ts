/**
 * Connect is away while the primary dies and another takes over. There is no slot there; Debezium makes one where the
 * log ends, believes it, and goes on as if nothing had happened: no error, no failed task, a gap. The check alone
 * would have refused; a slot that follows the failover has nothing to refuse.
 */
import { knownBad, slimPostgres } from "../../infra/topologies/index.ts";
import { pair } from "./pair.ts";

export const offsetUnchecked = pair<typeof slimPostgres.services>({
  purpose: "A slot that was made anew is believed: a gap that no error mentions.",
  bad: knownBad.offsetUnchecked,
  sound: slimPostgres,
  faults: [
    {
      fault: "lagging-failover",
      service: "postgres",
      count: "all",
      holdMs: 45_000,
      params: { followers: "leave", reader: "connect", stallMs: 3000 },
    },
  ],
  mustViolate: ["integrity.no-lost-change"],
});
