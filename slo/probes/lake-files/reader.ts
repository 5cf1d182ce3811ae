/**
 * The second reader of the lake: catalog row, metadata, manifests, data files. It is asked what Trino is asked, so that a
 * wrong answer of either is not taken for lost data.
 */
import { BANK_TABLES, FENCE_LANE, type BankTable } from "../../../core/bank-schema.ts";
import { LakeproofError } from "../../../core/errors.ts";
import type { BucketTotals } from "../../../core/ledger.ts";
import type { ControlRow, LaneStateSeen } from "../reader.ts";
import type { DatedSnapshot } from "../snapshots.ts";
import { ByteBoundCache } from "./cache.ts";
import type { LakeStorage } from "./storage.ts";
import { ChangeSums, countSequences, StateSums, type BankRows } from "./sums.ts";
import { TableAt, type FileRows, type LakeCaches, type Wanted } from "./table.ts";
import { snapshotsIn } from "./table-metadata.ts";

/** Where the catalog says that a table's metadata is now. */
export type Catalog = (table: string, signal: AbortSignal) => Promise<string>;

const ROW_BYTES_MAX = 128 * 2 ** 20;
const MANIFEST_BYTES_MAX = 32 * 2 ** 20;
/** Expiry and compaction take files away under a reader's hands: then the table has newer metadata. */
const ATTEMPT_COUNT_MAX = 3;

const SUM_COLUMNS = ["lane", "seq", "bucket", "fp", "op", "id", "balance"];
const CONTROL_COLUMNS = ["lane", "seq", "bucket", "kafka_partition", "kafka_offset"];

type Tables = ReadonlyMap<string, TableAt>;

export class LakeFiles {
  readonly #storage: LakeStorage;
  readonly #catalog: Catalog;
  readonly #caches: LakeCaches = {
    rows: new ByteBoundCache(ROW_BYTES_MAX),
    manifests: new ByteBoundCache(MANIFEST_BYTES_MAX),
  };

  constructor(storage: LakeStorage, catalog: Catalog) {
    this.#storage = storage;
    this.#catalog = catalog;
  }

  /** Fences and canaries from `bucketMin` on. */
  controlRows(bucketMin: number, signal: AbortSignal): Promise<readonly ControlRow[]> {
    const wanted = { bucket: [bucketMin, Infinity], lane: [FENCE_LANE, Infinity] } as const;
    return this.#reading(BANK_TABLES, signal, async (tables) => {
      const found: ControlRow[] = [];
      for (const [table, at] of tables) {
        for await (const rows of at.rows(CONTROL_COLUMNS, wanted, signal)) {
          found.push(...controlRowsIn(table, rows, bucketMin));
        }
      }
      return found;
    });
  }

  /** Counts and fingerprint sums per lane and bucket; load lanes only. */
  bucketTotals(
    bucketMin: number,
    bucketMax: number,
    signal: AbortSignal,
    names: readonly BankTable[] = BANK_TABLES,
  ): Promise<readonly BucketTotals[]> {
    const wanted = { bucket: [bucketMin, bucketMax], lane: [0, FENCE_LANE - 1] } as const;
    return this.#reading(names, signal, async (tables) => {
      const sums = new ChangeSums({ bucketMin, bucketMax });
      await eachFile(tables, wanted, signal, (_, rows) => {
        sums.add(rows);
      });
      if (sums.hasRepeats) {
        await eachFile(tables, wanted, signal, (_, rows) => {
          sums.addAgain(rows);
        });
      }
      return sums.totals();
    });
  }

  /** Every sequence number of one lane and bucket with how often it is there. */
  sequencesOf(
    lane: number,
    bucket: number,
    signal: AbortSignal,
    names: readonly BankTable[] = BANK_TABLES,
  ): Promise<ReadonlyMap<number, number>> {
    const wanted = { bucket: [bucket, bucket], lane: [lane, lane] } as const;
    return this.#reading(names, signal, async (tables) => {
      const counts = new Map<number, number>();
      await eachFile(tables, wanted, signal, (_, rows) => {
        countSequences(counts, rows, lane, bucket);
      });
      return counts;
    });
  }

  /** The newest version of every row that is not deleted, summed per lane. */
  laneStates(bucketMin: number, signal: AbortSignal): Promise<readonly LaneStateSeen[]> {
    const wanted = { bucket: [bucketMin, Infinity], lane: [0, FENCE_LANE - 1] } as const;
    return this.#reading(BANK_TABLES, signal, async (tables) => {
      const sums = new StateSums(bucketMin);
      await eachFile(tables, wanted, signal, (table, rows) => {
        sums.add(table, rows);
      });
      return sums.states();
    });
  }

  /** The table's history; opens no data file. */
  async snapshots(table: string, signal: AbortSignal): Promise<readonly DatedSnapshot[]> {
    const location = await this.#catalog(table, signal);
    return snapshotsIn(await TableAt.metadataAt(this.#storage, location, signal));
  }

  /** Begun again with the tables as they are now, when a file has gone because a newer snapshot needs it no more. */
  async #reading<T>(
    names: readonly string[],
    signal: AbortSignal,
    work: (tables: Tables) => Promise<T>,
  ): Promise<T> {
    for (let attempt = 1; ; attempt += 1) {
      const locations = await this.#locations(names, signal);
      try {
        const tables = new Map<string, TableAt>();
        for (const [name, location] of locations) {
          tables.set(name, await TableAt.open(this.#storage, this.#caches, location, signal));
        }
        return await work(tables);
      } catch (error) {
        const isDamage = error instanceof LakeproofError && error.code === "LAKE_DAMAGED";
        if (!isDamage || attempt === ATTEMPT_COUNT_MAX) throw error;
        const now = await this.#locations(names, signal);
        if (names.every((name) => now.get(name) === locations.get(name))) throw error;
      }
    }
  }

  async #locations(
    names: readonly string[],
    signal: AbortSignal,
  ): Promise<ReadonlyMap<string, string>> {
    const locations = new Map<string, string>();
    for (const name of names) locations.set(name, await this.#catalog(name, signal));
    return locations;
  }
}

async function eachFile(
  tables: Tables,
  wanted: Wanted,
  signal: AbortSignal,
  take: (table: string, rows: BankRows) => void,
): Promise<void> {
  for (const [table, at] of tables) {
    for await (const rows of at.rows(SUM_COLUMNS, wanted, signal)) take(table, bankRowsOf(rows));
  }
}

function column({ rowCount, columns }: FileRows, name: string): Float64Array {
  return columns.get(name) ?? new Float64Array(rowCount).fill(Number.NaN);
}

function bankRowsOf(rows: FileRows): BankRows {
  return {
    rowCount: rows.rowCount,
    hidden: rows.hidden,
    id: column(rows, "id"),
    lane: column(rows, "lane"),
    seq: column(rows, "seq"),
    bucket: column(rows, "bucket"),
    fp: column(rows, "fp"),
    op: column(rows, "op"),
    balance: column(rows, "balance"),
  };
}

function controlRowsIn(table: string, rows: FileRows, bucketMin: number): readonly ControlRow[] {
  const lane = column(rows, "lane");
  const bucket = column(rows, "bucket");
  const at = (name: string, row: number): number => column(rows, name)[row] ?? Number.NaN;
  return Array.from({ length: rows.rowCount }, (_, row) => row)
    .filter((row) => (lane[row] ?? 0) >= FENCE_LANE && (bucket[row] ?? 0) >= bucketMin)
    .filter((row) => !rows.hidden.has(row))
    .map((row) => ({
      table,
      lane: lane[row] ?? Number.NaN,
      seq: at("seq", row),
      partition: at("kafka_partition", row),
      offset: at("kafka_offset", row),
    }));
}
