/**
 * Both standbys are killed, the leader commits alone and dies, and they come back before it. Killed and not stopped:
 * what the leader had put on its way would still reach a process that is only stopped. The leader dies as soon as it
 * is 200 kB ahead, well below the 1 MiB from which Patroni promotes nobody (maximum_lag_on_failover). With a
 * synchronous standby nobody is promoted: /sync names the leader alone, and all wait for it.
 */
import { knownBad, slimPostgres } from "../../infra/topologies/index.ts";
import { pair } from "./pair.ts";

export const asyncStandby = pair<typeof slimPostgres.services>({
  purpose: "An asynchronous standby is promoted: commits that were acknowledged are gone.",
  bad: knownBad.asyncStandby,
  sound: slimPostgres,
  faults: [
    {
      fault: "lagging-failover",
      service: "postgres",
      count: "all",
      holdMs: 45_000,
      params: { followers: "kill", leadCountMin: 200_000, stallMs: 20_000 },
    },
  ],
  mustViolate: ["integrity.postgres-state"],
});
