/** Flink: the age of what is committed, in peace and after a loss, and what is left of a job without its master. */
import { COMMIT_MS, PROMOTION_MS, RESTORE_MS } from "../estimates.ts";
import type { Facts } from "../facts.ts";
import { count, plural, span } from "../figures.ts";
import {
  checkpointIntervalMs,
  flinkAt,
  parallelismOf,
  taskManagerCount,
} from "../flink-settings.ts";
import { ageSeverity, type Draft, type LintRule } from "../rule.ts";
import { at, msOf, numberOf, textOf } from "../settings.ts";
import { topicsOf } from "../topics.ts";
import { failoverMs } from "./debezium.ts";

const DEFAULT_BACKOFF_MS = 60_000;

interface Restart {
  readonly type: string;
  readonly delayMs: number;
}

function restartOf(facts: Facts): Restart {
  const { settings, key } = flinkAt(facts, "restart-strategy.type", "restart-strategy");
  const type = textOf(settings, key) ?? "exponential-delay";
  const delay = flinkAt(
    facts,
    `restart-strategy.${type}.delay`,
    `restart-strategy.${type}.initial-backoff`,
  );
  return { type, delayMs: msOf(delay.settings, delay.key, 1000) };
}

export const flinkFreshness: LintRule = {
  id: "flink-freshness",
  purpose:
    "Worst age from checkpoint interval, heartbeat timeout and restart delay, against the freshness objective.",
  needs: ["flink"],
  check: (facts) => {
    const { freshnessMs } = facts.targets;
    const interval = flinkAt(facts, "execution.checkpointing.interval");
    const intervalMs = checkpointIntervalMs(facts);
    if (Number.isNaN(intervalMs)) {
      return [
        {
          severity: "error",
          ...at(interval.settings, interval.key, "default: no checkpoints"),
          consequence: `Iceberg is committed to when a checkpoint completes and none ever does: files are written, 0 of ${count(facts.demand.rateEventsPerS)} events/s become readable.`,
          change: `Set ${interval.key} to a quarter of the objective, ${String(freshnessMs / 4000)} s.`,
        },
      ];
    }
    const steadyMs = intervalMs + COMMIT_MS;
    const steady: readonly Draft[] =
      steadyMs >= freshnessMs
        ? [
            {
              severity: "error",
              ...at(interval.settings, interval.key, ""),
              consequence: `With nothing broken a change waits up to ${span(intervalMs)} for its checkpoint and about ${span(COMMIT_MS)} for commit and reader: ${span(steadyMs)}, against ${span(freshnessMs)}.`,
              change: `Set it to a quarter of the objective, ${String(freshnessMs / 4000)} s.`,
            },
          ]
        : [];
    return [...steady, ...lostTaskManager(facts, intervalMs)];
  },
};

function lostTaskManager(facts: Facts, intervalMs: number): readonly Draft[] {
  const { freshnessMs } = facts.targets;
  const heartbeat = flinkAt(facts, "heartbeat.timeout");
  const beat = flinkAt(facts, "heartbeat.interval");
  const heartbeatMs = msOf(heartbeat.settings, heartbeat.key, 50_000);
  const beatMs = msOf(beat.settings, beat.key, 10_000);
  const { delayMs } = restartOf(facts);
  const configuredMs = heartbeatMs + delayMs + intervalMs;
  const ageMs = configuredMs + RESTORE_MS + COMMIT_MS;
  const base = at(heartbeat.settings, heartbeat.key, "default 50 s");
  if (beatMs >= heartbeatMs) {
    return [
      {
        severity: "error",
        ...base,
        consequence: `A heartbeat every ${span(beatMs)} never comes within ${span(heartbeatMs)}: TaskManagers are declared lost while they work, and the job restarts without end.`,
        change: "Let heartbeat.timeout be at least three times heartbeat.interval.",
      },
    ];
  }
  const severity = ageSeverity(configuredMs, ageMs, freshnessMs);
  if (severity === undefined) return [];
  return [
    {
      // With one TaskManager nobody takes over: nothing here promised to hold the objective.
      severity: taskManagerCount(facts) === 1 ? "warning" : severity,
      ...base,
      consequence: `A TaskManager that is cut off is missed after ${span(heartbeatMs)}; + ${span(delayMs)} restart delay + about ${span(RESTORE_MS)} restore and replay + ${span(intervalMs)} to the next checkpoint + about ${span(COMMIT_MS)} commit = ${span(ageMs)} worst age, against ${span(freshnessMs)}.`,
      change: `Set heartbeat.timeout and heartbeat.interval lower (8 s and 2 s leave room), or checkpoint more often.`,
    },
  ];
}

export const flinkTolerableFailures: LintRule = {
  id: "flink-tolerable-failures",
  purpose:
    "Failed checkpoints: restarts at the first one, or hours without a commit that look like a running job.",
  needs: ["flink"],
  check: (facts) => {
    const { settings, key } = flinkAt(
      facts,
      "execution.checkpointing.tolerable-failed-checkpoints",
    );
    const tolerated = numberOf(settings, key, 0);
    const intervalMs = checkpointIntervalMs(facts);
    const { freshnessMs } = facts.targets;
    const { delayMs } = restartOf(facts);
    const base = at(settings, key, "default 0");
    if (tolerated === 0) {
      return [
        {
          severity: "warning",
          ...base,
          consequence: `The first checkpoint that fails, one slow PUT is enough, restarts the job: ${span(delayMs)} delay + about ${span(RESTORE_MS)} restore and replay + up to ${span(intervalMs)} of work again, where waiting for the next checkpoint would cost ${span(intervalMs)}.`,
          change: "Tolerate 3, and alert on the age of the last commit.",
        },
      ];
    }
    const silentMs = tolerated * intervalMs;
    if (!(silentMs > 10 * freshnessMs)) return [];
    return [
      {
        severity: "note",
        ...base,
        consequence: `${plural(tolerated, "checkpoint")} in a row may fail, ${span(silentMs)} at one every ${span(intervalMs)}, while the job says RUNNING: after ${span(freshnessMs)} of that the objective is broken and no state of Flink shows it.`,
        change:
          "Alert on the time since the last successful commit; the job's state will not tell.",
      },
    ];
  },
};

export const flinkRestart: LintRule = {
  id: "flink-restart",
  purpose: "Restart attempts × delay against the outages they have to outlast.",
  needs: ["flink"],
  check: (facts) => {
    const strategy = flinkAt(facts, "restart-strategy.type", "restart-strategy");
    const { type, delayMs } = restartOf(facts);
    const outageMs = Math.max(2 * failoverMs(facts), DEFAULT_BACKOFF_MS);
    if (["none", "off", "disable", "disabled"].includes(type)) {
      return [
        {
          severity: "error",
          ...at(strategy.settings, strategy.key, ""),
          consequence: `The first exception ends the job for good: the lake ages ${span(60_000)} a minute, with ${count(facts.demand.rateEventsPerS * 60)} changes more behind it each, until a person starts it again.`,
          change: "Set restart-strategy.type to exponential-delay.",
        },
      ];
    }
    if (type === "exponential-delay") {
      const max = flinkAt(facts, "restart-strategy.exponential-delay.max-backoff");
      const maxMs = msOf(max.settings, max.key, DEFAULT_BACKOFF_MS);
      if (!(maxMs >= facts.targets.freshnessMs)) return [];
      return [
        {
          severity: "warning",
          ...at(max.settings, max.key, "default 1 min"),
          consequence: `After a longer outage the job waits up to ${span(maxMs)} more before it tries again, though everything it needs is back: the ${span(facts.targets.freshnessMs)} objective is gone by waiting alone.`,
          change: "Set restart-strategy.exponential-delay.max-backoff to 5 s.",
        },
      ];
    }
    const attempts = flinkAt(facts, "restart-strategy.fixed-delay.attempts");
    const allowed = numberOf(attempts.settings, attempts.key, 1);
    if (type !== "fixed-delay" || !(allowed * delayMs < outageMs)) return [];
    return [
      {
        severity: "error",
        ...at(attempts.settings, attempts.key, "default 1"),
        consequence: `${plural(allowed, "attempt")} × ${span(delayMs)} = ${span(allowed * delayMs)}: an outage of Kafka, the catalog or the object store longer than that ends the job for good, and a failover of PostgreSQL under the catalog alone takes up to ${span(Math.max(failoverMs(facts), PROMOTION_MS))}.`,
        change:
          "Set restart-strategy.fixed-delay.attempts to 2147483647, or use exponential-delay.",
      },
    ];
  },
};

export const flinkHighAvailability: LintRule = {
  id: "flink-high-availability",
  purpose:
    "One JobManager without high availability: what is lost with it, and what reading Kafka again would add.",
  needs: ["flink"],
  check: (facts) => {
    const { settings, key } = flinkAt(facts, "high-availability.type", "high-availability");
    const type = (textOf(settings, key) ?? "none").toLowerCase();
    if (type !== "none") return [];
    const retentionMs = Math.max(0, ...topicsOf(facts).map((topic) => topic.retentionMs));
    const again = (retentionMs / 1000) * facts.demand.rateEventsPerS;
    const from =
      retentionMs > 0
        ? ` reading Kafka from its start again adds up to ${count(again)} changes (${span(retentionMs)}) a second time`
        : " reading Kafka from its start adds everything in it a second time";
    return [
      {
        // Where no TaskManager has a second either, the topology never claimed to survive a process.
        severity: taskManagerCount(facts) === 1 ? "warning" : "error",
        ...at(settings, key, "default NONE"),
        consequence: `When the JobManager dies, the job and the pointer to its last checkpoint are gone: it comes back with 0 jobs, the lake stands still until a person submits one, and without the right checkpoint${from}.`,
        change:
          "Set high-availability.type (zookeeper or kubernetes) with high-availability.storageDir, or have something that submits the job again from the newest checkpoint.",
      },
    ];
  },
};

export const flinkSlots: LintRule = {
  id: "flink-slots",
  purpose:
    "Partitions, parallelism and TaskManager slots: jobs that cannot start, restart or share their work.",
  needs: ["flink"],
  check: (facts) => {
    const parallelism = flinkAt(facts, "parallelism.default");
    const wanted = parallelismOf(facts);
    const base = at(parallelism.settings, parallelism.key, "default 1");
    return [...slotFindings(facts, wanted, base), ...partitionFindings(facts, wanted, base)];
  },
};

type Place = Pick<Draft, "file" | "key" | "value">;

function slotFindings(facts: Facts, wanted: number, base: Place): readonly Draft[] {
  const managers = taskManagerCount(facts);
  if (managers === undefined || managers === 0) return [];
  const slots = flinkAt(facts, "taskmanager.numberOfTaskSlots");
  const each = numberOf(slots.settings, slots.key, 1);
  const have = `${plural(managers, "TaskManager")} × ${plural(each, "slot")} = ${count(managers * each)}`;
  if (wanted > managers * each) {
    return [
      {
        severity: "error",
        ...base,
        consequence: `${have} and the job wants ${count(wanted)}: it is never scheduled, and 0 of ${count(facts.demand.rateEventsPerS)} events/s reach the lake.`,
        change: `Set taskmanager.numberOfTaskSlots to ${String(Math.ceil(wanted / managers))}, or parallelism.default to ${String(managers * each)}.`,
      },
    ];
  }
  if (managers > 1 && wanted > (managers - 1) * each) {
    return [
      {
        severity: "error",
        ...base,
        consequence: `${have}; with one TaskManager lost ${count((managers - 1) * each)} are left and the job wants ${count(wanted)}: it does not restart before that one is back, and the age of the lake grows as long.`,
        change: `Set taskmanager.numberOfTaskSlots to ${String(Math.ceil(wanted / (managers - 1)))}.`,
      },
    ];
  }
  // One slot each leaves one machine as the spare that the line above asks for.
  const useful = Math.min(managers, (managers - 1) * each);
  if (managers < 2 || wanted >= useful) return [];
  return [
    {
      severity: "warning",
      ...base,
      consequence: `The job runs on ${count(wanted)} of ${plural(managers, "TaskManager")}: each subtask has ${count(facts.demand.rateEventsPerS / wanted)} events/s to carry, and ${plural(managers - wanted, "machine stands", "machines stand")} by.`,
      change: `Set parallelism.default to ${String(useful)}.`,
    },
  ];
}

function partitionFindings(facts: Facts, wanted: number, base: Place): readonly Draft[] {
  const partitions = Math.max(0, ...facts.topics.map(({ partitionCount }) => partitionCount));
  if (partitions === 0 || wanted < 2) return [];
  if (wanted > partitions) {
    return [
      {
        severity: "note",
        ...base,
        consequence: `${plural(partitions, "partition")} for ${count(wanted)} subtasks: ${count(wanted - partitions)} of them read nothing.`,
        change: `Set parallelism.default to ${String(partitions)}, or add partitions.`,
      },
    ];
  }
  if (partitions % wanted === 0) return [];
  const most = Math.ceil(partitions / wanted);
  return [
    {
      severity: "note",
      ...base,
      consequence: `${plural(partitions, "partition")} for ${count(wanted)} subtasks: one reads ${count(most)} where the mean is ${(partitions / wanted).toFixed(1)}, so it is full at ${((100 * partitions) / wanted / most).toFixed(0)} % of what the others could carry.`,
      change: `Choose a parallelism that divides ${String(partitions)}.`,
    },
  ];
}
