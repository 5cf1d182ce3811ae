/** Refuses before anything starts: tools, JDKs, memory, disk, ports. */
import type { Isolation } from "../core/contracts/values.ts";
import { defaultCacheDir } from "../infra/artifacts/cache.ts";
import { stateDir } from "../infra/drivers/lab.ts";
import { planLab, type Shape } from "../infra/lab-plan.ts";
import { artifactsFor } from "./lab.ts";
import { checkRequirements, refuseMissing, type PortNeed } from "../infra/requirements.ts";

const HARNESS_MIB = 1024;

/** Every address the topology will listen on here; inside a network of its own nothing can be taken. */
export function portsOf(
  topology: Shape,
  subnet: string,
  isolation: Isolation,
): readonly PortNeed[] {
  if (isolation === "namespaces") return [];
  const { specs } = planLab(topology, { id: "plan", subnet, secret: "", isolation }, {});
  return specs.flatMap((spec) =>
    Object.values(spec.ports).map((port) => ({ instanceId: spec.id, host: spec.host, port })),
  );
}

export async function preflight(
  topology: Shape,
  subnet: string,
  isolation: Isolation,
): Promise<void> {
  const modelMiB = Object.values(topology.services).reduce(
    (sum, service) => sum + service.memoryMiB * service.replicaCount,
    HARNESS_MIB,
  );
  refuseMissing(
    await checkRequirements({
      cacheDir: defaultCacheDir(),
      stateDir: stateDir(),
      artifacts: artifactsFor(topology.services, isolation),
      ports: portsOf(topology, subnet, isolation),
      memoryBytesMin: modelMiB * 1024 * 1024,
    }),
  );
}
