/** The one builder of haproxy.cfg, for load balancers and for endpoints that follow a leader. */

/**
 * A server that is gone is out after fallCount intervals; one that hangs, after fallCount times interval and check
 * time-out; it is back after riseCount intervals. Until then connections that are refused are retried elsewhere,
 * and requests that hang wait. Connect, client and server time-outs of the BI entry are the seed's.
 *
 * After a reload the old worker takes no new connections and ends with its last one, or after hardStopAfterMs: it asks
 * for nobody's health any more, so no session should stay with it for long.
 */
export const HAPROXY_TIMINGS = {
  bi: {
    checkIntervalMs: 2000,
    // Above what a healthy instance takes when all cores are busy, or a burst would take out all of them.
    checkTimeoutMs: 3000,
    fallCount: 3,
    riseCount: 2,
    connectTimeoutMs: 5000,
    clientTimeoutMs: 50_000,
    serverTimeoutMs: 50_000,
    // No request may take longer, so none is cut.
    hardStopAfterMs: 55_000,
  },
  postgres: {
    checkIntervalMs: 1000,
    checkTimeoutMs: 2000,
    fallCount: 3,
    riseCount: 2,
    connectTimeoutMs: 5000,
    // A session may be idle for as long as a migration holds a lock.
    clientTimeoutMs: 1_800_000,
    serverTimeoutMs: 1_800_000,
    // Sessions of a pool or a connector never end: they are cut as in a failover, and come back.
    hardStopAfterMs: 10_000,
  },
  minio: {
    checkIntervalMs: 2000,
    checkTimeoutMs: 2000,
    fallCount: 3,
    riseCount: 2,
    connectTimeoutMs: 5000,
    // One part of an upload may take minutes on a slow disk.
    clientTimeoutMs: 600_000,
    serverTimeoutMs: 600_000,
    // A part that is cut is sent again.
    hardStopAfterMs: 30_000,
  },
} as const satisfies Readonly<Record<string, HaproxyTimings>>;

interface HaproxyTimings {
  readonly checkIntervalMs: number;
  readonly checkTimeoutMs: number;
  readonly fallCount: number;
  readonly riseCount: number;
  readonly connectTimeoutMs: number;
  readonly clientTimeoutMs: number;
  readonly serverTimeoutMs: number;
  readonly hardStopAfterMs: number;
}

/** As they stand in its log and metrics. */
export const BACKENDS = {
  bi: "bi_servers",
  waf: "waf_servers",
  leader: "leader_servers",
  replicas: "replica_servers",
  minio: "minio_servers",
} as const;

export const METRICS_PORT = 8405;
/** Where requests come back that the web application firewall has let through. */
export const BI_INNER_PORT = 3002;
const CONNECTION_COUNT_MAX = 4096;
const RETRY_COUNT = 3;

interface Backend {
  readonly name: string;
  readonly balance: "roundrobin" | "leastconn";
  /** Method and path whose answer 200 means healthy. */
  readonly check: string;
  /** Port the check goes to where it is not the server's own. */
  readonly checkPort?: number;
  /** Name → "host:port". */
  readonly servers: Readonly<Record<string, string>>;
  readonly serverOptions?: readonly string[];
  readonly lines?: readonly string[];
}

interface Frontend {
  readonly name: string;
  /** What stands behind `bind`, e.g. "127.0.8.1:3443 ssl crt edge.pem". */
  readonly binds: readonly string[];
  readonly backend: string;
  readonly lines?: readonly string[];
}

export interface Proxy {
  readonly host: string;
  readonly mode: "http" | "tcp";
  readonly timings: HaproxyTimings;
  readonly frontends: readonly Frontend[];
  readonly backends: readonly Backend[];
}

export function haproxyConfig(proxy: Proxy): string {
  return [
    section("global", globalLines(proxy)),
    section("defaults", defaultLines(proxy)),
    ...proxy.frontends.map((frontend) =>
      section(`frontend ${frontend.name}`, [
        ...frontend.binds.map((bind) => `bind ${bind}`),
        `option ${proxy.mode}log`,
        ...(frontend.lines ?? []),
        `default_backend ${frontend.backend}`,
      ]),
    ),
    ...proxy.backends.map((backend) =>
      section(`backend ${backend.name}`, backendLines(backend, proxy)),
    ),
    section("frontend metrics", [
      `bind ${proxy.host}:${String(METRICS_PORT)}`,
      "mode http",
      // Scrapes are not the traffic that a log is read for.
      "no log",
      "http-request use-service prometheus-exporter if { path /metrics }",
      "http-request return status 404",
    ]),
  ].join("\n");
}

function section(title: string, lines: readonly string[]): string {
  return `${title}\n${lines.map((line) => `    ${line}\n`).join("")}`;
}

function globalLines({ timings }: Proxy): readonly string[] {
  return [
    // The seed has `daemon`; here the lab watches the process, so it stays in the foreground.
    "log stdout format raw local0 info",
    `maxconn ${String(CONNECTION_COUNT_MAX)}`,
    `hard-stop-after ${String(timings.hardStopAfterMs)}ms`,
    // Relative to the data directory: a socket's path may not be longer than about a hundred characters.
    "stats socket unix@haproxy.sock mode 600 level admin expose-fd listeners",
    "ssl-default-bind-options ssl-min-ver TLSv1.2",
  ];
}

function defaultLines(proxy: Proxy): readonly string[] {
  const { timings, mode } = proxy;
  return [
    `mode ${mode}`,
    "log global",
    // Failures and changes of health are what a log is read for after a fault.
    "option dontlog-normal",
    "option dontlognull",
    "option log-health-checks",
    `timeout connect ${String(timings.connectTimeoutMs)}ms`,
    `timeout client ${String(timings.clientTimeoutMs)}ms`,
    `timeout server ${String(timings.serverTimeoutMs)}ms`,
    `timeout check ${String(timings.checkTimeoutMs)}ms`,
    // At the first retry: the same server again would cost a second, and it is the one that is gone.
    "option redispatch 1",
    `retries ${String(RETRY_COUNT)}`,
    ...(mode === "tcp" ? ["option clitcpka", "option srvtcpka"] : []),
  ];
}

function backendLines(backend: Backend, proxy: Proxy): readonly string[] {
  const { timings } = proxy;
  const checkPort = backend.checkPort === undefined ? [] : [`port ${String(backend.checkPort)}`];
  const options = [
    ...[`inter ${String(timings.checkIntervalMs)}ms`, `fall ${String(timings.fallCount)}`],
    ...[`rise ${String(timings.riseCount)}`, ...checkPort, ...(backend.serverOptions ?? [])],
  ];
  return [
    `balance ${backend.balance}`,
    `option httpchk ${backend.check}`,
    "http-check expect status 200",
    // Else the kernel picks an address that is nobody's, and a cut between two instances would miss the traffic.
    `source ${proxy.host}`,
    ...(backend.lines ?? []),
    `default-server ${options.join(" ")}`,
    ...Object.entries(backend.servers).map(([name, address]) => `server ${name} ${address} check`),
  ];
}
