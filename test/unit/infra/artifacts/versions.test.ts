/** What tools print about themselves, and which of them fit. */
import { describe, expect, it } from "vitest";
import { javaMajor, versionInBanner, versionInRelease } from "../../../../infra/artifacts/java.ts";
import {
  alertmanagerVersion,
  blackboxExporterVersion,
  compilerVersion,
  etcdVersion,
  haproxyVersion,
  iproute2Version,
  k6Version,
  minioVersion,
  nftablesVersion,
  postgresExporterVersion,
  postgresVersion,
  prometheusVersion,
  redisExporterVersion,
  redisVersion,
  toxiproxyVersion,
} from "../../../../infra/artifacts/tools.ts";

describe("Java", () => {
  it.each([
    ["17.0.15", 17],
    ["25", 25],
    ["1.8.0_402", 8],
    ["21-ea", 21],
    ["unknown", undefined],
  ])("%s is %s", (version, major) => {
    expect(javaMajor(version)).toBe(major);
  });

  it("is read from a release file", () => {
    expect(versionInRelease('IMPLEMENTOR="x"\nJAVA_VERSION="25.0.3"\n')).toBe("25.0.3");
    expect(versionInRelease('JAVA_RUNTIME_VERSION="17"\n')).toBeUndefined();
  });

  it("is read from what it prints", () => {
    expect(versionInBanner('openjdk version "17.0.15" 2025-04-15\nOpenJDK …')).toBe("17.0.15");
    expect(versionInBanner("sh: java: not found")).toBeUndefined();
  });
});

describe("a tool on PATH fits", () => {
  it.each([
    [postgresVersion, "postgres (PostgreSQL) 18.4", "18.4"],
    [postgresVersion, "postgres (PostgreSQL) 17.6 (Debian 17.6-1)", "17.6"],
    [postgresVersion, "postgres (PostgreSQL) 15.18 (Debian 15.18-0+deb12u1)", undefined],
    [postgresVersion, "", undefined],
    [
      minioVersion,
      "minio version RELEASE.2025-04-22T22-12-26Z (commit-id=…)",
      "2025-04-22T22-12-26Z",
    ],
    [minioVersion, "minio version RELEASE.2021-01-05T05-22-38Z", undefined],
    [k6Version, "k6 v2.2.0 (go1.26.8, linux/amd64)", "2.2.0"],
    [k6Version, "k6 v1.8.1 (go1.26.8, linux/amd64)", undefined],
    [toxiproxyVersion, "toxiproxy-server version 2.12.0", "2.12.0"],
    [toxiproxyVersion, "toxiproxy-server version git", undefined],
    [etcdVersion, "etcd Version: 3.4.23\nGit SHA: Not provided", "3.4.23"],
    [etcdVersion, "etcd Version: 3.3.27", undefined],
    [haproxyVersion, "HAProxy version 2.6.12-1+deb12u4 2026/10/17 - …", "2.6.12-1+deb12u4"],
    [haproxyVersion, "HA-Proxy version 1.8.27-493ce0b 2020/11/06", undefined],
    [redisVersion, "Redis server v=7.0.15 sha=00000000:0 malloc=jemalloc-5.3.0", "7.0.15"],
    [redisVersion, "Redis server v=6.2.14 sha=00000000:0 malloc=jemalloc-5.1.0", undefined],
    [prometheusVersion, "prometheus, version 3.5.0 (branch: HEAD, revision: …)", "3.5.0"],
    [prometheusVersion, "prometheus, version 2.9.2 (branch: HEAD, revision: …)", undefined],
    [alertmanagerVersion, "alertmanager, version 0.25.0 (branch: debian/sid, …)", "0.25.0"],
    [alertmanagerVersion, "alertmanager, version 0.9.1 (branch: HEAD, …)", undefined],
    [postgresExporterVersion, "postgres_exporter, version 0.11.1 (branch: …)", "0.11.1"],
    [redisExporterVersion, 'msg="Redis Metrics Exporter 1.45.0-2+b4    build', "1.45.0-2+b4"],
    [redisExporterVersion, 'msg="Redis Metrics Exporter v1.80.1    build', "1.80.1"],
    [blackboxExporterVersion, "blackbox_exporter, version 0.23.0 (branch: …)", "0.23.0"],
    [nftablesVersion, "nftables v1.0.6 (Lester Gooch #5)", "1.0.6"],
    [nftablesVersion, "nftables v0.9.8 (E.D.S.)", undefined],
    [iproute2Version, "ip utility, iproute2-6.1.0, libbpf 1.1.2", "6.1.0"],
    [iproute2Version, "ip utility, iproute2-ss160808", undefined],
    [iproute2Version, "BusyBox v1.36.1 multi-call binary.", undefined],
    [compilerVersion, "cc (Debian 12.2.0-14+deb12u1) 12.2.0\nCopyright (C) 2022 …", "12.2.0"],
    [compilerVersion, "Ubuntu clang version 18.1.3 (1ubuntu1)\nTarget: …", "18.1.3"],
    [compilerVersion, "cc: command not found", undefined],
  ])("%o says %j: %s", (versionOf, banner, expected) => {
    expect(versionOf(banner)).toBe(expected);
  });
});
