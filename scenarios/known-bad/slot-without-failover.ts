/**
 * The primary dies. The one that takes over has no such slot, and the position in Connect's offset is on no slot any
 * more: Debezium refuses to go on (trust_offset), and every change from then on is missing behind PostgreSQL.
 */
import { knownBad, slimPostgres } from "../../infra/topologies/index.ts";
import { pair } from "./pair.ts";

export const slotWithoutFailover = pair<typeof slimPostgres.services>({
  purpose: "A slot without failover: behind the new primary nothing arrives any more.",
  bad: knownBad.slotWithoutFailover,
  sound: slimPostgres,
  faults: [{ fault: "process-kill", service: "postgres", target: "leader", holdMs: 20_000 }],
  mustViolate: ["integrity.no-lost-change"],
});
