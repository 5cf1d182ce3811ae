/** The servers of the targets' service, each asked itself. */
import type { DatabaseServer, FaultContext } from "../core/contracts/fault.ts";
import { LakeproofError } from "../core/errors.ts";

/** All instances of the service that the targets belong to. */
export function membersOf<Params>({
  endpoints,
  instanceIds,
}: FaultContext<Params>): readonly string[] {
  return endpoints.instanceIds(serviceOfTargets({ endpoints, instanceIds }));
}

export function serviceOfTargets<Params>({
  endpoints,
  instanceIds,
}: Pick<FaultContext<Params>, "endpoints" | "instanceIds">): string {
  return endpoints.all().find(({ id }) => instanceIds.includes(id))?.service ?? "";
}

export function serverOf<Params>(
  { openServer }: FaultContext<Params>,
  instanceId: string,
): DatabaseServer {
  if (openServer !== undefined) return openServer(instanceId);
  throw new LakeproofError("FAULT_FAILED", `There is nobody to ask about ${instanceId}.`, {
    hint: "Inject it in a run of lakeproof.",
  });
}
