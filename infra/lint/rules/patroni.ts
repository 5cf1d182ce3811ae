/** Patroni: slots it drops, rows it lets go, and how long a failover takes. */
import { MONTH_MS, PROMOTION_MS, WAL_BYTES_PER_EVENT } from "../estimates.ts";
import { postgresCountOf, type Facts } from "../facts.ts";
import { commitWaitMs } from "../flink-settings.ts";
import { count, percent, span } from "../figures.ts";
import { ageSeverity, type Draft, type LintRule } from "../rule.ts";
import { at, bytesOf, firstKey, flagOf, msOf, textOf, type Settings } from "../settings.ts";
import {
  adjustedClocks,
  clusterKey,
  loopWaitMs,
  retryTimeoutMs,
  secondsOf,
  TTL_MS_MIN,
  ttlMs,
} from "../patroni-settings.ts";
import { permanentSlots, slotName } from "./debezium.ts";

/** Matchers of ignore_slots: attribute → wanted value, one record an entry. */
function ignored(node: Settings): readonly Readonly<Record<string, string>>[] {
  const entries = new Map<string, Record<string, string>>();
  for (const [key, value] of Object.entries(node.values)) {
    const found = /^(?:bootstrap\.dcs\.)?ignore_slots\.(\d+)\.(\w+)$/.exec(key);
    if (found === null) continue;
    const [, position = "", attribute = ""] = found;
    entries.set(position, { ...entries.get(position), [attribute]: value });
  }
  return [...entries.values()];
}

function isIgnored(node: Settings, connector: Settings): boolean {
  const slot: Readonly<Record<string, string | undefined>> = {
    name: slotName(connector),
    type: "logical",
    database: textOf(connector, "database.dbname"),
    plugin: textOf(connector, "plugin.name") ?? "decoderbufs",
  };
  return ignored(node).some((matcher) =>
    Object.entries(matcher).every(([attribute, value]) => slot[attribute] === value),
  );
}

export const patroniSlots: LintRule = {
  id: "patroni-slots",
  purpose:
    "Slots that Patroni does not know and drops: seconds of Connect outage until the position is gone.",
  needs: ["patroni"],
  check: (facts) =>
    facts.patroni.flatMap((node): readonly Draft[] => {
      const loopMs = loopWaitMs(node);
      const kept = permanentSlots(facts);
      const unknown = facts.connectors.filter(
        (connector) =>
          !flagOf(connector, "slot.failover", false) &&
          !kept.includes(slotName(connector)) &&
          !isIgnored(node, connector),
      );
      const blind =
        facts.connectors.length === 0 && kept.length === 0 && ignored(node).length === 0;
      if (!blind && unknown.length === 0) return [];
      const names = unknown.map(slotName).join(", ");
      return [
        {
          severity: blind ? "warning" : "error",
          ...at(node, clusterKey(node, "ignore_slots"), "and no slots"),
          consequence: `Patroni drops every inactive slot that it does not know${blind ? ", unless it is a failover slot" : ` (here ${names})`}: a Connect that is away for more than ${span(loopMs)} (loop_wait), a restart is enough, comes back to no slot, and what was committed since, ${count(facts.demand.rateEventsPerS)} changes/s, never reaches Kafka.`,
          change: `Name the slot in ignore_slots${blind ? "" : ` (name: ${names}, type: logical)`}, keep it in slots, or make it a failover slot.`,
        },
      ];
    }),
};

export const patroniSynchronous: LintRule = {
  id: "patroni-synchronous",
  purpose:
    "Without synchronous_mode: acknowledged rows a failover may lose, from maximum_lag_on_failover and loop_wait.",
  needs: ["patroni"],
  check: (facts) =>
    facts.patroni.flatMap((node): readonly Draft[] => {
      const mode = (textOf(node, clusterKey(node, "synchronous_mode")) ?? "off").toLowerCase();
      const rate = facts.demand.rateEventsPerS;
      if (["on", "true", "quorum"].includes(mode)) return aloneFinding(facts, node, rate);
      const lagBytes = bytesOf(node, clusterKey(node, "maximum_lag_on_failover"), 1_048_576);
      const loopMs = loopWaitMs(node);
      const lost = lagBytes / WAL_BYTES_PER_EVENT + (loopMs / 1000) * rate;
      return [
        {
          severity: "error",
          ...at(node, clusterKey(node, "synchronous_mode"), "default off"),
          consequence: `A standby that lags up to ${count(lagBytes)} bytes (maximum_lag_on_failover), last compared up to ${span(loopMs)} ago (loop_wait), may be promoted: ${count(lagBytes / WAL_BYTES_PER_EVENT)} + ${span(loopMs)} × ${count(rate)}/s = ${count(lost)} acknowledged changes can be lost, and the lake keeps some that the bank no longer has.`,
          change: "Set synchronous_mode: on (or quorum) in the cluster's dynamic configuration.",
        },
      ];
    }),
};

function aloneFinding(facts: Facts, node: Settings, rate: number): readonly Draft[] {
  if (flagOf(node, clusterKey(node, "synchronous_mode_strict"), false)) return [];
  const standbys = (postgresCountOf(facts) ?? Number.NaN) - 1;
  // With two standbys or more it takes two losses to get here.
  if (!(standbys < 2)) return [];
  return [
    {
      severity: "warning",
      ...at(node, clusterKey(node, "synchronous_mode_strict"), "default off"),
      consequence: `With ${String(standbys)} standby its loss makes the primary go on alone: from then on ${count(rate)} changes/s are acknowledged on one disk.`,
      change: "Add a standby, or set synchronous_mode_strict: on if writes shall rather stop.",
    },
  ];
}

export const patroniTiming: LintRule = {
  id: "patroni-timing",
  purpose:
    "ttl ≥ loop_wait + 2 × retry_timeout, the seconds a failover takes, and a crash that waits for itself.",
  needs: ["patroni"],
  check: (facts) =>
    facts.patroni.flatMap((node) => [
      ...relationFinding(node),
      ...failoverFinding(facts, node),
      ...crashFinding(facts, node),
    ]),
};

function relationFinding(node: Settings): readonly Draft[] {
  const drafts: Draft[] = [];
  const base = at(node, clusterKey(node, "ttl"), "default 30");
  if (secondsOf(node, "ttl", 30_000) < TTL_MS_MIN) {
    drafts.push({
      severity: "warning",
      ...base,
      consequence: `Patroni takes ${span(TTL_MS_MIN)} for anything shorter: a failover takes ${span(TTL_MS_MIN + PROMOTION_MS)} and not the ${span(secondsOf(node, "ttl", 0) + PROMOTION_MS)} that the file promises.`,
      change: `Set ttl to ${String(TTL_MS_MIN / 1000)} and reckon with it.`,
    });
  }
  const neededMs = loopWaitMs(node) + 2 * retryTimeoutMs(node);
  if (!(ttlMs(node) < neededMs)) return drafts;
  const { loopMs, retryMs } = adjustedClocks(node);
  return [
    ...drafts,
    {
      severity: "warning",
      ...base,
      consequence: `loop_wait ${span(loopWaitMs(node))} + 2 × retry_timeout ${span(retryTimeoutMs(node))} = ${span(neededMs)}, more than the ${span(ttlMs(node))} the leader's key lives. Patroni 4 runs with loop_wait ${span(loopMs)} and retry_timeout ${span(retryMs)} instead and says so in a line of its log; older ones let a leader that still retries lose its key, a failover for a pause of etcd that was to be borne.`,
      change: `Set ttl to ${String(neededMs / 1000)} or more, or loop_wait and retry_timeout to ${String(loopMs / 1000)} and ${String(retryMs / 1000)}.`,
    },
  ];
}

function failoverFinding(facts: Facts, node: Settings): readonly Draft[] {
  const { freshnessMs, uptimeRatio } = facts.targets;
  const ttl = ttlMs(node);
  const commitMs = commitWaitMs(facts);
  const reconnectMs = Math.max(
    0,
    ...facts.connectors.map((connector) => msOf(connector, "slot.retry.delay.ms", 10_000)),
  );
  const ageMs = ttl + PROMOTION_MS + reconnectMs + commitMs;
  const severity = ageSeverity(ttl, ageMs, freshnessMs);
  if (severity === undefined) return [];
  const parts = [
    `ttl ${span(ttl)}`,
    `about ${span(PROMOTION_MS)} election and promotion`,
    ...(reconnectMs > 0 ? [`${span(reconnectMs)} slot.retry.delay.ms`] : []),
    ...(commitMs > 0 ? [`${span(commitMs)} until the next commit`] : []),
  ].join(" + ");
  const budgetMs = MONTH_MS * (1 - uptimeRatio);
  const spareMs = freshnessMs - TTL_MS_MIN - PROMOTION_MS;
  return [
    {
      severity,
      ...at(node, clusterKey(node, "ttl"), "default 30"),
      consequence: `When the leader's machine is gone, the last changes are readable after ${parts} = ${span(ageMs)}, against ${span(freshnessMs)}; for ${span(ttl + PROMOTION_MS)} nobody accepts writes, and ${percent(uptimeRatio)} uptime pays for ${count(Math.floor(budgetMs / (ttl + PROMOTION_MS)))} such failovers a month.`,
      change: `${ttl > TTL_MS_MIN ? `Set ttl to ${String(TTL_MS_MIN / 1000)}, the least Patroni takes, and leave` : "Leave"} at most ${span(spareMs)} for the connector's retry and the checkpoint interval together; or except the loss of the leader from the objective, in writing.`,
    },
  ];
}

function crashFinding(facts: Facts, node: Settings): readonly Draft[] {
  const startMs = secondsOf(node, "primary_start_timeout", 300_000);
  const loopMs = loopWaitMs(node);
  const worstMs = loopMs + startMs + loopMs;
  const { freshnessMs } = facts.targets;
  if (!(worstMs > 2 * freshnessMs)) return [];
  return [
    {
      severity: "warning",
      ...at(node, clusterKey(node, "primary_start_timeout"), "default 300"),
      consequence: `A primary whose postmaster crashed is started again in place for up to ${span(startMs)} before a standby may take over: in the worst case no writes for loop_wait + primary_start_timeout + loop_wait = ${span(worstMs)}, during which nothing is fresh.`,
      change:
        "Set primary_start_timeout to what crash recovery takes at your max_wal_size, 30 or so; 0 fails over at once.",
    },
  ];
}

export const patroniRejoin: LintRule = {
  id: "patroni-rejoin",
  purpose: "A former primary that stays out after a failover, and an etcd whose loss stops writes.",
  needs: ["patroni"],
  check: (facts) =>
    facts.patroni.flatMap((node): readonly Draft[] => {
      const drafts: Draft[] = [];
      const key = clusterKey(node, "postgresql.use_pg_rewind");
      const removes = [
        "remove_data_directory_on_diverged_timelines",
        "remove_data_directory_on_rewind_failure",
      ];
      const rebuilds = removes.some((name) =>
        flagOf(
          node,
          firstKey(node, `postgresql.${name}`, `bootstrap.dcs.postgresql.${name}`),
          false,
        ),
      );
      const nodes = postgresCountOf(facts);
      if (!flagOf(node, key, false) && !rebuilds) {
        drafts.push({
          severity: "warning",
          ...at(node, key, "default false"),
          consequence: `After a failover the old primary's timeline has diverged and it cannot follow: ${nodes === undefined ? "the cluster has a node less" : `${count(nodes)} nodes are ${count(nodes - 1)}`} until somebody rebuilds it, and the next failure meets a cluster that can bear one less.`,
          change: "Set use_pg_rewind: true (with wal_log_hints=on or data checksums).",
        });
      }
      if (!flagOf(node, clusterKey(node, "failsafe_mode"), false)) {
        drafts.push({
          severity: "note",
          ...at(node, clusterKey(node, "failsafe_mode"), "default off"),
          consequence: `When a majority of etcd is away for ${span(ttlMs(node))} (ttl), the primary demotes itself though every node is well: no writes, ${count(facts.demand.rateEventsPerS)} events/s refused, until etcd is back.`,
          change: "Set failsafe_mode: true, so that the primary stays while all members answer it.",
        });
      }
      return drafts;
    }),
};
