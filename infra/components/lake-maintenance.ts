/** Compaction and snapshot expiry beside the live stream: a process of ours that asks Trino to do both. */
import { join } from "node:path";
import type { Component, ComponentContext } from "../../core/contracts/component.ts";
import { LakeproofError } from "../../core/errors.ts";
import { host } from "../../core/host.ts";
import { defaultCacheDir } from "../artifacts/cache.ts";
import { scrapeText } from "../clients/prometheus.ts";
import { maintenanceConfig, type MaintenanceConfig } from "../lake-maintenance/config.ts";
import { expireSnapshotsSql, optimizeSql } from "../lake-maintenance/statements.ts";
import { addressOf, eachOrdinal, type InstanceDraft } from "./shape.ts";

const PORT = 9464;
const CONFIG_FILE = "maintenance.json";

export const lakeMaintenance: Component = {
  kind: "lake-maintenance",
  artifacts: [],
  startCoreCount: 0.5,
  instances: (context) => {
    // Two of them would only conflict with each other.
    if (context.replicaCount > 1) {
      throw new LakeproofError("CONFIG_INVALID", `${context.service} has more than one instance.`, {
        hint: "Set its replicaCount to 1.",
      });
    }
    return eachOrdinal(context, (id, ordinal): InstanceDraft => {
      const address = context.host(context.service, ordinal);
      const dataDir = context.dataDir(id);
      const config = configOf(context, address);
      return {
        id,
        service: context.service,
        component: "lake-maintenance",
        ordinal,
        host: address,
        ports: { metrics: PORT },
        dataDir,
        readyMsMax: 60_000,
        prepare: [],
        files: { [CONFIG_FILE]: `${JSON.stringify(config, null, 2)}\n` },
        command: {
          argv: [
            host.nodePath,
            // Node takes its heap from the machine's size, not from what this service may have.
            `--max-old-space-size=${String(Math.floor(context.memoryMiB / 2))}`,
            host.launcherPath,
            "maintain",
            join(dataDir, CONFIG_FILE),
          ],
          // Its home is its own, and what was compiled before is in that of whoever started it.
          env: { LAKEPROOF_CACHE_DIR: defaultCacheDir() },
        },
      };
    });
  },
  // Not a query: with workers that would wait for the first of them, which come after the coordinator.
  probe: async (spec, signal) => {
    await scrapeText(addressOf(spec, "metrics"), "/health", signal);
    const text = await scrapeText(addressOf(spec, "metrics"), "/metrics", signal);
    if (/^lakeproof_maintenance_up 1$/m.test(text)) return;
    throw new LakeproofError("CLIENT_FAILED", `${spec.id} has not had an answer of Trino yet.`, {
      hint: "Read its log.",
    });
  },
};

function configOf(context: ComponentContext, address: string): MaintenanceConfig {
  return maintenanceConfig(context.service, context.config, {
    trino: context.endpoints.address("trino"),
    listen: { host: address, port: PORT },
  });
}

/** What it says to the engine in each round; `lint` reads it too. */
export function maintenanceStatements(context: ComponentContext): readonly string[] {
  const config = configOf(context, context.host(context.service, 0));
  return config.tables.flatMap((table) => [
    optimizeSql(table, config, 0),
    expireSnapshotsSql(table, config),
  ]);
}
