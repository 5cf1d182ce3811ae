/**
 * HAProxy in its three places: before the BI service in the DMZ, as the endpoint that follows PostgreSQL's leader,
 * and before the object store. Clients reach a service through it where the topology names it as the entry.
 */
import { readFileSync } from "node:fs";
import { request } from "node:https";
import { join } from "node:path";
import type { Component, ComponentContext, InstanceSpec } from "../../core/contracts/component.ts";
import { LakeproofError } from "../../core/errors.ts";
import { SPEC_BI_HEALTHY_COUNT_MIN } from "../../core/seed-spec.ts";
import { untilAborted } from "../../core/until-aborted.ts";
import { programIn } from "../artifacts/programs.ts";
import { openObjectStore } from "../clients/object-store.ts";
import { withPostgres } from "../clients/postgres.ts";
import {
  BACKENDS,
  BI_INNER_PORT,
  haproxyConfig,
  HAPROXY_TIMINGS,
  METRICS_PORT,
  type Proxy,
} from "./haproxy-config.ts";
import { MINIO_PORT } from "./minio.ts";
import { PATRONI_REST_PORT } from "./patroni.ts";
import { POSTGRES_PORT } from "./postgres.ts";
import { addressOf, eachOrdinal, type InstanceDraft } from "./shape.ts";
import { WAF_HEALTH_PATH } from "./waf.ts";

export { HAPROXY_TIMINGS };

const BI_PORT = 3001;
const BI_TLS_PORT = 3443;
const REPLICAS_PORT = 5433;

const CERTIFICATE = "edge.pem";
/** HAProxy finds a key by itself when it is named like this. */
const KEY = `${CERTIFICATE}.key`;
const CERTIFICATE_DAYS = 30;

/** Says in each answer which server gave it. */
const SERVED_BY = "x-served-by";

const HEALTH_PATHS: Readonly<Record<string, string>> = {
  superset: "/health",
  metabase: "/api/health",
};

/** What the probe of an instance must know beyond its address; carried where specs carry such things. */
const ENV = {
  health: "LAKEPROOF_HEALTH_PATH",
  serverCount: "LAKEPROOF_SERVER_COUNT",
  secret: "LAKEPROOF_OBJECT_STORE_SECRET",
} as const;

export const haproxyBi: Component = {
  kind: "haproxy-bi",
  artifacts: ["haproxy"],
  startCoreCount: 0,
  instances: (context) =>
    eachOrdinal(context, (id, ordinal) => {
      const servers = serversOf(context, upstreamOf(context, "superset"));
      const health = biHealthPath(context);
      const host = context.host(context.service, ordinal);
      return {
        ...haproxyInstance(context, id, ordinal, biProxy(context, host, servers, health)),
        component: "haproxy-bi",
        ports: {
          ...{ main: BI_PORT, tls: BI_TLS_PORT, metrics: METRICS_PORT },
          ...(textOf(context, "waf") === undefined ? {} : { inner: BI_INNER_PORT }),
        },
        prepare: [{ argv: certificateCommand(host) }],
        command: haproxyCommand(context, id, {
          [ENV.health]: health,
          [ENV.serverCount]: String(Object.keys(servers).length),
        }),
      };
    }),
  probe: async (spec, signal) => {
    const path = spec.command.env?.[ENV.health] ?? "/health";
    const serverCount = serverCountOf(spec);
    const served = new Set<string>();
    // Round robin: twice the number of servers reaches each that is up, even where a check has just changed.
    for (let sent = 0; sent < 2 * serverCount; sent += 1) {
      served.add(await servedBy(`http://${addressOf(spec)}${path}`, signal));
    }
    const needed = Math.min(SPEC_BI_HEALTHY_COUNT_MIN, serverCount);
    if (served.size < needed) {
      throw notReady(
        `${spec.id}: ${String(served.size)} of ${String(serverCount)} servers answered`,
      );
    }
    await probeTls(spec, path, signal);
  },
  // One that answers serves: that two are healthy is what the specification's alert watches.
  serving: async (context, signal) => {
    const address = context.endpoints.address(context.service);
    await servedBy(`http://${address}${biHealthPath(context)}`, signal);
  },
};

function biHealthPath(context: ComponentContext): string {
  const upstream = upstreamOf(context, "superset");
  return textOf(context, "health") ?? HEALTH_PATHS[upstream] ?? "/health";
}

export const haproxyPostgres: Component = {
  kind: "haproxy-postgres",
  artifacts: ["haproxy"],
  startCoreCount: 0,
  instances: (context) =>
    eachOrdinal(context, (id, ordinal) => {
      const servers = serversOf(context, upstreamOf(context, "postgres"));
      const host = context.host(context.service, ordinal);
      return {
        ...haproxyInstance(context, id, ordinal, postgresProxy(host, servers)),
        component: "haproxy-postgres",
        ports: { main: POSTGRES_PORT, replicas: REPLICAS_PORT, metrics: METRICS_PORT },
        command: haproxyCommand(context, id, {
          [ENV.serverCount]: String(Object.keys(servers).length),
        }),
      };
    }),
  // Only a leader takes a write: a standby refuses even a temporary table. Until each server was checked once all
  // count as leaders, and a single write could have had luck.
  probe: async (spec, signal) => {
    for (let written = 0; written < 2 * serverCountOf(spec); written += 1) {
      await withPostgres(addressOf(spec), "postgres", signal, async (client) => {
        await client.query("CREATE TEMP TABLE probe AS SELECT 1");
      });
    }
  },
};

export const haproxyMinio: Component = {
  kind: "haproxy-minio",
  artifacts: ["haproxy"],
  startCoreCount: 0,
  instances: (context) =>
    eachOrdinal(context, (id, ordinal) => {
      const servers = serversOf(context, upstreamOf(context, "minio"));
      const host = context.host(context.service, ordinal);
      return {
        ...haproxyInstance(context, id, ordinal, minioProxy(host, servers)),
        component: "haproxy-minio",
        ports: { main: MINIO_PORT, metrics: METRICS_PORT },
        command: haproxyCommand(context, id, { [ENV.secret]: context.secret }),
      };
    }),
  probe: async (spec, signal) => {
    const store = openObjectStore(addressOf(spec), spec.command.env?.[ENV.secret] ?? "");
    await store.createBucket("probe", signal);
    await store.roundTrip("probe", `through-${spec.id}`, signal);
  },
};

function serverCountOf(spec: InstanceSpec): number {
  return Number(spec.command.env?.[ENV.serverCount] ?? 1);
}

type Servers = Readonly<Record<string, string>>;

function biProxy(context: ComponentContext, host: string, servers: Servers, health: string): Proxy {
  const firewall = textOf(context, "waf");
  const entry = {
    name: "bi",
    binds: [
      `${host}:${String(BI_PORT)}`,
      `${host}:${String(BI_TLS_PORT)} ssl crt ${CERTIFICATE} alpn h2,http/1.1`,
    ],
    lines: [
      "option forwardfor",
      "http-request set-header X-Forwarded-Proto https if { ssl_fc }",
      "http-request set-header X-Forwarded-Proto http if !{ ssl_fc }",
    ],
  };
  const bi = {
    name: BACKENDS.bi,
    balance: "roundrobin" as const,
    check: `GET ${health}`,
    servers,
    lines: [`http-response set-header ${SERVED_BY} %s`],
  };
  const shape = { host, mode: "http" as const, timings: HAPROXY_TIMINGS.bi };
  if (firewall === undefined) {
    return { ...shape, frontends: [{ ...entry, backend: bi.name }], backends: [bi] };
  }
  // Requests go out to the firewall and come back cleared: with no firewall up nothing passes.
  return {
    ...shape,
    frontends: [
      { ...entry, backend: BACKENDS.waf },
      { name: "bi_inner", binds: [`${host}:${String(BI_INNER_PORT)}`], backend: bi.name },
    ],
    backends: [
      {
        name: BACKENDS.waf,
        balance: "roundrobin",
        check: `GET ${WAF_HEALTH_PATH}`,
        servers: serversOf(context, firewall),
      },
      bi,
    ],
  };
}

/** Patroni's REST interface knows who leads; sessions to one that leads no more are cut at once. */
function postgresProxy(host: string, servers: Servers): Proxy {
  const backend = (name: string, check: string): Proxy["backends"][number] => ({
    name,
    balance: "roundrobin",
    check,
    checkPort: PATRONI_REST_PORT,
    servers,
    serverOptions: ["on-marked-down shutdown-sessions"],
  });
  return {
    host,
    mode: "tcp",
    timings: HAPROXY_TIMINGS.postgres,
    frontends: [
      {
        name: "postgres_leader",
        binds: [`${host}:${String(POSTGRES_PORT)}`],
        backend: BACKENDS.leader,
      },
      {
        name: "postgres_replicas",
        binds: [`${host}:${String(REPLICAS_PORT)}`],
        backend: BACKENDS.replicas,
      },
    ],
    backends: [
      backend(BACKENDS.leader, "OPTIONS /primary"),
      backend(BACKENDS.replicas, "OPTIONS /replica"),
    ],
  };
}

function minioProxy(host: string, servers: Servers): Proxy {
  return {
    host,
    mode: "http",
    timings: HAPROXY_TIMINGS.minio,
    frontends: [
      { name: "minio", binds: [`${host}:${String(MINIO_PORT)}`], backend: BACKENDS.minio },
    ],
    backends: [
      {
        name: BACKENDS.minio,
        // Uploads differ by orders of magnitude in length: turns would pile them up on one node.
        balance: "leastconn",
        check: "GET /minio/health/live",
        servers,
      },
    ],
  };
}

function haproxyInstance(
  context: ComponentContext,
  id: string,
  ordinal: number,
  proxy: Proxy,
): Omit<InstanceDraft, "component" | "ports"> {
  return {
    id,
    service: context.service,
    ordinal,
    host: proxy.host,
    dataDir: context.dataDir(id),
    readyMsMax: 60_000,
    unprivileged: true,
    reloadSignal: "SIGUSR2",
    files: { "haproxy.cfg": haproxyConfig(proxy) },
    prepare: [],
    command: haproxyCommand(context, id, {}),
  };
}

function haproxyCommand(
  context: ComponentContext,
  id: string,
  env: Readonly<Record<string, string>>,
): InstanceSpec["command"] {
  const program = programIn(context.artifact("haproxy"), "haproxy");
  // A master in the foreground with one worker: on a reload it starts the next one and keeps its own pid.
  return { argv: [program, "-W", "-db", "-f", join(context.dataDir(id), "haproxy.cfg")], env };
}

/** Run in the data directory. A certificate of this lab's own: nobody else should trust it. */
function certificateCommand(host: string): readonly string[] {
  return [
    ...["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256"],
    ...["-nodes", "-days", String(CERTIFICATE_DAYS), "-subj", "/CN=lakeproof-edge"],
    ...["-addext", `subjectAltName=IP:${host}`, "-keyout", KEY, "-out", CERTIFICATE],
  ];
}

function upstreamOf(context: ComponentContext, otherwise: string): string {
  return textOf(context, "upstream") ?? otherwise;
}

function textOf(context: ComponentContext, name: string): string | undefined {
  const value = context.config[name];
  return typeof value === "string" && value !== "" ? value : undefined;
}

/** All instances of a service under their own names, so that log and metrics speak of them as the report does. */
function serversOf(context: ComponentContext, service: string): Servers {
  const addresses = context.endpoints.addresses(service);
  const ids = context.endpoints.instanceIds(service);
  return Object.fromEntries(ids.map((id, index) => [id, addresses[index] ?? ""]));
}

async function servedBy(url: string, signal: AbortSignal): Promise<string> {
  const response = await untilAborted(fetch(url, { signal }), signal);
  await untilAborted(response.arrayBuffer(), signal);
  if (response.status !== 200) throw notReady(`${url} answered ${String(response.status)}`);
  return response.headers.get(SERVED_BY) ?? "nobody";
}

/** The same over TLS, trusting the lab's own certificate and no other. */
async function probeTls(spec: InstanceSpec, path: string, signal: AbortSignal): Promise<void> {
  const options = {
    host: spec.host,
    port: BI_TLS_PORT,
    path,
    ca: readFileSync(join(spec.dataDir, CERTIFICATE)),
    signal,
  };
  const status = await new Promise<number>((resolve, reject) => {
    request(options, (response) => {
      response.resume();
      resolve(response.statusCode ?? 0);
    })
      .on("error", reject)
      .end();
  });
  if (status !== 200) throw notReady(`${spec.id}: ${path} over TLS answered ${String(status)}`);
}

function notReady(message: string): LakeproofError {
  return new LakeproofError("CLIENT_FAILED", `${message}.`, { hint: "Read the instance's log." });
}
