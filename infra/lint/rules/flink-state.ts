/** Flink: what a restore brings back, and transactions that end before their checkpoint does. */
import { RESTORE_MS } from "../estimates.ts";
import { brokersOf, type Facts } from "../facts.ts";
import { count, span } from "../figures.ts";
import { checkpointIntervalMs, flinkAt, taskManagerCount } from "../flink-settings.ts";
import { optionsOf, statementsOf } from "../parse/sql.ts";
import type { Draft, LintRule } from "../rule.ts";
import { at, durationMs, flagOf, msOf, textOf } from "../settings.ts";

export const flinkState: LintRule = {
  id: "flink-state",
  purpose:
    "Checkpoints that are lost with a process, and modes that repeat or drop changes on a restore.",
  needs: ["flink"],
  check: (facts) => [...storageFindings(facts), ...modeFindings(facts)],
};

function storageFindings(facts: Facts): readonly Draft[] {
  const { settings, key } = flinkAt(facts, "execution.checkpointing.dir", "state.checkpoints.dir");
  const directory = textOf(settings, key);
  if (directory === undefined) {
    return [
      {
        severity: "error",
        ...at(settings, key, "default: the JobManager's memory"),
        consequence: `Checkpoints live in the JobManager's heap: with it goes the position of every table, and a job that starts without one reads Kafka from the beginning or the end, doubling or dropping ${count(facts.demand.rateEventsPerS)} changes for each second in between.`,
        change: "Set execution.checkpointing.dir to a directory on the object store.",
      },
    ];
  }
  const local = /^(file:|\/)/.test(directory);
  if (!local || (taskManagerCount(facts) ?? 2) < 2) return [];
  return [
    {
      severity: "error",
      ...at(settings, key, ""),
      consequence:
        "Each machine writes its part onto its own disk: no other can restore it, so with the first lost TaskManager every checkpoint is incomplete.",
      change: "Use a directory that all machines see, such as s3://.",
    },
  ];
}

function modeFindings(facts: Facts): readonly Draft[] {
  const drafts: Draft[] = [];
  const intervalMs = checkpointIntervalMs(facts);
  const mode = flinkAt(facts, "execution.checkpointing.mode");
  if ((textOf(mode.settings, mode.key) ?? "EXACTLY_ONCE").toUpperCase() === "AT_LEAST_ONCE") {
    drafts.push({
      severity: "error",
      ...at(mode.settings, mode.key, ""),
      consequence: `Every restart adds what was read since the last checkpoint a second time: up to ${span(intervalMs)} × ${count(facts.demand.rateEventsPerS)}/s = ${count((intervalMs / 1000) * facts.demand.rateEventsPerS)} rows in the lake that are not in Kafka twice.`,
      change: "Set execution.checkpointing.mode to EXACTLY_ONCE.",
    });
  }
  const unaligned = flinkAt(
    facts,
    "execution.checkpointing.unaligned.enabled",
    "execution.checkpointing.unaligned",
  );
  if (flagOf(unaligned.settings, unaligned.key, false)) {
    drafts.push({
      severity: "warning",
      ...at(unaligned.settings, unaligned.key, ""),
      consequence: `With unaligned checkpoints the Iceberg sink has lost data files after a checkpoint that failed (apache/iceberg#15846, open): up to ${span(intervalMs)} of changes, ${count((intervalMs / 1000) * facts.demand.rateEventsPerS)}, that no later commit brings back.`,
      change:
        "Turn unaligned checkpoints off until that is fixed, and let back-pressure show as checkpoint time.",
    });
  }
  return drafts;
}

/** The Kafka sink asks for this where nothing else is said; brokers refuse more than a quarter of an hour. */
const SINK_TRANSACTION_MS = 3_600_000;
const BROKER_TRANSACTION_MS_MAX = 900_000;

export const flinkTransactions: LintRule = {
  id: "flink-transactions",
  purpose:
    "Kafka transaction timeouts against checkpoint interval, timeout and restart, where a sink is exactly-once.",
  needs: ["flink", "sql"],
  check: (facts) =>
    facts.sql.flatMap((sql) =>
      statementsOf(sql).flatMap((statement): readonly Draft[] => {
        const options = optionsOf(statement);
        const exact = options["sink.delivery-guarantee"]?.toLowerCase() === "exactly-once";
        if (!exact || !(options["connector"] ?? "").includes("kafka")) return [];
        const set = options["properties.transaction.timeout.ms"];
        const timeoutMs = set === undefined ? SINK_TRANSACTION_MS : durationMs(set);
        return transactionFindings(facts, timeoutMs, {
          file: sql.file,
          key: "properties.transaction.timeout.ms",
          value: set ?? "not set (the sink's default 3600000)",
        });
      }),
    ),
};

function transactionFindings(
  facts: Facts,
  timeoutMs: number,
  base: Pick<Draft, "file" | "key" | "value">,
): readonly Draft[] {
  const allowedMs = Math.min(
    ...brokersOf(facts).map((broker) =>
      msOf(broker, "transaction.max.timeout.ms", BROKER_TRANSACTION_MS_MAX),
    ),
    ...(facts.kafka.length === 0 ? [BROKER_TRANSACTION_MS_MAX] : []),
  );
  if (timeoutMs > allowedMs) {
    return [
      {
        severity: "error",
        ...base,
        consequence: `The brokers allow ${span(allowedMs)} (transaction.max.timeout.ms) and the sink asks for ${span(timeoutMs)}: its first transaction is refused and the job restarts without end.`,
        change: `Set it to ${String(allowedMs)}, or raise transaction.max.timeout.ms on the brokers.`,
      },
    ];
  }
  const { settings, key } = flinkAt(facts, "execution.checkpointing.timeout");
  const checkpointMs = msOf(settings, key, 600_000);
  const intervalMs = checkpointIntervalMs(facts);
  const neededMs = intervalMs + checkpointMs + RESTORE_MS;
  if (!(timeoutMs < neededMs)) return [];
  return [
    {
      severity: "error",
      ...base,
      consequence: `A transaction opens with a checkpoint and commits when the next completes: ${span(intervalMs)} interval + ${span(checkpointMs)} checkpoint timeout + about ${span(RESTORE_MS)} restart = ${span(neededMs)}, and the broker aborts it after ${span(timeoutMs)}: up to ${count((neededMs / 1000) * facts.demand.rateEventsPerS)} changes of a checkpoint that counts as complete are gone.`,
      change: `Set it above ${String(neededMs)}, and not above the brokers' ${String(allowedMs)}.`,
    },
  ];
}
