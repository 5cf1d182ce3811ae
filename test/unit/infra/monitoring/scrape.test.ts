/** prometheus.yml: everybody is asked, at the right door, and only for what is wanted. */
import { describe, expect, it, test } from "vitest";
import { z } from "zod";
import { storedNamesFrom } from "../../../../infra/monitoring/metrics/index.ts";
import {
  harnessTarget,
  prometheusYaml,
  SCRAPE_JOBS,
  unwatched,
  type Watched,
} from "../../../../infra/monitoring/scrape.ts";
import { ALL_INSTANCES, without } from "./instances.ts";

const Relabel = z.object({
  source_labels: z.array(z.string()).optional(),
  target_label: z.string().optional(),
  replacement: z.string().optional(),
  regex: z.string().optional(),
  action: z.string().optional(),
});
const Job = z.object({
  job_name: z.string(),
  metrics_path: z.string().optional(),
  scrape_interval: z.string().optional(),
  scrape_timeout: z.string().optional(),
  params: z.record(z.string(), z.array(z.string())).optional(),
  basic_auth: z.object({ username: z.string() }).optional(),
  static_configs: z
    .array(z.object({ targets: z.array(z.string()), labels: z.record(z.string(), z.string()) }))
    .default([]),
  file_sd_configs: z.array(z.object({ files: z.array(z.string()) })).optional(),
  relabel_configs: z.array(Relabel).optional(),
  metric_relabel_configs: z.array(Relabel).optional(),
});
const Config = z.object({
  global: z.record(z.string(), z.string()),
  alerting: z.object({
    alertmanagers: z.array(
      z.object({ static_configs: z.array(z.object({ targets: z.array(z.string()) })) }),
    ),
  }),
  rule_files: z.array(z.string()),
  scrape_configs: z.array(Job),
});

function configOf(
  instances: readonly Watched[],
  options: Partial<Parameters<typeof prometheusYaml>[1]> = {},
): z.infer<typeof Config> {
  const text = prometheusYaml(instances, { ruleFiles: ["rules.yml"], ...options });
  return Config.parse(JSON.parse(text));
}

const config = configOf(ALL_INSTANCES);

function jobOf(name: string, within = config): z.infer<typeof Job> {
  const found = within.scrape_configs.find((one) => one.job_name === name);
  return Job.parse(found);
}

describe("prometheus.yml", () => {
  it("looks every five seconds and tells the Alertmanager", () => {
    expect(config.global).toEqual({
      scrape_interval: "5s",
      scrape_timeout: "4s",
      evaluation_interval: "5s",
    });
    const alertmanager = ALL_INSTANCES.find(({ component }) => component === "alertmanager");
    expect(config.alerting.alertmanagers[0]?.static_configs[0]?.targets).toEqual([
      `${alertmanager?.host ?? ""}:9093`,
    ]);
    expect(config.rule_files).toEqual(["rules.yml"]);
  });

  it("has every instance that any job is for, with its own id, service and zone", () => {
    const watched = config.scrape_configs.flatMap((one) =>
      one.static_configs.map(({ labels }) => labels["instance"]),
    );
    const exporters = ["redis-exporter", "blackbox-exporter"];
    const expected = without(...exporters).map(({ id }) => id);
    expect([...new Set(watched)].toSorted()).toEqual(expected.toSorted());
    expect(jobOf("kafka").static_configs[1]).toEqual({
      targets: ["127.0.1.2:9404"],
      labels: { instance: "kafka-1", service: "kafka", zone: "ops" },
    });
  });

  test.for(Object.values(SCRAPE_JOBS).flat())("$job keeps only what is read", (one) => {
    if (!config.scrape_configs.some(({ job_name }) => job_name === one.job)) return;
    expect(jobOf(one.job).metric_relabel_configs?.[0]).toEqual({
      source_labels: ["__name__"],
      regex: storedNamesFrom(one.source).join("|"),
      action: "keep",
    });
  });

  it("asks Trino under a name, for few of its eleven thousand lines", () => {
    const trino = jobOf("trino");
    expect(trino.basic_auth).toEqual({ username: "lakeproof-prometheus" });
    expect(trino.params?.["name[]"]).toContain("trino_execution_name_QueryManager_RunningQueries");
    expect(jobOf("trino-worker").params).toEqual(trino.params);
  });

  it("asks MinIO's nodes for themselves and, less often, for the cluster", () => {
    expect(jobOf("minio").metrics_path).toBe("/minio/v2/metrics/node");
    expect(jobOf("minio-cluster")).toMatchObject({
      metrics_path: "/minio/v2/metrics/cluster",
      scrape_interval: "10s",
      scrape_timeout: "9s",
    });
  });

  it("asks Redis and web pages through their exporters", () => {
    expect(jobOf("redis").relabel_configs).toEqual([
      {
        source_labels: ["__address__"],
        target_label: "__param_target",
        replacement: "redis://$1",
      },
      { target_label: "__address__", replacement: "127.0.12.1:9121" },
    ]);
    expect(jobOf("superset")).toMatchObject({
      metrics_path: "/probe",
      params: { module: ["http_ok"] },
      relabel_configs: [{ replacement: "http://$1/health" }, { replacement: "127.0.18.1:9115" }],
    });
    expect(jobOf("metabase").relabel_configs?.[0]?.replacement).toBe("http://$1/api/health");
  });

  it("forgets Flink's random ids, so that a restart continues its series", () => {
    const drop = jobOf("flink-taskmanager").metric_relabel_configs?.[1];
    expect(drop?.action).toBe("labeldrop");
    expect(new RegExp(`^(?:${drop?.regex ?? ""})$`).test("task_attempt_id")).toBe(true);
    expect(new RegExp(`^(?:${drop?.regex ?? ""})$`).test("job_name")).toBe(false);
  });

  it("leaves a job out where there is nobody, or nobody to ask through", () => {
    const fewer = configOf(without("redis-exporter", "metabase"));
    const names = fewer.scrape_configs.map(({ job_name }) => job_name);
    expect(names).not.toContain("redis");
    expect(names).not.toContain("metabase");
    expect(names).toContain("superset");
  });

  it("watches a harness that exports what only it knows", () => {
    const config = configOf(ALL_INSTANCES, { harnessFile: "/lab/harness.json" });
    expect(jobOf("lakeproof", config).file_sd_configs).toEqual([{ files: ["/lab/harness.json"] }]);
    expect(JSON.parse(harnessTarget("10.77.5.2:9464"))).toEqual([
      {
        targets: ["10.77.5.2:9464"],
        labels: { instance: "lakeproof", service: "lakeproof", zone: "ops" },
      },
    ]);
  });
});

describe("instances without a port for their metrics", () => {
  it("are named", () => {
    const bare = ALL_INSTANCES.map((one) =>
      one.id === "kafka-2" ? { ...one, ports: { main: 9092 } } : one,
    );
    expect(unwatched(bare)).toEqual(["kafka-2"]);
    expect(jobOf("kafka", configOf(bare)).static_configs).toHaveLength(2);
  });

  it("are none where all have one", () => {
    expect(unwatched(ALL_INSTANCES)).toEqual([]);
  });
});
