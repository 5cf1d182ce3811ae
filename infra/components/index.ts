/** Every kind of service lakeproof can start. A new one is one file and one line here. */
import type { Component } from "../../core/contracts/component.ts";
import { connect } from "./connect.ts";
import { debezium } from "./debezium.ts";
import { etcd } from "./etcd.ts";
import { flinkZookeeper } from "./flink-zookeeper.ts";
import { flinkJobManager, flinkSqlGateway, flinkTaskManager } from "./flink.ts";
import { haproxyBi, haproxyMinio, haproxyPostgres } from "./haproxy.ts";
import { kafka } from "./kafka.ts";
import { lakeMaintenance } from "./lake-maintenance.ts";
import { lakehouse } from "./lakehouse.ts";
import { minio } from "./minio.ts";
import { redis } from "./redis.ts";
import { superset, supersetContent } from "./superset.ts";
import { metabase } from "./metabase.ts";
import { patroni } from "./patroni.ts";
import { postgres } from "./postgres.ts";
import { toxiproxy } from "./toxiproxy.ts";
import { waf } from "./waf.ts";
import { alertmanager } from "./alertmanager.ts";
import { blackboxExporter, postgresExporter, redisExporter } from "./exporters.ts";
import { prometheus } from "./prometheus.ts";
import { trino, trinoWorker } from "./trino.ts";

export const COMPONENTS = {
  postgres,
  kafka,
  connect,
  debezium,
  toxiproxy,
  minio,
  "flink-jobmanager": flinkJobManager,
  "flink-taskmanager": flinkTaskManager,
  "flink-sql-gateway": flinkSqlGateway,
  lakehouse,
  "lake-maintenance": lakeMaintenance,
  trino,
  "trino-worker": trinoWorker,
  etcd,
  redis,
  superset,
  "superset-content": supersetContent,
  metabase,
  waf,
  prometheus,
  alertmanager,
  "blackbox-exporter": blackboxExporter,
  "postgres-exporter": postgresExporter,
  "redis-exporter": redisExporter,
  "haproxy-bi": haproxyBi,
  "haproxy-minio": haproxyMinio,
  "haproxy-postgres": haproxyPostgres,
  patroni,
  "flink-zookeeper": flinkZookeeper,
} satisfies Record<string, Component>;
