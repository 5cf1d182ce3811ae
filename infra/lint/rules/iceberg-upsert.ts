/** Iceberg tables that are upserted: keys the sink insists on, and what every commit leaves for readers to apply. */
import { DAY_MS } from "../../../core/units.ts";
import type { Facts } from "../facts.ts";
import { count, plural } from "../figures.ts";
import { checkpointIntervalMs, parallelismOf } from "../flink-settings.ts";
import { lakeTables, optionsOf } from "../parse/sql.ts";
import type { Draft, LintRule } from "../rule.ts";

const SWITCHES = ["write.upsert.enabled", "upsert-enabled"] as const;

function columnsIn(list: string): readonly string[] {
  return list
    .split(",")
    .map((column) => column.replaceAll(/[`"\s]/g, "").toLowerCase())
    .filter((column) => column !== "");
}

export const icebergUpsert: LintRule = {
  id: "iceberg-upsert",
  purpose:
    "Upserted tables without a key, or partitioned by what is no part of it: jobs that do not start; and delete files that pile up.",
  needs: ["sql"],
  check: (facts) =>
    lakeTables(facts.sql).flatMap(({ file, name, statement }): readonly Draft[] => {
      const options = optionsOf(statement);
      const key = SWITCHES.find((option) => options[option] === "true");
      if (key === undefined) return [];
      const base = { file, key, value: "true" };
      const keys = columnsIn(/PRIMARY\s+KEY\s*\(([^)]*)\)/i.exec(statement)?.[1] ?? "");
      const partitions = columnsIn(/PARTITIONED\s+BY\s*\(([^)]*)\)/i.exec(statement)?.[1] ?? "");
      const outside = partitions.filter((column) => !keys.includes(column));
      const refused = `and 0 of ${count(facts.demand.rateEventsPerS)} events/s reach ${name}.`;
      if (keys.length === 0) {
        return [
          {
            severity: "error",
            ...base,
            consequence: `The table has no PRIMARY KEY and so no equality fields: the sink refuses the job ("Equality field columns shouldn't be empty when configuring to use UPSERT data stream"), ${refused}`,
            change:
              "Add PRIMARY KEY (…) NOT ENFORCED, or append the changes and fold them when reading.",
          },
        ];
      }
      if (outside.length > 0) {
        return [
          {
            severity: "error",
            ...base,
            consequence: `The table is partitioned by ${outside.join(", ")}, which the key (${keys.join(", ")}) does not hold: a row that moves to another partition could not be deleted where it was, so the sink refuses the job, ${refused}`,
            change: `Partition by columns of the key, or make ${outside.join(", ")} part of it.`,
          },
        ];
      }
      return deleteFiles(facts, base, name);
    }),
};

function deleteFiles(
  facts: Facts,
  base: Pick<Draft, "file" | "key" | "value">,
  name: string,
): readonly Draft[] {
  const perDay = (DAY_MS / checkpointIntervalMs(facts)) * parallelismOf(facts);
  if (Number.isNaN(perDay)) return [];
  return [
    {
      severity: "warning",
      ...base,
      consequence: `Each of ${plural(parallelismOf(facts), "writer")} leaves an equality-delete file with each commit: up to ${count(perDay)} a day that every query of ${name} reads and applies to all older data until they are rewritten; a compaction that runs beside the stream has lost such deletes (apache/iceberg#10312, open), which brings deleted rows back.`,
      change:
        "Append the changes with op and an order column and fold them in a view, or compact while the stream stands still.",
    },
  ];
}
