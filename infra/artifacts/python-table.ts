/** Programs that live in a directory of Python packages; infra/artifacts/locks pins every file of each. */
import type { PipEnvironment } from "./artifact.ts";

/** What installs the environments and builds those packages that have no wheel; never part of one. */
export const BUILD_TOOLS: readonly string[] = ["pip", "setuptools", "wheel"];
const BUILD_TOOLS_SHA256 = "f173934dfd22d7ace75d63439e227e5ee99ef45162dc7af3b3e22fbbf0e31abf";

export const PYTHON_ARTIFACTS = {
  patroni: {
    about: "Patroni, PostgreSQL's failover manager: for PYTHONPATH, run as -m patroni",
    client: "pip",
    kind: "environment",
    version: "4.1.5",
    package: "patroni",
    requirements: ["patroni[etcd3]==4.1.5", "psycopg[binary]"],
    lockSha256: "f20be80febfffe9937c48681f4267fc983dd6435771ceee818300fe397ffc837",
    buildToolsSha256: BUILD_TOOLS_SHA256,
    entry: ".",
    typicalMs: 12_000,
  },
  superset: {
    about: "Superset with its drivers: for PYTHONPATH, run as -m gunicorn and bin/superset",
    client: "pip",
    kind: "environment",
    version: "6.1.0",
    package: "apache-superset",
    requirements: [
      "apache-superset==6.1.0",
      // Superset imports it without saying so.
      "cachetools",
      "Flask-Caching==2.3.1",
      "gunicorn",
      "psycopg2-binary",
      "redis",
      "rich",
      "trino",
    ],
    lockSha256: "c1608ef84be321d81b23a6a0d6a59b9f6c6e0b1d000ba8157969ee790a47508e",
    buildToolsSha256: BUILD_TOOLS_SHA256,
    entry: ".",
    typicalMs: 110_000,
  },
  pyiceberg: {
    about:
      "PyIceberg with its JDBC catalog for PostgreSQL: for PYTHONPATH, import pyiceberg.catalog.sql",
    client: "pip",
    kind: "environment",
    version: "0.12.0",
    package: "pyiceberg",
    requirements: ["pyiceberg[sql-postgres,pyarrow]==0.12.0"],
    lockSha256: "a120d47982ee09e0d43fb7b6c8b8a0372218b23406f4cd0f6c3aab3ba2dee5c6",
    buildToolsSha256: BUILD_TOOLS_SHA256,
    entry: ".",
    typicalMs: 25_000,
  },
} as const satisfies Record<string, PipEnvironment>;
