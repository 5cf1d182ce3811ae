/** Provisioning of dev beside the own start of its slowest component, alone on the machine, in one run. */
import { rmSync } from "node:fs";
import { defaultCacheDir } from "../infra/artifacts/cache.ts";
import { openStore } from "../infra/artifacts/store.ts";
import type { ArtifactName } from "../infra/artifacts/table.ts";
import { labDir } from "../infra/drivers/lab.ts";
import { artifactsOf } from "../infra/lab-plan.ts";
import { provision } from "../infra/provision.ts";
import { dev } from "../infra/topologies/index.ts";
import { takeDown } from "../cli/heal.ts";
import { newLabState } from "../cli/lab.ts";
import type { Figure } from "./micro.ts";

const SUBNET = "127.77.9";

async function seconds(services: (typeof dev)["services"] | object): Promise<{
  readonly totalS: number;
  readonly readyMs: ReadonlyMap<string, number>;
}> {
  const topology = { ...dev, services: services as (typeof dev)["services"] };
  const names = artifactsOf(dev.services) as readonly ArtifactName[];
  const store = openStore({ cacheDir: defaultCacheDir(), log: () => undefined });
  const artifacts = await store.ensure(names, AbortSignal.timeout(60_000));
  const state = newLabState({
    topology: "bench",
    subnet: SUBNET,
    isolation: "loopback",
    held: false,
  });
  const readyMs = new Map<string, number>();
  const start = performance.now();
  try {
    await provision({
      topology,
      state,
      artifacts,
      signal: AbortSignal.timeout(300_000),
      onStep: (step) => {
        if (step.kind === "ready") readyMs.set(step.id, step.instance.readyMs);
      },
    });
    return { totalS: (performance.now() - start) / 1000, readyMs };
  } finally {
    await takeDown(state.id);
    rmSync(labDir(state.id), { recursive: true, force: true });
  }
}

export async function provisionFigures(): Promise<readonly Figure[]> {
  const whole = await seconds(dev.services);
  // Trino's Iceberg catalog connects lazily, so it starts without its neighbours.
  const alone = await seconds({
    postgres: dev.services.postgres,
    minio: dev.services.minio,
    trino: dev.services.trino,
  });
  const slowestS = (alone.readyMs.get("trino-0") ?? Number.NaN) / 1000;
  return [
    {
      name: "provisioning of dev",
      value: `${whole.totalS.toFixed(1)} s`,
      reference: `${slowestS.toFixed(1)} s (Trino, the slowest, without the JVMs beside it)`,
      ratio: (whole.totalS / slowestS).toFixed(2),
      aim: "≤ 1.5",
    },
  ];
}
