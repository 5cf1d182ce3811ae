/** Iceberg: what a stream of commits piles up, catalogs that do not meet, DDL that nobody takes. */
import { DAY_MS } from "../../../core/units.ts";
import { EVENT_BYTES, SNAPSHOT_BYTES } from "../estimates.ts";
import type { Facts, SqlText } from "../facts.ts";
import { count, plural, size, span } from "../figures.ts";
import { checkpointIntervalMs, flinkAt, parallelismOf } from "../flink-settings.ts";
import { lakeTables, optionsOf, statementsOf, withoutComments } from "../parse/sql.ts";
import type { Draft, LintRule } from "../rule.ts";
import { at, textOf } from "../settings.ts";

const EXPIRY = /expire_snapshots|flink-maintenance\.expire-snapshots\.enabled'\s*=\s*'true'/i;
const COMPACTION =
  /rewrite_data_files|EXECUTE\s+optimize|flink-maintenance\.rewrite\.enabled'\s*=\s*'true'|compaction-enabled'\s*=\s*'true'/i;
const MONTH_DAYS = 30;

function mentions(facts: Facts, pattern: RegExp): boolean {
  return facts.sql.some(({ text }) => pattern.test(withoutComments(text)));
}

export const icebergCommits: LintRule = {
  id: "iceberg-commits",
  purpose:
    "86400 / interval × tables: commits and small files a day, and what they weigh where nothing expires or compacts them.",
  needs: ["flink", "sql"],
  check: (facts) => {
    const tables = lakeTables(facts.sql).length;
    const intervalMs = checkpointIntervalMs(facts);
    if (tables === 0 || Number.isNaN(intervalMs)) return [];
    const perTable = DAY_MS / intervalMs;
    const writers = parallelismOf(facts);
    const { settings, key } = flinkAt(facts, "execution.checkpointing.interval");
    const base = at(settings, key, "");
    const drafts: Draft[] = [];
    if (!mentions(facts, EXPIRY)) {
      const metadata = perTable * MONTH_DAYS * SNAPSHOT_BYTES;
      drafts.push({
        severity: "warning",
        ...base,
        consequence: `A commit every ${span(intervalMs)} to ${plural(tables, "table")} is ${count(perTable * tables)} commits a day, and nothing expires their snapshots: after ${String(MONTH_DAYS)} days each table lists ${count(perTable * MONTH_DAYS)} of them in a metadata file of about ${size(metadata)}, which every commit writes and every query reads anew.`,
        change:
          "Run expire_snapshots every hour or so (Trino's minimum retention has to be lowered for it), or set flink-maintenance.expire-snapshots.enabled.",
      });
    }
    if (!mentions(facts, COMPACTION)) {
      const files = perTable * tables * writers;
      const bytesEach =
        (facts.demand.rateEventsPerS * EVENT_BYTES * (intervalMs / 1000)) / (tables * writers);
      drafts.push({
        severity: "warning",
        ...base,
        consequence: `${count(perTable)} commits × ${plural(tables, "table")} × ${plural(writers, "writer")} = at least ${count(files)} data files a day of ${size(bytesEach)} each before compression, ${count(files * MONTH_DAYS)} in ${String(MONTH_DAYS)} days, and nothing merges them: a query over a day plans and opens ${count(perTable * writers)} files a table where ${count(Math.max(1, (perTable * writers * bytesEach) / 128e6))} of 128 MB would do.`,
        change:
          "Run ALTER TABLE … EXECUTE optimize by partition on yesterday's data, or set flink-maintenance.rewrite.enabled.",
      });
    }
    return drafts;
  },
};

export const icebergMetadata: LintRule = {
  id: "iceberg-metadata",
  purpose: "Metadata files that are never deleted: one for each commit.",
  needs: ["flink", "sql"],
  check: (facts) => {
    const perDay = DAY_MS / checkpointIntervalMs(facts);
    return lakeTables(facts.sql).flatMap(({ file, name, statement }): readonly Draft[] => {
      const key = "write.metadata.delete-after-commit.enabled";
      const options = optionsOf(statement);
      if (options[key] === "true" || Number.isNaN(perDay) || Object.keys(options).length === 0)
        return [];
      return [
        {
          severity: "warning",
          file,
          key,
          value: options[key] ?? "not set (default false)",
          consequence: `Each of ${count(perDay)} commits a day leaves a metadata file of ${name} behind: ${count(perDay * MONTH_DAYS)} in ${String(MONTH_DAYS)} days, each longer than the one before, and expire_snapshots does not touch them.`,
          change: `Set '${key}' = 'true' and 'write.metadata.previous-versions-max' = '20'.`,
        },
      ];
    });
  },
};

interface FlinkCatalog {
  readonly file: string;
  readonly name: string;
  readonly options: Readonly<Record<string, string>>;
}

function flinkCatalogs(sqls: readonly SqlText[]): readonly FlinkCatalog[] {
  return sqls.flatMap((sql) =>
    statementsOf(sql).flatMap((statement) => {
      const name = /CREATE\s+CATALOG\s+(?:IF\s+NOT\s+EXISTS\s+)?[`"]?(\w+)/i.exec(statement)?.[1];
      const options = optionsOf(statement);
      return name === undefined || options["type"] !== "iceberg"
        ? []
        : [{ file: sql.file, name, options }];
    }),
  );
}

export const icebergCatalogName: LintRule = {
  id: "iceberg-catalog-name",
  purpose:
    "JDBC catalogs whose name or schema version differs between Flink and Trino: tables nobody finds.",
  needs: ["sql"],
  check: (facts) =>
    flinkCatalogs(facts.sql).flatMap(({ file, name, options }): readonly Draft[] => {
      const jdbc =
        (options["catalog-impl"] ?? "").endsWith("JdbcCatalog") ||
        options["catalog-type"] === "jdbc";
      if (!jdbc) return [];
      const drafts: Draft[] = [];
      if (options["jdbc.schema-version"] !== "V1") {
        drafts.push({
          severity: "error",
          file,
          key: "jdbc.schema-version",
          value: options["jdbc.schema-version"] ?? "not set (default V0)",
          consequence:
            "Iceberg makes its catalog tables in version V0 and Trino asks for the columns of V1: every query on the lake fails, 0 tables are visible.",
          change: "Set 'jdbc.schema-version' = 'V1'.",
        });
      }
      const others = facts.catalogs.filter(
        (catalog) => textOf(catalog, "iceberg.catalog.type") === "jdbc",
      );
      return [
        ...drafts,
        ...others.flatMap((catalog): readonly Draft[] => {
          const key = "iceberg.jdbc-catalog.catalog-name";
          const theirs = textOf(catalog, key);
          if (theirs === name) return [];
          return [
            {
              severity: "error",
              ...at(catalog, key, "required"),
              consequence: `Flink writes under the catalog name ${name}, which is part of the key of every row of the JDBC catalog; Trino looks under ${theirs ?? "none"} and sees 0 tables of it, without an error.`,
              change: `Set ${key}=${name}.`,
            },
          ];
        }),
      ];
    }),
};

export const icebergDdl: LintRule = {
  id: "iceberg-ddl",
  purpose: "DDL that Trino or Flink does not take: JSON columns, PARTITIONED BY, LOCATION.",
  needs: ["sql"],
  check: (facts) =>
    facts.sql.flatMap((sql) =>
      statementsOf(sql)
        .filter(
          (statement) => /CREATE\s+TABLE/i.test(statement) && !/'connector'\s*=/.test(statement),
        )
        .flatMap((statement) => ddlFindings(facts, sql, statement)),
    ),
};

function ddlFindings(facts: Facts, sql: SqlText, statement: string): readonly Draft[] {
  const refused = `No table is made, and 0 of ${count(facts.demand.rateEventsPerS)} events/s have a place to go.`;
  const drafts: Draft[] = [];
  const json = /[(,]\s*([\w"`]+)\s+JSON\b/i.exec(statement);
  if (json !== null) {
    drafts.push({
      severity: "error",
      file: sql.file,
      key: `column ${json[1] ?? ""}`,
      value: "JSON",
      consequence: `Neither takes it: Trino says "Type not supported for Iceberg: json", Flink SQL has no such type. ${refused}`,
      change:
        "Make it VARCHAR (STRING in Flink) and read it with json_extract_scalar or json_value.",
    });
  }
  const partitioned = /PARTITIONED\s+BY\s*\(([^)]*)\)/i.exec(statement);
  if (partitioned !== null && sql.engine !== "flink") {
    const columns = (partitioned[1] ?? "").split(",").map((column) => `'${column.trim()}'`);
    drafts.push({
      severity: "error",
      file: sql.file,
      key: "PARTITIONED BY",
      value: (partitioned[1] ?? "").trim(),
      consequence: `Trino's grammar has no such clause (mismatched input 'PARTITIONED'); it is Flink's and Hive's. ${refused}`,
      change: `For Trino write WITH (partitioning = ARRAY[${columns.join(", ")}]); or let Flink make the table.`,
    });
  }
  const location = /\)\s*LOCATION\s+'([^']*)'/i.exec(statement);
  if (location !== null) {
    drafts.push({
      severity: "error",
      file: sql.file,
      key: "LOCATION",
      value: location[1] ?? "",
      consequence: `A LOCATION clause is Hive's: Trino and Flink both want it as an option of WITH. ${refused}`,
      change: `Write WITH (location = '${location[1] ?? ""}') for Trino, WITH ('location' = '…') for Flink.`,
    });
  }
  return drafts;
}

const IDENTITY = /\b(lsn|seq|sequence|offset|kafka_offset|event_id|txid|xid|total_order)\b/i;

export const icebergIdentity: LintRule = {
  id: "iceberg-identity",
  purpose: "Tables of changes with no column that tells one change from its repetition.",
  needs: ["sql"],
  check: (facts) =>
    lakeTables(facts.sql).flatMap(({ file, name, statement }): readonly Draft[] => {
      const changeLog = /\bop\b/i.test(statement) && /\bts_ms\b/i.test(statement);
      if (!changeLog || IDENTITY.test(statement)) return [];
      const rate = facts.demand.rateEventsPerS;
      return [
        {
          severity: "warning",
          file,
          key: name,
          value: "no LSN, offset or sequence",
          consequence: `At ${count(rate)} events/s ${count(rate / 1000)} changes share a millisecond: two changes of a row within it cannot be put in order, and a change that Connect sent twice cannot be told from two changes.`,
          change:
            "Keep lsn, kafka_partition and kafka_offset (or a sequence of the writer) as columns.",
        },
      ];
    }),
};

/** Sources of inserts, updates in two halves, and deletes, where plain JSON would be rows to append. */
const CHANGELOG =
  /'(?:value\.)?format'\s*=\s*'(debezium-[\w-]+|canal-json|maxwell-json|ogg-json)'|'connector'\s*=\s*'(upsert-kafka|[\w-]+-cdc)'/i;
const KEYED = /PRIMARY\s+KEY|'equality-field-columns'\s*=|identifier-field/i;
/** Share of updates in the bank's mix. */
const UPDATE_RATIO = 0.9;

export const icebergKeys: LintRule = {
  id: "iceberg-keys",
  purpose:
    "Tables without a key that are written from a stream of updates: both images of each are kept.",
  needs: ["sql"],
  check: (facts) => {
    const sources = facts.sql.flatMap((sql) =>
      statementsOf(sql).flatMap((statement) => {
        const found = CHANGELOG.exec(statement);
        return found?.[1] ?? found?.[2] ?? [];
      }),
    );
    const [format] = sources;
    if (format === undefined) return [];
    const perS = facts.demand.rateEventsPerS * UPDATE_RATIO;
    return lakeTables(facts.sql)
      .filter(({ statement }) => !KEYED.test(statement))
      .map(({ file, name }) => ({
        severity: "error" as const,
        file,
        key: name,
        value: `no PRIMARY KEY, written from ${format}`,
        consequence: `Flink's sink folds rows by equality fields; without any it appends whatever comes, and says nothing: of ${count(facts.demand.rateEventsPerS)} events/s about ${count(perS)} updates leave the image before them a second time, and a deleted row stays as if it lived.`,
        change: `Declare PRIMARY KEY (…) NOT ENFORCED with 'write.upsert.enabled' = 'true', or read the topic as plain rows and append them.`,
      }));
  },
};
