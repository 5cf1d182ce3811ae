/** Refuses before anything starts: tools, JDKs, memory, disk, ports. */
import type { Topology } from "../core/contracts/topology.ts";
import { defaultCacheDir } from "../infra/artifacts/cache.ts";
import type { ArtifactName } from "../infra/artifacts/table.ts";
import { stateDir } from "../infra/drivers/lab.ts";
import { artifactsOf, planLab } from "../infra/provision.ts";
import { checkRequirements, refuseMissing, type PortNeed } from "../infra/requirements.ts";

const HARNESS_MIB = 1024;

type Shape = Pick<Topology, "name" | "topicPartitionCount" | "services">;

/** Every address the topology will listen on. */
export function portsOf(topology: Shape, subnet: string): readonly PortNeed[] {
  const { specs } = planLab(topology, { id: "plan", subnet, secret: "" }, {});
  return specs.flatMap((spec) =>
    Object.values(spec.ports).map((port) => ({ instanceId: spec.id, host: spec.host, port })),
  );
}

export async function preflight(topology: Shape, subnet: string): Promise<void> {
  const modelMiB = Object.values(topology.services).reduce(
    (sum, service) => sum + service.memoryMiB * service.replicaCount,
    HARNESS_MIB,
  );
  refuseMissing(
    await checkRequirements({
      cacheDir: defaultCacheDir(),
      stateDir: stateDir(),
      artifacts: [...artifactsOf(topology.services), "k6"] as readonly ArtifactName[],
      ports: portsOf(topology, subnet),
      memoryBytesMin: modelMiB * 1024 * 1024,
    }),
  );
}
