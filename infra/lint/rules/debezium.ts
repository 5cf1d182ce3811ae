/** The Debezium connector: its slot, its snapshot, its silence and its limits. */
import { CONNECTOR_CPU_US_PER_EVENT, PROMOTION_MS, WAL_BYTES_PER_EVENT } from "../estimates.ts";
import { hasFailover, type Facts } from "../facts.ts";
import { count, percent, plural, size, span } from "../figures.ts";
import { ttlMs } from "../patroni-settings.ts";
import type { Draft, LintRule } from "../rule.ts";
import { at, flagOf, msOf, numberOf, textOf, type Settings } from "../settings.ts";

function postgresConnectors(facts: Facts): readonly Settings[] {
  return facts.connectors.filter(
    ({ values }) => values["connector.class"]?.includes("Postgres") === true,
  );
}

/** Slots Patroni itself keeps on the standbys. */
export function permanentSlots(facts: Facts): readonly string[] {
  const names = facts.patroni.flatMap(({ values }) =>
    Object.keys(values).flatMap(
      (key) => /^(?:bootstrap\.dcs\.)?slots\.([^.]+)/.exec(key)?.[1] ?? [],
    ),
  );
  return [...new Set(names)];
}

export function slotName(connector: Settings): string {
  return textOf(connector, "slot.name") ?? "debezium";
}

/** For how long nobody accepts writes once the leader is gone. */
export function failoverMs(facts: Facts): number {
  const [node] = facts.patroni;
  return (node === undefined ? 0 : ttlMs(node)) + PROMOTION_MS;
}

export const slotFailover: LintRule = {
  id: "slot-failover",
  purpose:
    "A slot that does not follow a failover: the changes between the old primary's end and a new slot.",
  needs: ["connectors"],
  check: (facts) =>
    postgresConnectors(facts).flatMap((connector): readonly Draft[] => {
      if (!hasFailover(facts)) return [];
      const own = flagOf(connector, "slot.failover", false);
      const kept = permanentSlots(facts).includes(slotName(connector));
      const base = at(connector, "slot.failover", "default false");
      if (own && kept) {
        return [
          {
            severity: "warning",
            ...base,
            consequence: `Slot ${slotName(connector)} has two keepers: PostgreSQL synchronises it and Patroni copies and advances it every loop_wait. Whichever moves it ahead of the other decides what is skipped after a failover.`,
            change: "Keep one: slot.failover=true, or the slot in Patroni's slots, not both.",
          },
        ];
      }
      if (own || kept) return [];
      const gapMs = failoverMs(facts);
      return [
        {
          severity: "error",
          ...base,
          consequence: `The slot exists on the primary alone: after a failover (${span(gapMs)} at the configured ttl) the connector finds none and fails, or a new one starts at the newest position; what was committed and not yet read, at ${count(facts.demand.rateEventsPerS)} events/s ${count(facts.demand.rateEventsPerS)} for each second it lagged, never reaches Kafka.`,
          change:
            "Set slot.failover=true, and sync_replication_slots=on on every node (PostgreSQL 17 or later).",
        },
      ];
    }),
};

const SNAPSHOTS: Readonly<Record<string, readonly [Draft["severity"], string]>> = {
  never: [
    "error",
    "rows that were there before the slot never reach the lake, and a lost offset goes on at the newest position without a word",
  ],
  no_data: [
    "warning",
    "rows that were there before the slot never reach the lake; only later changes do",
  ],
  initial_only: ["error", "the connector stops after its snapshot: 0 changes/s follow"],
  always: [
    "warning",
    "every restart reads all tables again and sends each row as a new event, on top of what Connect repeats",
  ],
  when_needed: [
    "note",
    "after a lost slot the tables are read again and what happened in between is missing from the log, without an error that anybody sees",
  ],
};

export const debeziumSnapshot: LintRule = {
  id: "debezium-snapshot",
  purpose: "Snapshot modes that leave rows out, send them again, or hide a gap.",
  needs: ["connectors"],
  check: (facts) =>
    postgresConnectors(facts).flatMap((connector): readonly Draft[] => {
      const mode = textOf(connector, "snapshot.mode") ?? "initial";
      const found = SNAPSHOTS[mode];
      if (found === undefined) return [];
      const [severity, what] = found;
      return [
        {
          severity,
          ...at(connector, "snapshot.mode", "default initial"),
          consequence: `With ${mode} ${what}.`,
          change: "Set snapshot.mode=initial, and alert on a failed task.",
        },
      ];
    }),
};

/** The hours of WAL that a limit allows. */
export function walHours(facts: Facts, bytes: number): number {
  return bytes / (facts.demand.rateEventsPerS * WAL_BYTES_PER_EVENT) / 3600;
}

export const debeziumHeartbeat: LintRule = {
  id: "debezium-heartbeat",
  purpose:
    "Positions that are not confirmed: WAL that a quiet table pins while others write, in GB an hour.",
  needs: ["connectors"],
  check: (facts) =>
    postgresConnectors(facts).flatMap((connector) => heartbeatFinding(facts, connector)),
};

function heartbeatFinding(facts: Facts, connector: Settings): readonly Draft[] {
  const { primaryDiskBytes: disk } = facts.hardware;
  const rate = facts.demand.rateEventsPerS;
  const full =
    disk === undefined
      ? ""
      : `; the primary's ${size(disk)} are full after ${span(walHours(facts, disk) * 3_600_000)}`;
  const grows = `${size(rate * WAL_BYTES_PER_EVENT * 3600)} an hour at ${count(rate)} changes/s of ${count(WAL_BYTES_PER_EVENT)} bytes${full}`;
  const mode = textOf(connector, "lsn.flush.mode") ?? "connector";
  if (mode === "manual") {
    return [
      {
        severity: "error",
        ...at(connector, "lsn.flush.mode", ""),
        consequence: `Nothing ever confirms a position and all WAL is kept: ${grows}.`,
        change: "Set lsn.flush.mode=connector.",
      },
    ];
  }
  if (numberOf(connector, "heartbeat.interval.ms", 0) === 0) {
    return [
      {
        severity: "warning",
        ...at(connector, "heartbeat.interval.ms", "default 0, off"),
        consequence: `While the captured tables are quiet nothing confirms a position, and every other table's WAL is kept: ${grows}.`,
        change: "Set heartbeat.interval.ms=5000 and heartbeat.action.query.",
      },
    ];
  }
  if (textOf(connector, "heartbeat.action.query") !== undefined || mode !== "connector") return [];
  return [
    {
      severity: "note",
      ...at(connector, "heartbeat.action.query", "and lsn.flush.mode connector"),
      consequence: `Heartbeats go to Kafka but change nothing in PostgreSQL: while this database is quiet and another of the server writes, no position moves, and its WAL is kept: up to ${grows}.`,
      change:
        "Set heartbeat.action.query to an update of a table in the publication, or lsn.flush.mode=connector_and_driver.",
    },
  ];
}

/** Share of deletes in the bank's mix. */
const DELETE_RATIO = 0.05;

export const debeziumTombstones: LintRule = {
  id: "debezium-tombstones",
  purpose: "A second, empty record after each delete, on topics that are not compacted.",
  needs: ["connectors"],
  check: (facts) =>
    postgresConnectors(facts).flatMap((connector): readonly Draft[] => {
      if (!flagOf(connector, "tombstones.on.delete", true)) return [];
      const policies = facts.topics.map(({ config }) => config["cleanup.policy"] ?? "delete");
      const created = textOf(connector, "topic.creation.default.cleanup.policy") ?? "delete";
      if (
        [...policies, ...(policies.length === 0 ? [created] : [])].some((policy) =>
          policy.includes("compact"),
        )
      )
        return [];
      return [
        {
          severity: "note",
          ...at(connector, "tombstones.on.delete", "default true"),
          consequence: `Each delete is two records, the second empty: at ${percent(DELETE_RATIO)} deletes ${count(facts.demand.rateEventsPerS * DELETE_RATIO)} records/s that serve only compaction, which these topics do not do, and every reader has to step over.`,
          change: "Set tombstones.on.delete=false.",
        },
      ];
    }),
};

/** What each strategy does when the slot is ahead of the offset, as a slot that was made again is. */
const MISMATCHES: Readonly<Record<string, string>> = {
  no_validation: "it never compares the two and goes on at the new slot's position",
  trust_slot: "it believes the slot and moves its offset forward to it",
  trust_greater_lsn: "it takes the later of the two, which is the new slot's",
};

export const debeziumOffsetMismatch: LintRule = {
  id: "debezium-offset-mismatch",
  purpose: "Strategies by which a slot that was dropped and made again goes unnoticed.",
  needs: ["connectors"],
  check: (facts) =>
    postgresConnectors(facts).flatMap((connector): readonly Draft[] => {
      const key = "offset.mismatch.strategy";
      const does = MISMATCHES[textOf(connector, key) ?? "no_validation"];
      if (does === undefined) return [];
      const rate = facts.demand.rateEventsPerS;
      return [
        {
          severity: "warning",
          ...at(connector, key, "default no_validation"),
          consequence: `If the slot is dropped and made again while the connector is away, ${does} as if nothing had happened: each minute between the two is ${count(rate * 60)} changes at ${count(rate)}/s that no error mentions.`,
          change: `Set ${key}=trust_offset: a slot that is ahead of the offset becomes an error.`,
        },
      ];
    }),
};

export const debeziumRetries: LintRule = {
  id: "debezium-retries",
  purpose: "slot.max.retries × slot.retry.delay.ms against the time a failover takes.",
  needs: ["connectors"],
  check: (facts) => {
    if (!hasFailover(facts)) return [];
    const takesMs = failoverMs(facts);
    return postgresConnectors(facts).flatMap((connector): readonly Draft[] => {
      const delayMs = msOf(connector, "slot.retry.delay.ms", 10_000);
      const retries = numberOf(connector, "slot.max.retries", 6);
      const drafts: Draft[] = [];
      if (retries * delayMs < takesMs) {
        drafts.push({
          severity: "error",
          ...at(connector, "slot.max.retries", "default 6"),
          consequence: `${plural(retries, "try", "tries")} ${span(delayMs)} apart are over after ${span(retries * delayMs)}, a failover takes up to ${span(takesMs)}: the task is FAILED before there is a primary and stays so until somebody restarts it.`,
          change: `Set slot.max.retries to ${String(Math.ceil((2 * takesMs) / delayMs))}, twice the failover.`,
        });
      }
      if (numberOf(connector, "errors.max.retries", -1) === 0) {
        drafts.push({
          severity: "error",
          ...at(connector, "errors.max.retries", "default -1, no limit"),
          consequence: `The first broken connection ends the task; the lake ages ${span(1000)} a second until somebody restarts it.`,
          change: "Leave errors.max.retries at -1.",
        });
      }
      return drafts;
    });
  },
};

export const debeziumThroughput: LintRule = {
  id: "debezium-throughput",
  purpose:
    "One task on one slot against the events asked for: the rate a core gives, and the connectors it would take.",
  needs: ["connectors"],
  check: (facts) => {
    const connectors = postgresConnectors(facts);
    const [first] = connectors;
    const onePerS = 1e6 / CONNECTOR_CPU_US_PER_EVENT;
    const rate = facts.demand.rateEventsPerS;
    if (first === undefined || onePerS * connectors.length >= rate) return [];
    return [
      {
        severity: "warning",
        ...at(first, "tasks.max", "1"),
        consequence: `A PostgreSQL connector is one task on one slot whatever tasks.max says: at ${String(CONNECTOR_CPU_US_PER_EVENT)} µs of CPU an event (measured) ${plural(connectors.length, "connector carries", "connectors carry")} ${count(onePerS * connectors.length)} events/s a core, ${percent((onePerS * connectors.length) / rate)} of ${count(rate)}. The rest waits in WAL, ${size((rate - onePerS * connectors.length) * WAL_BYTES_PER_EVENT * 3600)} more every hour.`,
        change: `Split the tables over ${String(Math.ceil(rate / onePerS))} connectors with a slot and a publication each, or measure what your machine really carries.`,
      },
    ];
  },
};

export const debeziumPlugin: LintRule = {
  id: "debezium-plugin",
  purpose: "A decoding plugin that PostgreSQL does not bring along.",
  needs: ["connectors"],
  check: (facts) =>
    postgresConnectors(facts).flatMap((connector): readonly Draft[] => {
      const plugin = textOf(connector, "plugin.name") ?? "decoderbufs";
      if (plugin === "pgoutput") return [];
      return [
        {
          severity: "warning",
          ...at(connector, "plugin.name", "default decoderbufs"),
          consequence: `PostgreSQL comes with pgoutput alone; ${plugin} is a library that every node needs, the standbys too. On a primary without it the slot is not made and 0 of ${count(facts.demand.rateEventsPerS)} events/s reach Kafka; on a standby without it that begins with the failover.`,
          change: "Set plugin.name=pgoutput.",
        },
      ];
    }),
};
