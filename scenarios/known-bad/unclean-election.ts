/**
 * One follower stops until it is out of sync; what is acknowledged then is on the two others, and both die. With
 * unclean election the one that lags leads; without, the partition waits for one of them. Four brokers, so that a
 * majority of the three controllers is always there to decide.
 */
import { knownBad, slimKafkaFour } from "../../infra/topologies/index.ts";
import { pair } from "./pair.ts";

export const uncleanElection = pair<typeof slimKafkaFour.services>({
  purpose: "Unclean election: a copy that lags becomes leader and cuts off what was acknowledged.",
  bad: knownBad.uncleanElection,
  sound: slimKafkaFour,
  faults: [
    {
      fault: "lagging-failover",
      service: "kafka",
      count: "all",
      holdMs: 30_000,
      params: { followers: "pause", stalledCount: 1, outOfSync: true, stallMs: 8000 },
    },
  ],
  mustViolate: ["integrity.no-lost-change"],
});
