/** The load balancers' configuration: what they listen on, whom they ask, how fast they notice. */
import { describe, expect, it } from "vitest";
import {
  haproxyBi,
  haproxyMinio,
  haproxyPostgres,
  HAPROXY_TIMINGS,
} from "../../../../infra/components/haproxy.ts";
import { waf } from "../../../../infra/components/waf.ts";
import type { Component, ComponentContext } from "../../../../core/contracts/component.ts";
import { contextOf, hostOf } from "./bi-context.ts";

/** Section title → its lines. */
function sections(component: Component, context: ComponentContext): Map<string, string[]> {
  const text = component.instances(context)[0]?.files["haproxy.cfg"] ?? "";
  const found = new Map<string, string[]>();
  let title = "";
  for (const line of text.split("\n")) {
    if (line !== "" && !line.startsWith(" ")) {
      title = line;
      found.set(title, []);
    } else if (line !== "") found.get(title)?.push(line.trim());
  }
  return found;
}

describe("before the BI service", () => {
  // The context knows this service by another name's address; only the shape of the text matters.
  const plain = sections(haproxyBi, contextOf("superset", 1));
  const host = hostOf("superset", 0);

  it("has the seed's figures", () => {
    expect(plain.get("global")).toContain("maxconn 4096");
    expect(plain.get("global")).toContain("hard-stop-after 55000ms");
    expect(plain.get("defaults")).toEqual(
      expect.arrayContaining([
        "mode http",
        "timeout connect 5000ms",
        "timeout client 50000ms",
        "timeout server 50000ms",
      ]),
    );
  });

  it("listens in the clear and with TLS, and says where the metrics are", () => {
    const binds = [...plain.values()].flat().filter((line) => line.startsWith("bind "));
    expect(binds).toEqual([
      `bind ${host}:3001`,
      `bind ${host}:3443 ssl crt edge.pem alpn h2,http/1.1`,
      `bind ${host}:8405`,
    ]);
  });

  it("goes round all instances that are healthy", () => {
    const backend = plain.get("backend bi_servers") ?? [];
    expect(backend).toContain("balance roundrobin");
    expect(backend).toContain("option httpchk GET /health");
    expect(backend.filter((line) => line.startsWith("server "))).toEqual(
      [0, 1, 2].map((n) => `server superset-${String(n)} ${hostOf("superset", n)}:8088 check`),
    );
  });

  it("notices in the time that is exported", () => {
    const { checkIntervalMs, fallCount, riseCount, checkTimeoutMs } = HAPROXY_TIMINGS.bi;
    const line = `inter ${String(checkIntervalMs)}ms fall ${String(fallCount)} rise ${String(riseCount)}`;
    expect(plain.get("backend bi_servers")).toContain(`default-server ${line}`);
    expect(plain.get("defaults")).toContain(`timeout check ${String(checkTimeoutMs)}ms`);
  });

  it("asks Metabase in Metabase's way", () => {
    const context = contextOf("superset", 1, { health: "/api/health" });
    expect(sections(haproxyBi, context).get("backend bi_servers")).toContain(
      "option httpchk GET /api/health",
    );
  });

  it("sends everything through the firewall where there is one, and takes back what it cleared", () => {
    const guarded = sections(haproxyBi, contextOf("superset", 1, { waf: "waf" }));
    expect(guarded.get("frontend bi")).toContain("default_backend waf_servers");
    expect(guarded.get("frontend bi_inner")).toEqual([
      `bind ${host}:3002`,
      "option httplog",
      "default_backend bi_servers",
    ]);
    expect(guarded.get("backend waf_servers")).toContain("option httpchk GET /waf-health");
  });
});

describe("before PostgreSQL", () => {
  const postgres = sections(haproxyPostgres, contextOf("postgres", 1));

  it("asks Patroni who leads, and cuts the sessions of one that leads no more", () => {
    const leader = postgres.get("backend leader_servers") ?? [];
    expect(leader).toContain("option httpchk OPTIONS /primary");
    expect(leader.find((line) => line.startsWith("default-server"))).toMatch(
      / port 8008 on-marked-down shutdown-sessions$/,
    );
    expect(postgres.get("backend replica_servers")).toContain("option httpchk OPTIONS /replica");
  });

  it("passes bytes on, and lets a session be idle", () => {
    expect(postgres.get("defaults")).toEqual(
      expect.arrayContaining(["mode tcp", "timeout client 1800000ms", "option srvtcpka"]),
    );
  });
});

describe("before the object store", () => {
  it("asks for life, and picks who has least to do", () => {
    const backend = sections(haproxyMinio, contextOf("minio", 1)).get("backend minio_servers");
    expect(backend).toEqual(
      expect.arrayContaining(["option httpchk GET /minio/health/live", "balance leastconn"]),
    );
  });
});

describe("the firewall", () => {
  it("returns what it clears to the inner port of every load balancer", () => {
    const [spec] = waf.instances(contextOf("waf", 1, { edge: "superset" }));
    const config = spec?.files["nginx.conf"] ?? "";
    for (const ordinal of [0, 1, 2]) {
      expect(config).toContain(`server ${hostOf("superset", ordinal)}:3002;`);
    }
    expect(config).toContain("modsecurity on;");
    expect(spec?.files["modsecurity.conf"]).toMatch(/^SecRuleEngine On$/m);
  });

  it.each([{}, { edge: "nobody" }])("refuses to stand alone: %j", (config) => {
    expect(() => waf.instances(contextOf("waf", 1, config))).toThrow(/names no service/);
  });
});
