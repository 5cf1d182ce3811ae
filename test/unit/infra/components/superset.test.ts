/** The files a Superset instance starts with. */
import { describe, expect, it } from "vitest";
import {
  gunicornConfig,
  supersetConfig,
  wsgiModule,
} from "../../../../infra/components/superset-files.ts";

const SETTINGS = {
  postgres: "127.1.1.1:5432",
  redis: ["127.1.2.1:6379", "127.1.2.2:6379"],
  secret: 'with "quotes" and \\ in it',
};

describe("superset_config.py", () => {
  const config = supersetConfig(SETTINGS);

  it("keeps its metadata where all instances reach it", () => {
    expect(config).toContain(
      'SQLALCHEMY_DATABASE_URI = "postgresql+psycopg2://lakeproof@127.1.1.1:5432/superset"',
    );
  });

  it("quotes the secret as Python wants it", () => {
    expect(config).toContain('SECRET_KEY = "with \\"quotes\\" and \\\\ in it"');
  });

  it("puts all four caches on the Redis cluster, apart from each other", () => {
    expect(config).toContain('"CACHE_TYPE": "RedisClusterCache"');
    expect(config).toContain('"CACHE_REDIS_CLUSTER": "127.1.2.1:6379,127.1.2.2:6379"');
    const caches = [...config.matchAll(/^(\w+) = redis_cluster\("(\w+)"\)$/gm)];
    expect(caches.map(([, name]) => name)).toEqual([
      "CACHE_CONFIG",
      "DATA_CACHE_CONFIG",
      "FILTER_STATE_CACHE_CONFIG",
      "EXPLORE_FORM_DATA_CACHE_CONFIG",
    ]);
    expect(new Set(caches.map(([, , prefix]) => prefix)).size).toBe(4);
  });

  it("leaves caching to Superset where there is no Redis", () => {
    const without = supersetConfig({ ...SETTINGS, redis: [] });
    expect(without).not.toContain("CACHE");
  });
});

describe("what is served", () => {
  it("is set up by one instance while the others wait", () => {
    const module = wsgiModule(SETTINGS);
    const lock = module.indexOf("pg_advisory_lock");
    expect(lock).toBeGreaterThan(0);
    expect(lock).toBeLessThan(module.indexOf("CREATE DATABASE superset"));
    expect(module).toContain('host="127.1.1.1", port=5432');
  });

  it("is served at the instance's own address", () => {
    expect(gunicornConfig("127.1.3.2")).toMatch(/^bind = "127\.1\.3\.2:8088"$/m);
  });
});
