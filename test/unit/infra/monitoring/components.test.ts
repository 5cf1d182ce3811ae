/** The watchers as components: what they are told, and whom they refuse to watch. */
import { describe, expect, it } from "vitest";
import type { ComponentContext, InstanceSpec } from "../../../../core/contracts/component.ts";
import { alertmanager } from "../../../../infra/components/alertmanager.ts";
import {
  blackboxExporter,
  postgresExporter,
  redisExporter,
} from "../../../../infra/components/exporters.ts";
import { prometheus } from "../../../../infra/components/prometheus.ts";
import { ALL_INSTANCES, without } from "./instances.ts";

const POSTGRES = ["10.77.4.11:5432", "10.77.4.12:5432"];

function contextOf(service: string, given: Partial<ComponentContext> = {}): ComponentContext {
  return {
    service,
    zone: "ops",
    isolation: "namespaces",
    replicaCount: 1,
    memoryMiB: 128,
    topicPartitionCount: 4,
    config: {},
    settings: {},
    endpoints: {
      address: () => "10.77.4.99:5432",
      addresses: (name) => (name === "redis" ? ["10.77.2.31:6379"] : POSTGRES),
      instanceIds: () => ["postgres-0", "postgres-1"],
      has: () => true,
      all: () => without("prometheus").map((one) => ({ ...one, ordinal: 0 })),
    },
    secret: "secret",
    artifact: (name) => `/artifacts/${name}`,
    host: (_, ordinal) => `10.77.5.${String(11 + ordinal)}`,
    replicaCountOf: () => 2,
    dataDir: (id) => `/lab/${id}`,
    log: () => undefined,
    ...given,
  };
}

function firstOf([spec]: readonly InstanceSpec[]): InstanceSpec {
  if (spec !== undefined) return spec;
  throw new Error("no instance");
}

describe("Prometheus", () => {
  const spec = firstOf(prometheus.instances(contextOf("prometheus")));

  it("watches everybody and itself, with rules for all of them", () => {
    const config = spec.files["prometheus.yml"] ?? "";
    for (const { id, component } of ALL_INSTANCES) {
      if (["redis-exporter", "blackbox-exporter"].includes(component)) continue;
      expect(config).toContain(`"instance": "${id}"`);
    }
    expect(config).toContain("/lab/prometheus-0/rules.yml");
    expect(spec.files["rules.yml"]).toContain("CdcLagAboveOneMinute");
  });

  it("listens on its own address only, on one core", () => {
    expect(spec.command.argv).toContain("--web.listen-address=10.77.5.11:9090");
    expect(spec.command.env).toEqual({ GOMAXPROCS: "1", GOMEMLIMIT: "128MiB" });
    expect(spec.zone).toBe("ops");
  });

  it("says who has no port for its metrics", () => {
    const told: string[] = [];
    const bare = { ...ALL_INSTANCES[0], id: "kafka-9", ports: {} } as (typeof ALL_INSTANCES)[0];
    const context = contextOf("prometheus");
    prometheus.instances({
      ...context,
      endpoints: { ...context.endpoints, all: () => [{ ...bare, ordinal: 9 }] },
      log: (line) => told.push(line),
    });
    expect(told).toEqual(["kafka-9 has no port for its metrics"]);
  });

  it("asks a harness, while its own directory names one", () => {
    expect(spec.files["prometheus.yml"]).toContain("/lab/prometheus-0/harness.json");
  });

  it("leaves out alerts on what cannot speak: Flink on loopback", () => {
    const context = contextOf("prometheus");
    const onLoopback = context.endpoints.all().map((one) => {
      if (!one.component.startsWith("flink-")) return one;
      return { ...one, ports: { main: one.ports["main"] ?? 0 } };
    });
    const rulesOf = (all: typeof onLoopback): string =>
      firstOf(
        prometheus.instances({ ...context, endpoints: { ...context.endpoints, all: () => all } }),
      ).files["rules.yml"] ?? "";
    expect(rulesOf([...context.endpoints.all()])).toContain("FlinkJobFailure");
    expect(rulesOf(onLoopback)).not.toContain("FlinkJobFailure");
    expect(rulesOf(onLoopback)).toContain("DatabaseConnectionFailure");
  });
});

describe("Alertmanager", () => {
  it("tells nobody and waits for nobody", () => {
    const spec = firstOf(alertmanager.instances(contextOf("alertmanager")));
    expect(JSON.parse(spec.files["alertmanager.yml"] ?? "")).toMatchObject({
      route: { receiver: "nobody", group_wait: "0s" },
      receivers: [{ name: "nobody" }],
    });
    expect(spec.command.argv).toContain("--cluster.listen-address=");
    expect(spec.command.argv).toContain(
      "/artifacts/alertmanager/root/usr/share/prometheus/alertmanager",
    );
  });
});

describe("the PostgreSQL exporter", () => {
  const exporter = (given: Partial<ComponentContext>): readonly InstanceSpec[] =>
    postgresExporter.instances(contextOf("postgres-exporter", given));

  it("watches one instance each and names it in its metrics", () => {
    const specs = exporter({ replicaCount: 2, config: { target: "postgres" } });
    expect(specs.map(({ command }) => command.env?.["DATA_SOURCE_NAME"])).toEqual([
      "postgresql://lakeproof@10.77.4.11:5432/bank?sslmode=disable&connect_timeout=2",
      "postgresql://lakeproof@10.77.4.12:5432/bank?sslmode=disable&connect_timeout=2",
    ]);
    expect(specs[1]?.command.argv).toContain("--constantLabels=target=postgres-1");
    expect(specs[0]?.files["queries.yml"]).toContain("pg_replication_slots");
  });

  it("reads Superset's tables through the entry that Superset uses", () => {
    const spec = firstOf(exporter({ config: { target: "postgres", queries: "superset" } }));
    expect(spec.command.env?.["DATA_SOURCE_NAME"]).toContain("@10.77.4.99:5432/superset?");
    expect(spec.files["queries.yml"]).toContain("lakeproof_superset_action");
  });

  it("refuses to watch nobody", () => {
    expect(() => exporter({})).toThrow("config.target names no service");
    expect(() => exporter({ config: { target: "postgres", queries: "mysql" } })).toThrow(
      "no set of queries",
    );
    expect(() => exporter({ replicaCount: 3, config: { target: "postgres" } })).toThrow(
      "postgres has no instance 2 to watch",
    );
  });
});

describe("the other exporters", () => {
  it("listen on their own address", () => {
    const redis = firstOf(redisExporter.instances(contextOf("redis-exporter")));
    expect(redis.command.argv).toContain("10.77.5.11:9121");
    const blackbox = firstOf(blackboxExporter.instances(contextOf("blackbox-exporter")));
    expect(blackbox.command.argv).toContain("--web.listen-address=10.77.5.11:9115");
    expect(JSON.parse(blackbox.files["blackbox.yml"] ?? "")).toHaveProperty("modules.http_ok");
  });
});
