/**
 * Metabase, the seed's own BI program, of equal rank with Superset. No registry has it: it runs from a jar that
 * its user names. Without one it is not measured, and whoever prints a status says so.
 */
import { closeSync, fstatSync, openSync, readSync, statSync } from "node:fs";
import { join } from "node:path";
import { inflateRawSync } from "node:zlib";
import type { Component, ComponentContext } from "../../core/contracts/component.ts";
import { LakeproofError, reasonOf } from "../../core/errors.ts";
import { host } from "../../core/host.ts";
import { programIn } from "../artifacts/programs.ts";
import { openMetabase, type MetabaseContent } from "../clients/metabase.ts";
import { addressOf, eachOrdinal, type InstanceDraft } from "./shape.ts";

export const METABASE_JAR_VARIABLE = "LAKEPROOF_METABASE_JAR";

const PORT = 3000;
const DATABASE = "metabase";
/** What the JVM needs beside its heap: classes of some hundred libraries, threads, buffers. */
const BESIDE_HEAP_MIB = 400;
const MANIFEST = "META-INF/MANIFEST.MF";

type MetabaseJar = { readonly path: string } | { readonly notMeasured: string };

/** The jar the environment names, or why Metabase is not measured. Throws where it names something else. */
export function metabaseJar(env: Readonly<Record<string, string | undefined>>): MetabaseJar {
  const path = env[METABASE_JAR_VARIABLE];
  if (path === undefined || path === "") {
    return {
      notMeasured: `Metabase is not measured: no jar is named in ${METABASE_JAR_VARIABLE}.`,
    };
  }
  refuseUnusable(path);
  return { path };
}

/** What keeps the file from being run as Metabase, or undefined. Reads the file, runs nothing. */
export function metabaseJarProblem(path: string): string | undefined {
  try {
    if (!statSync(path).isFile()) return "it is not a file";
    const mainClass = mainClassOf(manifestIn(path));
    if (mainClass === undefined) return `its ${MANIFEST} names no Main-Class`;
    if (!mainClass.startsWith("metabase.")) return `its Main-Class is ${mainClass}`;
    return undefined;
  } catch (error) {
    return reasonOf(error);
  }
}

export const metabase: Component = {
  kind: "metabase",
  artifacts: ["java25", "postgres"],
  startCoreCount: 2,
  instances: (context) => {
    const jar = jarOf(context);
    return eachOrdinal(context, (id, ordinal): InstanceDraft => {
      const address = context.host(context.service, ordinal);
      const dataDir = context.dataDir(id);
      const java = programIn(context.artifact("java25"), "java");
      const heapMiB = context.memoryMiB - BESIDE_HEAP_MIB;
      return {
        id,
        service: context.service,
        component: "metabase",
        ordinal,
        host: address,
        ports: { main: PORT },
        dataDir,
        readyMsMax: 300_000,
        unprivileged: true,
        files: { "create-database.sql": CREATE_DATABASE },
        prepare: [{ argv: createDatabaseCommand(context) }],
        command: {
          argv: [
            ...[java, `-Xmx${String(heapMiB)}m`, "-XX:+UseSerialGC", "-XX:+ExitOnOutOfMemoryError"],
            ...["--add-opens", "java.base/java.nio=ALL-UNNAMED", "-jar", jar],
          ],
          env: {
            ...metabaseEnvironment(context, address, dataDir),
            [PASSWORD_VARIABLE]: passwordOf(context.secret),
          },
        },
      };
    });
  },
  // Healthy says only that it reaches its own database: a login reads users, settings and sessions in it.
  probe: async (spec, signal) => {
    const client = openMetabase(addressOf(spec), spec.command.env?.[PASSWORD_VARIABLE] ?? "");
    await client.health(signal);
    await client.enter(signal);
  },
  configure: async (context, signal) => {
    // Past the load balancer, which waits for this service.
    const [address = ""] = context.endpoints.addresses(context.service);
    const client = openMetabase(address, passwordOf(context.secret));
    await client.enter(signal);
    await client.ensureContent(contentOf(context), signal);
  },
};

const PASSWORD_VARIABLE = "LAKEPROOF_METABASE_PASSWORD";

/** Metabase asks for a digit, and for no password from a list of common ones. */
function passwordOf(secret: string): string {
  return `lake-${secret}-1`;
}

function jarOf(context: ComponentContext): string {
  const named = context.config["jar"];
  if (typeof named === "string" && named !== "") {
    refuseUnusable(named);
    return named;
  }
  const found = metabaseJar(host.env);
  if ("path" in found) return found.path;
  throw new LakeproofError("CONFIG_INVALID", `${context.service}: ${found.notMeasured}`, {
    hint: `Download metabase.jar from its makers and set ${METABASE_JAR_VARIABLE} to its path, or use Superset.`,
  });
}

function refuseUnusable(path: string): void {
  const problem = metabaseJarProblem(path);
  if (problem === undefined) return;
  throw new LakeproofError("CONFIG_INVALID", `${path} is no Metabase jar: ${problem}.`, {
    hint: `Name the metabase.jar of its makers in ${METABASE_JAR_VARIABLE} or in the topology's config.jar.`,
  });
}

/** All instances share one application database: sessions, questions and the sealed passwords are in it. */
function metabaseEnvironment(
  context: ComponentContext,
  address: string,
  dataDir: string,
): Readonly<Record<string, string>> {
  const [databaseHost = "", databasePort = ""] = context.endpoints.address("postgres").split(":");
  return {
    MB_DB_TYPE: "postgres",
    MB_DB_HOST: databaseHost,
    MB_DB_PORT: databasePort,
    MB_DB_DBNAME: DATABASE,
    MB_DB_USER: "lakeproof",
    MB_DB_PASS: "unused-trust-authentication",
    MB_JETTY_HOST: address,
    MB_JETTY_PORT: String(PORT),
    MB_ENCRYPTION_SECRET_KEY: context.secret,
    MB_PLUGINS_DIR: join(dataDir, "plugins"),
    // Nothing is told to the outside, and nothing is loaded that nobody asked for.
    MB_ANON_TRACKING_ENABLED: "false",
    MB_CHECK_FOR_UPDATES: "false",
    MB_LOAD_SAMPLE_CONTENT: "false",
    // A thousand users log in from one address here.
    MB_DISABLE_SESSION_THROTTLE: "true",
    MB_COLORIZE_LOGS: "false",
    MB_EMOJI_IN_LOGS: "false",
  };
}

const CREATE_DATABASE = `SELECT 'CREATE DATABASE ${DATABASE}'
WHERE NOT EXISTS (SELECT FROM pg_database WHERE datname = '${DATABASE}') \\gexec
`;

/** Several instances may try at once: the one that comes second fails its statement, and psql ends well. */
function createDatabaseCommand(context: ComponentContext): readonly string[] {
  const [databaseHost = "", port = ""] = context.endpoints.address("postgres").split(":");
  return [
    programIn(context.artifact("postgres"), "psql"),
    ...["-X", "-h", databaseHost, "-p", port, "-U", "lakeproof", "-d", "postgres"],
    ...["-f", "create-database.sql"],
  ];
}

function contentOf(context: ComponentContext): MetabaseContent {
  const [trinoHost = "", port = ""] = context.endpoints.address("trino").split(":");
  const accounts = "iceberg.raw_data.accounts";
  const byOp = {
    name: "Changes by operation",
    display: "bar",
    sql: `SELECT op, count(*) AS changes FROM ${accounts} GROUP BY op`,
  };
  const balance = {
    name: "Balance in the lake",
    display: "scalar",
    sql: `SELECT sum(balance) AS balance FROM ${accounts}`,
  };
  const perMinute = {
    name: "Rows per minute",
    display: "line",
    sql: `SELECT date_trunc('minute', from_unixtime(ts_ms / 1000)) AS minute, count(*) AS changes FROM ${accounts} GROUP BY 1 ORDER BY 1`,
  };
  return {
    trino: { host: trinoHost, port: Number(port), catalog: "iceberg", schema: "raw_data" },
    dashboards: [
      { name: "Bank operations", questions: [byOp, perMinute] },
      { name: "Bank balance", questions: [balance, byOp] },
    ],
  };
}

function mainClassOf(manifest: string): string | undefined {
  // A line of a manifest goes on where the next one begins with a space.
  const whole = manifest.replaceAll(/\r?\n /g, "");
  return /^Main-Class:\s*(\S+)/m.exec(whole)?.[1];
}

const END_BYTES = 22;
const COMMENT_BYTES_MAX = 0xffff;
const LOCATOR_64_BYTES = 20;

/** Text of the jar's manifest, by way of the archive's own directory. Throws with what is wrong. */
function manifestIn(path: string): string {
  const file = openSync(path, "r");
  try {
    const read = (position: number, length: number): Buffer => {
      const buffer = Buffer.alloc(length);
      return buffer.subarray(0, readSync(file, buffer, 0, length, position));
    };
    if (read(0, 4).toString("latin1") !== "PK\u0003\u0004") throw notAJar("it is no zip archive");
    const { offset, length } = directoryOf(read, fstatSync(file).size);
    const entry = entryIn(read(offset, length), MANIFEST);
    if (entry === undefined) throw notAJar(`it has no ${MANIFEST}`);
    // The local header repeats the name and may have another extra field than the directory.
    const local = read(entry.offset, 30);
    const dataAt = entry.offset + 30 + local.readUInt16LE(26) + local.readUInt16LE(28);
    const data = read(dataAt, entry.compressedBytes);
    return (entry.method === 0 ? data : inflateRawSync(data)).toString("utf8");
  } finally {
    closeSync(file);
  }
}

type Read = (position: number, length: number) => Buffer;

function directoryOf(read: Read, sizeBytes: number): { offset: number; length: number } {
  const tailBytes = Math.min(sizeBytes, END_BYTES + COMMENT_BYTES_MAX + LOCATOR_64_BYTES);
  const tail = read(sizeBytes - tailBytes, tailBytes);
  const end = tail.lastIndexOf("PK\u0005\u0006", undefined, "latin1");
  if (end < 0) throw notAJar("it is cut off: the archive's end is missing");
  const plain = { offset: tail.readUInt32LE(end + 16), length: tail.readUInt32LE(end + 12) };
  // Beyond 65,535 files, or 4 GiB, the figures stand in a record of their own that a locator points to.
  const locator = end - LOCATOR_64_BYTES;
  if (locator < 0 || tail.toString("latin1", locator, locator + 4) !== "PK\u0006\u0007")
    return plain;
  const record = read(Number(tail.readBigUInt64LE(locator + 8)), 56);
  return {
    offset: Number(record.readBigUInt64LE(48)),
    length: Number(record.readBigUInt64LE(40)),
  };
}

interface ZipEntry {
  readonly method: number;
  readonly compressedBytes: number;
  readonly offset: number;
}

function entryIn(directory: Buffer, wanted: string): ZipEntry | undefined {
  let at = 0;
  while (
    at + 46 <= directory.length &&
    directory.toString("latin1", at, at + 4) === "PK\u0001\u0002"
  ) {
    const nameBytes = directory.readUInt16LE(at + 28);
    if (directory.toString("utf8", at + 46, at + 46 + nameBytes) === wanted) {
      return {
        method: directory.readUInt16LE(at + 10),
        compressedBytes: directory.readUInt32LE(at + 20),
        offset: directory.readUInt32LE(at + 42),
      };
    }
    at += 46 + nameBytes + directory.readUInt16LE(at + 30) + directory.readUInt16LE(at + 32);
  }
  return undefined;
}

function notAJar(reason: string): LakeproofError {
  return new LakeproofError("CONFIG_INVALID", reason, { hint: "Name a metabase.jar." });
}
