/** Which processes do a stage's work, and how much CPU they used. */
import { host } from "../../core/host.ts";
import { alive } from "../../infra/drivers/local.ts";
import { cpuMs } from "../../infra/drivers/processes.ts";
import type { Lab } from "../../infra/provision.ts";

/** Component → stage. Decoding is done by PostgreSQL's own processes, and the catalog lives in PostgreSQL as well. */
const STAGES: Readonly<Record<string, string>> = {
  postgres: "postgres",
  patroni: "postgres",
  connect: "connector",
  kafka: "kafka",
  "flink-jobmanager": "lake",
  "flink-taskmanager": "lake",
  minio: "storage",
  trino: "trino",
  "trino-worker": "trino",
};

/** CPU so far by stage, the harness itself and processes that load for it as "generator". */
export function cpuByStage(
  lab: Lab,
  loadPids: readonly number[] = [],
): Readonly<Record<string, number>> {
  const loadMs = loadPids.reduce((sum, pid) => sum + cpuMs(pid), 0);
  const used: Record<string, number> = { generator: host.cpuUsageMs() + loadMs };
  for (const { id, component } of lab.specs) {
    const instance = lab.driver.instance(id);
    if (instance === undefined || !alive(instance)) continue;
    const stage = STAGES[component] ?? "other";
    used[stage] = (used[stage] ?? 0) + cpuMs(instance.pid);
  }
  return used;
}

/** What was used between two looks, whole milliseconds. A process that ended in between counts as nothing. */
export function cpuBetween(
  before: Readonly<Record<string, number>>,
  after: Readonly<Record<string, number>>,
): Readonly<Record<string, number>> {
  return Object.fromEntries(
    Object.entries(after).map(([stage, ms]) => [
      stage,
      Math.max(0, Math.round(ms - (before[stage] ?? 0))),
    ]),
  );
}
