/** Every topology by name. */
import type { Topology } from "../../core/contracts/topology.ts";
import { broker } from "./broker.ts";
import { dev } from "./dev.ts";
import { mini } from "./mini.ts";
import {
  acksOne,
  asyncStandby,
  minIsrOne,
  offsetUnchecked,
  slotWithoutFailover,
  uncleanElection,
  upsertWithoutKeys,
} from "./known-bad.ts";
import { miniVolumes } from "./mini-volumes.ts";
import { production } from "./production.ts";
import { slimKafka, slimKafkaFour, slimPostgres } from "./slim.ts";

export { broker, dev, mini, miniVolumes, production };
export { slimKafka, slimKafkaFour, slimPostgres };
export * as knownBad from "./known-bad.ts";
export const TOPOLOGIES = {
  broker,
  dev,
  mini,
  "mini-volumes": miniVolumes,
  production,
  "slim-kafka": slimKafka,
  "slim-kafka-4": slimKafkaFour,
  "slim-postgres": slimPostgres,
  "known-bad/upsert-without-keys": upsertWithoutKeys,
  "known-bad/async-standby": asyncStandby,
  "known-bad/acks-1": acksOne,
  "known-bad/slot-without-failover": slotWithoutFailover,
  "known-bad/unclean-election": uncleanElection,
  "known-bad/min-isr-1": minIsrOne,
  "known-bad/offset-unchecked": offsetUnchecked,
} satisfies Record<string, Topology>;
