/** The table pins everything, and an entry's identity follows what is pinned and nothing else. */
import { describe, expect, it } from "vitest";
import type { Artifact } from "../../../../infra/artifacts/artifact.ts";
import { recipeSha256 } from "../../../../infra/artifacts/cache.ts";
import { pomOf } from "../../../../infra/artifacts/clients.ts";
import { pinnedFiles } from "../../../../infra/artifacts/store.ts";
import { ARTIFACTS } from "../../../../infra/artifacts/table.ts";

const ALL: readonly (readonly [string, Artifact])[] = Object.entries(ARTIFACTS);
const SHA256 = /^[0-9a-f]{64}$/;

describe("the table", () => {
  it.each(ALL)("pins every byte of %s", (_name, artifact) => {
    switch (artifact.kind) {
      case "binary":
        expect(artifact.moduleSum).toMatch(/^h1:[A-Za-z0-9+/]{43}=$/);
        break;
      case "tree":
        expect(artifact.treeSha256).toMatch(SHA256);
        expect(artifact.fileCount).toBeGreaterThan(artifact.coordinates.length);
        break;
      case "environment":
        expect(artifact.lockSha256).toMatch(SHA256);
        expect(artifact.buildToolsSha256).toMatch(SHA256);
        break;
      case "tools":
        // Not its bytes: a distribution replaces its builds. docs/decisions/0007 says what holds instead.
        expect(artifact.version).toMatch(/^\d+(\.\d+)*$/);
        break;
      default:
        for (const file of artifact.files) expect(file.sha256).toMatch(SHA256);
    }
  });

  it.each(ALL)("has what %s needs on x64 and on arm64", (name, artifact) => {
    if (!("files" in artifact)) return;
    for (const architecture of ["x64", "arm64"]) {
      const count = artifact.client === "maven" ? artifact.coordinates.length : 1;
      expect(pinnedFiles(name, artifact, architecture)).toHaveLength(count);
    }
  });

  it("refuses a machine that no file is for, naming what to do", () => {
    expect(() => pinnedFiles("postgres", ARTIFACTS.postgres, "riscv64")).toThrow(
      /postgres has no file for riscv64/,
    );
  });

  it("names Maven's files as their coordinates say", () => {
    for (const [, artifact] of ALL) {
      if (artifact.kind !== "files") continue;
      const named = artifact.coordinates.map((coordinate) => {
        const [, id = "", version = "", type = "jar", classifier] = coordinate.split(":");
        return `${[id, version, classifier].filter(Boolean).join("-")}.${type}`;
      });
      expect(artifact.files.map(({ name }) => name).sort()).toEqual(named.sort());
    }
  });

  it("names no registry", () => {
    expect(JSON.stringify(ARTIFACTS)).not.toMatch(/https?:/);
  });
});

const FIREWALL: readonly string[] = ["nginx", "modsecurity", "modsecurity-crs"];

describe("what comes by apt", () => {
  it.each(ALL.filter(([, { client }]) => client === "apt"))(
    "%s has programs and a tool of this machine that stands in for them, or belongs to the firewall",
    (name, artifact) => {
      expect(artifact.entry).toBe(".");
      // Module, rules and server of the firewall must be of one build: nothing else may stand in.
      if (FIREWALL.includes(name)) expect(artifact.tool).toBeUndefined();
      else {
        expect(artifact.tool).toBeDefined();
        expect("programs" in artifact && artifact.programs.length).toBeGreaterThan(0);
      }
    },
  );
});

describe("the identity of an entry", () => {
  const one: Artifact = ARTIFACTS["flink-s3"];

  it("changes with a digest, a version or the machine", () => {
    const [file] = ARTIFACTS["flink-s3"].files;
    const otherDigest: Artifact = {
      ...ARTIFACTS["flink-s3"],
      files: [{ ...file, sha256: "0".repeat(64) }],
    };
    const identities = [
      recipeSha256(one, "x64"),
      recipeSha256(one, "arm64"),
      recipeSha256(otherDigest, "x64"),
      recipeSha256({ ...one, version: "9" }, "x64"),
    ];
    expect(new Set(identities).size).toBe(identities.length);
  });

  it("of an environment changes with its lock and with what installed it", () => {
    const environment: Artifact = ARTIFACTS.patroni;
    const identities = [
      recipeSha256(environment, "x64"),
      recipeSha256({ ...ARTIFACTS.patroni, lockSha256: "0".repeat(64) }, "x64"),
      recipeSha256({ ...ARTIFACTS.patroni, buildToolsSha256: "0".repeat(64) }, "x64"),
    ];
    expect(new Set(identities).size).toBe(identities.length);
  });

  it("stays when only words and estimates change", () => {
    const reworded: Artifact = { ...one, about: "other words", typicalMs: 1 };
    expect(recipeSha256(reworded, "x64")).toBe(recipeSha256(one, "x64"));
  });
});

describe("the throw-away pom", () => {
  it("carries type and classifier of single files", () => {
    expect(pomOf(ARTIFACTS["debezium-postgres"])).toContain(
      "<artifactItem><groupId>io.debezium</groupId>" +
        "<artifactId>debezium-connector-postgres</artifactId><version>3.7.0.Final</version>" +
        "<type>tar.gz</type><classifier>plugin</classifier></artifactItem>",
    );
  });

  it("lists the roots of a tree as dependencies", () => {
    expect(pomOf(ARTIFACTS.kafka).match(/<dependency>/g)).toHaveLength(5);
  });
});
