/** Trino's nodes: coordinator, workers, memory, and what a lost worker costs. */
import { COORDINATOR_START_MS, MONTH_MS } from "../estimates.ts";
import type { Facts } from "../facts.ts";
import { count, memory, percent, plural, rate, span } from "../figures.ts";
import type { Draft, LintRule } from "../rule.ts";
import {
  at,
  bytesOf,
  flagOf,
  msOf,
  numberOf,
  sizeBytes,
  textOf,
  type Settings,
} from "../settings.ts";

const GB = 1024 ** 3;

function coordinators(facts: Facts): readonly Settings[] {
  return facts.trino.filter((node) => flagOf(node, "coordinator", true));
}

/** Nodes that queries run on. */
function working(facts: Facts): readonly Settings[] {
  return facts.trino.filter(
    (node) =>
      !flagOf(node, "coordinator", true) ||
      flagOf(node, "node-scheduler.include-coordinator", true),
  );
}

function workerCount(facts: Facts): number | undefined {
  return facts.complete || facts.trino.length > 1 ? working(facts).length : undefined;
}

function heapBytes(node: Settings): number {
  return sizeBytes(textOf(node, "-Xmx") ?? "?");
}

/** A part of the heap: 30 % of it by default, and Trino takes shares as well as sizes. */
function ofHeap(node: Settings, key: string): number {
  const share = /^(\d+(?:\.\d+)?)\s*%$/.exec(textOf(node, key)?.trim() ?? "30%")?.[1];
  return share === undefined
    ? bytesOf(node, key, Number.NaN)
    : (heapBytes(node) * Number(share)) / 100;
}

/** How much of a node one query may use, as far as heap or setting say. */
function perNodeBytes(node: Settings): number {
  return ofHeap(node, "query.max-memory-per-node");
}

export const trinoMemory: LintRule = {
  id: "trino-memory",
  purpose:
    "query.max-memory against workers × memory per node, against the heap and against query.max-total-memory.",
  needs: ["trino"],
  check: (facts) => [
    ...facts.trino.flatMap(heapFinding),
    ...coordinators(facts).flatMap(totalFinding),
    ...coordinators(facts).flatMap((node): readonly Draft[] => {
      const workers = workerCount(facts) ?? Number.NaN;
      const perNode = Math.min(
        ...working(facts)
          .map(perNodeBytes)
          .filter((bytes) => bytes > 0),
      );
      const limit = bytesOf(node, "query.max-memory", 20 * GB);
      const reachable = workers * perNode;
      if (!(limit < Number.POSITIVE_INFINITY && perNode < Number.POSITIVE_INFINITY)) return [];
      const base = at(node, "query.max-memory", "default 20 GB");
      if (limit > reachable * 1.01) {
        return [
          {
            severity: "note",
            ...base,
            consequence: `${plural(workers, "worker")} × ${memory(perNode)} a node are ${memory(reachable)}: no query reaches ${memory(limit)}, it fails at ${memory(reachable)} with EXCEEDED_LOCAL_MEMORY_LIMIT instead.`,
            change: `Lower query.max-memory to ${memory(reachable)}, or raise query.max-memory-per-node.`,
          },
        ];
      }
      if (!(limit < reachable / 2 && workers > 1)) return [];
      return [
        {
          severity: "warning",
          ...base,
          consequence: `A query is ended at ${memory(limit)} where the ${plural(workers, "worker")} would let it have ${memory(reachable)}: ${percent(1 - limit / reachable)} of what it could use.`,
          change: `Raise query.max-memory towards ${memory(reachable)}.`,
        },
      ];
    }),
  ],
};

function heapFinding(node: Settings): readonly Draft[] {
  const heap = heapBytes(node);
  const headroom = ofHeap(node, "memory.heap-headroom-per-node");
  const perNode = perNodeBytes(node);
  if (!(perNode + headroom > heap)) return [];
  return [
    {
      severity: "error",
      ...at(node, "query.max-memory-per-node", "30 % of the heap"),
      consequence: `${memory(perNode)} for a query and ${memory(headroom)} of headroom are ${memory(perNode + headroom)}, the heap has ${memory(heap)}: the node refuses to start.`,
      change: `Let the two sum to less than ${memory(heap)}, or give the node more heap.`,
    },
  ];
}

function totalFinding(node: Settings): readonly Draft[] {
  const limit = bytesOf(node, "query.max-memory", 20 * GB);
  const total = bytesOf(node, "query.max-total-memory", 2 * limit);
  if (!(limit > total)) return [];
  return [
    {
      severity: "error",
      ...at(node, "query.max-total-memory", "default twice query.max-memory"),
      consequence: `A query may use ${memory(limit)} and, with what Trino needs for itself, ${memory(total)} in all, which is less: the coordinator refuses to start ("maxQueryMemory cannot be greater than maxQueryTotalMemory") and 0 queries are answered.`,
      change: `Set query.max-total-memory to ${memory(limit * 2)}, or leave it out.`,
    },
  ];
}

export const trinoCoordinator: LintRule = {
  id: "trino-coordinator",
  purpose:
    "A single coordinator: queries that die with it, and how many restarts a month the uptime objective allows.",
  needs: ["trino"],
  check: (facts) => {
    const [only, ...others] = coordinators(facts);
    const workers = workerCount(facts);
    if (only === undefined || others.length > 0 || workers === undefined) return [];
    const { demand, targets } = facts;
    const budgetMs = MONTH_MS * (1 - targets.uptimeRatio);
    const running = demand.rateQueriesPerS * (targets.queryMs / 1000);
    const restart: Draft = {
      severity: workers > 1 ? "warning" : "note",
      ...at(only, "coordinator", "true"),
      consequence: `One coordinator, and Trino has no second: when it dies, up to ${plural(Math.ceil(running), "running query", "running queries")} may fail and none is answered for about ${span(COORDINATOR_START_MS)}. The ${span(budgetMs)} a month of ${percent(targets.uptimeRatio)} uptime pay for ${count(Math.floor(budgetMs / COORDINATOR_START_MS))} such restarts, and for none that a person has to start.`,
      change:
        "Supervise it so that it restarts by itself, and let clients retry; two clusters behind a gateway survive its loss.",
    };
    return [restart, ...clusterFindings(only, workers)];
  },
};

function clusterFindings(coordinator: Settings, workers: number): readonly Draft[] {
  if (workers < 2) return [];
  const required = numberOf(coordinator, "query-manager.required-workers", 1);
  const drafts: Draft[] = [];
  if (required < workers / 2) {
    drafts.push({
      severity: "note",
      ...at(coordinator, "query-manager.required-workers", "default 1"),
      consequence: `After a restart the first queries run on ${plural(required, "worker")} of ${count(workers)}: ${percent(required / workers)} of the cluster, and up to ${count(workers / required)} times as long.`,
      change: `Set query-manager.required-workers to the least you want to measure or serve with, at most ${count(workers - 1)}, so that one may be missing.`,
    });
  }
  if (flagOf(coordinator, "node-scheduler.include-coordinator", true)) {
    drafts.push({
      severity: "warning",
      ...at(coordinator, "node-scheduler.include-coordinator", "default true"),
      consequence: `The coordinator does the work of one of ${count(workers)} workers beside planning every query: one heavy query there slows or kills all of them, and nothing takes its place.`,
      change: "Set node-scheduler.include-coordinator=false.",
    });
  }
  return drafts;
}

export const trinoDiscovery: LintRule = {
  id: "trino-discovery",
  purpose:
    "Workers that announce themselves at a port where no coordinator listens; http without anybody being asked who they are.",
  needs: ["trino"],
  check: (facts) => {
    const listening = coordinators(facts).map((node) =>
      numberOf(node, "http-server.http.port", 8080),
    );
    const lost = facts.trino.flatMap((node): readonly Draft[] => {
      const uri = textOf(node, "discovery.uri");
      const port = Number(/:(\d+)\/?$/.exec(uri ?? "")?.[1] ?? Number.NaN);
      if (listening.length === 0 || Number.isNaN(port) || listening.includes(port)) return [];
      if (uri?.startsWith("https") === true) return [];
      return [
        {
          severity: "error",
          ...at(node, "discovery.uri", ""),
          consequence: `The coordinator listens on ${listening.map(String).join(", ")} and not on ${String(port)}: this node announces itself to nobody and gets 0 splits.`,
          change: `Let discovery.uri end in :${String(listening[0])}.`,
        },
      ];
    });
    const open = coordinators(facts).flatMap((node): readonly Draft[] => {
      const https = flagOf(node, "http-server.https.enabled", false);
      const asked = textOf(node, "http-server.authentication.type") !== undefined;
      if (https || asked) return [];
      return [
        {
          severity: "note",
          ...at(node, "http-server.https.enabled", "default false"),
          consequence: `Plain HTTP without authentication on port ${String(numberOf(node, "http-server.http.port", 8080))}: whoever reaches it is any of the ${count(facts.demand.userCount)} users by writing the name in a header.`,
          change:
            "Serve HTTPS with an authentication type, or keep the port inside a network zone that users cannot reach.",
        },
      ];
    });
    return [...lost, ...open];
  },
};

export const trinoWorkerLoss: LintRule = {
  id: "trino-worker-loss",
  purpose:
    "Queries that die with a worker, in minutes of error budget, and how long those hang that do not notice.",
  needs: ["trino"],
  check: (facts) => {
    const workers = workerCount(facts) ?? 1;
    if (workers < 2) return [];
    const { demand, targets } = facts;
    return coordinators(facts).flatMap((node): readonly Draft[] => {
      const drafts: Draft[] = [];
      const retry = (textOf(node, "retry-policy") ?? "NONE").toUpperCase();
      const running = demand.rateQueriesPerS * (targets.queryMs / 1000);
      const budgetPerS = demand.rateQueriesPerS * targets.errorRatio;
      const losses = (budgetPerS * MONTH_MS) / 1000 / running;
      if (retry === "NONE") {
        drafts.push({
          severity: "warning",
          ...at(node, "retry-policy", "default NONE"),
          consequence: `A query fails with any of the ${count(workers)} workers that works for it: losing one fails up to all ${count(Math.ceil(running))} that are running at ${rate(demand.rateQueriesPerS)} and ${span(targets.queryMs)} each. The ${percent(targets.errorRatio)} error objective needs ${span((running / budgetPerS) * 1000)} without any other error to earn them back, and ${count(Math.floor(losses))} losses of workers or of the coordinator are all of a month's.`,
          change:
            "Set retry-policy=QUERY for short queries, or let clients repeat a query that failed with a worker.",
        });
      }
      const hangMs = msOf(node, "query.remote-task.max-error-duration", 60_000);
      if (hangMs > targets.largeReportMs) {
        drafts.push({
          severity: "warning",
          ...at(node, "query.remote-task.max-error-duration", "default 1m"),
          consequence: `A query whose worker vanished hangs for up to ${span(hangMs)} before it fails, where even a large report has ${span(targets.largeReportMs)}.`,
          change: `Set query.remote-task.max-error-duration below ${span(targets.largeReportMs)}.`,
        });
      }
      return [...drafts, ...hungFinding(node, hangMs, targets.largeReportMs)];
    });
  },
};

const SCHEDULER_REQUEST_TIMEOUT = "scheduler.http-client.request-timeout";
/** Errors that the coordinator waits for before it gives a task up, however long they take (airlift's Backoff). */
const ERROR_COUNT_MIN = 3;

/** A worker that is gone refuses at once. One that hangs answers nothing, and an error is a request that ran out of time. */
function hungFinding(node: Settings, hangMs: number, limitMs: number): readonly Draft[] {
  const requestMs = msOf(node, SCHEDULER_REQUEST_TIMEOUT, 20_000);
  const errorCount = Math.max(ERROR_COUNT_MIN, 1 + Math.ceil(hangMs / requestMs));
  const giveUpMs = errorCount * requestMs;
  if (hangMs > limitMs || !(giveUpMs > limitMs)) return [];
  return [
    {
      severity: "warning",
      ...at(node, SCHEDULER_REQUEST_TIMEOUT, "default 20s"),
      consequence: `A worker that hangs (a long pause, a partition that drops packets) refuses nothing: a query on it fails after ${count(errorCount)} requests of ${span(requestMs)}, ${span(giveUpMs)} in all, though query.remote-task.max-error-duration says ${span(hangMs)}; even a large report has ${span(limitMs)}.`,
      change: `Set ${SCHEDULER_REQUEST_TIMEOUT} to ${span(Math.floor(limitMs / 1000 / (ERROR_COUNT_MIN + 1)) * 1000)} or less.`,
    },
  ];
}
