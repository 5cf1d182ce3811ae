/** Kafka Connect workers: how long changes stand still when one is lost, and how many are repeated. */
import { EVENT_BYTES, SCHEMA_BYTES, SLOT_SYNC_NAP_MS_MAX, TASK_START_MS } from "../estimates.ts";
import { countOf, hasFailover, type Facts } from "../facts.ts";
import { commitWaitMs } from "../flink-settings.ts";
import { count, percent, size, span } from "../figures.ts";
import { ageSeverity, type Draft, type LintRule } from "../rule.ts";
import { at, flagOf, msOf, textOf, type Settings } from "../settings.ts";

const REBALANCE = "scheduled.rebalance.max.delay.ms";

export const connectRebalance: LintRule = {
  id: "connect-rebalance",
  purpose:
    "Session timeout + scheduled.rebalance.max.delay.ms + task start against the freshness objective.",
  needs: ["connectWorkers"],
  check: (facts) =>
    facts.connectWorkers.flatMap((worker) => [
      ...heartbeatFinding(worker),
      ...rebalanceFinding(facts, worker),
    ]),
};

function heartbeatFinding(worker: Settings): readonly Draft[] {
  const sessionMs = msOf(worker, "session.timeout.ms", 10_000);
  const heartbeatMs = msOf(worker, "heartbeat.interval.ms", 3000);
  if (!(heartbeatMs * 3 > sessionMs)) return [];
  return [
    {
      severity: "warning",
      ...at(worker, "heartbeat.interval.ms", "default 3000"),
      consequence: `Only ${String(Math.floor(sessionMs / heartbeatMs))} heartbeats fit into the session of ${span(sessionMs)}: a pause of ${span(Math.max(0, sessionMs - heartbeatMs))} already counts as a dead worker and stops every task for a rebalance.`,
      change: `Set heartbeat.interval.ms to ${String(Math.floor(sessionMs / 3))} or less.`,
    },
  ];
}

function rebalanceFinding(facts: Facts, worker: Settings): readonly Draft[] {
  const { freshnessMs } = facts.targets;
  const sessionMs = msOf(worker, "session.timeout.ms", 10_000);
  const delayMs = msOf(worker, REBALANCE, 300_000);
  const commitMs = commitWaitMs(facts);
  const configuredMs = sessionMs + delayMs + commitMs;
  const ageMs = configuredMs + TASK_START_MS;
  const severity = ageSeverity(configuredMs, ageMs, freshnessMs);
  if (severity === undefined) return [];
  const commit = commitMs > 0 ? ` + ${span(commitMs)} until the next commit` : "";
  const where =
    delayMs >= sessionMs
      ? at(worker, REBALANCE, "default 300000")
      : at(worker, "session.timeout.ms", "default 10000");
  return [
    {
      // A lone worker comes back itself: nobody takes over, so nothing here promised to hold the objective.
      severity: countOf(facts, "connectWorkers") === 1 ? "warning" : severity,
      ...where,
      consequence: `When the worker with the task dies, ${span(sessionMs)} session timeout + ${span(delayMs)} rebalance delay + about ${span(TASK_START_MS)} task start${commit} = ${span(ageMs)} pass before its changes can be read, against the ${span(freshnessMs)} objective; ${count((ageMs / 1000) * facts.demand.rateEventsPerS)} changes wait in WAL by then.`,
      change: `Set ${REBALANCE} to 1000 or so and session.timeout.ms so that the sum stays below ${span(freshnessMs)}.`,
    },
  ];
}

/** Sent and not yet noted down: the interval, and the time writing may take on top of it. */
function unflushedMs(worker: Settings): number {
  return (
    msOf(worker, "offset.flush.interval.ms", 60_000) + msOf(worker, "offset.flush.timeout.ms", 5000)
  );
}

/** A repeat of more than this much time doubles more than the freshness objective lets wait. */
export const connectDuplicates: LintRule = {
  id: "connect-duplicates",
  purpose: "(offset.flush.interval.ms + timeout) × rate: changes a killed worker sends twice.",
  needs: ["connectWorkers"],
  check: (facts) =>
    facts.connectWorkers.flatMap((worker): readonly Draft[] => {
      if (flagOf(worker, "exactly.once.source.support", false)) return [];
      const windowMs = unflushedMs(worker);
      if (!(windowMs > facts.targets.freshnessMs)) return [];
      const repeats = (windowMs / 1000) * facts.demand.rateEventsPerS;
      return [
        {
          severity: "warning",
          ...at(worker, "offset.flush.interval.ms", "default 60000"),
          consequence: `Offsets are written every ${span(msOf(worker, "offset.flush.interval.ms", 60_000))} and may take ${span(msOf(worker, "offset.flush.timeout.ms", 5000))}: a killed worker repeats up to ${count(repeats)} changes (${size(repeats * EVENT_BYTES)}) into Kafka and the lake.`,
          change: "Set offset.flush.interval.ms=3000, and let readers of the lake fold repeats.",
        },
      ];
    }),
};

const SYNC_MS_MAX = 10_000;

export const slotSyncReady: LintRule = {
  id: "slot-sync-ready",
  purpose:
    "offset.flush.interval.ms against the time a new failover slot stays temporary on the standbys.",
  needs: ["connectWorkers", "connectors"],
  check: (facts) => {
    const failover = facts.connectors.some((connector) =>
      flagOf(connector, "slot.failover", false),
    );
    if (!failover || !hasFailover(facts)) return [];
    return facts.connectWorkers.flatMap((worker): readonly Draft[] => {
      const flushMs = msOf(worker, "offset.flush.interval.ms", 60_000);
      if (!(flushMs > SYNC_MS_MAX)) return [];
      const windowMs = flushMs + SLOT_SYNC_NAP_MS_MAX;
      const changes = (windowMs / 1000) * facts.demand.rateEventsPerS;
      return [
        {
          severity: "error",
          ...at(worker, "offset.flush.interval.ms", "default 60000"),
          consequence: `A new failover slot is temporary on the standbys until the connector has confirmed a position, every ${span(flushMs)}, and they have looked again, up to ${span(SLOT_SYNC_NAP_MS_MAX)}: a failover in the first ${span(windowMs)} loses the slot, the task fails for good, and at ${count(facts.demand.rateEventsPerS)} events/s up to ${count(changes)} acknowledged changes never reach Kafka.`,
          change:
            "Set offset.flush.interval.ms=3000, and put no load on before temporary is false on every standby.",
        },
      ];
    });
  },
};

const CONVERTERS = ["key.converter", "value.converter"] as const;

export const connectSchemas: LintRule = {
  id: "connect-schemas",
  purpose: "JSON with the schema in every record: what it adds in MB/s.",
  needs: ["connectWorkers"],
  check: (facts) =>
    [...facts.connectWorkers, ...facts.connectors].flatMap((settings) =>
      CONVERTERS.flatMap((converter): readonly Draft[] => {
        const json = textOf(settings, converter)?.endsWith("JsonConverter") === true;
        if (!json || !flagOf(settings, `${converter}.schemas.enable`, true)) return [];
        const overridden = facts.connectors.length > 0 && !facts.connectors.includes(settings);
        if (overridden && facts.connectors.every(({ values }) => values[converter] !== undefined))
          return [];
        const bytes = converter === "key.converter" ? 150 : SCHEMA_BYTES;
        const perS = facts.demand.rateEventsPerS * bytes;
        return [
          {
            severity: "warning",
            ...at(settings, `${converter}.schemas.enable`, "default true"),
            consequence: `Every record carries its schema, about ${count(bytes)} bytes beside ${String(EVENT_BYTES)} of change: ${size(perS)}/s more at ${count(facts.demand.rateEventsPerS)} events/s, ${percent(bytes / EVENT_BYTES)} on top, for each copy and each reader; and a reader of plain JSON finds the change one level deeper.`,
            change: `Set ${converter}.schemas.enable=false, or use a schema registry.`,
          },
        ];
      }),
    ),
};

export const connectExactlyOnce: LintRule = {
  id: "connect-exactly-once",
  purpose:
    "Exactly-once asked of a connector that its worker does not give, and transactions that outlive their timeout.",
  needs: ["connectWorkers", "connectors"],
  check: (facts) =>
    facts.connectors.flatMap((connector): readonly Draft[] => {
      const [worker] = facts.connectWorkers;
      if (worker === undefined) return [];
      const enabled = textOf(worker, "exactly.once.source.support") === "enabled";
      if (textOf(connector, "exactly.once.support") === "required" && !enabled) {
        return [
          {
            severity: "error",
            ...at(worker, "exactly.once.source.support", "default disabled"),
            consequence: `The connector requires exactly-once and is refused: 0 of ${count(facts.demand.rateEventsPerS)} events/s leave PostgreSQL, and its WAL grows.`,
            change:
              "Set exactly.once.source.support=enabled on every worker, or do not require it.",
          },
        ];
      }
      const interval = textOf(connector, "transaction.boundary") === "interval";
      const intervalMs = msOf(
        connector,
        "transaction.boundary.interval.ms",
        msOf(worker, "offset.flush.interval.ms", 60_000),
      );
      const timeoutMs = msOf(connector, "producer.override.transaction.timeout.ms", 60_000);
      if (!enabled || !interval || !(intervalMs >= timeoutMs)) return [];
      return [
        {
          severity: "error",
          ...at(connector, "producer.override.transaction.timeout.ms", "default 60000"),
          consequence: `A transaction stays open for ${span(intervalMs)} and is aborted by the broker after ${span(timeoutMs)}: none ever commits, and readers of committed data see 0 events/s.`,
          change: `Set it to more than ${span(intervalMs * 2)}, or use transaction.boundary=poll.`,
        },
      ];
    }),
};

/** What Connect gives its producers by itself: acks=all, no idempotence. */
export const producerSafety: LintRule = {
  id: "producer-safety",
  purpose:
    "acks and idempotence of the connector's producer: changes lost with a leader, batches written twice.",
  needs: ["connectors"],
  check: (facts) =>
    facts.connectors.flatMap((connector): readonly Draft[] => {
      const of = (name: string): string | undefined => {
        const [worker] = facts.connectWorkers;
        const own = textOf(connector, `producer.override.${name}`);
        return own ?? (worker === undefined ? undefined : textOf(worker, `producer.${name}`));
      };
      const rate = facts.demand.rateEventsPerS;
      const drafts: Draft[] = [];
      const acks = of("acks") ?? "all";
      const key = (name: string): Pick<Draft, "file" | "key"> => ({
        file: connector.file,
        key: `producer.override.${name}`,
      });
      if (acks !== "all" && acks !== "-1") {
        drafts.push({
          severity: "error",
          ...key("acks"),
          value: acks,
          consequence: `Connect notes a change as sent that ${acks === "0" ? "nobody" : "one broker"} has: when a leader dies before its followers fetched, up to ${count(rate * 0.5)} changes (half a second at ${count(rate)}/s) are gone from Kafka, while PostgreSQL has already been told to forget them.`,
          change: "Set producer.override.acks=all.",
        });
      }
      if (of("enable.idempotence")?.toLowerCase() !== "true") {
        drafts.push({
          severity: "warning",
          ...key("enable.idempotence"),
          value: of("enable.idempotence") ?? "not set (Connect's default false)",
          consequence: `A batch whose acknowledgement is lost is sent and stored again: up to ${String(Math.floor(16_384 / EVENT_BYTES))} changes (16 KiB) doubled for each retry, at every leader change on every partition.`,
          change: "Set producer.override.enable.idempotence=true.",
        });
      }
      return drafts;
    }),
};
