/** What a driver can do to the disks, the files and the share of the machine that an instance has. */

export type Damage =
  /** The instance's own volume has no more than this left. */
  | { readonly kind: "fill"; readonly leaveKBytes: number }
  /** Nothing below the instance's directory can be written, renamed or removed any more, nor through open files. */
  | { readonly kind: "read-only" }
  /** Its processes together read and write the disk no faster than this. */
  | { readonly kind: "slow-disk"; readonly rateKBytesPerS: number }
  /** Drives of an object store are no directories any more. */
  | { readonly kind: "lose-drives"; readonly paths: readonly string[] }
  /** One bit in the middle of each file is another. */
  | { readonly kind: "flip-bit"; readonly paths: readonly string[] }
  /** Each file ends after this share of its bytes. */
  | { readonly kind: "cut-off"; readonly paths: readonly string[]; readonly keepRatio: number }
  /** Its processes together get no more than so much of one core. */
  | { readonly kind: "limit-cpu"; readonly coreRatio: number }
  /** What its processes take from now on, page cache included, may not be more than this. */
  | { readonly kind: "limit-memory"; readonly headroomMiB: number }
  /** Its wall clock is so much ahead (behind where negative), and gets so much further ahead in each second. */
  | { readonly kind: "shift-clock"; readonly offsetMs: number; readonly driftMsPerS: number };

export interface DamageOrder {
  /** Names it until it is repaired; also the owner tag of everything made for it. */
  readonly tag: string;
  readonly instanceIds: readonly string[];
  readonly damage: Damage;
  /** A process of its own repairs it after this, whatever became of us. */
  readonly leaseMs: number;
}

/** A file in which an object store keeps a piece of an object. */
export interface ShardFile {
  readonly path: string;
  readonly bucket: string;
  readonly key: string;
  readonly byteCount: number;
}

export interface Machine {
  /** By which means it is done on this machine, or why it cannot be. */
  mechanismOf(kind: Damage["kind"]): string;
  /** The way back is on disk before anything is done. Throws FAULT_FAILED with what stood in the way. */
  inflict(order: DamageOrder): Promise<void>;
  /**
   * Idempotent: what is not there is as good as repaired. Says what it found that was no longer as it had been left,
   * a file that its owner had healed meanwhile.
   */
  repair(tag: string): Promise<readonly string[]>;
  /** False before it was begun and after it was repaired. */
  isInflicted(tag: string): boolean;
  /** What of it can be felt now, measured, one sentence each; undefined when it cannot be felt. */
  signs(tag: string): Promise<readonly string[] | undefined>;
  /** Pieces of objects on one drive of an object store, in the order of their paths. */
  shardFiles(drivePath: string): readonly ShardFile[];
}
