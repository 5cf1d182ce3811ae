/** Every fault by name. A new one is one file and one line here. */
import type { Fault } from "../core/contracts/fault.ts";
import { availabilityZoneLoss } from "./availability-zone-loss.ts";
import { bandwidthCap } from "./bandwidth-cap.ts";
import { clockOffset } from "./clock-offset.ts";
import { commitAckLoss } from "./commit-ack-loss.ts";
import { connectionReset } from "./connection-reset.ts";
import { connectorMidBatch } from "./connector-mid-batch.ts";
import { cpuPressure } from "./cpu-pressure.ts";
import { diskFull } from "./disk-full.ts";
import { diskReadOnly } from "./disk-read-only.ts";
import { diskSlow } from "./disk-slow.ts";
import { driveLoss } from "./drive-loss.ts";
import { flinkSavepointRestore } from "./flink-savepoint-restore.ts";
import { gracefulStop } from "./graceful-stop.ts";
import { halfOpen } from "./half-open.ts";
import { laggingFailover } from "./lagging-failover.ts";
import { haproxyReload } from "./haproxy-reload.ts";
import { lateDelivery } from "./late-delivery.ts";
import { linkJam } from "./link-jam.ts";
import { linkLatency } from "./link-latency.ts";
import { maintenanceRound } from "./maintenance-round.ts";
import { memoryPressure } from "./memory-pressure.ts";
import { networkLatency } from "./network-latency.ts";
import { nodePowerOff } from "./node-power-off.ts";
import { none } from "./none.ts";
import { objectBitrot } from "./object-bitrot.ts";
import { objectTruncate } from "./object-truncate.ts";
import { packetLoss } from "./packet-loss.ts";
import { partition } from "./partition.ts";
import { postgresSwitchover } from "./postgres-switchover.ts";
import { processKill } from "./process-kill.ts";
import { processPause } from "./process-pause.ts";
import { rollingRestart } from "./rolling-restart.ts";
import { trinoDrain } from "./trino-drain.ts";
import { slotDrop } from "./slot-drop.ts";
import { slotInvalidation } from "./slot-invalidation.ts";
import { supervisorKill } from "./supervisor-kill.ts";
import { unreadySlotFailover } from "./unready-slot-failover.ts";

export const FAULTS = {
  "process-kill": processKill,
  "process-pause": processPause,
  "graceful-stop": gracefulStop,
  "rolling-restart": rollingRestart,
  "node-power-off": nodePowerOff,
  "availability-zone-loss": availabilityZoneLoss,
  partition,
  "half-open": halfOpen,
  "connection-reset": connectionReset,
  "packet-loss": packetLoss,
  "bandwidth-cap": bandwidthCap,
  "network-latency": networkLatency,
  "late-delivery": lateDelivery,
  "link-latency": linkLatency,
  "link-jam": linkJam,
  "postgres-switchover": postgresSwitchover,
  "trino-drain": trinoDrain,
  "lagging-failover": laggingFailover,
  "supervisor-kill": supervisorKill,
  "connector-mid-batch": connectorMidBatch,
  "commit-ack-loss": commitAckLoss,
  "slot-drop": slotDrop,
  "slot-invalidation": slotInvalidation,
  "unready-slot-failover": unreadySlotFailover,
  "haproxy-reload": haproxyReload,
  "flink-savepoint-restore": flinkSavepointRestore,
  "maintenance-round": maintenanceRound,
  "disk-full": diskFull,
  "disk-read-only": diskReadOnly,
  "disk-slow": diskSlow,
  "drive-loss": driveLoss,
  "object-bitrot": objectBitrot,
  "object-truncate": objectTruncate,
  "cpu-pressure": cpuPressure,
  "memory-pressure": memoryPressure,
  "clock-offset": clockOffset,
  none,
} satisfies Record<string, Fault>;

export type FaultName = keyof typeof FAULTS;

export { coveringRows } from "./covering.ts";
export { COMPOSITIONS, type CompositionName } from "./compositions.ts";

export { inject, type InjectionPorts } from "./inject.ts";
export { removeToxic } from "./link.ts";
export {
  damageText,
  openUndoLog,
  readUndoLog,
  type UndoLog,
  type OpenUndo,
} from "./safety/undo-log.ts";
