/** What tools print about themselves, and which of them fit. */
import { describe, expect, it } from "vitest";
import { javaMajor, versionInBanner, versionInRelease } from "../../../../infra/artifacts/java.ts";
import {
  k6Version,
  minioVersion,
  postgresVersion,
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
  ])("%o says %j: %s", (versionOf, banner, expected) => {
    expect(versionOf(banner)).toBe(expected);
  });
});
