/** Every kind of service lakeproof can start. A new one is one file and one line here. */
import type { Component } from "../../core/contracts/component.ts";
import { connect } from "./connect.ts";
import { debezium } from "./debezium.ts";
import { etcd } from "./etcd.ts";
import { flinkZookeeper } from "./flink-zookeeper.ts";
import { flinkJobManager, flinkSqlGateway, flinkTaskManager } from "./flink.ts";
import { haproxyBi, haproxyMinio, haproxyPostgres } from "./haproxy.ts";
import { kafka } from "./kafka.ts";
import { lakehouse } from "./lakehouse.ts";
import { minio } from "./minio.ts";
import { patroni } from "./patroni.ts";
import { postgres } from "./postgres.ts";
import { toxiproxy } from "./toxiproxy.ts";
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
  trino,
  "trino-worker": trinoWorker,
  etcd,
  "haproxy-bi": haproxyBi,
  "haproxy-minio": haproxyMinio,
  "haproxy-postgres": haproxyPostgres,
  patroni,
  "flink-zookeeper": flinkZookeeper,
} satisfies Record<string, Component>;
