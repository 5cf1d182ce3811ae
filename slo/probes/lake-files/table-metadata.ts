/** A table's metadata file: its schema, its snapshots, and which of them is current. Source: Iceberg's table specification. */
import { z } from "zod";
import { LakeproofError, reasonOf } from "../../../core/errors.ts";
import type { DatedSnapshot } from "../snapshots.ts";
import { damaged } from "./storage.ts";

const Field = z.object({ id: z.number(), name: z.string() });
const Snapshot = z.object({
  "snapshot-id": z.string(),
  "parent-snapshot-id": z.string().optional(),
  "timestamp-ms": z.number(),
  "sequence-number": z.number().default(0),
  "manifest-list": z.string(),
  summary: z.record(z.string(), z.string()),
});
const Metadata = z.object({
  "format-version": z.number(),
  "current-schema-id": z.number(),
  schemas: z.array(z.object({ "schema-id": z.number(), fields: z.array(Field) })),
  // -1: the table has no snapshot yet.
  "current-snapshot-id": z.string().nullish(),
  snapshots: z.array(Snapshot).default([]),
});

export type LakeSnapshot = z.infer<typeof Snapshot>;

export interface TableMetadata {
  /** Field ids by column name. */
  readonly fieldIds: ReadonlyMap<string, number>;
  readonly current: LakeSnapshot | undefined;
  readonly snapshots: readonly LakeSnapshot[];
}

/** Throws LAKE_DAMAGED, or CAPABILITY_MISSING for a version whose deletes are kept in other files. */
export function parseMetadata(path: string, bytes: Uint8Array): TableMetadata {
  const parsed = parse(path, new TextDecoder().decode(bytes));
  const version = parsed["format-version"];
  if (version !== 1 && version !== 2) {
    throw new LakeproofError(
      "CAPABILITY_MISSING",
      `${path} has format version ${String(version)}.`,
      {
        hint: "The second reader reads versions 1 and 2; create the table with 'format-version' = '2'.",
      },
    );
  }
  const currentId = parsed["current-snapshot-id"];
  const schema = parsed.schemas.find((one) => one["schema-id"] === parsed["current-schema-id"]);
  if (schema === undefined) throw damaged(path, "names a schema that it does not hold");
  const current = parsed.snapshots.find((snapshot) => snapshot["snapshot-id"] === currentId);
  if (current === undefined && typeof currentId === "string" && currentId !== "-1") {
    throw damaged(path, `names snapshot ${currentId} as current and does not hold it`);
  }
  return {
    fieldIds: new Map(schema.fields.map(({ id, name }) => [name, id])),
    current,
    snapshots: parsed.snapshots,
  };
}

function parse(path: string, text: string): z.infer<typeof Metadata> {
  // Snapshot ids are 64-bit random numbers, which JSON.parse would round.
  const exact = text.replace(/("(?:current-|parent-)?snapshot-id"\s*:\s*)(-?\d+)/g, '$1"$2"');
  try {
    return Metadata.parse(JSON.parse(exact));
  } catch (error) {
    throw damaged(path, `is no table metadata: ${reasonOf(error).slice(0, 200)}`, error);
  }
}

/** In the order of their commits, with the figures of their own summaries. */
export function snapshotsIn(metadata: TableMetadata): readonly DatedSnapshot[] {
  return [...metadata.snapshots]
    .sort(
      (a, b) =>
        a["sequence-number"] - b["sequence-number"] || a["timestamp-ms"] - b["timestamp-ms"],
    )
    .map((snapshot) => {
      const { summary } = snapshot;
      const count = (name: string): number => Number(summary[name] ?? "");
      const job = summary["flink.job-id"];
      return {
        id: snapshot["snapshot-id"],
        parentId: snapshot["parent-snapshot-id"] ?? "",
        operation: summary["operation"] ?? "",
        addedRecords: count("added-records"),
        removedRecords: count("deleted-records"),
        deletedPositions: count("added-position-deletes"),
        totalRecords: count("total-records"),
        commit:
          job === undefined
            ? ""
            : `${job}/${summary["flink.operator-id"] ?? ""}/${summary["flink.max-committed-checkpoint-id"] ?? ""}`,
        queryId: summary["trino_query_id"] ?? "",
        committedAtEpochMs: snapshot["timestamp-ms"],
      };
    });
}
