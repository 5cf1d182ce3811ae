/** Trino: its workers, one query over all of them, and who waits. */
import { z } from "zod";
import { host } from "../../../core/host.ts";
import { openTrino } from "../../clients/trino.ts";
import { plural, span } from "../../lint/figures.ts";
import { graded, listed, okIf, worstOf, type HealthCheck, type HealthFinding } from "../finding.ts";

/** The name that the resource groups let pass beside those who use the engine. */
const SOURCE = "lakeproof-probe";
/** The seed's target for queries, and the point where dashboards give up. */
const QUERY_MS = { warnAbove: 2000, badAbove: 15_000 };
const QUEUED_COUNT = { warnAbove: 10, badAbove: 200 };

const Nodes = z.array(z.tuple([z.string(), z.boolean(), z.string()]));
const Counted = z.tuple([z.tuple([z.coerce.number()])]);
const Queues = z.array(z.tuple([z.string().nullable(), z.string(), z.coerce.number()]));

export function judgeWorkers(rows: unknown, workerCount: number): HealthFinding {
  const nodes = Nodes.parse(rows);
  const active = nodes.filter(
    ([, coordinator, state]) => state === "active" && (workerCount === 0 || !coordinator),
  );
  const others = nodes.filter(([, , state]) => state !== "active");
  const wanted = Math.max(1, workerCount);
  return {
    check: "active workers",
    status: okIf(active.length >= wanted, active.length > 0 ? "warn" : "bad"),
    observed: `${String(active.length)} of ${String(wanted)}${others.length === 0 ? "" : `; ${listed(others.map(([id, , state]) => `${id} ${state}`))}`}`,
    expected: workerCount === 0 ? "the coordinator itself" : `all ${String(wanted)}`,
    hint: "Start the missing worker; queries that ran on it have failed, and the others carry its load.",
  };
}

export function judgeQuery(rows: unknown, workerCount: number, elapsedMs: number): HealthFinding {
  const [[nodeCount]] = Counted.parse(rows);
  const wanted = Math.max(1, workerCount);
  return {
    check: "query over all workers",
    status: worstOf([graded(elapsedMs, QUERY_MS), okIf(nodeCount >= wanted, "warn")]),
    observed: `${plural(nodeCount, "node")} took part, ${span(elapsedMs)}`,
    expected: `${String(wanted)} in at most ${span(QUERY_MS.warnAbove)}`,
    hint: "A node that is listed and takes no part hangs: restart it. Slow with all there: look at the queries that run.",
  };
}

export function judgeQueues(rows: unknown): HealthFinding {
  const groups = Queues.parse(rows).map(([group, state, queryCount]) => ({
    group: group ?? "no group",
    state,
    queryCount,
  }));
  const waiting = groups.filter(({ state }) => state === "QUEUED");
  const most = waiting.reduce((max, { queryCount }) => Math.max(max, queryCount), 0);
  return {
    check: "queries queued",
    status: graded(most, QUEUED_COUNT),
    observed: listed(
      groups.map(({ group, state, queryCount }) => `${group} ${String(queryCount)} ${state}`),
      "none runs or waits",
    ),
    expected: `at most ${String(QUEUED_COUNT.warnAbove)} in any resource group`,
    hint: "See who they are in system.runtime.queries; raise the group's limits only if workers are idle.",
  };
}

const NODES_SQL = "SELECT node_id, coordinator, state FROM system.runtime.nodes";
/** Each node reports its own tasks, this query's among them: who hangs makes it fail. */
const tasksSql = (workerCount: number): string =>
  `SELECT count(DISTINCT node_id) FROM system.runtime.tasks${workerCount === 0 ? "" : " WHERE node_id LIKE '%worker%'"}`;
const QUEUES_SQL = `SELECT array_join(resource_group_id, '.'), state, count(*) FROM system.runtime.queries
  WHERE state IN ('QUEUED', 'RUNNING') AND coalesce(source, '') <> '${SOURCE}' GROUP BY 1, 2 ORDER BY 1, 2`;

const workers: HealthCheck = async (context, _instances, signal) => {
  const workerCount = context.replicaCountOf("trino-worker");
  const trino = openTrino(context.endpoints.address(context.service), SOURCE);
  const nodes = judgeWorkers(await trino.query(NODES_SQL, signal), workerCount);
  const startedMs = host.monotonicMs();
  const counted = await trino.query(tasksSql(workerCount), signal);
  return [nodes, judgeQuery(counted, workerCount, host.monotonicMs() - startedMs)];
};

const queues: HealthCheck = async (context, _instances, signal) => {
  const trino = openTrino(context.endpoints.address(context.service), SOURCE);
  return [judgeQueues(await trino.query(QUEUES_SQL, signal))];
};

export const trinoChecks: Readonly<Record<string, HealthCheck>> = {
  "workers and query": workers,
  "queries queued": queues,
};
