/**
 * Configurations that are known to lose or double changes: each is a sound topology with the one thing replaced.
 * `lakeproof lint` names it before anything is started, the scenario of the same name shows what it does.
 */
import type { Services, Topology } from "../../core/contracts/topology.ts";
import { dev } from "./dev.ts";
import { slimKafka, slimKafkaFour, slimPostgres } from "./slim.ts";

type Replaced<S extends Services> = Readonly<
  Partial<Record<keyof S, Readonly<Record<string, string>>>>
>;

function replacing<S extends Services>(
  sound: Topology<S>,
  bad: { readonly name: string; readonly purpose: string; readonly settings: Replaced<S> },
): Topology<S> {
  const { name, purpose, settings } = bad;
  const services = Object.entries(sound.services).map(([service, spec]) => {
    const own = settings[service];
    return [service, own === undefined ? spec : { ...spec, settings: own }] as const;
  });
  // The same services by the same names; only what they are configured with differs.
  return { ...sound, name, purpose, services: Object.fromEntries(services) as unknown as S };
}

export const upsertWithoutKeys = replacing<typeof dev.services>(dev, {
  name: "known-bad/upsert-without-keys",
  purpose: "Flink takes changes for upserts and writes them to tables that have no key.",
  settings: { lakehouse: { format: "debezium-json" } },
});

export const asyncStandby = replacing<typeof slimPostgres.services>(slimPostgres, {
  name: "known-bad/async-standby",
  purpose: "PostgreSQL acknowledges commits that no standby has.",
  settings: { postgres: { synchronous_mode: "false" } },
});

export const acksOne = replacing<typeof slimKafka.services>(slimKafka, {
  name: "known-bad/acks-1",
  purpose: "The connector's producer believes the leader of a partition alone.",
  // With idempotence Kafka's producer refuses any acks but all.
  settings: {
    debezium: { "producer.override.acks": "1", "producer.override.enable.idempotence": "false" },
  },
});

export const slotWithoutFailover = replacing<typeof slimPostgres.services>(slimPostgres, {
  name: "known-bad/slot-without-failover",
  purpose: "The connector's slot exists on the primary alone.",
  settings: { debezium: { "slot.failover": "false" } },
});

export const uncleanElection = replacing<typeof slimKafkaFour.services>(slimKafkaFour, {
  name: "known-bad/unclean-election",
  purpose: "A copy that lags may become leader of its partition.",
  settings: { kafka: { "unclean.leader.election.enable": "true" } },
});

export const minIsrOne = replacing<typeof slimKafkaFour.services>(slimKafkaFour, {
  name: "known-bad/min-isr-1",
  purpose: "One copy is enough for an acknowledgement, and one that lags may become leader.",
  settings: { kafka: { "min.insync.replicas": "1", "unclean.leader.election.enable": "true" } },
});

export const offsetUnchecked = replacing<typeof slimPostgres.services>(slimPostgres, {
  name: "known-bad/offset-unchecked",
  purpose: "The connector believes a slot that is ahead of its offset, and makes a lost one anew.",
  settings: {
    debezium: { "slot.failover": "false", "offset.mismatch.strategy": "trust_slot" },
  },
});
