/** Rows of data files that delete files hide. The bank's tables have none; a row removed by hand leaves them. */
import type { LakeFile } from "./manifests.ts";
import { readColumns, type Column } from "./parquet.ts";
import type { LakeStorage } from "./storage.ts";

/** Ids that Iceberg reserves for the columns of position delete files. */
const PATH_COLUMN: Column = { name: "file_path", fieldId: 2147483546 };
const POSITION_COLUMN: Column = { name: "pos", fieldId: 2147483545 };

const WITHOUT_PARTITION = "{}";
const NONE: ReadonlySet<number> = new Set();

interface EqualityDelete {
  readonly file: LakeFile;
  readonly columns: readonly Column[];
  readonly keys: ReadonlySet<string>;
}

export interface Deletes {
  /** Positions of the rows of a data file that are deleted. */
  hiddenIn(file: LakeFile, signal: AbortSignal): Promise<ReadonlySet<number>>;
}

export async function readDeletes(
  storage: LakeStorage,
  files: readonly LakeFile[],
  nameOf: (fieldId: number) => string,
  signal: AbortSignal,
): Promise<Deletes> {
  const positions = await positionDeletes(storage, files, signal);
  const equalities: EqualityDelete[] = [];
  for (const file of files.filter(({ content }) => content === "equality-deletes")) {
    const columns = file.equalityIds.map((fieldId) => ({ name: nameOf(fieldId), fieldId }));
    const keys = new Set(await keysOf(storage, file, columns, signal));
    equalities.push({ file, columns, keys });
  }
  return {
    hiddenIn: async (file, hiddenSignal) => {
      const hidden = new Set<number>();
      for (const { sequenceNumber, position } of positions.get(file.path) ?? []) {
        if (sequenceNumber >= file.sequenceNumber) hidden.add(position);
      }
      for (const equality of equalities.filter((one) => concerns(one.file, file))) {
        const keys = await keysOf(storage, file, equality.columns, hiddenSignal);
        for (const [row, key] of keys.entries()) if (equality.keys.has(key)) hidden.add(row);
      }
      return hidden.size === 0 ? NONE : hidden;
    },
  };
}

/** Unlike one by position, a delete by values never hides what was written in the same commit. */
function concerns(deletes: LakeFile, file: LakeFile): boolean {
  return (
    deletes.sequenceNumber > file.sequenceNumber &&
    (deletes.partition === WITHOUT_PARTITION || deletes.partition === file.partition)
  );
}

interface Position {
  readonly sequenceNumber: number;
  readonly position: number;
}

/** By the path of the data file. */
async function positionDeletes(
  storage: LakeStorage,
  files: readonly LakeFile[],
  signal: AbortSignal,
): Promise<ReadonlyMap<string, readonly Position[]>> {
  const positions = new Map<string, Position[]>();
  for (const file of files.filter(({ content }) => content === "position-deletes")) {
    const columns = await readColumns(storage, file, [PATH_COLUMN, POSITION_COLUMN], signal);
    for (const [row, path] of (columns.get(PATH_COLUMN.name) ?? []).entries()) {
      const position = Number(columns.get(POSITION_COLUMN.name)?.[row]);
      const list = positions.get(String(path)) ?? [];
      list.push({ sequenceNumber: file.sequenceNumber, position });
      positions.set(String(path), list);
    }
  }
  return positions;
}

/** One text for each row of the file: the values of the columns. */
async function keysOf(
  storage: LakeStorage,
  file: LakeFile,
  columns: readonly Column[],
  signal: AbortSignal,
): Promise<readonly string[]> {
  const values = await readColumns(storage, file, columns, signal);
  return Array.from({ length: file.recordCount }, (_, row) =>
    JSON.stringify(
      columns.map(({ name }) => {
        const value = values.get(name)?.[row];
        return typeof value === "bigint" ? String(value) : value;
      }),
    ),
  );
}
