/** Trino, coordinator and worker in one process at dev size, on the Iceberg JDBC catalog. */
import { join } from "node:path";
import { z } from "zod";
import type { Component, ComponentContext, InstanceSpec } from "../../core/contracts/component.ts";
import { LakeproofError, reasonOf } from "../../core/errors.ts";
import { host } from "../../core/host.ts";
import { OBJECT_STORE_KEY } from "../clients/object-store.ts";
import { openTrino, type TrinoClient } from "../clients/trino.ts";
import { requestJson } from "../clients/http.ts";
import { SNAPSHOT_RETENTION_S_MIN } from "../lake-maintenance/config.ts";
import { WAREHOUSE_BUCKET } from "./minio.ts";
import { CATALOG_DATABASE } from "./postgres.ts";
import { RESOURCE_GROUPS } from "./trino-groups.ts";
import {
  addressOf,
  clockByHttp,
  eachOrdinal,
  type InstanceDraft,
  javaFlags,
  properties,
} from "./shape.ts";

/** The recovery budget of a lost worker is computed from these; the default of a minute would hang queries. */
export const TRINO_TIMINGS = {
  remoteTaskMaxErrorDuration: "15s",
  /**
   * A worker that is dead refuses at once; one that hangs answers nothing, and only a request that ran out of time counts
   * as an error. Trino's default is 20 s, and it takes three: a minute in which every query that met the worker hangs.
   */
  schedulerRequestTimeout: "5s",
  /** Errors of so long a time, told by requests that each take so long: after the first, and one more to tell. */
  remoteTaskGiveUpMs: 5000 + 15_000 + 5000,
  /** Trino's own, both: an announcement is good for 30 s, and the coordinator looks at them every 5 s. */
  announcementMsMax: 30_000,
  nodePollMs: 5000,
  /**
   * A worker that leaves waits as long before and after it finishes its tasks, so that the coordinator sees it: that
   * one looks every 5 s. Trino's default is two minutes, each time.
   */
  shutdownGracePeriodMs: 10_000,
} as const;

export const trino: Component = {
  kind: "trino",
  artifacts: ["trino", "java25"],
  instances: (context) =>
    eachOrdinal(context, (id, ordinal) => trinoInstance(context, id, ordinal, "coordinator")),
  probe: async (spec, signal) => {
    // With workers every statement waits for the first of them, and they come after the coordinator.
    if (spec.command.env?.[WORKER_COUNT] !== "0") await answersAsStarted(spec, signal);
    else await openTrino(addressOf(spec), "lakeproof-probe").query("SELECT 1", signal);
  },
  clock: {
    means: "SELECT current_timestamp",
    read: async (spec, signal) => {
      const rows = await openTrino(addressOf(spec), "lakeproof-probe").query(
        "SELECT to_unixtime(current_timestamp)",
        signal,
      );
      return { epochMs: Number(rows[0]?.[0]) * 1000, errorMs: 1 };
    },
  },
};

/** How many workers the coordinator will have, for its probe. */
const WORKER_COUNT = "LAKEPROOF_WORKER_COUNT";

const Info = z.object({ starting: z.boolean() });

export const trinoWorker: Component = {
  kind: "trino-worker",
  artifacts: ["trino", "java25"],
  instances: (context) =>
    eachOrdinal(context, (id, ordinal) => trinoInstance(context, id, ordinal, "worker")),
  // The coordinator takes it in by its announcement; that all take part is asked once, in configure.
  probe: answersAsStarted,
  clock: clockByHttp("main", "/v1/info"),
  configure: async (context, signal) => {
    const coordinator = openTrino(context.endpoints.address("trino"), "lakeproof-probe");
    await untilAllTakePart(coordinator, context.replicaCount, signal);
  },
};

async function answersAsStarted(spec: InstanceSpec, signal: AbortSignal): Promise<void> {
  const info = Info.parse(await requestJson(`http://${addressOf(spec)}/v1/info`, { signal }));
  if (!info.starting) return;
  throw new LakeproofError("CLIENT_FAILED", `${spec.id} is still starting.`, {
    hint: "Read its log.",
  });
}

/**
 * One query that runs on every worker: each reports its own tasks, this query's among them. A node that is
 * listed but unreachable makes it fail, which a look at the list would not.
 */
async function untilAllTakePart(
  coordinator: TrinoClient,
  workerCount: number,
  signal: AbortSignal,
): Promise<void> {
  const deadlineMs = host.monotonicMs() + 300_000;
  let seen = "no answer";
  while (host.monotonicMs() < deadlineMs) {
    try {
      const rows = await coordinator.query(
        "SELECT count(DISTINCT node_id) FROM system.runtime.tasks WHERE node_id LIKE '%worker%'",
        host.deadline(90_000, signal),
      );
      seen = `${String(rows[0]?.[0])} of ${String(workerCount)} workers`;
      if (Number(rows[0]?.[0]) >= workerCount) return;
    } catch (error) {
      signal.throwIfAborted();
      seen = reasonOf(error);
    }
    await host.sleep(500, signal);
  }
  throw new LakeproofError("PROVISIONING_FAILED", `A query does not run on all workers: ${seen}.`, {
    hint: "Read the logs of the coordinator and of the workers.",
  });
}

function trinoInstance(
  context: ComponentContext,
  id: string,
  ordinal: number,
  role: "coordinator" | "worker",
): InstanceDraft {
  const dataDir = context.dataDir(id);
  const server = context.artifact("trino");
  const heapMiB = context.memoryMiB - (role === "coordinator" ? 300 : 180);
  const roleFiles: Record<string, string> =
    role === "worker"
      ? // Trino's default lets nobody shut a worker down. Statements are not sent to workers, so it opens nothing else.
        { "etc/access-control.properties": properties({ "access-control.name": "allow-all" }) }
      : {
          "etc/resource-groups.properties": properties({
            "resource-groups.configuration-manager": "file",
            "resource-groups.config-file": join(dataDir, "etc", "resource-groups.json"),
          }),
          "etc/resource-groups.json": JSON.stringify(RESOURCE_GROUPS, null, 2),
        };
  return {
    id,
    service: context.service,
    component: role === "coordinator" ? "trino" : "trino-worker",
    ordinal,
    host: context.host(context.service, ordinal),
    ports: { main: 8080 },
    dataDir,
    readyMsMax: 300_000,
    prepare: [],
    files: {
      "etc/config.properties": configProperties(context, ordinal, heapMiB, role),
      "etc/node.properties": properties({
        "node.environment": "lakeproof",
        "node.id": id,
        "node.data-dir": dataDir,
      }),
      "etc/log.properties": properties({ "io.trino": "INFO", Bootstrap: "WARN" }),
      "etc/catalog/iceberg.properties": catalogProperties(context),
      ...roleFiles,
    },
    command: {
      argv: trinoCommand(context, id, server, heapMiB),
      env: { [WORKER_COUNT]: String(context.replicaCountOf("trino-worker")) },
    },
  };
}

function trinoCommand(
  context: ComponentContext,
  id: string,
  server: string,
  heapMiB: number,
): readonly string[] {
  const dataDir = context.dataDir(id);
  const etc = join(dataDir, "etc");
  return [
    join(context.artifact("java25"), "bin", "java"),
    ...javaFlags(heapMiB),
    "-Djdk.attach.allowAttachSelf=true",
    // Else the library that knows the sizes of objects starts four more JVMs to look into this one, in vain, and
    // attaches an agent that every class is shown to: the sizes it takes without them are the same.
    "-Djol.skipHotspotSAAttach=true",
    "-Djol.skipDynamicAttach=true",
    "-Dfile.encoding=UTF-8",
    "--enable-native-access=ALL-UNNAMED",
    "--sun-misc-unsafe-memory-access=allow",
    "-Dnode.environment=lakeproof",
    `-Dnode.id=${id}`,
    `-Dnode.data-dir=${dataDir}`,
    `-Dlog.levels-file=${join(etc, "log.properties")}`,
    `-Dconfig=${join(etc, "config.properties")}`,
    ...["-cp", join(server, "lib", "*"), "io.trino.server.TrinoServer"],
  ];
}

function configProperties(
  context: ComponentContext,
  ordinal: number,
  heapMiB: number,
  role: "coordinator" | "worker",
): string {
  const address = context.host(context.service, ordinal);
  const perNodeMiB = Math.floor(heapMiB * 0.35);
  const workerCount = context.replicaCountOf("trino-worker");
  const coordinating: Record<string, string | number | boolean> =
    role === "worker"
      ? {
          coordinator: false,
          "shutdown.grace-period": `${String(TRINO_TIMINGS.shutdownGracePeriodMs)}ms`,
        }
      : {
          coordinator: true,
          "node-scheduler.include-coordinator": workerCount === 0,
          "query.max-memory": `${String(perNodeMiB * Math.max(1, workerCount))}MB`,
          "query.min-expire-age": "30s",
          // A client that went away must not keep its query running beside those that are measured.
          "query.client.timeout": "20s",
          // How long a query waits for a lost worker before it fails.
          "query.remote-task.max-error-duration": TRINO_TIMINGS.remoteTaskMaxErrorDuration,
          "scheduler.http-client.request-timeout": TRINO_TIMINGS.schedulerRequestTimeout,
        };
  return properties({
    ...coordinating,
    // Without these a node announces the machine's own address.
    "node.internal-address": address,
    "node.bind-ip": address,
    "http-server.http.port": 8080,
    "discovery.uri": `http://${context.host("trino", 0)}:8080`,
    "query.max-memory-per-node": `${String(perNodeMiB)}MB`,
    "memory.heap-headroom-per-node": `${String(Math.floor(heapMiB * 0.25))}MB`,
    "task.concurrency": 2,
    "task.max-worker-threads": 4,
    // Each task of a stage costs more than its share of work at model size, and its own scheduler thread
    // wakes hundreds of times a second in every node that idles.
    "query.max-hash-partition-count": Math.min(2, Math.max(1, workerCount)),
    "query.min-hash-partition-count": 1,
    "experimental.thread-per-driver-scheduler-enabled": false,
    "plugin.dir": join(context.artifact("trino"), "plugin"),
    "catalog.config-dir": "etc/catalog",
  });
}

function catalogProperties(context: ComponentContext): string {
  return properties({
    "connector.name": "iceberg",
    "iceberg.catalog.type": "jdbc",
    "iceberg.jdbc-catalog.driver-class": "org.postgresql.Driver",
    "iceberg.jdbc-catalog.connection-url": `jdbc:postgresql://${context.endpoints.address("postgres")}/${CATALOG_DATABASE}`,
    "iceberg.jdbc-catalog.connection-user": "lakeproof",
    "iceberg.jdbc-catalog.connection-password": "unused",
    "iceberg.jdbc-catalog.catalog-name": "iceberg",
    "iceberg.jdbc-catalog.default-warehouse-dir": `s3a://${WAREHOUSE_BUCKET}`,
    "fs.native-s3.enabled": true,
    "s3.endpoint": `http://${context.endpoints.address("minio")}`,
    "s3.region": "us-east-1",
    "s3.path-style-access": true,
    "s3.aws-access-key": OBJECT_STORE_KEY,
    "s3.aws-secret-key": context.secret,
    "iceberg.metadata-cache.enabled": false,
    "iceberg.expire-snapshots.min-retention": `${String(SNAPSHOT_RETENTION_S_MIN)}s`,
    "iceberg.split-manager-threads": 2,
    "iceberg.planning-threads": 2,
  });
}
