/**
 * How long the pipeline may take to deliver again after a fault is undone, summed from the values the
 * components are really configured with. A measured recovery is compared with this, not with a wish.
 */
import { CONNECT_TIMINGS } from "./components/connect.ts";
import { FLINK_TIMINGS } from "./components/flink.ts";

export interface Budget {
  readonly budgetMs: number;
  readonly formula: string;
}

interface Term {
  readonly what: string;
  readonly ms: number;
}

/** Start-up of one process at model size while the rest of the pipeline keeps both cores busy. */
const RESTART_MS: Readonly<Record<string, number>> = {
  kafka: 30_000,
  connect: 45_000,
  "flink-taskmanager": 30_000,
  trino: 75_000,
  minio: 10_000,
  toxiproxy: 5_000,
  postgres: 10_000,
};

/** From a committed row to a reader's eyes when nothing is wrong. */
const DELIVERY: readonly Term[] = [
  { what: "two Flink checkpoint intervals", ms: 2 * FLINK_TIMINGS.checkpointIntervalMs },
  { what: "commit and one reader poll", ms: 4000 },
];

const CATCH_UP: Readonly<Record<string, readonly Term[]>> = {
  kafka: [
    { what: "client reconnect back-off and metadata refresh", ms: 5000 },
    { what: "log recovery after an unclean stop, and the retry of open batches", ms: 10_000 },
  ],
  connect: [
    { what: "Connect session timeout", ms: CONNECT_TIMINGS.sessionTimeoutMs },
    { what: "scheduled.rebalance.max.delay.ms", ms: CONNECT_TIMINGS.scheduledRebalanceDelayMs },
    { what: "task start and slot take-over", ms: 10_000 },
  ],
  "flink-taskmanager": [
    { what: "Flink heartbeat timeout", ms: FLINK_TIMINGS.heartbeatTimeoutMs },
    { what: "restart delay", ms: FLINK_TIMINGS.restartDelayMs },
    { what: "restore and replay", ms: 10_000 },
  ],
  trino: [{ what: "first query after start (cold JVM)", ms: 20_000 }],
  minio: [{ what: "S3 client retry back-off", ms: 20_000 }],
  toxiproxy: [],
  postgres: [{ what: "connector retry delay", ms: 10_000 }],
};

/**
 * Repeats after a restarted task: everything sent since its offsets were last written. Writing them may take
 * up to Connect's flush time-out on top of the interval.
 */
export function duplicateBudget(component: string, rateEventsPerS: number): number {
  if (component !== "connect" && component !== "kafka") return 0;
  const windowMs = CONNECT_TIMINGS.offsetFlushIntervalMs + CONNECT_TIMINGS.offsetFlushTimeoutMs;
  return Math.ceil((windowMs * rateEventsPerS) / 1000);
}

export function recoveryBudget(component: string, stopsProcess: boolean): Budget {
  const terms: readonly Term[] = [
    ...(stopsProcess
      ? [{ what: `restart of ${component}`, ms: RESTART_MS[component] ?? 60_000 }]
      : []),
    ...(CATCH_UP[component] ?? []),
    ...DELIVERY,
  ];
  const budgetMs = terms.reduce((sum, term) => sum + term.ms, 0);
  const formula = terms.map((term) => `${term.what} ${String(term.ms / 1000)} s`).join(" + ");
  return { budgetMs, formula: `${formula} = ${String(budgetMs / 1000)} s` };
}
