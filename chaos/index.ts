/** Every fault by name. A new one is one file and one line here. */
import type { Fault } from "../core/contracts/fault.ts";
import { linkLatency } from "./link-latency.ts";
import { processKill } from "./process-kill.ts";
import { processPause } from "./process-pause.ts";

export const FAULTS = {
  "process-kill": processKill,
  "process-pause": processPause,
  "link-latency": linkLatency,
} satisfies Record<string, Fault>;

export type FaultName = keyof typeof FAULTS;

export { inject, type InjectionPorts } from "./inject.ts";
export { removeToxic } from "./link-latency.ts";
export { openUndoLog, readUndoLog, type OpenUndo } from "./safety/undo-log.ts";
