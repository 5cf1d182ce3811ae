/**
 * The production scaling guide as facts: what it writes as configuration goes through the same readers as any
 * file, its figures are added up by rules of their own.
 */
import { COST_LINES, COST_STATED } from "../../core/seed-costs.ts";
import { specRole } from "../../core/seed-spec.ts";
import { DAY_MS } from "../../core/units.ts";
import { collectFiles } from "./collect.ts";
import type { FactLists, Hardware, SeedFigures, Topic } from "./facts.ts";
import type { GivenFile } from "./parse/read.ts";

const GUIDE = "production-scaling-guide.md";

const GROUPS = {
  rootGroups: [
    {
      name: "global",
      softMemoryLimit: "100%",
      maxQueued: 1000,
      subGroups: [
        { name: "executive", softMemoryLimit: "20%", maxQueued: 50, schedulingPolicy: "fair" },
        {
          name: "analytics",
          softMemoryLimit: "60%",
          maxQueued: 200,
          schedulingPolicy: "weighted",
          schedulingWeight: 3,
        },
      ],
    },
  ],
};

const TABLE = `CREATE TABLE iceberg.raw_data.users (
  id BIGINT, email VARCHAR, name VARCHAR, data JSON, op VARCHAR(1), ts_ms BIGINT,
  source_table VARCHAR, partition_date DATE
)
PARTITIONED BY (partition_date, source_table)
LOCATION 's3a://iceberg-warehouse/raw_data/users/';`;

const BALANCER = `global
    daemon
    maxconn 4096
defaults
    mode http
    timeout connect 5000ms
    timeout client 50000ms
    timeout server 50000ms
frontend metabase_frontend
    bind *:3001
    default_backend metabase_servers
backend metabase_servers
    balance roundrobin
    option httpchk GET /api/health
    server metabase1 metabase-1:3000 check
    server metabase2 metabase-2:3000 check
    server metabase3 metabase-3:3000 check
`;

/** The alert the guide states with a figure, as Prometheus would have it. */
const ALERTS = `groups:
  - name: high-priority
    rules:
      - alert: CDC lag > 1 minute
        expr: cdc_lag_seconds > 60
`;

const FILES: readonly GivenFile[] = [
  { file: `${GUIDE} §3.2/resource-groups.json`, text: JSON.stringify(GROUPS) },
  { file: `${GUIDE} §2.2/users.sql`, text: TABLE },
  { file: `${GUIDE} §4.1/haproxy.cfg`, text: BALANCER },
  { file: `${GUIDE} §5.2/alerts.yml`, text: ALERTS },
];

const RETENTION_MS = 7 * DAY_MS;

const TOPICS: readonly Topic[] = ["users", "accounts"].map((table) => ({
  name: `dbserver1.bank.${table}`,
  partitionCount: 10,
  replicationFactor: 3,
  config: {
    "min.insync.replicas": "2",
    "retention.ms": String(RETENTION_MS),
    "compression.type": "lz4",
  },
}));

const diskGB = (role: Parameters<typeof specRole>[0]): number => specRole(role).disks?.sizeGB ?? 0;

/** Disks of the guide's machines: what a configuration for its load is judged by. */
export const SEED_HARDWARE: Hardware = {
  brokerCount: specRole("kafka-broker").nodeCount,
  brokerDiskBytes: diskGB("kafka-broker") * 1e9,
  primaryDiskBytes: diskGB("postgres-primary") * 1e9,
  driveBytes: diskGB("minio") * 1e9,
};

function figures(): SeedFigures {
  const minio = specRole("minio");
  const workers = specRole("trino-worker");
  return {
    file: GUIDE,
    monthlyCostUsd: Object.fromEntries(
      COST_LINES.map(({ name, monthlyUsd }) => [name, monthlyUsd]),
    ),
    monthlyTotalUsd: COST_STATED.monthlyUsd,
    costPerUserUsd: COST_STATED.userMonthlyUsd,
    userCount: 1000,
    rateQueriesPerS: 100,
    queriesPerHour: 10_000,
    objectStore: {
      nodeCount: minio.nodeCount,
      driveCountPerNode: minio.disks?.count ?? 0,
      driveTB: diskGB("minio") / 1000,
      usableTBClaimed: 170,
      nicGbps: minio.nicGbps ?? 0,
      throughputGBPerSClaimed: 100,
    },
    primaryDiskGB: diskGB("postgres-primary"),
    replicaDiskGB: diskGB("postgres-replica"),
    controllerCount: undefined,
    trino: {
      workerCount: workers.nodeCount,
      workerMemoryGiB: workers.memoryGiB ?? 0,
      queryMemoryGiB: undefined,
    },
  };
}

export function seedFacts(): FactLists {
  const { lists } = collectFiles(FILES);
  const brokers = Array.from({ length: specRole("kafka-broker").nodeCount }, () => ({
    file: `${GUIDE} §1.2`,
    values: {},
  }));
  return { ...lists, kafka: brokers, topics: TOPICS, seed: [figures()] };
}
