/** What the daily health check asks, by kind of component. A new kind is one line here. */
import type { KindHealth } from "./finding.ts";
import { biChecks, supersetContentChecks } from "./checks/bi.ts";
import { connectChecks, debeziumChecks } from "./checks/connect.ts";
import { etcdChecks } from "./checks/etcd.ts";
import { flinkChecks } from "./checks/flink.ts";
import { haproxyChecks } from "./checks/haproxy.ts";
import { kafkaChecks } from "./checks/kafka.ts";
import { lakeMaintenanceChecks } from "./checks/lake-maintenance.ts";
import { lakehouseChecks } from "./checks/lakehouse.ts";
import { minioChecks } from "./checks/minio.ts";
import { alertmanagerChecks, prometheusChecks } from "./checks/monitoring.ts";
import { patroniChecks } from "./checks/patroni.ts";
import { postgresChecks } from "./checks/postgres.ts";
import { redisChecks } from "./checks/redis.ts";
import { trinoChecks } from "./checks/trino.ts";
import { zookeeperChecks } from "./checks/zookeeper.ts";

/** A kind that is not here is still checked: its processes, and its component's own probe. */
export const HEALTH_CHECKS = {
  postgres: { probe: "a write to a table of its own", checks: postgresChecks },
  patroni: { probe: "a write as leader, or streaming as standby", checks: patroniChecks },
  etcd: { probe: "a write that a quorum has committed", checks: etcdChecks },
  "haproxy-postgres": { probe: "writes that all reach the leader", checks: haproxyChecks },
  toxiproxy: { probe: "its version", checks: {} },
  kafka: { probe: "a record produced and acknowledged", checks: kafkaChecks },
  connect: { probe: "the list of connectors, through the group", checks: connectChecks },
  debezium: { probe: "nothing: it runs on Connect", checks: debeziumChecks },
  "flink-zookeeper": { probe: "its mode in the quorum", checks: zookeeperChecks },
  "flink-jobmanager": { probe: "its overview", checks: flinkChecks },
  "flink-taskmanager": { probe: "its registration with the JobManager", checks: {} },
  "flink-sql-gateway": { probe: "its version", checks: {} },
  minio: { probe: "an object written and read back", checks: minioChecks },
  "haproxy-minio": { probe: "an object written and read back", checks: haproxyChecks },
  lakehouse: { probe: "nothing: it runs on Flink", checks: lakehouseChecks },
  "lake-maintenance": {
    probe: "its metrics, and that Trino has answered it",
    checks: lakeMaintenanceChecks,
  },
  trino: { probe: "that it has started", checks: trinoChecks },
  "trino-worker": { probe: "that it has started", checks: {} },
  superset: { probe: "health page, login, list of databases", checks: biChecks },
  "superset-content": { probe: "nothing: it is in Superset", checks: supersetContentChecks },
  metabase: { probe: "health page, login", checks: biChecks },
  "haproxy-bi": { probe: "pages of two instances or more, also over TLS", checks: haproxyChecks },
  waf: { probe: "a request passed and an attack refused", checks: {} },
  redis: { probe: "a value written and read back, or in sync as replica", checks: redisChecks },
  prometheus: { probe: "it has scraped itself", checks: prometheusChecks },
  alertmanager: { probe: "a silence made and taken back", checks: alertmanagerChecks },
  "postgres-exporter": { probe: "it reaches its server", checks: {} },
  "redis-exporter": { probe: "it reaches Redis", checks: {} },
  "blackbox-exporter": { probe: "it opens a page", checks: {} },
} as const satisfies Readonly<Record<string, KindHealth>>;

export function healthOf(component: string): KindHealth {
  const known: Readonly<Record<string, KindHealth>> = HEALTH_CHECKS;
  return known[component] ?? { probe: "a real use", checks: {} };
}
