/**
 * Both followers of a partition stop for less than they may lag, so they stay in sync; the leader goes on alone, with
 * acks=1 answers at once, and dies; then they go on, and one of them leads without those records. The producer has
 * its answers and Connect its offsets: nothing is ever sent again. With acks=all it has no answer and sends again.
 */
import { knownBad, slimKafka } from "../../infra/topologies/index.ts";
import { pair } from "./pair.ts";

/** Below broker.session.timeout.ms (9 s) and replica.lag.time.max.ms (10 s). */
const STALL_MS = 5000;

export const acksOne = pair<typeof slimKafka.services>({
  purpose: "acks=1: a leader dies with records that it acknowledged and nobody had fetched.",
  bad: knownBad.acksOne,
  sound: slimKafka,
  faults: [
    {
      fault: "lagging-failover",
      service: "kafka",
      count: "all",
      holdMs: 30_000,
      params: { followers: "pause", stallMs: STALL_MS },
    },
  ],
  mustViolate: ["integrity.no-lost-change"],
});
