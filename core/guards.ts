/** When a run must not go on breaking things: the machine or its own eyes are at their end. Pure. */

export const GUARD_LIMITS = {
  /** Below this the next journal line, or somebody's WAL, may be the last. */
  diskFreeBytesMin: 1_073_741_824,
  /** Below this the kernel may kill whom it likes, and no fault of ours would be to blame. */
  memoryAvailableBytesMin: 268_435_456,
  /** Without a look at the lake for so long, nobody would see what a fault does. */
  silentMsMax: 15_000,
} as const;

export interface GuardReadings {
  /** Undefined where it cannot be read. */
  readonly diskFreeBytes: number | undefined;
  readonly memoryAvailableBytes: number | undefined;
}

export interface GuardAlarm {
  readonly guard: "disk" | "memory";
  readonly reason: string;
}

/** The first limit that is passed. */
export function machineAlarm(readings: GuardReadings): GuardAlarm | undefined {
  const { diskFreeBytes, memoryAvailableBytes } = readings;
  const { diskFreeBytesMin, memoryAvailableBytesMin } = GUARD_LIMITS;
  if (diskFreeBytes !== undefined && diskFreeBytes < diskFreeBytesMin) {
    const reason = `the disk has ${mebibytes(diskFreeBytes)} left, ${mebibytes(diskFreeBytesMin)} are the least`;
    return { guard: "disk", reason };
  }
  if (memoryAvailableBytes !== undefined && memoryAvailableBytes < memoryAvailableBytesMin) {
    const reason = `the machine has ${mebibytes(memoryAvailableBytes)} of memory left, ${mebibytes(memoryAvailableBytesMin)} are the least`;
    return { guard: "memory", reason };
  }
  return undefined;
}

function mebibytes(bytes: number): string {
  return `${String(Math.floor(bytes / 1_048_576))} MiB`;
}
