/** MinIO: the object store under the warehouse and Flink's checkpoints. */
import { join } from "node:path";
import type { Component, InstanceSpec } from "../../core/contracts/component.ts";
import { OBJECT_STORE_KEY, openObjectStore } from "../clients/object-store.ts";
import { addressOf, eachOrdinal } from "./shape.ts";

export const WAREHOUSE_BUCKET = "iceberg-warehouse";
export const CHECKPOINT_BUCKET = "flink-checkpoints";

export const minio: Component = {
  kind: "minio",
  artifacts: ["minio"],
  instances: (context) =>
    eachOrdinal(context, (id, ordinal): InstanceSpec => {
      const host = context.host(context.service, ordinal);
      const dataDir = context.dataDir(id);
      return {
        id,
        service: context.service,
        component: "minio",
        ordinal,
        host,
        ports: { main: 9000, console: 9001 },
        dataDir,
        readyMsMax: 60_000,
        files: {},
        prepare: [],
        command: {
          argv: [
            ...[context.artifact("minio"), "server", join(dataDir, "drive")],
            ...["--address", `${host}:9000`, "--console-address", `${host}:9001`],
          ],
          env: {
            MINIO_ROOT_USER: OBJECT_STORE_KEY,
            MINIO_ROOT_PASSWORD: context.secret,
            MINIO_BROWSER: "off",
            // Drives are directories on one disk here; without this MinIO refuses the root disk.
            MINIO_CI_CD: "1",
            MINIO_UPDATE: "off",
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
    const store = openObjectStore(context.endpoints.address(context.service), context.secret);
    await store.createBucket(WAREHOUSE_BUCKET, signal);
    await store.createBucket(CHECKPOINT_BUCKET, signal);
  },
};
