/** PostgreSQL: what a slot needs, what it keeps, and what an acknowledgement is worth. */
import { WAL_BYTES_PER_EVENT } from "../estimates.ts";
import { bankNodes, hasFailover, postgresCountOf, type Facts } from "../facts.ts";
import { count, plural, size, span } from "../figures.ts";
import type { Draft, LintRule } from "../rule.ts";
import { at, bytesOf, flagOf, msOf, numberOf, textOf } from "../settings.ts";
import { failoverMs, permanentSlots, walHours } from "./debezium.ts";

const MIB = 1024 ** 2;

export const postgresWalLevel: LintRule = {
  id: "postgres-wal-level",
  purpose: "wal_level below logical: no change ever leaves the database.",
  needs: ["postgres"],
  check: (facts) =>
    bankNodes(facts).flatMap((node): readonly Draft[] => {
      const level = textOf(node, "wal_level");
      // A node's own file may leave it to the cluster's.
      if (
        level === "logical" ||
        (level === undefined &&
          bankNodes(facts).some(({ values }) => values["wal_level"] === "logical"))
      )
        return [];
      return [
        {
          severity: "error",
          ...at(node, "wal_level", "default replica"),
          consequence: `Logical decoding is refused, the connector cannot make its slot, and 0 of ${count(facts.demand.rateEventsPerS)} events/s reach Kafka.`,
          change: "Set wal_level=logical and restart.",
        },
      ];
    }),
};

/** Shorter than this nobody is even called. */
const OUTAGE_HOURS_MIN = 0.5;
/** A night, until somebody is back. */
const OUTAGE_HOURS_GOOD = 8;

export const postgresSlotWal: LintRule = {
  id: "postgres-slot-wal",
  purpose:
    "max_slot_wal_keep_size: hours of Connect outage until the slot is invalid, or the disk full, at the WAL rate.",
  needs: ["postgres"],
  check: (facts) =>
    bankNodes(facts).flatMap((node): readonly Draft[] => {
      const key = "max_slot_wal_keep_size";
      const keep = bytesOf(node, key, -1, MIB);
      const perS = facts.demand.rateEventsPerS * WAL_BYTES_PER_EVENT;
      const rate = `${count(facts.demand.rateEventsPerS)} changes/s × ${count(WAL_BYTES_PER_EVENT)} bytes = ${size(perS)}/s of WAL`;
      const disk = facts.hardware.primaryDiskBytes;
      if (keep < 0) {
        const full =
          disk === undefined
            ? `${size(perS * 3600)} an hour until the disk is full`
            : `the primary's ${size(disk)} are full after ${span(walHours(facts, disk) * 3_600_000)}`;
        return [
          {
            severity: "warning",
            ...at(node, key, "default -1, no limit"),
            consequence: `While Connect is away the slot keeps everything: ${rate}, ${full}. Then PostgreSQL stops, and with it the bank, for the sake of its copy.`,
            change: `Set ${key} to what the disk can spare; ${size(perS * 3600 * OUTAGE_HOURS_GOOD)} carry ${span(OUTAGE_HOURS_GOOD * 3_600_000)}, and alert on safe_wal_size.`,
          },
        ];
      }
      const hours = walHours(facts, keep);
      if (disk !== undefined && keep > disk * 0.8) {
        return [
          {
            severity: "warning",
            ...at(node, key, ""),
            consequence: `${size(keep)} of WAL may be kept on a disk of ${size(disk)} that also holds the data: the disk is full before the limit is reached, after less than ${span(walHours(facts, disk) * 3_600_000)} (${rate}).`,
            change: `Set ${key} to at most half of the disk, ${size(disk / 2)}.`,
          },
        ];
      }
      if (!(hours < OUTAGE_HOURS_GOOD)) return [];
      return [
        {
          severity: hours < OUTAGE_HOURS_MIN ? "error" : "warning",
          ...at(node, key, ""),
          consequence: `${rate}: Connect may be away for ${span(hours * 3_600_000)}, then the slot is invalid, the connector fails, and what was not read is lost to the lake until a new snapshot.`,
          change: `Set ${key} to ${size(perS * 3600 * OUTAGE_HOURS_GOOD)} for ${span(OUTAGE_HOURS_GOOD * 3_600_000)} of outage${disk === undefined ? "" : `, or to half of the disk (${size(disk / 2)}, ${span(walHours(facts, disk / 2) * 3_600_000)})`}.`,
        },
      ];
    }),
};

/** A standby with less of any of these than the primary refuses to start. */
const AT_LEAST_AS_PRIMARY = [
  ["max_connections", 100],
  ["max_wal_senders", 10],
  ["max_worker_processes", 8],
  ["max_prepared_transactions", 0],
  ["max_locks_per_transaction", 64],
] as const;

export const postgresCapacity: LintRule = {
  id: "postgres-capacity",
  purpose:
    "Senders and slots needed by standbys, connectors and backups; nodes that cannot follow each other.",
  needs: ["postgres"],
  check: (facts) => {
    const standbys = Math.max(0, (postgresCountOf(facts) ?? 1) - 1);
    const slots = Math.max(1, facts.connectors.length);
    const kept = permanentSlots(facts).length;
    const needs = [
      [
        "max_wal_senders",
        standbys + slots + 2,
        `${plural(standbys, "standby", "standbys")}, ${plural(slots, "connector")}, two for a base backup`,
      ],
      [
        "max_replication_slots",
        standbys + slots + kept,
        `${plural(standbys, "standby", "standbys")}, ${plural(slots, "connector")}, ${plural(kept, "permanent slot")}`,
      ],
    ] as const;
    const short = bankNodes(facts).flatMap((node) =>
      needs.flatMap(([key, needed, by]): readonly Draft[] => {
        const has = numberOf(node, key, 10);
        if (!(has < needed)) return [];
        return [
          {
            severity: "error",
            ...at(node, key, "default 10"),
            consequence: `${String(needed)} are needed (${by}) and ${String(has)} are there: the last ${String(needed - has)} to come are refused, and which those are is decided by the order of reconnection after a failover.`,
            change: `Set ${key}=${String(needed * 2)}.`,
          },
        ];
      }),
    );
    return [...short, ...(postgresCountOf(facts) === undefined ? [] : unequalNodes(facts))];
  },
};

function unequalNodes(facts: Facts): readonly Draft[] {
  return AT_LEAST_AS_PRIMARY.flatMap(([key, fallback]) => {
    const highest = Math.max(...bankNodes(facts).map((node) => numberOf(node, key, fallback)));
    return bankNodes(facts).flatMap((node): readonly Draft[] => {
      const has = numberOf(node, key, fallback);
      if (!(has < highest)) return [];
      return [
        {
          severity: "error",
          ...at(node, key, `default ${String(fallback)}`),
          consequence: `Another node has ${String(highest)}: a standby with ${String(has)} refuses to start below a primary with more, so after a failover to that node ${plural(bankNodes(facts).length, "node")} become ${String(bankNodes(facts).length - 1)}.`,
          change: `Set ${key}=${String(highest)} on every node.`,
        },
      ];
    });
  });
}

export const postgresFailoverSlots: LintRule = {
  id: "postgres-failover-slots",
  purpose:
    "What a failover slot needs on the standbys, and changes the lake may have that the new primary has not.",
  needs: ["postgres"],
  check: (facts) => {
    const byPostgres = facts.connectors.some((connector) =>
      flagOf(connector, "slot.failover", false),
    );
    if (!hasFailover(facts) || (facts.connectors.length > 0 && !byPostgres)) return [];
    const rate = facts.demand.rateEventsPerS;
    return bankNodes(facts).flatMap((node): readonly Draft[] => {
      const drafts: Draft[] = [];
      for (const key of ["sync_replication_slots", "hot_standby_feedback"] as const) {
        if (flagOf(node, key, false)) continue;
        drafts.push({
          severity: "error",
          ...at(node, key, "default off"),
          consequence:
            key === "sync_replication_slots"
              ? `No standby copies the failover slot: after a failover (${span(failoverMs(facts))}) it does not exist, the connector fails, and every change it had not read, ${count(rate)} for each second it lagged, stays out of the lake.`
              : `Without it PostgreSQL refuses to synchronise slots, in a line of the standby's log: after a failover (${span(failoverMs(facts))}) there is no slot, and ${count(rate)} changes for each second the connector lagged stay out of the lake.`,
          change: `Set ${key}=on on every node.`,
        });
      }
      const listed = textOf(node, "synchronized_standby_slots") ?? "";
      if (listed.trim() === "" && facts.connectors.length > 0) {
        drafts.push({
          severity: "note",
          ...at(node, "synchronized_standby_slots", "default empty"),
          consequence: `The connector may read changes before a standby has them: after a failover the lake can hold changes that the new primary never knew. With synchronous replication these are the ones nobody was told had committed; without it up to ${count((failoverMs(facts) / 1000) * rate)} (${span(failoverMs(facts))} × ${count(rate)}/s).`,
          change:
            "List the physical slot of a standby; the price is that changes wait while that standby is down.",
        });
      }
      return drafts;
    });
  },
};

export const postgresDurability: LintRule = {
  id: "postgres-durability",
  purpose:
    "Commits acknowledged before they are on disk or on a standby, in transactions that can be lost.",
  needs: ["postgres"],
  check: (facts) =>
    facts.postgres.flatMap((node): readonly Draft[] => {
      const rate = facts.demand.rateEventsPerS;
      const drafts: Draft[] = [];
      const commit = (textOf(node, "synchronous_commit") ?? "on").toLowerCase();
      if (commit === "off") {
        const lostMs = 3 * msOf(node, "wal_writer_delay", 200);
        drafts.push({
          severity: "error",
          ...at(node, "synchronous_commit", "default on"),
          consequence: `A crash forgets what was acknowledged in the last ${span(lostMs)} (three times wal_writer_delay): up to ${count((lostMs / 1000) * rate)} changes at ${count(rate)}/s.`,
          change: "Set synchronous_commit=on.",
        });
      } else if (commit === "local" && hasFailover(facts)) {
        drafts.push({
          severity: "error",
          ...at(node, "synchronous_commit", "default on"),
          consequence: `Commits wait for the primary's disk alone, whatever synchronous standbys there are: what they had not received when it is lost, ${count(rate)} changes for each second they lagged, was acknowledged and is gone.`,
          change: "Set synchronous_commit=on.",
        });
      }
      for (const key of ["fsync", "full_page_writes"] as const) {
        if (flagOf(node, key, true)) continue;
        drafts.push({
          severity: "error",
          ...at(node, key, "default on"),
          consequence: `A power failure leaves pages half written and nothing to repair them from: not the last ${count(rate)} changes are lost but the database.`,
          change: `Set ${key}=on.`,
        });
      }
      return drafts;
    }),
};

export const postgresSenderTimeout: LintRule = {
  id: "postgres-sender-timeout",
  purpose: "How long a vanished connector keeps its slot busy, against the freshness objective.",
  needs: ["postgres"],
  check: (facts) =>
    bankNodes(facts).flatMap((node): readonly Draft[] => {
      const timeoutMs = msOf(node, "wal_sender_timeout", 60_000);
      const { freshnessMs } = facts.targets;
      const endless = timeoutMs === 0;
      if (!(endless || timeoutMs >= freshnessMs)) return [];
      return [
        {
          severity: "warning",
          ...at(node, "wal_sender_timeout", "default 60s"),
          consequence: `When the link to a connector is cut without a word, its slot counts as active for ${endless ? "ever" : span(timeoutMs)} and the worker that takes over is refused as long: its changes are older than the ${span(freshnessMs)} objective.`,
          change: `Set wal_sender_timeout=${String(Math.round((freshnessMs * 2) / 3000))}s.`,
        },
      ];
    }),
};
