/** A sound production system as configuration files, and ways to spoil it. */
import { dirname } from "node:path/posix";
import { collectFiles, type Collected } from "../../../../infra/lint/collect.ts";
import {
  FACT_KINDS,
  type Demand,
  type FactLists,
  type Facts,
  type Targets,
} from "../../../../infra/lint/facts.ts";
import { lintFacts } from "../../../../infra/lint/index.ts";
import type { GivenFile } from "../../../../infra/lint/parse/read.ts";
import type { Finding } from "../../../../infra/lint/rule.ts";
import { SEED_HARDWARE } from "../../../../infra/lint/seed-facts.ts";
import type { LINT_RULES } from "../../../../infra/lint/index.ts";

const TARGETS: Targets = {
  freshnessMs: 30_000,
  queryMs: 2000,
  simpleQueryMs: 100,
  largeReportMs: 30_000,
  errorRatio: 0.001,
  uptimeRatio: 0.999,
};

export const DEMAND: Demand = {
  rateEventsPerS: 10_000,
  rateQueriesPerS: 100,
  rateCallsPerS: 1000 / 60,
  userCount: 1000,
};

const BROKER = `process.roles=broker
controller.quorum.voters=1@10.0.0.1:9093,2@10.0.0.2:9093,3@10.0.0.3:9093
log.dirs=/data
auto.create.topics.enable=false
default.replication.factor=3
min.insync.replicas=2
offsets.topic.replication.factor=3
unclean.leader.election.enable=false
replica.lag.time.max.ms=10000
broker.session.timeout.ms=9000
log.segment.bytes=1073741824
`;

const WORKER = `bootstrap.servers=kafka-0:9092
group.id=connect
key.converter=org.apache.kafka.connect.json.JsonConverter
key.converter.schemas.enable=false
value.converter=org.apache.kafka.connect.json.JsonConverter
value.converter.schemas.enable=false
config.storage.replication.factor=3
offset.storage.replication.factor=3
status.storage.replication.factor=3
exactly.once.source.support=disabled
offset.flush.interval.ms=3000
offset.flush.timeout.ms=5000
session.timeout.ms=10000
heartbeat.interval.ms=3000
scheduled.rebalance.max.delay.ms=1000
`;

const CONNECTOR = {
  name: "bank",
  config: {
    "connector.class": "io.debezium.connector.postgresql.PostgresConnector",
    "database.dbname": "bank",
    "plugin.name": "pgoutput",
    "slot.name": "lakeproof_bank",
    "slot.failover": "true",
    "slot.retry.delay.ms": "1000",
    "slot.max.retries": "60",
    "snapshot.mode": "initial",
    "offset.mismatch.strategy": "trust_offset",
    "tombstones.on.delete": "false",
    "heartbeat.interval.ms": "5000",
    "heartbeat.action.query": "UPDATE bank.heartbeat SET at = now()",
    "producer.override.acks": "all",
    "producer.override.enable.idempotence": "true",
    "producer.override.compression.type": "lz4",
    "producer.override.request.timeout.ms": "10000",
    "topic.creation.default.replication.factor": "3",
    "topic.creation.default.partitions": "10",
    "topic.creation.default.compression.type": "lz4",
    "topic.creation.default.retention.ms": "604800000",
  },
};

const FLINK = `parallelism.default: "5"
taskmanager.numberOfTaskSlots: 2
heartbeat:
  interval: 2 s
  timeout: 8 s
restart-strategy.type: exponential-delay
restart-strategy.exponential-delay.initial-backoff: 1 s
restart-strategy.exponential-delay.max-backoff: 5 s
high-availability.type: zookeeper
high-availability.storageDir: s3://flink/ha
execution.checkpointing.interval: 5000 ms
execution.checkpointing.timeout: 12 s
execution.checkpointing.mode: EXACTLY_ONCE
execution.checkpointing.unaligned.enabled: "false"
execution.checkpointing.tolerable-failed-checkpoints: "10"
execution.checkpointing.dir: s3://flink/checkpoints
`;

const COORDINATOR = `coordinator=true
node-scheduler.include-coordinator=false
http-server.https.enabled=true
http-server.http.port=8080
discovery.uri=http://trino-0:8080
query.max-memory=300GB
query.max-memory-per-node=40GB
memory.heap-headroom-per-node=20GB
query-manager.required-workers=9
retry-policy=QUERY
query.remote-task.max-error-duration=20s
scheduler.http-client.request-timeout=5s
`;

const TRINO_WORKER = `coordinator=false
http-server.http.port=8080
discovery.uri=http://trino-0:8080
query.max-memory-per-node=40GB
memory.heap-headroom-per-node=20GB
`;

const GROUPS = `{
  "rootGroups": [{
    "name": "global", "softMemoryLimit": "100%", "hardConcurrencyLimit": 200, "maxQueued": 1000,
    "schedulingPolicy": "weighted_fair",
    "subGroups": [
      {"name": "executive", "softMemoryLimit": "40%", "hardConcurrencyLimit": 80, "maxQueued": 50, "schedulingWeight": 1},
      {"name": "analytics", "softMemoryLimit": "60%", "hardConcurrencyLimit": 120, "maxQueued": 200, "schedulingWeight": 3}
    ]
  }],
  "selectors": [{"source": "bi", "group": "global.executive"}, {"group": "global.analytics"}]
}`;

const CATALOG = `connector.name=iceberg
iceberg.catalog.type=jdbc
iceberg.jdbc-catalog.catalog-name=lake
iceberg.jdbc-catalog.connection-url=jdbc:postgresql://10.0.4.1:5432/iceberg
iceberg.expire-snapshots.min-retention=1h
`;

const EXCHANGE = `exchange-manager.name=filesystem
exchange.base-directories=s3://exchange
`;

const BALANCER = `global
    maxconn 8192
defaults
    mode http
    option redispatch
    timeout connect 5s
    timeout client 50s
    timeout server 50s
frontend bi
    bind *:443 ssl crt /etc/bi.pem
    default_backend bi_servers
frontend metrics
    bind 10.0.0.9:8405
    http-request use-service prometheus-exporter if { path /metrics }
backend bi_servers
    balance roundrobin
    option httpchk GET /health
    default-server inter 2s fall 3 # six seconds
    server bi-0 10.0.1.1:8088 check
    server bi-1 10.0.1.2:8088 check
    server bi-2 10.0.1.3:8088 check
`;

const LEADER_ENDPOINT = `defaults
    mode tcp
    timeout connect 5s
    timeout client 30m
    timeout server 30m
frontend leader
    bind 10.0.2.1:5432
    default_backend nodes
frontend stats
    mode http
    bind 10.0.2.1:8405
    http-request use-service prometheus-exporter
backend nodes
    option httpchk OPTIONS /primary
    default-server inter 1s fall 3 on-marked-down shutdown-sessions
    server pg-0 10.0.2.2:5432 check port 8008
    server pg-1 10.0.2.3:5432 check port 8008
`;

const REDIS = `# a cache
cluster-enabled yes
cluster-node-timeout 5000
cluster-require-full-coverage no
maxmemory 6gb
maxmemory-policy allkeys-lru
appendonly yes
appendfsync everysec
save 3600 1
`;

const PATRONI = `scope: bank
bootstrap:
  dcs:
    ttl: 20
    loop_wait: 5
    retry_timeout: 5
    synchronous_mode: true
    failsafe_mode: true
    primary_start_timeout: 30
    ignore_slots:
      - {name: lakeproof_bank, type: logical, database: bank, plugin: pgoutput}
    postgresql:
      use_pg_rewind: true
      parameters:
        wal_level: logical
        hot_standby_feedback: "on"
        sync_replication_slots: "on"
        max_wal_senders: 20
        max_replication_slots: 20
        max_connections: 200
        max_slot_wal_keep_size: 400GB
        wal_sender_timeout: 20s
        synchronous_commit: "on"
watchdog:
  mode: required
  device: /dev/watchdog
postgresql:
  parameters:
    fsync: "on"
`;

/** Each waits for the next one's slot, so that none names its own. */
function patroni(ordinal: number): string {
  const next = (ordinal + 1) % 3;
  const own = `    synchronized_standby_slots: postgres_${String(next)}\n`;
  return `name: postgres-${String(ordinal)}\n${PATRONI}${own}`;
}

const PROMETHEUS = `global:
  scrape_interval: 5s
  evaluation_interval: 5s
scrape_configs: []
`;

const ALERTS = `groups:
  - name: cdc
    rules:
      - alert: CdcLag
        expr: max(lake_age_seconds) > 15
        for: 10s
      - alert: FlinkJobFailed
        expr: flink_jobmanager_numRunningJobs < 1
        for: 15s
`;

const LAKE_SQL = `-- PARTITIONED BY is Flink's here; a JSON column would be nobody's
CREATE CATALOG lake WITH ('type' = 'iceberg', 'catalog-impl' = 'org.apache.iceberg.jdbc.JdbcCatalog',
  'uri' = 'jdbc:postgresql://10.0.4.1:5432/iceberg', 'jdbc.schema-version' = 'V1', 'warehouse' = 's3a://warehouse');
CREATE TABLE changes (op STRING) WITH ('connector' = 'kafka', 'topic' = 'dbserver1.bank.users',
  'scan.startup.mode' = 'earliest-offset', 'format' = 'json');
CREATE TABLE lake.raw_data.users (id BIGINT, data STRING, op STRING, ts_ms BIGINT, lsn BIGINT,
  partition_date DATE) PARTITIONED BY (partition_date) WITH ('format-version' = '2',
  'write.metadata.delete-after-commit.enabled' = 'true');
CREATE TABLE audit (id BIGINT) WITH ('connector' = 'kafka', 'sink.delivery-guarantee' = 'exactly-once',
  'properties.transaction.timeout.ms' = '600000');
`;

const MAINTENANCE_SQL = `ALTER TABLE lake.raw_data.users EXECUTE optimize(file_size_threshold => '128MB');
ALTER TABLE lake.raw_data.users EXECUTE expire_snapshots(retention_threshold => '1d');
`;

const MINIO = `MINIO_VOLUMES="http://minio{1...8}:9000/data{1...8}"
MINIO_ROOT_USER=someone
`;

function each(instances: number, file: (ordinal: number) => string, text: string): GivenFile[] {
  return Array.from({ length: instances }, (_, ordinal) => ({ file: file(ordinal), text }));
}

export const SOUND: readonly GivenFile[] = [
  ...each(5, (n) => `kafka-${String(n)}/server.properties`, BROKER),
  ...each(2, (n) => `connect-${String(n)}/worker.properties`, WORKER),
  { file: "bank.json", text: JSON.stringify(CONNECTOR, null, 1) },
  { file: "flink-jobmanager-0/conf/config.yaml", text: FLINK },
  ...each(5, (n) => `flink-taskmanager-${String(n)}/conf/config.yaml`, FLINK),
  ...each(2, (n) => `trino-${String(n)}/etc/config.properties`, COORDINATOR),
  ...each(2, (n) => `trino-${String(n)}/etc/exchange-manager.properties`, EXCHANGE),
  ...each(10, (n) => `trino-worker-${String(n)}/etc/config.properties`, TRINO_WORKER),
  ...each(10, (n) => `trino-worker-${String(n)}/etc/jvm.config`, "-server\n-Xmx100G\n"),
  { file: "trino-0/etc/resource-groups.json", text: GROUPS },
  { file: "trino-0/etc/catalog/iceberg.properties", text: CATALOG },
  { file: "edge-0/haproxy.cfg", text: BALANCER },
  { file: "postgres-leader-0/haproxy.cfg", text: LEADER_ENDPOINT },
  ...each(6, (n) => `redis-${String(n)}/redis.conf`, REDIS),
  ...[0, 1, 2].map((n) => ({ file: `postgres-${String(n)}/patroni.yml`, text: patroni(n) })),
  { file: "prometheus-0/prometheus.yml", text: PROMETHEUS },
  { file: "prometheus-0/rules.yml", text: ALERTS },
  { file: "lake.sql", text: LAKE_SQL },
  { file: "maintenance.sql", text: MAINTENANCE_SQL },
  { file: "minio.env", text: MINIO },
];

/** Two of each stage, as a topology would list them. */
const INSTANCES = [
  ...["connect", "trino", "haproxy", "haproxy", "connect", "trino", "flink-jobmanager"],
  ...["flink-jobmanager", ...Array.from({ length: 5 }, () => "flink-taskmanager")],
].map((component, index) => ({ id: `${component}-${String(index)}`, component }));

/** By what stands in them: nearly all directories of a spoilt system are those of the sound one. */
const READ = new Map<string, Collected>();

/** As `collectFiles` over all of them, which looks no further than a file's own directory. */
function collected(files: readonly GivenFile[]): Collected {
  const parts = [...Map.groupBy(files, ({ file }) => dirname(file)).values()].map((group) => {
    const key = JSON.stringify(group);
    const part = READ.get(key) ?? collectFiles(group);
    READ.set(key, part);
    return part;
  });
  const lists: unknown = Object.fromEntries(
    FACT_KINDS.map((kind) => [kind, parts.flatMap((part): readonly unknown[] => part.lists[kind])]),
  );
  return { lists: lists as FactLists, unread: parts.flatMap(({ unread }) => unread) };
}

export function factsOf(files: readonly GivenFile[], facts: Partial<Facts> = {}): Facts {
  const { lists, unread } = collected(files);
  return {
    ...lists,
    instances: INSTANCES,
    target: "test",
    complete: true,
    demand: DEMAND,
    targets: TARGETS,
    hardware: SEED_HARDWARE,
    unread,
    ...facts,
  };
}

/** A change of text in every file whose name contains `file`. */
export interface Edit {
  readonly file: string;
  readonly from: string | RegExp;
  readonly to: string;
}

/** The sound system with these changes; an edit that changes nothing is a mistake of the test. */
function edited(...edits: readonly Edit[]): readonly GivenFile[] {
  return edits.reduce<readonly GivenFile[]>((files, { file, from, to }) => {
    const changed = files.map((given) =>
      given.file.includes(file) ? { ...given, text: given.text.replace(from, to) } : given,
    );
    if (changed.every(({ text }, index) => text === files[index]?.text)) {
      throw new TypeError(`${file} has no ${String(from)}`);
    }
    return changed;
  }, SOUND);
}

export type RuleId = keyof typeof LINT_RULES;

export interface Defect extends Edit {
  readonly rule: RuleId;
  readonly severity: Finding["severity"];
  /** A figure or word that the computed consequence must hold. */
  readonly says: string;
  readonly facts?: Partial<Facts>;
  readonly also?: readonly Edit[];
}

export function findingsOf(
  files: readonly GivenFile[],
  facts?: Partial<Facts>,
): readonly Finding[] {
  return lintFacts(factsOf(files, facts)).findings;
}

/** What the rule says about the spoilt system. */
export function caught({ rule, also = [], facts, ...edit }: Defect): readonly Finding[] {
  const { file, from, to } = edit;
  return findingsOf(edited({ file, from, to }, ...also), facts).filter(
    (finding) => finding.rule === rule,
  );
}
