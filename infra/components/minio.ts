/** MinIO: the object store under the warehouse and Flink's checkpoints. */
import { join } from "node:path";
import type { Component, ComponentContext } from "../../core/contracts/component.ts";
import { OBJECT_STORE_KEY, openObjectStore } from "../clients/object-store.ts";
import { addressOf, eachOrdinal, type InstanceDraft } from "./shape.ts";

export const MINIO_PORT = 9000;
export const WAREHOUSE_BUCKET = "iceberg-warehouse";
export const CHECKPOINT_BUCKET = "flink-checkpoints";

export const minio: Component = {
  kind: "minio",
  artifacts: ["minio"],
  startCoreCount: 0.25,
  instances: (context) =>
    eachNode(context, (id, ordinal): InstanceDraft => {
      const host = context.host(context.service, ordinal);
      return {
        id,
        service: context.service,
        component: "minio",
        ordinal,
        host,
        ports: { main: MINIO_PORT, console: 9001 },
        dataDir: context.dataDir(id),
        readyMsMax: 120_000,
        files: {},
        prepare: [],
        command: {
          argv: [
            ...[context.artifact("minio"), "server", ...drives(context)],
            ...["--address", `${host}:${String(MINIO_PORT)}`, "--console-address", `${host}:9001`],
          ],
          env: {
            MINIO_ROOT_USER: OBJECT_STORE_KEY,
            MINIO_ROOT_PASSWORD: context.secret,
            MINIO_BROWSER: "off",
            // Drives are directories on one disk here; without this MinIO refuses the root disk.
            MINIO_CI_CD: "1",
            MINIO_UPDATE: "off",
            MINIO_PROMETHEUS_AUTH_TYPE: "public",
          },
        },
      };
    }),
  probe: async (spec, signal) => {
    const secret = spec.command.env?.["MINIO_ROOT_PASSWORD"] ?? "";
    const store = openObjectStore(addressOf(spec), secret);
    await store.createBucket("probe", signal);
    await store.roundTrip("probe", "probe", signal);
  },
  configure: async (context, signal) => {
    const store = openObjectStore(
      context.endpoints.addresses(context.service)[0] ?? "",
      context.secret,
    );
    await store.createBucket(WAREHOUSE_BUCKET, signal);
    await store.createBucket(CHECKPOINT_BUCKET, signal);
  },
};

/** On loopback several nodes never find each other where a container engine left its mark: one carries all drives. */
function eachNode(
  context: ComponentContext,
  make: (id: string, ordinal: number) => InstanceDraft,
): ReturnType<typeof eachOrdinal> {
  return eachOrdinal({ ...context, replicaCount: nodeCount(context) }, make);
}

function nodeCount(context: ComponentContext): number {
  return context.isolation === "loopback" ? 1 : context.replicaCount;
}

/** One after the other over the nodes, so that every stripe of an erasure set spreads over all of them. */
function drives(context: ComponentContext): readonly string[] {
  const count = nodeCount(context);
  const each = (context.replicaCount * drivesPerNodeOf(context.config)) / count;
  if (count === 1 && each === 1) return [join(context.dataDir(`${context.service}-0`), "drive")];
  return Array.from({ length: each }, (_, drive) =>
    Array.from({ length: count }, (__, ordinal) => {
      const path = join(
        context.dataDir(`${context.service}-${String(ordinal)}`),
        `drive${String(drive + 1)}`,
      );
      if (count === 1) return path;
      return `http://${context.host(context.service, ordinal)}:${String(MINIO_PORT)}${path}`;
    }),
  ).flat();
}

/** The seed has 8 per node; at model size 2 give the same set of 16 on 8 nodes. */
export function drivesPerNodeOf(config: ComponentContext["config"]): number {
  const { drivesPerNode: wished } = config;
  return typeof wished === "number" ? wished : 1;
}
