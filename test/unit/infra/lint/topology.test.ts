/** A topology is judged by what its instances really get: their files, command lines and environment. */
import { describe, expect, test } from "vitest";
import type { InstanceSpec } from "../../../../core/contracts/component.ts";
import { planLab } from "../../../../infra/lab-plan.ts";
import { collectSpecs, NOTHING_DECLARED } from "../../../../infra/lint/collect.ts";
import { declaredBy } from "../../../../infra/lint/declared.ts";
import type { Facts } from "../../../../infra/lint/facts.ts";
import { lintFacts } from "../../../../infra/lint/index.ts";
import { dev } from "../../../../infra/topologies/index.ts";
import { factsOf } from "./system.ts";

const plan = planLab(
  dev,
  { id: "lint", subnet: "127.77.0", secret: "", isolation: "loopback" },
  {},
);
const declared = declaredBy(dev, plan);

function devFacts(specs: readonly InstanceSpec[] = plan.specs): Facts {
  return { ...factsOf([]), ...collectSpecs(specs, declared).lists, hardware: {} };
}

describe("the facts of dev", () => {
  const facts = devFacts();

  test("come from files", () => {
    expect(facts.kafka.map(({ file }) => file)).toEqual(["kafka-0/server.properties"]);
    expect(facts.connectWorkers).toHaveLength(1);
    expect(facts.catalogs).toHaveLength(1);
    expect(facts.resourceGroups).toHaveLength(1);
    expect(facts.flink.map(({ component }) => component)).toContain("flink-taskmanager");
  });

  test("come from command lines and environments", () => {
    expect(facts.postgres[0]).toMatchObject({
      file: "postgres-0 command line",
      values: { wal_level: "logical" },
    });
    expect(facts.minio[0]?.volumes).toHaveLength(1);
    expect(facts.minio[0]?.env).toHaveProperty("MINIO_ROOT_USER");
    expect(facts.trino[0]?.values["-Xmx"]).toMatch(/^\d+m$/);
  });

  test("come from what is declared through an API", () => {
    expect(facts.connectors.map(({ values }) => values["topic.prefix"])).toEqual(["dbserver1"]);
    expect(facts.topics.map(({ name }) => name)).toEqual([
      "dbserver1.bank.users",
      "dbserver1.bank.accounts",
    ]);
    const undeclared = collectSpecs(plan.specs, NOTHING_DECLARED).lists;
    expect(undeclared.topics).toEqual([]);
  });
});

test("dev's single instances are named as what they are", () => {
  const found = lintFacts(devFacts()).findings.find(({ rule }) => rule === "single-instances");
  expect(found?.value).toMatch(/^1 of .*postgres.*kafka/);
  expect(found?.consequence).toMatch(/^\d+ stages .* all together are 99\.\d\d %/);
});

test("every value of a finding shows where it stands in the instance", () => {
  const spoilt = plan.specs.map((spec) =>
    spec.id === "connect-0"
      ? {
          ...spec,
          files: {
            "worker.properties": (spec.files["worker.properties"] ?? "").replace(
              /scheduled\.rebalance\.max\.delay\.ms=.*\n/,
              "",
            ),
          },
        }
      : spec,
  );
  const found = lintFacts(devFacts(spoilt)).findings.find(
    ({ rule }) => rule === "connect-rebalance",
  );
  expect(found).toMatchObject({
    file: "connect-0/worker.properties",
    key: "scheduled.rebalance.max.delay.ms",
    value: "not set (default 300000)",
    // One worker: nobody was to take over.
    severity: "warning",
  });
});

test("Redis settings on a command line are settings", () => {
  const [base] = plan.specs;
  if (base === undefined) return;
  const spec: InstanceSpec = {
    ...base,
    id: "redis-0",
    component: "redis",
    files: {},
    command: { argv: ["/bin/redis-server", "--maxmemory", "6gb", "--cluster-enabled", "yes"] },
  };
  expect(collectSpecs([spec], NOTHING_DECLARED).lists.redis).toMatchObject([
    { file: "redis-0 command line", values: { maxmemory: "6gb", "cluster-enabled": "yes" } },
  ]);
});
