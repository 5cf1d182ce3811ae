/** Those who ask in Prometheus' stead what does not speak its language: PostgreSQL, Redis and web pages. */
import { join } from "node:path";
import { BANK_DATABASE } from "../../core/bank-schema.ts";
import type { Component, ComponentContext, InstanceSpec } from "../../core/contracts/component.ts";
import { LakeproofError } from "../../core/errors.ts";
import { programIn } from "../artifacts/programs.ts";
import { scrapeText } from "../clients/prometheus.ts";
import { blackboxYaml } from "../monitoring/blackbox.ts";
import {
  EXPORTER_QUERIES,
  exporterQueriesYaml,
  type ExporterQuerySet,
} from "../monitoring/exporter-queries.ts";
import { BI_DATABASE } from "./postgres.ts";
import { addressOf, eachOrdinal, type InstanceDraft } from "./shape.ts";

const POSTGRES_EXPORTER_PORT = 9187;
const REDIS_EXPORTER_PORT = 9121;
const BLACKBOX_PORT = 9115;
/** Below the scrape's limit, so that a server that hangs is told apart from an exporter that does. */
const CONNECT_TIMEOUT_S = 2;
const ONE_CORE = { GOMAXPROCS: "1" } as const;

/** Which database each set of queries is about. */
const DATABASES: Readonly<Record<ExporterQuerySet, string>> = {
  server: BANK_DATABASE,
  superset: BI_DATABASE,
};

/**
 * `config.target` is the service it watches: instance by instance, so that one of them can be seen to fail,
 * or for Superset's own tables through the entry its clients use.
 */
export const postgresExporter: Component = {
  kind: "postgres-exporter",
  artifacts: ["postgres-exporter"],
  startCoreCount: 0,
  instances: (context) =>
    eachOrdinal(context, (id, ordinal): InstanceDraft => {
      const host = context.host(context.service, ordinal);
      const dataDir = context.dataDir(id);
      const watched = watchedBy(context, ordinal);
      const url = `postgresql://lakeproof@${watched.address}/${DATABASES[watched.queries]}`;
      return {
        ...draft(context, id, ordinal, POSTGRES_EXPORTER_PORT),
        component: "postgres-exporter",
        files: { "queries.yml": exporterQueriesYaml(watched.queries) },
        command: {
          argv: [
            programIn(context.artifact("postgres-exporter"), "prometheus-postgres-exporter"),
            `--web.listen-address=${host}:${String(POSTGRES_EXPORTER_PORT)}`,
            // Its own queries are for other versions of PostgreSQL; see exporter-queries.ts.
            ...["--disable-default-metrics", "--disable-settings-metrics"],
            ...["--no-collector.bgwriter", "--no-collector.database"],
            `--extend.query-path=${join(dataDir, "queries.yml")}`,
            `--constantLabels=target=${watched.target}`,
            "--log.level=warn",
          ],
          env: {
            ...ONE_CORE,
            DATA_SOURCE_NAME: `${url}?sslmode=disable&connect_timeout=${String(CONNECT_TIMEOUT_S)}`,
          },
        },
      };
    }),
  probe: async (spec, signal) => {
    await expectLine(spec, "/metrics", /^pg_up\{.*\} 1$/m, "does not reach its server", signal);
  },
};

interface WatchedServer {
  readonly queries: ExporterQuerySet;
  readonly address: string;
  /** Name of the watched instance in the metrics. */
  readonly target: string;
}

function watchedBy(context: ComponentContext, ordinal: number): WatchedServer {
  const { target: service, queries = "server" } = context.config;
  if (typeof service !== "string" || !isQuerySet(queries)) {
    throw new LakeproofError(
      "CONFIG_INVALID",
      `${context.service}: config.target names no service, or config.queries no set of queries.`,
      {
        hint: `Set target to a PostgreSQL service, and queries to one of ${Object.keys(EXPORTER_QUERIES).join(", ")}.`,
      },
    );
  }
  if (queries === "superset") {
    return { queries, address: context.endpoints.address(service), target: service };
  }
  const address = context.endpoints.addresses(service)[ordinal];
  const target = context.endpoints.instanceIds(service)[ordinal];
  if (address !== undefined && target !== undefined) return { queries, address, target };
  throw new LakeproofError(
    "CONFIG_INVALID",
    `${context.service}: ${service} has no instance ${String(ordinal)} to watch.`,
    { hint: `Give ${context.service} the replicaCount of ${service}.` },
  );
}

function isQuerySet(value: unknown): value is ExporterQuerySet {
  return typeof value === "string" && value in EXPORTER_QUERIES;
}

/** One for all Redis nodes: whom to ask stands in each request. */
export const redisExporter: Component = {
  kind: "redis-exporter",
  artifacts: ["redis-exporter"],
  startCoreCount: 0,
  instances: (context) =>
    eachOrdinal(context, (id, ordinal): InstanceDraft => {
      const host = context.host(context.service, ordinal);
      return {
        ...draft(context, id, ordinal, REDIS_EXPORTER_PORT),
        component: "redis-exporter",
        files: {},
        command: {
          argv: [
            programIn(context.artifact("redis-exporter"), "prometheus-redis-exporter"),
            ...["-web.listen-address", `${host}:${String(REDIS_EXPORTER_PORT)}`],
            // No node of its own, or it would count one twice.
            ...["-redis.addr", "", "-connection-timeout", `${String(CONNECT_TIMEOUT_S)}s`],
          ],
          env: { ...ONE_CORE, [REDIS_TARGET]: context.endpoints.addresses("redis")[0] ?? "" },
        },
      };
    }),
  probe: async (spec, signal) => {
    const target = spec.command.env?.[REDIS_TARGET] ?? "";
    const path = `/scrape?target=${encodeURIComponent(`redis://${target}`)}`;
    await expectLine(spec, path, /^redis_up 1$/m, "does not reach Redis", signal);
  },
};

const REDIS_TARGET = "LAKEPROOF_REDIS_TARGET";

/** Opens pages as a user would, for programs that tell nothing of themselves. */
export const blackboxExporter: Component = {
  kind: "blackbox-exporter",
  artifacts: ["blackbox-exporter"],
  startCoreCount: 0,
  instances: (context) =>
    eachOrdinal(context, (id, ordinal): InstanceDraft => {
      const host = context.host(context.service, ordinal);
      return {
        ...draft(context, id, ordinal, BLACKBOX_PORT),
        component: "blackbox-exporter",
        files: { "blackbox.yml": blackboxYaml() },
        command: {
          argv: [
            programIn(context.artifact("blackbox-exporter"), "prometheus-blackbox-exporter"),
            `--config.file=${join(context.dataDir(id), "blackbox.yml")}`,
            `--web.listen-address=${host}:${String(BLACKBOX_PORT)}`,
            "--log.level=warn",
          ],
          env: ONE_CORE,
        },
      };
    }),
  // It opens its own front page: whether it can look at all, not whether there is something to see.
  probe: async (spec, signal) => {
    const page = encodeURIComponent(`http://${addressOf(spec)}/`);
    const path = `/probe?module=http_ok&target=${page}`;
    await expectLine(spec, path, /^probe_success 1$/m, "cannot open a page", signal);
  },
};

function draft(
  context: ComponentContext,
  id: string,
  ordinal: number,
  port: number,
): Omit<InstanceDraft, "component" | "files" | "command"> {
  return {
    id,
    service: context.service,
    ordinal,
    host: context.host(context.service, ordinal),
    ports: { main: port },
    dataDir: context.dataDir(id),
    readyMsMax: 30_000,
    prepare: [],
  };
}

async function expectLine(
  spec: InstanceSpec,
  path: string,
  line: RegExp,
  otherwise: string,
  signal: AbortSignal,
): Promise<void> {
  const text = await scrapeText(addressOf(spec), path, signal);
  if (line.test(text)) return;
  throw new LakeproofError("CLIENT_FAILED", `${spec.id} ${otherwise}.`, {
    hint: "Read its log.",
  });
}
