/** From the instances of a lab to prometheus.yml: what is asked for metrics, where, and how often. */
import type { Reachable } from "../../core/contracts/component.ts";
import type { Json } from "../../core/contracts/values.ts";
import { metricsFrom, storedNamesFrom, type MetricSource } from "./metrics/index.ts";
import { TIMINGS } from "./timings.ts";
import { yamlText } from "./yaml.ts";

export type Watched = Pick<Reachable, "id" | "service" | "component" | "host" | "zone" | "ports">;

export interface ScrapeJob {
  /** Name of the job; one component has one, MinIO two. */
  readonly job: string;
  readonly source: MetricSource;
  /** Name of the port, the first of these that the instance has. */
  readonly ports: readonly string[];
  readonly path: string;
  readonly params?: Readonly<Record<string, readonly string[]>>;
  readonly intervalS?: number;
  readonly timeoutS?: number;
  /** User name for basic authentication without a password. */
  readonly user?: string;
  /** Labels that are not kept, as a regular expression. */
  readonly dropLabels?: string;
  /** The instance speaks no Prometheus itself: an exporter asks it, and is told whom to ask. */
  readonly through?: { readonly component: string; readonly target: string };
}

/** What HAProxy's exporter says of its traffic; its process and stick tables are left out. */
const HAPROXY_SCOPES = { scope: ["frontend", "backend", "server"] } as const;

/** Flink names every attempt and operator by a random id: after a restart each would begin a new series. */
const FLINK_IDS = "job_id|task_id|task_attempt_id|task_attempt_num|operator_id|tm_id|host";

/** Jobs by kind of component. A kind that is not here has no metrics of its own. */
export const SCRAPE_JOBS: Readonly<Record<string, readonly ScrapeJob[]>> = {
  kafka: [job("kafka", "kafka", ["metrics"], "/metrics")],
  connect: [job("connect", "connect", ["metrics"], "/metrics")],
  "flink-jobmanager": [flinkJob("flink-jobmanager")],
  "flink-taskmanager": [flinkJob("flink-taskmanager")],
  trino: [trinoJob("trino")],
  // Ten JVMs that read all their beans every few seconds would cost more than their queries.
  "trino-worker": [{ ...trinoJob("trino-worker"), intervalS: TIMINGS.trinoWorkerIntervalS }],
  minio: [
    job("minio", "minio", ["main"], "/minio/v2/metrics/node"),
    {
      ...job("minio-cluster", "minio-cluster", ["main"], "/minio/v2/metrics/cluster"),
      intervalS: TIMINGS.minioClusterIntervalS,
      timeoutS: TIMINGS.minioClusterTimeoutS,
    },
  ],
  patroni: [job("patroni", "patroni", ["rest"], "/metrics")],
  "postgres-exporter": [job("postgres-exporter", "postgres-exporter", ["main"], "/metrics")],
  etcd: [job("etcd", "etcd", ["client", "main"], "/metrics")],
  redis: [
    {
      ...job("redis", "redis", ["main"], "/scrape"),
      through: { component: "redis-exporter", target: "redis://$1" },
    },
  ],
  haproxy: [haproxyJob("haproxy")],
  "haproxy-bi": [haproxyJob("haproxy-bi")],
  "haproxy-postgres": [haproxyJob("haproxy-postgres")],
  "haproxy-minio": [haproxyJob("haproxy-minio")],
  superset: [healthJob("superset", "/health")],
  metabase: [healthJob("metabase", "/api/health")],
  prometheus: [job("prometheus", "prometheus", ["main"], "/metrics")],
  "lake-maintenance": [job("lake-maintenance", "lake-maintenance", ["metrics"], "/metrics")],
  alertmanager: [job("alertmanager", "alertmanager", ["main"], "/metrics")],
};

function job(
  name: string,
  source: MetricSource,
  ports: readonly string[],
  path: string,
): ScrapeJob {
  return { job: name, source, ports, path };
}

function flinkJob(name: "flink-jobmanager" | "flink-taskmanager"): ScrapeJob {
  return { ...job(name, name, ["metrics"], "/metrics"), dropLabels: FLINK_IDS };
}

/**
 * Trino answers nobody without a name, but without authenticators takes any. It would tell every bean of its
 * JVM, eleven thousand lines: it is asked for those that are wanted.
 */
function trinoJob(name: string): ScrapeJob {
  return {
    ...job(name, "trino", ["main"], "/metrics"),
    user: "lakeproof-prometheus",
    params: { "name[]": metricsFrom("trino") },
  };
}

function haproxyJob(name: string): ScrapeJob {
  return { ...job(name, "haproxy", ["metrics"], "/metrics"), params: HAPROXY_SCOPES };
}

function healthJob(name: string, path: string): ScrapeJob {
  return {
    ...job(name, "blackbox", ["main"], "/probe"),
    params: { module: ["http_ok"] },
    through: { component: "blackbox-exporter", target: `http://$1${path}` },
  };
}

export interface ScrapeOptions {
  readonly ruleFiles: readonly string[];
  /** File that names a harness while it runs one: it exports what only it knows, the freshness a reader sees. */
  readonly harnessFile?: string;
}

/** Below Prometheus's data directory. */
export const HARNESS_TARGET_FILE = "harness.json";

/** The text of that file: the harness listens at `address`. */
export function harnessTarget(address: string): string {
  const labels = { instance: "lakeproof", service: "lakeproof", zone: "ops" };
  return `${JSON.stringify([{ targets: [address], labels }])}\n`;
}

/** The text of prometheus.yml. */
export function prometheusYaml(instances: readonly Watched[], options: ScrapeOptions): string {
  const alertmanagers = instances
    .filter((instance) => instance.component === "alertmanager")
    .map((instance) => addressOf(instance, ["main"]) ?? "");
  return yamlText({
    global: {
      scrape_interval: seconds(TIMINGS.scrapeIntervalS),
      scrape_timeout: seconds(TIMINGS.scrapeTimeoutS),
      evaluation_interval: seconds(TIMINGS.evaluationIntervalS),
    },
    alerting: { alertmanagers: [{ static_configs: [{ targets: alertmanagers }] }] },
    rule_files: options.ruleFiles,
    scrape_configs: scrapeConfigs(instances, options),
  });
}

function scrapeConfigs(instances: readonly Watched[], options: ScrapeOptions): readonly Json[] {
  const jobs = Object.entries(SCRAPE_JOBS).flatMap(([component, all]) =>
    all.map((one) => ({ component, ...one })),
  );
  const configs = jobs.flatMap((one) => {
    const own = instances.filter((instance) => instance.component === one.component);
    const config = scrapeConfig(one, own, instances);
    return config === undefined ? [] : [config];
  });
  if (options.harnessFile === undefined) return configs;
  return [
    ...configs,
    { job_name: "lakeproof", file_sd_configs: [{ files: [options.harnessFile] }] },
  ];
}

function scrapeConfig(
  one: ScrapeJob,
  own: readonly Watched[],
  all: readonly Watched[],
): Json | undefined {
  const exporter = all.find((instance) => instance.component === one.through?.component);
  const exporterAddress = exporter === undefined ? undefined : addressOf(exporter, ["main"]);
  const targets = own.flatMap((instance) => targetOf(one, instance));
  const unreachable = one.through !== undefined && exporterAddress === undefined;
  if (targets.length === 0 || unreachable) return undefined;
  return {
    job_name: one.job,
    metrics_path: one.path,
    ...(one.params === undefined ? {} : { params: one.params }),
    ...(one.intervalS === undefined ? {} : { scrape_interval: seconds(one.intervalS) }),
    ...(one.timeoutS === undefined ? {} : { scrape_timeout: seconds(one.timeoutS) }),
    ...(one.user === undefined ? {} : { basic_auth: { username: one.user } }),
    static_configs: targets,
    ...(one.through === undefined || exporterAddress === undefined
      ? {}
      : { relabel_configs: askedThrough(exporterAddress, one.through.target) }),
    // What no rule and no panel reads is not stored: an exporter may say thousands of other things.
    metric_relabel_configs: [
      {
        source_labels: ["__name__"],
        regex: storedNamesFrom(one.source).join("|"),
        action: "keep",
      },
      ...(one.dropLabels === undefined ? [] : [{ regex: one.dropLabels, action: "labeldrop" }]),
    ],
  };
}

function targetOf(one: ScrapeJob, instance: Watched): readonly Json[] {
  const address = addressOf(instance, one.ports);
  if (address === undefined) return [];
  return [
    {
      targets: [address],
      labels: { instance: instance.id, service: instance.service, zone: instance.zone },
    },
  ];
}

function askedThrough(exporterAddress: string, target: string): readonly Json[] {
  return [
    { source_labels: ["__address__"], target_label: "__param_target", replacement: target },
    { target_label: "__address__", replacement: exporterAddress },
  ];
}

/** Instances that ought to be watched but have no port for it, by id: their alerts could only say "gone". */
export function unwatched(instances: readonly Watched[]): readonly string[] {
  return instances
    .filter((instance) =>
      (SCRAPE_JOBS[instance.component] ?? []).some(
        (one) => addressOf(instance, one.ports) === undefined,
      ),
    )
    .map((instance) => instance.id);
}

function addressOf(instance: Watched, ports: readonly string[]): string | undefined {
  const number = ports.map((name) => instance.ports[name]).find((found) => found !== undefined);
  return number === undefined ? undefined : `${instance.host}:${String(number)}`;
}

function seconds(count: number): string {
  return `${String(count)}s`;
}
