/** Flink's settings as the job has them: a SET before the statement wins over the file. */
import type { Facts } from "./facts.ts";
import { optionsOf, statementsOf } from "./parse/sql.ts";
import { msOf, numberOf, type Settings } from "./settings.ts";

export interface Found {
  readonly settings: Settings;
  readonly key: string;
}

/** The place that decides the first of the keys that is set; the first file and key where none is. */
export function flinkAt(facts: Facts, ...keys: readonly [string, ...string[]]): Found {
  const places = [...setStatements(facts), ...facts.flink];
  for (const key of keys) {
    const settings = places.find(({ values }) => values[key] !== undefined);
    if (settings !== undefined) return { settings, key };
  }
  return { settings: facts.flink[0] ?? { file: "Flink", values: {} }, key: keys[0] };
}

function setStatements(facts: Facts): readonly Settings[] {
  return facts.sql.flatMap((sql) => {
    const values = Object.assign(
      {},
      ...statementsOf(sql)
        .filter((statement) => /^SET\s/i.test(statement))
        .map(optionsOf),
    ) as Settings["values"];
    return Object.keys(values).length === 0 ? [] : [{ file: sql.file, values }];
  });
}

/** NaN where no checkpointing is configured. */
export function checkpointIntervalMs(facts: Facts): number {
  const { settings, key } = flinkAt(facts, "execution.checkpointing.interval");
  const intervalMs = msOf(settings, key, Number.NaN);
  const pause = flinkAt(facts, "execution.checkpointing.min-pause");
  return Math.max(intervalMs, msOf(pause.settings, pause.key, 0));
}

/** What a change waits for its commit, where the job is known; else nothing is added. */
export function commitWaitMs(facts: Facts): number {
  const intervalMs = facts.flink.length === 0 ? 0 : checkpointIntervalMs(facts);
  return Number.isNaN(intervalMs) ? 0 : intervalMs;
}

export function parallelismOf(facts: Facts): number {
  const { settings, key } = flinkAt(facts, "parallelism.default");
  return numberOf(settings, key, 1);
}

/** TaskManagers; undefined where a file alone cannot say. */
export function taskManagerCount(facts: Facts): number | undefined {
  if (!facts.complete) return undefined;
  return facts.instances.filter(({ component }) => component === "flink-taskmanager").length;
}
