/** Iceberg's catalog: what a failover under it costs, and maintenance that the engine refuses. */
import { CATALOG_RETRY_MS, COMMIT_MS, RESTORE_MS } from "../estimates.ts";
import { hasFailover, type Facts } from "../facts.ts";
import { count, percent, plural, rate, span } from "../figures.ts";
import { checkpointIntervalMs } from "../flink-settings.ts";
import { leaderAddresses } from "../parse/haproxy.ts";
import { optionsOf, statementsOf } from "../parse/sql.ts";
import type { Draft, LintRule } from "../rule.ts";
import { at, durationMs, msOf } from "../settings.ts";
import { failoverMs } from "./debezium.ts";

/** Does the address lead to whichever node is the primary, so that a failover happens beneath it? */
function followsLeader(facts: Facts, url: string): boolean {
  const hosts = /^jdbc:postgresql:\/\/([^/?]+)/.exec(url)?.[1]?.split(",") ?? [];
  const leaders = leaderAddresses(facts.haproxy);
  return hosts.length > 1 || hosts.some((host) => leaders.includes(host));
}

const TRINO_URL = "iceberg.jdbc-catalog.connection-url";

export const icebergCatalogFailover: LintRule = {
  id: "iceberg-catalog-failover",
  purpose:
    "A JDBC catalog on a PostgreSQL that fails over: queries that fail, and the age of the lake, until it is back.",
  needs: ["catalogs"],
  check: (facts) => {
    if (!hasFailover(facts)) return [];
    return [
      ...facts.catalogs.flatMap((catalog): readonly Draft[] => {
        const url = catalog.values[TRINO_URL] ?? "";
        return followsLeader(facts, url) ? [queriesFail(facts, at(catalog, TRINO_URL, ""))] : [];
      }),
      ...flinkFindings(facts),
    ];
  },
};

type Place = Pick<Draft, "file" | "key" | "value">;

function queriesFail(facts: Facts, base: Place): Draft {
  const { demand, targets } = facts;
  const goneMs = failoverMs(facts);
  const failed = (goneMs / 1000) * demand.rateQueriesPerS;
  return {
    severity: "warning",
    ...base,
    consequence: `Every query asks the catalog first. While its leader fails over, ${span(goneMs)}, Iceberg's pool tries once more after ${span(CATALOG_RETRY_MS)} and gives up: up to ${plural(Math.ceil(failed), "query", "queries")} at ${rate(demand.rateQueriesPerS)} fail, ${span(goneMs / targets.errorRatio)} of the ${percent(targets.errorRatio)} error objective. Before Iceberg 1.10 (Trino 476 has 1.9.1) they end as GENERIC_INTERNAL_ERROR with a ClassCastException (apache/iceberg#11176), which hides the cause and which no client takes for worth repeating.`,
    change:
      "Let clients repeat such queries, or give the catalog a database (or a REST catalog) of its own whose failover is shorter; an Iceberg from 1.10 on at least says what happened.",
  };
}

function flinkFindings(facts: Facts): readonly Draft[] {
  const intervalMs = checkpointIntervalMs(facts);
  const goneMs = failoverMs(facts);
  const ageMs = goneMs + RESTORE_MS + intervalMs + COMMIT_MS;
  if (!(ageMs > facts.targets.freshnessMs)) return [];
  return facts.sql.flatMap((sql) =>
    statementsOf(sql).flatMap((statement): readonly Draft[] => {
      const { type, uri = "" } = optionsOf(statement);
      const ours = /^CREATE\s+CATALOG/i.test(statement) && type === "iceberg";
      if (!ours || !followsLeader(facts, uri)) return [];
      return [
        {
          severity: "warning",
          file: sql.file,
          key: "uri",
          value: uri,
          consequence: `While the catalog's leader fails over, ${span(goneMs)}, ${plural(Math.ceil(goneMs / intervalMs), "checkpoint")} complete that cannot be committed, and the job restarts: + about ${span(RESTORE_MS)} restore + ${span(intervalMs)} to the next checkpoint + about ${span(COMMIT_MS)} commit = ${span(ageMs)} worst age, against ${span(facts.targets.freshnessMs)}.`,
          change:
            "Keep the catalog in a database whose failover is shorter, or except the loss of the leader from the objective, in writing.",
        },
      ];
    }),
  );
}

/** Trino's procedures that delete by age, and the floor beneath each. */
const FLOORS = [
  ["expire_snapshots", "iceberg.expire-snapshots.min-retention", "expire_snapshots_min_retention"],
  [
    "remove_orphan_files",
    "iceberg.remove-orphan-files.min-retention",
    "remove_orphan_files_min_retention",
  ],
] as const;
const FLOOR_MS_DEFAULT = 7 * 86_400_000;

export const icebergRetentionFloor: LintRule = {
  id: "iceberg-retention-floor",
  purpose:
    "Maintenance with a shorter retention than the catalog allows: refused each time, and what is left lying.",
  needs: ["catalogs", "sql"],
  check: (facts) =>
    FLOORS.flatMap(([procedure, key, session]) => {
      const [catalog] = facts.catalogs.toSorted(
        (a, b) => msOf(a, key, FLOOR_MS_DEFAULT) - msOf(b, key, FLOOR_MS_DEFAULT),
      );
      if (catalog === undefined) return [];
      const pattern = new RegExp(
        `EXECUTE\\s+${procedure}\\s*\\(\\s*retention_threshold\\s*=>\\s*'([^']+)'`,
        "i",
      );
      return facts.sql.flatMap((sql): readonly Draft[] => {
        const lowered = new RegExp(`${session}\\s*=\\s*'([^']+)'`, "i").exec(sql.text)?.[1];
        const floorMs =
          lowered === undefined ? msOf(catalog, key, FLOOR_MS_DEFAULT) : durationMs(lowered);
        const asked = pattern.exec(sql.text)?.[1];
        if (asked === undefined || !(durationMs(asked) < floorMs)) return [];
        const perDay = 86_400_000 / checkpointIntervalMs(facts);
        const left =
          procedure === "expire_snapshots" && perDay > 0
            ? `: ${count(perDay)} snapshots a day and table are kept for good`
            : "";
        return [
          {
            severity: "error",
            file: sql.file,
            key: `${procedure} retention_threshold`,
            value: asked,
            consequence: `Trino refuses it ("Retention specified (…) is shorter than the minimum retention configured in the system"): the floor is ${span(floorMs)} and ${span(durationMs(asked))} are asked for, so each round ends in an error and 0 files are deleted${left}.`,
            change: `Set ${key}=${asked} in the catalog's file, or ask for ${span(floorMs)}.`,
          },
        ];
      });
    }),
};
