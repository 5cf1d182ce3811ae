/** What the journal says of an instance that got ready. */
import type { Instance } from "../../core/contracts/component.ts";
import type { JournalBody } from "../../core/contracts/journal.ts";

export function readyEvent(
  { spec, pid, readyMs, readyCpuMs }: Instance,
  restart: boolean,
): JournalBody {
  return {
    kind: "instance.ready",
    instanceId: spec.id,
    component: spec.component,
    address: spec.host,
    pid,
    readyMs,
    ...(readyCpuMs === undefined ? {} : { readyCpuMs }),
    restart,
  };
}
