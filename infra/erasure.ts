/**
 * How MinIO deals drives into erasure sets, what parity it gives them, and what may then be lost. Source: its
 * "Erasure Coding" and "Storage Class" pages, and DefaultParityBlocks for sets of fewer than four drives.
 */

export interface PoolDrive {
  readonly host: string;
}

/** Drives in the order MinIO deals them into erasure sets. */
export type Pool = readonly PoolDrive[];

const SET_DRIVE_COUNT_MAX = 16;

/** Every host with as many drives, one drive of each host after the other. */
export function evenPool(hostCount: number, drivesPerHost: number): Pool {
  return Array.from({ length: hostCount * drivesPerHost }, (_, index) => ({
    host: String(index % hostCount),
  }));
}

/** The largest number of drives up to 16 that divides the pool evenly and deals every host the same share. */
export function setDriveCountOf(driveCount: number, hostCount: number): number {
  for (let count = Math.min(SET_DRIVE_COUNT_MAX, driveCount); count > 1; count -= 1) {
    const even = count % hostCount === 0 || hostCount % count === 0;
    if (driveCount % count === 0 && even) return count;
  }
  return 1;
}

/** MinIO's default parity by drives in a set. */
export function defaultParityOf(setDriveCount: number): number {
  if (setDriveCount <= 1) return 0;
  if (setDriveCount <= 3) return 1;
  if (setDriveCount <= 5) return 2;
  return setDriveCount <= 7 ? 3 : 4;
}

/** Drives of a set that may be gone while it takes writes; reads go on with as many gone as there is parity. */
export function writeLossOf(setDriveCount: number, parityCount: number): number {
  // With as many data as parity drives one more must answer a write, or two halves could disagree.
  return setDriveCount === 2 * parityCount ? parityCount - 1 : parityCount;
}

/** How many hosts may be gone, whichever they are, while no set misses more than so many drives. */
export function hostsThatMayGo(pool: Pool, setDriveCount: number, driveCountMax: number): number {
  let worst = Number.POSITIVE_INFINITY;
  for (let from = 0; from < pool.length; from += setDriveCount) {
    const perHost = new Map<string, number>();
    for (const { host } of pool.slice(from, from + setDriveCount)) {
      perHost.set(host, (perHost.get(host) ?? 0) + 1);
    }
    let gone = 0;
    let left = driveCountMax;
    for (const driveCount of [...perHost.values()].sort((a, b) => b - a)) {
      if (driveCount > left) break;
      left -= driveCount;
      gone += 1;
    }
    worst = Math.min(worst, gone);
  }
  return worst === Number.POSITIVE_INFINITY ? 0 : worst;
}
