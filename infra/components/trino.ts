/** Trino, coordinator and worker in one process at dev size, on the Iceberg JDBC catalog. */
import { join } from "node:path";
import type { Component, ComponentContext, InstanceSpec } from "../../core/contracts/component.ts";
import { OBJECT_STORE_KEY } from "../clients/object-store.ts";
import { openTrino } from "../clients/trino.ts";
import { WAREHOUSE_BUCKET } from "./minio.ts";
import { CATALOG_DATABASE } from "./postgres.ts";
import { addressOf, eachOrdinal, javaFlags, properties } from "./shape.ts";

export const trino: Component = {
  kind: "trino",
  artifacts: ["trino", "java25"],
  instances: (context) =>
    eachOrdinal(context, (id, ordinal): InstanceSpec => {
      const host = context.host(context.service, ordinal);
      const dataDir = context.dataDir(id);
      const server = context.artifact("trino");
      const heapMiB = context.memoryMiB - 300;
      return {
        id,
        service: context.service,
        component: "trino",
        ordinal,
        host,
        ports: { main: 8080 },
        dataDir,
        readyMsMax: 240_000,
        prepare: [],
        files: {
          "etc/config.properties": configProperties(host, server, heapMiB),
          "etc/node.properties": properties({
            "node.environment": "lakeproof",
            "node.id": id,
            "node.data-dir": dataDir,
          }),
          "etc/log.properties": properties({ "io.trino": "INFO", Bootstrap: "WARN" }),
          "etc/catalog/iceberg.properties": catalogProperties(context),
          "etc/resource-groups.properties": properties({
            "resource-groups.configuration-manager": "file",
            "resource-groups.config-file": join(dataDir, "etc", "resource-groups.json"),
          }),
          "etc/resource-groups.json": JSON.stringify(RESOURCE_GROUPS, null, 2),
        },
        command: { argv: trinoCommand(context, dataDir, server, heapMiB) },
      };
    }),
  probe: async (spec, signal) => {
    await openTrino(addressOf(spec), "lakeproof-probe").query("SELECT 1", signal);
  },
};

function trinoCommand(
  context: ComponentContext,
  dataDir: string,
  server: string,
  heapMiB: number,
): readonly string[] {
  const etc = join(dataDir, "etc");
  return [
    join(context.artifact("java25"), "bin", "java"),
    ...javaFlags(heapMiB),
    "-Djdk.attach.allowAttachSelf=true",
    "-Dfile.encoding=UTF-8",
    "--enable-native-access=ALL-UNNAMED",
    "--sun-misc-unsafe-memory-access=allow",
    "-Dnode.environment=lakeproof",
    `-Dnode.id=${context.service}`,
    `-Dnode.data-dir=${dataDir}`,
    `-Dlog.levels-file=${join(etc, "log.properties")}`,
    `-Dconfig=${join(etc, "config.properties")}`,
    ...["-cp", join(server, "lib", "*"), "io.trino.server.TrinoServer"],
  ];
}

/**
 * The seed's groups in the form Trino accepts: every group has a concurrency limit, and selectors say who
 * goes where. The limits also protect a cold engine: with dozens of queries at once on two cores its
 * compiler threads starve, and everything stays interpreted.
 */
const RESOURCE_GROUPS = {
  rootGroups: [
    {
      name: "global",
      softMemoryLimit: "100%",
      hardConcurrencyLimit: 5,
      maxQueued: 1000,
      schedulingPolicy: "weighted_fair",
      subGroups: [
        {
          name: "executive",
          softMemoryLimit: "60%",
          hardConcurrencyLimit: 2,
          maxQueued: 50,
          schedulingWeight: 3,
        },
        {
          name: "analytics",
          softMemoryLimit: "60%",
          hardConcurrencyLimit: 1,
          maxQueued: 200,
          schedulingWeight: 1,
        },
        {
          // Those who watch the engine must not wait behind those who use it.
          name: "operations",
          softMemoryLimit: "60%",
          hardConcurrencyLimit: 2,
          maxQueued: 50,
          schedulingWeight: 3,
        },
      ],
    },
  ],
  selectors: [
    { source: "lakeproof-(reader|probe|baseline)", group: "global.operations" },
    { source: "lakeproof-(complex|large)", group: "global.analytics" },
    { group: "global.executive" },
  ],
} as const;

function configProperties(host: string, server: string, heapMiB: number): string {
  const perNodeMiB = Math.floor(heapMiB * 0.35);
  return properties({
    coordinator: true,
    "node-scheduler.include-coordinator": true,
    // Without these a node announces the machine's own address.
    "node.internal-address": host,
    "node.bind-ip": host,
    "http-server.http.port": 8080,
    "discovery.uri": `http://${host}:8080`,
    "query.max-memory-per-node": `${String(perNodeMiB)}MB`,
    "query.max-memory": `${String(perNodeMiB)}MB`,
    "memory.heap-headroom-per-node": `${String(Math.floor(heapMiB * 0.25))}MB`,
    "task.concurrency": 2,
    "task.max-worker-threads": 4,
    "query.min-expire-age": "30s",
    // A client that went away must not keep its query running beside those that are measured.
    "query.client.timeout": "20s",
    "plugin.dir": join(server, "plugin"),
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
    "iceberg.split-manager-threads": 2,
    "iceberg.planning-threads": 2,
  });
}
