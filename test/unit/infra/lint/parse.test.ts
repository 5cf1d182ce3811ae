/** What a file is, and what is in it. */
import { describe, expect, test } from "vitest";
import { count, memory, percent, plural, size, span } from "../../../../infra/lint/figures.ts";
import {
  backendsOf,
  inherited,
  parseHaproxy,
  serversOf,
} from "../../../../infra/lint/parse/haproxy.ts";
import {
  parseEnvironment,
  parsePostgres,
  parsePostgresArgv,
  parseProperties,
  parseRedis,
  parseRedisArgv,
} from "../../../../infra/lint/parse/properties.ts";
import { readFacts } from "../../../../infra/lint/parse/read.ts";
import { lakeTables, sqlText } from "../../../../infra/lint/parse/sql.ts";
import { flatten } from "../../../../infra/lint/parse/yaml.ts";
import { thresholdMs } from "../../../../infra/lint/rules/alerts.ts";
import { durationMs, flagOf, sizeBytes } from "../../../../infra/lint/settings.ts";

describe("values", () => {
  test.for([
    ["8000 ms", 8000],
    ["10s", 10_000],
    ["1m30s", 90_000],
    ["1 min", 60_000],
    ["0.5h", 1_800_000],
    ["30000", 30_000],
    ["'7d'", 604_800_000],
  ] as const)("duration %s", ([text, ms]) => {
    expect(durationMs(text)).toBe(ms);
  });

  test("a bare number counts what the program counts it as", () => {
    expect(durationMs("20", 1000)).toBe(20_000);
    expect(sizeBytes("512", 1024 ** 2)).toBe(512 * 1024 ** 2);
  });

  test.for([
    ["64GB", 64 * 1024 ** 3],
    ["128m", 128 * 1024 ** 2],
    ["6gb", 6 * 1024 ** 3],
    ["1.5TiB", 1.5 * 1024 ** 4],
    ["-1", -1],
  ] as const)("size %s", ([text, bytes]) => {
    expect(sizeBytes(text)).toBe(bytes);
  });

  test("a placeholder is no number, and what is compared with it accuses nobody", () => {
    expect(durationMs("${TTL}")).toBeNaN();
    expect(sizeBytes("{{ limit }}")).toBeNaN();
    expect(durationMs("${TTL}") > 30_000).toBe(false);
  });

  test("switches", () => {
    const settings = { file: "f", values: { a: "on", b: "FALSE", c: "perhaps" } };
    expect(["a", "b", "c", "d"].map((key) => flagOf(settings, key, true))).toEqual([
      true,
      false,
      true,
      true,
    ]);
  });
});

test("figures have the unit that fits them", () => {
  expect([span(900), span(310_000), span(7_000_000), span(98_039_000)]).toEqual([
    "900 ms",
    "310 s",
    "117 min",
    "27.2 h",
  ]);
  expect([size(192e12), size(680), memory(1024 ** 3 * 1.5)]).toEqual([
    "192 TB",
    "680 bytes",
    "1.5 GiB",
  ]);
  expect([
    count(604_800_000),
    percent(0.001),
    plural(1, "node"),
    plural(2, "copy", "copies"),
  ]).toEqual(["604,800,000", "0.1 %", "1 node", "2 copies"]);
});

describe("lines", () => {
  test("Java properties", () => {
    const text =
      "# a\n! b\nkey = value\nurl: http://h:1/x=y\nlong=one,\\\n  two\nempty=\nword rest\n";
    expect(parseProperties(text)).toEqual({
      key: "value",
      url: "http://h:1/x=y",
      long: "one,two",
      empty: "",
      word: "rest",
    });
  });

  test("environment files", () => {
    expect(parseEnvironment("export A=\"x y\"\n# B=1\nC='d'\nD=e\n")).toEqual({
      A: "x y",
      C: "d",
      D: "e",
    });
  });

  test("redis.conf", () => {
    expect(parseRedis('# x\nmaxmemory 6gb\nsave 900 1\nsave 300 10\nrequirepass "a b"\n')).toEqual({
      maxmemory: "6gb",
      save: "900 1 300 10",
      requirepass: "a b",
    });
    expect(parseRedisArgv(["redis.conf", "--maxmemory", "6gb", "--save", "900", "1"])).toEqual({
      maxmemory: "6gb",
      save: "900 1",
    });
  });

  test("postgresql.conf and its command line", () => {
    const text =
      "wal_level = logical # needs a restart\nmax_wal_senders 20\narchive_command = 'cp ''%p'' x'\n";
    expect(parsePostgres(text)).toEqual({
      wal_level: "logical",
      max_wal_senders: "20",
      archive_command: "cp '%p' x",
    });
    expect(
      parsePostgresArgv(["-D", "d", "-c", "wal_level=logical", "--max-wal-senders=5"]),
    ).toEqual({
      wal_level: "logical",
      max_wal_senders: "5",
    });
  });
});

test("nested and flat YAML are the same settings", () => {
  expect(flatten({ a: { b: 1, c: [{ d: "x" }] }, "e.f": true, g: null })).toEqual({
    "a.b": "1",
    "a.c.0.d": "x",
    "e.f": "true",
    g: "",
  });
});

test("haproxy.cfg: sections inherit from the defaults before them", () => {
  const config = parseHaproxy(
    "haproxy.cfg",
    "defaults\n mode http\n timeout server 5s\ndefaults late\n timeout server 9s\nbackend b # x\n default-server inter 1s\n server one h:1 check\nbackend empty\n",
  );
  const [backend] = backendsOf(config);
  expect(backendsOf(config)).toHaveLength(1);
  expect(backend && inherited(config, backend, "timeout", "server")).toEqual(["9s"]);
  expect(backend && serversOf(backend)).toEqual([{ name: "one", words: ["inter", "1s", "check"] }]);
});

describe("what a file is", () => {
  test.for([
    ["server.properties", "process.roles=broker\n", "kafka"],
    ["worker.properties", "offset.storage.topic=o\n", "connectWorkers"],
    ["pg.properties", "connector.class=io.debezium.X\n", "connectors"],
    ["iceberg.properties", "connector.name=iceberg\n", "catalogs"],
    ["config.properties", "coordinator=true\n", "trino"],
    ["bare.json", '{"connector.class": "io.debezium.X"}', "connectors"],
    ["named.json", '{"name": "x", "config": {"connector.class": "io.debezium.X"}}', "connectors"],
    ["groups.json", '{"rootGroups": [{"name": "g", "hardConcurrencyLimit": 1}]}', "resourceGroups"],
    ["flat.yaml", "execution.checkpointing.interval: 5 s\n", "flink"],
    ["config.yaml", "jobmanager:\n  rpc:\n    address: h\n", "flink"],
    ["patroni.yml", "scope: s\npostgresql: {parameters: {wal_level: logical}}\n", "patroni"],
    ["prometheus.yml", "global: {scrape_interval: 5s}\n", "prometheus"],
    ["crd.yaml", "spec: {groups: [{name: g, rules: [{alert: A, expr: up == 0}]}]}\n", "alerts"],
    ["haproxy.cfg", "frontend f\n bind :1\n", "haproxy"],
    ["redis.conf", "port 6379\n", "redis"],
    ["postgresql.conf", "wal_level = logical\n", "postgres"],
    ["minio.env", "MINIO_VOLUMES=/data{1...4}\n", "minio"],
    ["t.sql", "SELECT 1", "sql"],
  ] as const)("%s is %s", ([file, text, kind]) => {
    expect(Object.keys(readFacts({ file, text }) ?? {})).toContain(kind);
  });

  test.for([
    ["app.properties", "greeting=hello\n"],
    ["package.json", '{"name": "x"}'],
    ["broken.json", "{"],
    ["groups.json", '{"rootGroups": [{"hardConcurrencyLimit": "many"}]}'],
    ["compose.yaml", "services: {}\n"],
    ["broken.yaml", "a: [1\n"],
    ["zoo.cfg", "tickTime=2000\n"],
    ["app.conf", "listen 80\n"],
    ["x.env", "A=1\n"],
  ])("%s is named with the reason why not", ([file = "", text = ""]) => {
    expect(readFacts({ file, text })).toEqual(expect.any(String));
  });

  test("other files are passed over in silence", () => {
    expect(readFacts({ file: "README.md", text: "wal_level" })).toBeUndefined();
    expect(readFacts({ file: "trino/etc/node.properties", text: "node.id=1" })).toEqual({});
  });

  test("a connector's numbers and lists become text", () => {
    const text = JSON.stringify([{ config: { "connector.class": "X", "tasks.max": 4 } }]);
    expect(readFacts({ file: "c.json", text })).toMatchObject({
      connectors: [{ values: { "tasks.max": "4" } }],
    });
  });
});

test("SQL is told apart, and tables in the lake from sources", () => {
  expect(sqlText("a", "CREATE CATALOG c WITH ('type'='iceberg')").engine).toBe("flink");
  expect(sqlText("a", "CREATE TABLE t (a int) WITH (format = 'ORC')").engine).toBe("trino");
  expect(sqlText("a", "CREATE TABLE t (a int)").engine).toBe("unknown");
  const source = sqlText("a", "CREATE TABLE s (a INT) WITH ('connector' = 'kafka')");
  expect(
    lakeTables([source, sqlText("b", 'CREATE TABLE IF NOT EXISTS "c".d.e (a int)')]),
  ).toMatchObject([{ file: "b", name: "c.d.e" }]);
});

test.for([
  ["max(cdc_lag_seconds) > 60", 60_000],
  ["time() - max(last_commit_age) >= 30", 30_000],
  ["debezium_milliseconds_behind_source > 45000", 45_000],
  ["debezium_lag_ms > 45000", 45_000],
  ["kafka_consumergroup_lag > 1000", undefined],
  ["flink_jobmanager_uptime_seconds > 5", undefined],
  ["min(elapsedSecondsSinceLastCommit) > 60 and on () rate > 0", 60_000],
  ["lag_seconds > 2 * avg(lag_seconds)", undefined],
  ["up == 0", undefined],
] as const)("the age that %s allows", ([expr, ms]) => {
  expect(thresholdMs(expr)).toBe(ms);
});
