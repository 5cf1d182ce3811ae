/** Every fault by name. A new one is one file and one line here. */
import type { Fault } from "../core/contracts/fault.ts";
import { bandwidthCap } from "./bandwidth-cap.ts";
import { connectionReset } from "./connection-reset.ts";
import { gracefulStop } from "./graceful-stop.ts";
import { halfOpen } from "./half-open.ts";
import { linkLatency } from "./link-latency.ts";
import { networkLatency } from "./network-latency.ts";
import { nodePowerOff } from "./node-power-off.ts";
import { packetLoss } from "./packet-loss.ts";
import { partition } from "./partition.ts";
import { processKill } from "./process-kill.ts";
import { processPause } from "./process-pause.ts";
import { rollingRestart } from "./rolling-restart.ts";

export const FAULTS = {
  "process-kill": processKill,
  "process-pause": processPause,
  "graceful-stop": gracefulStop,
  "rolling-restart": rollingRestart,
  "node-power-off": nodePowerOff,
  partition,
  "half-open": halfOpen,
  "connection-reset": connectionReset,
  "packet-loss": packetLoss,
  "bandwidth-cap": bandwidthCap,
  "network-latency": networkLatency,
  "link-latency": linkLatency,
} satisfies Record<string, Fault>;

export type FaultName = keyof typeof FAULTS;

export { inject, type InjectionPorts } from "./inject.ts";
export { removeToxic } from "./link-latency.ts";
export { openUndoLog, readUndoLog, type UndoLog, type OpenUndo } from "./safety/undo-log.ts";
