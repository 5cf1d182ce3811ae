/** What a MinIO cluster can hold: all of its drives, less what parity takes of them. */
import { defaultParityOf, setDriveCountOf } from "../erasure.ts";
import type { Drive } from "./compare.ts";

export interface Erasure {
  readonly driveCount: number;
  /** Drives an object is spread over. */
  readonly setDriveCount: number;
  /** How many of them may be lost. */
  readonly parityCount: number;
  readonly rawTB: number;
  readonly usableTB: number;
  /** The same bytes in binary units: one TiB is 1.0995 TB. */
  readonly usableTiB: number;
}

const BYTES_PER_TIB = 2 ** 40;

/** `nodes` is the data drives of each server, taken as one pool at the default parity. */
export function erasureOf(nodes: readonly (readonly Drive[])[]): Erasure {
  const all = nodes.flat();
  const rawTB = all.reduce((sum, { sizeGB }) => sum + sizeGB, 0) / 1000;
  // A pool is even: the server with the fewest drives and the smallest drive decide for all.
  const perNode = Math.min(...nodes.map((drives) => drives.length));
  const driveCount = nodes.length === 0 ? 0 : nodes.length * perNode;
  if (driveCount === 0) {
    return { driveCount: 0, setDriveCount: 0, parityCount: 0, rawTB, usableTB: 0, usableTiB: 0 };
  }
  const driveTB = Math.min(...all.map(({ sizeGB }) => sizeGB)) / 1000;
  const setDriveCount = setDriveCountOf(driveCount, nodes.length);
  const parityCount = defaultParityOf(setDriveCount);
  const usableTB = (driveCount * driveTB * (setDriveCount - parityCount)) / setDriveCount;
  return {
    driveCount,
    setDriveCount,
    parityCount,
    rawTB,
    usableTB,
    usableTiB: (usableTB * 1e12) / BYTES_PER_TIB,
  };
}
