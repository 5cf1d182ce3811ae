/**
 * How long the pipeline may take to deliver again after a fault, summed from the values the components are
 * really configured with. A measured recovery is compared with this, not with a wish.
 */
import { CONNECT_TIMINGS } from "./components/connect.ts";
import { FLINK_TIMINGS } from "./components/flink.ts";
import { HAPROXY_TIMINGS } from "./components/haproxy-config.ts";
import { KAFKA_TIMINGS } from "./components/kafka.ts";
import { PATRONI_TIMINGS } from "./components/patroni.ts";
import { REDIS_TIMINGS } from "./components/redis.ts";
import { TRINO_TIMINGS } from "./components/trino.ts";

export interface Budget {
  readonly budgetMs: number;
  readonly formula: string;
}

export interface BudgetInput {
  readonly component: string;
  /** The process has to start again before anything can work. */
  readonly restarts: boolean;
  /** Others do its work, and the time counts from the fault itself. */
  readonly takesOver: boolean;
  /** How long its connections were disturbed while nobody took over; absent where they were not. */
  readonly disturbedMs?: number;
  readonly canaryRoundMs: number;
  /** Between two looks at the lake. */
  readonly readIntervalMs: number;
  /** Rows that the way back reads again through a new slot; absent where it reads none. */
  readonly rereadRowCount?: number;
}

interface Term {
  readonly what: string;
  readonly ms: number;
}

/** Start-up of one process at model size while the rest of the pipeline keeps both cores busy. */
const RESTART_MS: Readonly<Record<string, number>> = {
  kafka: 30_000,
  connect: 45_000,
  "flink-jobmanager": 40_000,
  "flink-taskmanager": 30_000,
  trino: 75_000,
  minio: 10_000,
  toxiproxy: 5_000,
  postgres: 10_000,
};

/** From a committed row to a reader's eyes when nothing is wrong. */
function delivery(readIntervalMs: number): readonly Term[] {
  return [
    { what: "two Flink checkpoint intervals", ms: 2 * FLINK_TIMINGS.checkpointIntervalMs },
    { what: "commit and one reader poll", ms: 3000 + readIntervalMs },
  ];
}

const FLINK_RESTORE: readonly Term[] = [
  { what: "restart delay", ms: FLINK_TIMINGS.restartDelayMs },
  { what: "restore and replay", ms: 10_000 },
];

/** After the target itself is back. */
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
    ...FLINK_RESTORE,
  ],
  "flink-jobmanager": [
    { what: "ZooKeeper session timeout", ms: FLINK_TIMINGS.zookeeperSessionTimeoutMs },
    ...FLINK_RESTORE,
  ],
  // The job alone: it was stopped, and is submitted again.
  lakehouse: [
    { what: "submission through the SQL gateway", ms: 40_000 },
    { what: "restore and replay", ms: 10_000 },
  ],
  trino: [{ what: "first query after start (cold JVM)", ms: 20_000 }],
  minio: [{ what: "S3 client retry back-off", ms: 20_000 }],
  toxiproxy: [],
  postgres: [{ what: "connector retry delay", ms: 10_000 }],
};

function balancerCheck(place: keyof typeof HAPROXY_TIMINGS): Term {
  const { checkIntervalMs, checkTimeoutMs, fallCount } = HAPROXY_TIMINGS[place];
  return {
    what: "health checks of the load balancer",
    ms: fallCount * (checkIntervalMs + checkTimeoutMs),
  };
}

/** Only a reload is taken over within one instance: by its next worker, once the old one has ended. */
function balancerHardStop(place: keyof typeof HAPROXY_TIMINGS): readonly Term[] {
  return [
    {
      what: "hard-stop-after of the load balancer",
      ms: HAPROXY_TIMINGS[place].hardStopAfterMs,
    },
    { what: "start of its next worker", ms: 5000 },
  ];
}

/** Until the others have noticed and do the work of the one that is gone. */
const TAKE_OVER: Readonly<Record<string, readonly Term[]>> = {
  patroni: [
    { what: "Patroni ttl", ms: PATRONI_TIMINGS.ttlS * 1000 },
    { what: "one Patroni loop", ms: PATRONI_TIMINGS.loopWaitS * 1000 },
    { what: "promotion", ms: 5000 },
    balancerCheck("postgres"),
    { what: "connector retry and slot take-over", ms: 15_000 },
  ],
  kafka: [
    { what: "broker session timeout", ms: KAFKA_TIMINGS.brokerSessionTimeoutMs },
    { what: "controller election", ms: KAFKA_TIMINGS.electionTimeoutMs },
    {
      what: "two requests of a client that nobody answers",
      ms: 2 * KAFKA_TIMINGS.clientRequestTimeoutMs,
    },
    { what: "client metadata refresh and the retry of open batches", ms: 15_000 },
  ],
  connect: [
    ...(CATCH_UP["connect"] ?? []),
    { what: "a worker loads a connector that it has never run", ms: 15_000 },
  ],
  "flink-taskmanager": [
    ...(CATCH_UP["flink-taskmanager"] ?? []),
    { what: "a spare TaskManager loads code that it has never run", ms: 45_000 },
  ],
  minio: [balancerCheck("minio"), { what: "S3 client retry back-off", ms: 20_000 }],
  "trino-worker": [
    {
      what: "announcement of the lost worker runs out",
      ms: TRINO_TIMINGS.announcementMsMax + TRINO_TIMINGS.nodePollMs,
    },
    { what: "time until a query gives up on a worker", ms: TRINO_TIMINGS.remoteTaskGiveUpMs },
    { what: "the reader's next try", ms: 10_000 },
  ],
  "haproxy-bi": balancerHardStop("bi"),
  "haproxy-postgres": [
    ...balancerHardStop("postgres"),
    { what: "connector retry and slot take-over", ms: 15_000 },
  ],
  "haproxy-minio": [...balancerHardStop("minio"), { what: "S3 client retry back-off", ms: 20_000 }],
  waf: [balancerCheck("bi")],
  superset: [balancerCheck("bi")],
  metabase: [balancerCheck("bi")],
  redis: [
    { what: "two cluster node timeouts", ms: 2 * REDIS_TIMINGS.clusterNodeTimeoutMs },
    {
      what: "election of a replica",
      ms: REDIS_TIMINGS.electionDelayMsMax + REDIS_TIMINGS.voteMsMax,
    },
  ],
};

/**
 * Repeats after a restarted task: everything sent since its offsets were last written. Writing them may take
 * up to Connect's flush time-out on top of the interval.
 */
export function duplicateBudget(component: string, rateEventsPerS: number): number {
  if (!["connect", "kafka", "patroni", "haproxy-postgres"].includes(component)) return 0;
  const windowMs = CONNECT_TIMINGS.offsetFlushIntervalMs + CONNECT_TIMINGS.offsetFlushTimeoutMs;
  return Math.ceil((windowMs * rateEventsPerS) / 1000);
}

export function recoveryBudget(input: BudgetInput): Budget {
  const terms = [
    ...(input.takesOver ? takeOverTerms(input) : restartTerms(input)),
    ...delivery(input.readIntervalMs),
  ];
  const budgetMs = terms.reduce((sum, term) => sum + term.ms, 0);
  const formula = terms.map((term) => `${term.what} ${String(term.ms / 1000)} s`).join(" + ");
  return { budgetMs, formula: `${formula} = ${String(budgetMs / 1000)} s` };
}

/** Linux doubles the pause between two retransmissions up to this. */
const TCP_RETRANSMISSION_MS_MAX = 120_000;

/**
 * After a disturbance others may be in the middle of taking over, and a sender that nobody answered waits about
 * as long again as it has waited so far.
 */
function afterDisturbance(component: string, disturbedMs: number): readonly Term[] {
  const known = CATCH_UP[component] ?? [];
  const takeOver = (TAKE_OVER[component] ?? []).filter(({ what }) =>
    known.every((term) => term.what !== what),
  );
  const silentMs = Math.min(TCP_RETRANSMISSION_MS_MAX, disturbedMs);
  return [...takeOver, { what: "pause of a sender that was not answered", ms: silentMs }];
}

function restartTerms(input: BudgetInput): readonly Term[] {
  const { component, restarts, disturbedMs, rereadRowCount } = input;
  const restart: readonly Term[] = restarts
    ? [{ what: `restart of ${component}`, ms: RESTART_MS[component] ?? 60_000 }]
    : [];
  const settle = disturbedMs === undefined ? [] : afterDisturbance(component, disturbedMs);
  const reread = rereadRowCount === undefined ? [] : rereadTerms(component, rereadRowCount);
  return [...restart, ...(CATCH_UP[component] ?? []), ...settle, ...reread];
}

/** A snapshot beside the load, on a machine that everything shares. */
const SNAPSHOT_ROWS_PER_S = 500;

/** The connector is told to read all rows, does, and is told that it need not any more. */
function rereadTerms(component: string, rowCount: number): readonly Term[] {
  const safe = { what: "the new slot is safe on the standbys", ms: 60_000 };
  return [
    ...(component === "connect" ? [] : (CATCH_UP["connect"] ?? [])),
    { what: "the connector starts twice", ms: 30_000 },
    { what: `${String(rowCount)} rows`, ms: Math.ceil(rowCount / SNAPSHOT_ROWS_PER_S) * 1000 },
    ...(component === "patroni" ? [safe] : []),
  ];
}

function takeOverTerms({ component, canaryRoundMs }: BudgetInput): readonly Term[] {
  return [
    ...(TAKE_OVER[component] ?? []),
    { what: "one canary in every partition", ms: Math.round(canaryRoundMs) },
  ];
}
