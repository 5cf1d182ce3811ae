/** Patroni killed alone: its PostgreSQL runs on, and nobody is left to demote it. */
import { PROMOTION_MS } from "../estimates.ts";
import { postgresCountOf } from "../facts.ts";
import { count, span } from "../figures.ts";
import { clusterKey, ttlMs } from "../patroni-settings.ts";
import type { Draft, LintRule } from "../rule.ts";
import { at, textOf } from "../settings.ts";

export const patroniWatchdog: LintRule = {
  id: "patroni-watchdog",
  purpose:
    "A postmaster that outlives its Patroni: seconds until there are two primaries, and what the old one acknowledges.",
  needs: ["patroni"],
  check: (facts) =>
    facts.patroni.flatMap((node): readonly Draft[] => {
      const mode = (textOf(node, "watchdog.mode") ?? "automatic").toLowerCase();
      // A cluster of one has nobody to promote.
      if (mode === "required" || postgresCountOf(facts) === 1) return [];
      const synchronous = (
        textOf(node, clusterKey(node, "synchronous_mode")) ?? "off"
      ).toLowerCase();
      const waits = ["on", "true", "quorum"].includes(synchronous);
      const rate = facts.demand.rateEventsPerS;
      const twoAfterMs = ttlMs(node) + PROMOTION_MS;
      const without =
        mode === "off" ? "no watchdog is asked" : "where no device is found, none is used";
      const meanwhile = waits
        ? "Synchronous commits wait there for a standby that has left, so nothing is acknowledged; but it answers reads from a history that stands still, and holds every session that is not cut"
        : `It acknowledges up to ${count(rate)} changes for each second that clients still reach it, ${count(rate * 60)} a minute, into a history that is thrown away when it rejoins; those the connector reads there reach the lake and no bank has them`;
      return [
        {
          severity: waits ? "warning" : "error",
          ...at(node, "watchdog.mode", "default automatic"),
          consequence: `Patroni killed alone (out of memory, kill -9) leaves its PostgreSQL running, and ${without}: ${span(twoAfterMs)} later (ttl ${span(ttlMs(node))} and promotion) there are two primaries until somebody stops the old one. ${meanwhile}.`,
          change:
            "Set watchdog.mode: required with a device (softdog at least); where there is none, let leader endpoints check Patroni's REST and cut sessions, and stop PostgreSQL with its Patroni (a shared control group).",
        },
      ];
    }),
};
