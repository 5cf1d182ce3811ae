/** How Flink reads the change topics: changes it passes over, and changes it should not have seen. */
import type { Facts } from "../facts.ts";
import { count, span } from "../figures.ts";
import { checkpointIntervalMs } from "../flink-settings.ts";
import { optionsOf, statementsOf } from "../parse/sql.ts";
import type { Draft, LintRule } from "../rule.ts";
import { textOf } from "../settings.ts";

interface Source {
  readonly file: string;
  readonly name: string;
  readonly options: Readonly<Record<string, string>>;
}

/** Tables on Kafka that are not written to, as far as their options tell. */
function kafkaSources(facts: Facts): readonly Source[] {
  return facts.sql.flatMap((sql) =>
    statementsOf(sql).flatMap((statement) => {
      const options = optionsOf(statement);
      const name = /CREATE\s+(?:TEMPORARY\s+)?TABLE\s+(?:IF\s+NOT\s+EXISTS\s+)?([\w.`"]+)/i.exec(
        statement,
      )?.[1];
      const source = options["connector"] === "kafka" && options["scan.startup.mode"] !== undefined;
      return name === undefined || !source ? [] : [{ file: sql.file, name, options }];
    }),
  );
}

export const flinkSource: LintRule = {
  id: "flink-source",
  purpose:
    "Start positions, broken records and open transactions: changes that Flink passes over or reads although they were taken back.",
  needs: ["sql"],
  check: (facts) =>
    kafkaSources(facts).flatMap((source) => [
      ...startFinding(facts, source),
      ...parseFinding(facts, source),
      ...isolationFinding(facts, source),
    ]),
};

function startFinding(facts: Facts, { file, name, options }: Source): readonly Draft[] {
  const key = "scan.startup.mode";
  const mode = options[key] ?? "";
  const rate = facts.demand.rateEventsPerS;
  if (mode === "latest-offset") {
    return [
      {
        severity: "error",
        file,
        key,
        value: mode,
        consequence: `A job that starts without its state begins ${name} at the newest change: what came while it was away, ${count(rate * 60)} changes a minute, stays out of the lake, and no error says so.`,
        change: `Set '${key}' = 'earliest-offset', and restore from the newest checkpoint.`,
      },
    ];
  }
  if (mode !== "group-offsets") return [];
  if (options["properties.auto.offset.reset"] !== undefined) return [];
  const intervalMs = checkpointIntervalMs(facts);
  const every = Number.isNaN(intervalMs) ? "" : `, every ${span(intervalMs)},`;
  return [
    {
      severity: "warning",
      file,
      key,
      value: `${mode}, without properties.auto.offset.reset`,
      consequence: `The group's offsets are written when a checkpoint completes${every} and expire with the group: where there are none the source of ${name} fails to start, and 0 of ${count(rate)} events/s reach the lake.`,
      change: `Set '${key}' = 'earliest-offset', or 'properties.auto.offset.reset' = 'earliest' beside it.`,
    },
  ];
}

function parseFinding(facts: Facts, { file, name, options }: Source): readonly Draft[] {
  const key = Object.keys(options).find((option) => option.endsWith("ignore-parse-errors"));
  if (key === undefined || options[key] !== "true") return [];
  const rate = facts.demand.rateEventsPerS;
  return [
    {
      severity: "error",
      file,
      key,
      value: "true",
      consequence: `A record of ${name} that cannot be read is dropped without a word: one column whose type changed is all of its ${count(rate)} changes/s, and nothing but a count against PostgreSQL shows it.`,
      change: `Set '${key}' = 'false': the job stops at the record instead of passing over it.`,
    },
  ];
}

function isolationFinding(facts: Facts, { file, name, options }: Source): readonly Draft[] {
  const [worker] = facts.connectWorkers;
  if (worker === undefined || textOf(worker, "exactly.once.source.support") !== "enabled")
    return [];
  const key = "properties.isolation.level";
  if (options[key] === "read_committed") return [];
  const rate = facts.demand.rateEventsPerS;
  return [
    {
      severity: "error",
      file,
      key,
      value: options[key] ?? "not set (the consumer's default read_uncommitted)",
      consequence: `Connect writes in transactions and ${name} reads those as well that are taken back: each worker that dies leaves the changes of its open transaction, up to ${count(rate)} for each second it was open, in the lake twice, the very repeats that exactly-once was to prevent.`,
      change: `Set '${key}' = 'read_committed'.`,
    },
  ];
}
