/** One table of the lake at its current snapshot, read from its files alone: no query engine takes part. */
import type { ByteBoundCache } from "./cache.ts";
import { readDeletes, type Deletes } from "./deletes.ts";
import { filesOf, mayHold, type LakeFile } from "./manifests.ts";
import { readNumbers } from "./parquet.ts";
import { readWhole, type LakeStorage } from "./storage.ts";
import { parseMetadata, type TableMetadata } from "./table-metadata.ts";

/** Rows of one data file: a number for each row and column, and which of the rows are deleted. */
export interface FileRows {
  readonly rowCount: number;
  /** NaN where the row has no value; for a text the code of its first character. */
  readonly columns: ReadonlyMap<string, Float64Array>;
  readonly hidden: ReadonlySet<number>;
}

/** Whole-number columns with the values that are asked for. Files that hold none of them are not opened. */
export type Wanted = Readonly<Record<string, readonly [min: number, max: number]>>;

export interface LakeCaches {
  readonly rows: ByteBoundCache<ReadonlyMap<string, Float64Array>>;
  readonly manifests: ByteBoundCache<readonly LakeFile[]>;
}

/** What an entry of a manifest takes in memory, roughly: path, bounds, and the objects around them. */
const MANIFEST_ENTRY_BYTES = 3000;
/** Files that are fetched at the same time. */
const PARALLEL_FILE_COUNT = 4;

export class TableAt {
  readonly metadata: TableMetadata;
  readonly #storage: LakeStorage;
  readonly #caches: LakeCaches;
  readonly #files: readonly LakeFile[];
  readonly #deletes: Deletes;

  private constructor(
    storage: LakeStorage,
    caches: LakeCaches,
    at: { metadata: TableMetadata; files: readonly LakeFile[]; deletes: Deletes },
  ) {
    this.#storage = storage;
    this.#caches = caches;
    this.metadata = at.metadata;
    this.#files = at.files;
    this.#deletes = at.deletes;
  }

  /** The metadata alone: enough for the history of the table. */
  static async metadataAt(
    storage: LakeStorage,
    location: string,
    signal: AbortSignal,
  ): Promise<TableMetadata> {
    return parseMetadata(location, await readWhole(storage, location, signal));
  }

  static async open(
    storage: LakeStorage,
    caches: LakeCaches,
    location: string,
    signal: AbortSignal,
  ): Promise<TableAt> {
    const metadata = await TableAt.metadataAt(storage, location, signal);
    const { current, fieldIds } = metadata;
    const cached = async (
      path: string,
      read: () => Promise<readonly LakeFile[]>,
    ): Promise<readonly LakeFile[]> => {
      const known = caches.manifests.get(path);
      if (known !== undefined) return known;
      const files = await read();
      caches.manifests.set(path, files, files.length * MANIFEST_ENTRY_BYTES);
      return files;
    };
    const files = current === undefined ? [] : await filesOf(storage, current, cached, signal);
    const names = new Map([...fieldIds].map(([name, id]) => [id, name]));
    const nameOf = (id: number): string => names.get(id) ?? String(id);
    const deletes = await readDeletes(storage, files, nameOf, signal);
    return new TableAt(storage, caches, { metadata, files, deletes });
  }

  /** File after file, always in the same order. Rows that were not asked for are among them. */
  async *rows(
    columns: readonly string[],
    wanted: Wanted,
    signal: AbortSignal,
  ): AsyncGenerator<FileRows> {
    const files = this.#files.filter((file) => file.content === "data" && this.#fits(file, wanted));
    for (let first = 0; first < files.length; first += PARALLEL_FILE_COUNT) {
      const batch = files.slice(first, first + PARALLEL_FILE_COUNT);
      yield* await Promise.all(batch.map((file) => this.#rowsOf(file, columns, signal)));
    }
  }

  #fits(file: LakeFile, wanted: Wanted): boolean {
    return Object.entries(wanted).every(([name, [min, max]]) =>
      mayHold(file, this.metadata.fieldIds.get(name), min, max),
    );
  }

  async #rowsOf(file: LakeFile, names: readonly string[], signal: AbortSignal): Promise<FileRows> {
    const key = `${file.path} ${names.join(",")}`;
    let columns = this.#caches.rows.get(key);
    if (columns === undefined) {
      const asked = names.map((name) => ({ name, fieldId: this.metadata.fieldIds.get(name) }));
      columns = await readNumbers(this.#storage, file, asked, signal);
      const byteCount = file.recordCount * names.length * Float64Array.BYTES_PER_ELEMENT;
      this.#caches.rows.set(key, columns, byteCount);
    }
    const hidden = await this.#deletes.hiddenIn(file, signal);
    return { rowCount: file.recordCount, columns, hidden };
  }
}
