/** Every rule by id, and the run over all of them. A new rule is one export of a file in rules/ and one line here. */
import type { FactKind, Facts } from "./facts.ts";
import { SEVERITIES, type Finding, type LintRule, type Severity } from "./rule.ts";
import { alertsAvailability, alertsFreshness } from "./rules/alerts.ts";
import { availabilityZones, kafkaRacks } from "./rules/availability-zones.ts";
import {
  connectDuplicates,
  connectExactlyOnce,
  connectRebalance,
  connectSchemas,
  producerSafety,
  slotSyncReady,
} from "./rules/connect.ts";
import {
  debeziumHeartbeat,
  debeziumOffsetMismatch,
  debeziumPlugin,
  debeziumRetries,
  debeziumSnapshot,
  debeziumThroughput,
  debeziumTombstones,
  slotFailover,
} from "./rules/debezium.ts";
import {
  flinkFreshness,
  flinkHighAvailability,
  flinkRestart,
  flinkSlots,
  flinkTolerableFailures,
} from "./rules/flink.ts";
import { flinkCheckpointTimeout } from "./rules/flink-checkpoints.ts";
import { flinkSource } from "./rules/flink-source.ts";
import { flinkState, flinkTransactions } from "./rules/flink-state.ts";
import {
  haproxyChecks,
  haproxyLeaderSessions,
  haproxyMaxconn,
  haproxyRedispatch,
  haproxyStats,
  haproxyTimeouts,
  haproxyTls,
} from "./rules/haproxy.ts";
import {
  icebergCatalogName,
  icebergCommits,
  icebergDdl,
  icebergIdentity,
  icebergKeys,
  icebergMetadata,
} from "./rules/iceberg.ts";
import { icebergCatalogFailover, icebergRetentionFloor } from "./rules/iceberg-catalog.ts";
import { icebergUpsert } from "./rules/iceberg-upsert.ts";
import {
  kafkaAutoCreate,
  kafkaCleanup,
  kafkaCompression,
  kafkaRetention,
  kafkaSegments,
} from "./rules/kafka-capacity.ts";
import { kafkaHungBroker } from "./rules/kafka-clients.ts";
import {
  kafkaMinIsr,
  kafkaQuorum,
  kafkaReplication,
  kafkaSlowFollower,
  kafkaUncleanElection,
} from "./rules/kafka-safety.ts";
import { minioErasure, minioPools, minioQuorum } from "./rules/minio.ts";
import { patroniRejoin, patroniSlots, patroniSynchronous, patroniTiming } from "./rules/patroni.ts";
import { patroniWatchdog } from "./rules/patroni-watchdog.ts";
import {
  postgresCapacity,
  postgresDurability,
  postgresFailoverSlots,
  postgresSenderTimeout,
  postgresSlotWal,
  postgresWalLevel,
} from "./rules/postgres.ts";
import {
  postgresIdleSlots,
  postgresStandbySlots,
  postgresSynchronous,
} from "./rules/postgres-standby.ts";
import { redisCluster, redisMemory, redisPersistence } from "./rules/redis.ts";
import {
  seedCost,
  seedObjectStore,
  seedQueryRates,
  seedReplicas,
  seedTrinoMemory,
} from "./rules/seed.ts";
import { singleInstances } from "./rules/system.ts";
import {
  trinoCoordinator,
  trinoDiscovery,
  trinoMemory,
  trinoWorkerLoss,
} from "./rules/trino-config.ts";
import {
  trinoGroupsConcurrency,
  trinoGroupsMemory,
  trinoGroupsQueue,
  trinoGroupsSelectors,
  trinoGroupsWeights,
} from "./rules/trino-groups.ts";
import { trinoRetries } from "./rules/trino-retries.ts";

export const LINT_RULES = {
  "single-instances": singleInstances,
  "availability-zones": availabilityZones,
  "postgres-wal-level": postgresWalLevel,
  "postgres-slot-wal": postgresSlotWal,
  "postgres-capacity": postgresCapacity,
  "postgres-failover-slots": postgresFailoverSlots,
  "postgres-durability": postgresDurability,
  "postgres-sender-timeout": postgresSenderTimeout,
  "postgres-standby-slots": postgresStandbySlots,
  "postgres-synchronous": postgresSynchronous,
  "postgres-idle-slots": postgresIdleSlots,
  "patroni-slots": patroniSlots,
  "patroni-synchronous": patroniSynchronous,
  "patroni-timing": patroniTiming,
  "patroni-rejoin": patroniRejoin,
  "patroni-watchdog": patroniWatchdog,
  "slot-failover": slotFailover,
  "slot-sync-ready": slotSyncReady,
  "debezium-snapshot": debeziumSnapshot,
  "debezium-heartbeat": debeziumHeartbeat,
  "debezium-tombstones": debeziumTombstones,
  "debezium-offset-mismatch": debeziumOffsetMismatch,
  "debezium-retries": debeziumRetries,
  "debezium-throughput": debeziumThroughput,
  "debezium-plugin": debeziumPlugin,
  "connect-rebalance": connectRebalance,
  "connect-duplicates": connectDuplicates,
  "connect-schemas": connectSchemas,
  "connect-exactly-once": connectExactlyOnce,
  "producer-safety": producerSafety,
  "kafka-hung-broker": kafkaHungBroker,
  "kafka-min-isr": kafkaMinIsr,
  "kafka-replication": kafkaReplication,
  "kafka-unclean-election": kafkaUncleanElection,
  "kafka-quorum": kafkaQuorum,
  "kafka-slow-follower": kafkaSlowFollower,
  "kafka-racks": kafkaRacks,
  "kafka-retention": kafkaRetention,
  "kafka-compression": kafkaCompression,
  "kafka-auto-create": kafkaAutoCreate,
  "kafka-segments": kafkaSegments,
  "kafka-cleanup": kafkaCleanup,
  "flink-freshness": flinkFreshness,
  "flink-checkpoint-timeout": flinkCheckpointTimeout,
  "flink-tolerable-failures": flinkTolerableFailures,
  "flink-restart": flinkRestart,
  "flink-high-availability": flinkHighAvailability,
  "flink-slots": flinkSlots,
  "flink-state": flinkState,
  "flink-transactions": flinkTransactions,
  "flink-source": flinkSource,
  "iceberg-commits": icebergCommits,
  "iceberg-metadata": icebergMetadata,
  "iceberg-catalog-name": icebergCatalogName,
  "iceberg-ddl": icebergDdl,
  "iceberg-identity": icebergIdentity,
  "iceberg-upsert": icebergUpsert,
  "iceberg-catalog-failover": icebergCatalogFailover,
  "iceberg-retention-floor": icebergRetentionFloor,
  "iceberg-keys": icebergKeys,
  "minio-erasure": minioErasure,
  "minio-quorum": minioQuorum,
  "minio-pools": minioPools,
  "trino-groups-concurrency": trinoGroupsConcurrency,
  "trino-groups-weights": trinoGroupsWeights,
  "trino-groups-memory": trinoGroupsMemory,
  "trino-groups-selectors": trinoGroupsSelectors,
  "trino-groups-queue": trinoGroupsQueue,
  "trino-memory": trinoMemory,
  "trino-coordinator": trinoCoordinator,
  "trino-discovery": trinoDiscovery,
  "trino-worker-loss": trinoWorkerLoss,
  "trino-retries": trinoRetries,
  "haproxy-checks": haproxyChecks,
  "haproxy-redispatch": haproxyRedispatch,
  "haproxy-timeouts": haproxyTimeouts,
  "haproxy-tls": haproxyTls,
  "haproxy-maxconn": haproxyMaxconn,
  "haproxy-stats": haproxyStats,
  "haproxy-leader-sessions": haproxyLeaderSessions,
  "redis-memory": redisMemory,
  "redis-cluster": redisCluster,
  "redis-persistence": redisPersistence,
  "alerts-freshness": alertsFreshness,
  "alerts-availability": alertsAvailability,
  "seed-cost": seedCost,
  "seed-object-store": seedObjectStore,
  "seed-query-rates": seedQueryRates,
  "seed-replicas": seedReplicas,
  "seed-trino-memory": seedTrinoMemory,
} satisfies Record<string, LintRule>;

const RULES: readonly LintRule[] = Object.values(LINT_RULES);

export interface LintResult {
  /** Gravest first. */
  readonly findings: readonly Finding[];
  /** Rules that had something to look at. */
  readonly applied: readonly string[];
  /** Rules that had not, each with the facts it missed: their silence says nothing. */
  readonly notApplied: readonly { readonly rule: string; readonly missing: readonly FactKind[] }[];
}

export function lintFacts(facts: Facts): LintResult {
  const missingOf = (rule: LintRule): readonly FactKind[] =>
    rule.needs.filter((kind) => facts[kind].length === 0);
  const applied = RULES.filter((rule) => missingOf(rule).length === 0);
  return {
    findings: grouped(applied.flatMap((rule) => findingsOf(rule, facts))).toSorted(byGravity),
    applied: applied.map(({ id }) => id),
    notApplied: RULES.filter((rule) => !applied.includes(rule)).map((rule) => ({
      rule: rule.id,
      missing: missingOf(rule),
    })),
  };
}

function findingsOf(rule: LintRule, facts: Facts): readonly Finding[] {
  return rule.check(facts).map((draft) => ({ rule: rule.id, ...draft, alsoIn: [] }));
}

/** The same finding in the files of several instances is one finding. */
function grouped(findings: readonly Finding[]): readonly Finding[] {
  const groups = Map.groupBy(findings, ({ rule, severity, key, value, consequence, change }) =>
    JSON.stringify([rule, severity, key, value, consequence, change]),
  );
  return [...groups.values()].flatMap((group) => {
    const [first, ...others] = group;
    if (first === undefined) return [];
    const files = new Set(others.map(({ file }) => file));
    files.delete(first.file);
    return [{ ...first, alsoIn: [...files] }];
  });
}

function byGravity(a: Finding, b: Finding): number {
  return SEVERITIES.indexOf(a.severity) - SEVERITIES.indexOf(b.severity);
}

export function countBySeverity(findings: readonly Finding[]): Readonly<Record<Severity, number>> {
  const of = (severity: Severity): number =>
    findings.filter((finding) => finding.severity === severity).length;
  return { error: of("error"), warning: of("warning"), note: of("note") };
}
