/** PostgreSQL's standbys: what waits for them, what is lost without them, and slots that lapse by themselves. */
import { WAL_BYTES_PER_EVENT } from "../estimates.ts";
import { bankNodes, hasFailover, postgresCountOf, type Facts } from "../facts.ts";
import { count, plural, size, span } from "../figures.ts";
import type { Draft, LintRule } from "../rule.ts";
import { at, durationMs, msOf, textOf, type Settings } from "../settings.ts";
import { failoverMs } from "./debezium.ts";

/** Names in a comma separated list, quotes and blanks gone. */
function namesIn(list: string | undefined): readonly string[] {
  return (list ?? "")
    .split(",")
    .map((name) => name.replaceAll(/["'\s]/g, ""))
    .filter((name) => name !== "");
}

/** The physical slot Patroni makes for a member. */
function memberSlot(name: string): string {
  return name.toLowerCase().replaceAll(/[^a-z0-9_]/g, "_");
}

const STANDBY_SLOTS = "synchronized_standby_slots";

export const postgresStandbySlots: LintRule = {
  id: "postgres-standby-slots",
  purpose:
    "synchronized_standby_slots that stop change capture: a slot the new primary cannot have, or several standbys none of which may be away.",
  needs: ["postgres"],
  check: (facts) => {
    const nodes = bankNodes(facts);
    return nodes.flatMap((node): readonly Draft[] => {
      const listed = namesIn(textOf(node, STANDBY_SLOTS));
      if (listed.length === 0 || !hasFailover(facts)) return [];
      return [...ownSlot(facts, node, listed), ...anyAway(facts, node, listed)];
    });
  },
};

/** While logical decoding waits, changes age and their WAL stays. */
function stalls(facts: Facts): string {
  const rate = facts.demand.rateEventsPerS;
  return `change capture waits: after ${span(facts.targets.freshnessMs)} the freshness objective is broken, and the slot keeps ${size(rate * WAL_BYTES_PER_EVENT * 3600)} of WAL an hour`;
}

function ownSlot(facts: Facts, node: Settings, listed: readonly string[]): readonly Draft[] {
  const lists = bankNodes(facts).map((other) => textOf(other, STANDBY_SLOTS) ?? "");
  const members = facts.patroni.find(({ file }) => file === node.file);
  const name = members === undefined ? undefined : textOf(members, "name");
  const own = name === undefined ? undefined : listed.find((slot) => slot === memberSlot(name));
  // A list that all nodes share holds the slot of whichever of them is promoted, unless nobody it names is.
  const shared = lists.length > 1 && new Set(lists).size === 1;
  if (own === undefined && !(name === undefined && shared)) return [];
  return [
    {
      severity: "error",
      ...at(node, STANDBY_SLOTS, ""),
      consequence: `After a failover to the node behind ${own ?? listed.join(" or ")} that slot does not exist there, since no node keeps one for itself, and PostgreSQL waits for a slot that is missing as for a standby that is away: ${stalls(facts)}, until somebody changes the list.`,
      change: "Give each node a list of its own that names only slots of the others.",
    },
  ];
}

function anyAway(facts: Facts, node: Settings, listed: readonly string[]): readonly Draft[] {
  if (listed.length < 2) return [];
  return [
    {
      severity: "warning",
      ...at(node, STANDBY_SLOTS, ""),
      consequence: `All ${String(listed.length)} have to confirm what the connector may read: 0 of them may be away, and with the first that is ${stalls(facts)}.`,
      change: "List the slot of one standby, the synchronous one where there is one.",
    },
  ];
}

export const postgresSynchronous: LintRule = {
  id: "postgres-synchronous",
  purpose:
    "Standbys without Patroni: acknowledged changes that are on one disk, and lists of which none may be lost.",
  needs: ["postgres"],
  check: (facts) => {
    const nodes = postgresCountOf(facts) ?? 1;
    // With Patroni the list is its own affair.
    if (facts.patroni.length > 0 || nodes < 2) return [];
    return bankNodes(facts).flatMap((node) => synchronousFinding(facts, node, nodes - 1));
  },
};

/** `ANY 2 (a, b)`, `FIRST 2 (a, b)`, `2 (a, b)` or `a, b`, of which one has to confirm. */
function quorumOf(list: string): { readonly needed: number; readonly of: number } {
  const found = /^(?:any|first)?\s*(\d+)\s*\(([^)]*)\)$/i.exec(list.trim());
  if (found === null) return { needed: 1, of: namesIn(list).length };
  return { needed: Number(found[1]), of: namesIn(found[2]).length };
}

function synchronousFinding(facts: Facts, node: Settings, standbys: number): readonly Draft[] {
  const key = "synchronous_standby_names";
  const list = textOf(node, key) ?? "";
  const rate = facts.demand.rateEventsPerS;
  const base = at(node, key, "default empty");
  if (namesIn(list).length === 0) {
    return [
      {
        severity: "error",
        ...base,
        consequence: `Commits are acknowledged on one disk, whatever the ${plural(standbys, "standby", "standbys")} have: promoting one loses ${count(rate)} acknowledged changes for each second that it lagged, and the lake keeps those the connector had already read.`,
        change: `Set ${key}='ANY 1 (…)' with the names of the standbys.`,
      },
    ];
  }
  const { needed, of } = quorumOf(list);
  // "*" stands for all there are.
  const there = list.includes("*") ? standbys : Math.min(of, standbys);
  if (needed < there) return [];
  return [
    {
      severity: "warning",
      ...base,
      consequence: `${String(needed)} of ${plural(there, "standby", "standbys")} have to confirm each commit: ${String(Math.max(0, there - needed))} may be away, and with the next one that is every commit waits, ${count(rate)} events/s stand still.`,
      change:
        there > 1
          ? `Ask for ${String(there - 1)} of them, so that one may be away.`
          : "Add a standby, or accept that writes stop with this one.",
    },
  ];
}

/** A night, until somebody is back. */
const OUTAGE_MS_GOOD = 8 * 3_600_000;

export const postgresIdleSlots: LintRule = {
  id: "postgres-idle-slots",
  purpose:
    "idle_replication_slot_timeout: how long Connect may be away before its slot is invalidated, whatever room the disk has.",
  needs: ["postgres"],
  check: (facts) =>
    bankNodes(facts).flatMap((node): readonly Draft[] => {
      const key = "idle_replication_slot_timeout";
      const timeoutMs = msOf(node, key, 0, 1000);
      if (!(timeoutMs > 0 && timeoutMs < OUTAGE_MS_GOOD)) return [];
      const checkpointMs = durationMs(textOf(node, "checkpoint_timeout") ?? "5min", 1000);
      const outageMs = timeoutMs + checkpointMs;
      return [
        {
          severity: timeoutMs <= 2 * failoverMs(facts) ? "error" : "warning",
          ...at(node, key, "default 0, never"),
          consequence: `A slot that nobody reads for ${span(timeoutMs)} is invalidated at the next checkpoint, after ${span(outageMs)} at the latest: the connector fails for good, and by then ${count((outageMs / 1000) * facts.demand.rateEventsPerS)} changes had not been read, though max_slot_wal_keep_size may have had room for all of them.`,
          change: `Set ${key}=0 and let max_slot_wal_keep_size be the limit, or allow a night of ${span(OUTAGE_MS_GOOD)}.`,
        },
      ];
    }),
};
