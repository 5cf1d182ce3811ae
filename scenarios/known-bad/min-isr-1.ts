/**
 * Both followers stop until they are out of sync; the leader acknowledges alone, because one copy is enough, and dies.
 * Min ISR 1 by itself then makes the partition wait for that leader and its disk: what it acknowledged is lost with
 * the disk, or, as here, to an unclean election. With min ISR 2 nothing is acknowledged that could be lost.
 */
import { knownBad, slimKafkaFour } from "../../infra/topologies/index.ts";
import { pair } from "./pair.ts";

export const minIsrOne = pair<typeof slimKafkaFour.services>({
  purpose: "Min ISR 1: what one broker alone acknowledged is lost with it.",
  bad: knownBad.minIsrOne,
  sound: slimKafkaFour,
  faults: [
    {
      fault: "lagging-failover",
      service: "kafka",
      count: "all",
      holdMs: 30_000,
      params: { followers: "pause", outOfSync: true, stallMs: 8000 },
    },
  ],
  mustViolate: ["integrity.no-lost-change"],
});
