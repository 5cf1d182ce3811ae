/** Flink: JobManager, TaskManager and SQL gateway, each started from its entry point class. */
import { join } from "node:path";
import type { Component, ComponentContext, InstanceSpec } from "../../core/contracts/component.ts";
import { z } from "zod";
import { OBJECT_STORE_KEY } from "../clients/object-store.ts";
import { flinkEpochMs } from "../clients/flink.ts";
import { requestJson } from "../clients/http.ts";
import { LakeproofError } from "../../core/errors.ts";
import { CHECKPOINT_BUCKET } from "./minio.ts";
import { addressOf, clockByHttp, eachOrdinal, type InstanceDraft, javaFlags } from "./shape.ts";

/** Chosen for a 30 s freshness objective; the recovery budgets are computed from them. */
export const FLINK_TIMINGS = {
  checkpointIntervalMs: 8000,
  checkpointTimeoutMs: 60_000,
  heartbeatIntervalMs: 2000,
  heartbeatTimeoutMs: 15_000,
  restartDelayMs: 1000,
  zookeeperSessionTimeoutMs: 15_000,
} as const;

const ADD_OPENS = [
  "java.base/java.lang",
  "java.base/java.util",
  "java.base/java.util.concurrent",
  "java.base/java.util.concurrent.atomic",
  "java.base/java.util.concurrent.locks",
  "java.base/java.lang.invoke",
  "java.base/java.math",
  "java.base/java.net",
  "java.base/java.io",
  "java.base/java.nio",
  "java.base/java.text",
  "java.base/java.time",
  "java.base/sun.nio.ch",
  "java.base/sun.net.util",
].flatMap((name) => ["--add-opens", `${name}=ALL-UNNAMED`]);

export const flinkJobManager: Component = {
  kind: "flink-jobmanager",
  artifacts: ["flink", "flink-extras", "flink-s3", "java17"],
  instances: (context) =>
    eachOrdinal(context, (id, ordinal) =>
      flinkInstance(context, id, ordinal, {
        component: "flink-jobmanager",
        ports: { main: 8081, rpc: 6123, blob: 6124, ...metricsPort(context) },
        entry: "org.apache.flink.runtime.entrypoint.StandaloneSessionClusterEntrypoint",
        heapMiB: context.memoryMiB - 200,
        config: {},
        args: ["--executionMode", "cluster"],
      }),
    ),
  probe: async (spec, signal) => {
    await requestJson(`http://${addressOf(spec)}/overview`, { signal });
  },
  clock: {
    means: "what it says of its job",
    read: async (spec, signal) => {
      const epochMs = await flinkEpochMs(addressOf(spec), signal);
      return epochMs === undefined ? undefined : { epochMs, errorMs: 1 };
    },
  },
};

const TaskManagers = z.object({ taskmanagers: z.array(z.object({ id: z.string() })) });

export const flinkTaskManager: Component = {
  kind: "flink-taskmanager",
  artifacts: ["flink", "flink-extras", "flink-s3", "java17"],
  instances: (context) =>
    eachOrdinal(context, (id, ordinal) =>
      flinkInstance(context, id, ordinal, {
        component: "flink-taskmanager",
        ports: { main: 6122, data: 6121, ...metricsPort(context) },
        entry: "org.apache.flink.runtime.taskexecutor.TaskManagerRunner",
        heapMiB: context.memoryMiB - 320,
        config: taskManagerConfig(context, ordinal),
        args: [],
        env: { LAKEPROOF_JOBMANAGER: context.endpoints.address("flink-jobmanager") },
      }),
    ),
  // Registered with the JobManager under its own resource id: a port alone would prove nothing.
  probe: async (spec, signal) => {
    const jobManager = spec.command.env?.["LAKEPROOF_JOBMANAGER"] ?? "";
    const url = `http://${jobManager}/taskmanagers`;
    const { taskmanagers } = TaskManagers.parse(await requestJson(url, { signal }));
    if (taskmanagers.some((manager) => manager.id.includes(spec.host))) return;
    throw new LakeproofError("CLIENT_FAILED", `${spec.id} is not registered with the JobManager.`, {
      hint: "Read its log.",
    });
  },
  clock: clockByHttp("metrics"),
};

export const flinkSqlGateway: Component = {
  kind: "flink-sql-gateway",
  artifacts: ["flink", "flink-extras", "java17"],
  instances: (context) =>
    eachOrdinal(context, (id, ordinal) => {
      const host = context.host(context.service, ordinal);
      return flinkInstance(context, id, ordinal, {
        component: "flink-sql-gateway",
        ports: { main: 8083 },
        entry: "org.apache.flink.table.gateway.SqlGateway",
        heapMiB: context.memoryMiB - 160,
        config: {
          "sql-gateway.endpoint.rest.address": host,
          "sql-gateway.endpoint.rest.bind-address": host,
          "sql-gateway.endpoint.rest.port": "8083",
        },
        args: [],
      });
    }),
  probe: async (spec, signal) => {
    await requestJson(`http://${addressOf(spec)}/v1/info`, { signal });
  },
};

interface FlinkRole {
  readonly component: string;
  readonly ports: Readonly<Record<string, number>>;
  readonly entry: string;
  readonly heapMiB: number;
  readonly config: Readonly<Record<string, string>>;
  readonly args: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
}

function flinkInstance(
  context: ComponentContext,
  id: string,
  ordinal: number,
  role: FlinkRole,
): InstanceDraft {
  const dataDir = context.dataDir(id);
  const conf = join(dataDir, "conf");
  const flink = context.artifact("flink");
  const gateway = role.component === "flink-sql-gateway";
  const plugins = join(dataDir, "plugins");
  return {
    id,
    service: context.service,
    component: role.component,
    ordinal,
    host: context.host(context.service, ordinal),
    ports: role.ports,
    dataDir,
    readyMsMax: 120_000,
    prepare: gateway ? [] : [linkPlugin(context, plugins)],
    files: {
      "conf/config.yaml": yaml({ ...clusterConfig(context, ordinal, dataDir), ...role.config }),
      "log4j.properties": LOG4J,
    },
    command: {
      argv: [
        join(context.artifact("java17"), "bin", "java"),
        ...javaFlags(role.heapMiB),
        ...ADD_OPENS,
        `-Dlog4j.configurationFile=${join(dataDir, "log4j.properties")}`,
        ...["-cp", `${join(flink, "lib", "*")}:${join(context.artifact("flink-extras"), "*")}`],
        role.entry,
        ...(gateway ? [] : ["--configDir", conf]),
        ...role.args,
      ],
      env: {
        ...role.env,
        FLINK_CONF_DIR: conf,
        FLINK_LIB_DIR: join(flink, "lib"),
        FLINK_PLUGINS_DIR: plugins,
        FLINK_HOME: dataDir,
        HADOOP_USER_NAME: "lakeproof",
      },
    },
  };
}

/** Plugins are looked up as one directory per plugin; a link spares a copy per instance. */
function linkPlugin(context: ComponentContext, plugins: string): InstanceSpec["command"] {
  const script =
    'mkdir -p "$1" && ln -sfn "$2" "$1/s3-fs-hadoop" && ln -sfn "$3" "$1/metrics-prometheus"';
  const metrics = join(context.artifact("flink"), "plugins", "metrics-prometheus");
  return { argv: ["sh", "-c", script, "sh", plugins, context.artifact("flink-s3"), metrics] };
}

function clusterConfig(
  context: ComponentContext,
  ordinal: number,
  dataDir: string,
): Record<string, string> {
  const own = context.host(context.service, ordinal);
  const jobManager = context.host("flink-jobmanager", 0);
  return {
    "jobmanager.rpc.address": jobManager,
    "jobmanager.rpc.port": "6123",
    "jobmanager.bind-host": jobManager,
    "blob.server.port": "6124",
    "rest.address": jobManager,
    "rest.bind-address": own,
    "rest.port": "8081",
    // By default answers about checkpoints are up to 3 s old: too late to aim a fault at one.
    "rest.cache.checkpoint-statistics.timeout": "25 ms",
    "parallelism.default": String(parallelismOf(context)),
    ...highAvailability(context),
    ...metricsReporter(context),
    "heartbeat.interval": String(FLINK_TIMINGS.heartbeatIntervalMs),
    "heartbeat.timeout": String(FLINK_TIMINGS.heartbeatTimeoutMs),
    "restart-strategy.type": "fixed-delay",
    "restart-strategy.fixed-delay.attempts": "1000000",
    "restart-strategy.fixed-delay.delay": `${String(FLINK_TIMINGS.restartDelayMs)} ms`,
    "execution.checkpointing.interval": `${String(FLINK_TIMINGS.checkpointIntervalMs)} ms`,
    "execution.checkpointing.timeout": `${String(FLINK_TIMINGS.checkpointTimeoutMs)} ms`,
    "execution.checkpointing.mode": "EXACTLY_ONCE",
    "execution.checkpointing.tolerable-failed-checkpoints": "1000",
    "execution.checkpointing.dir": `s3://${CHECKPOINT_BUCKET}/checkpoints`,
    "execution.checkpointing.savepoint-dir": `s3://${CHECKPOINT_BUCKET}/savepoints`,
    "s3.endpoint": `http://${context.endpoints.address("minio")}`,
    "s3.path.style.access": "true",
    "s3.access-key": OBJECT_STORE_KEY,
    "s3.secret-key": context.secret,
    // Hadoop's file system knows nothing of the JVM's own temporary directory.
    "s3.buffer.dir": join(dataDir, "tmp", "s3a"),
    "io.tmp.dirs": join(dataDir, "tmp"),
    "table.local-time-zone": "UTC",
    "classloader.check-leaked-classloader": "false",
  };
}

const METRICS_PORT = 9249;

/** The reporter binds every address there is: on loopback all of them would meet on one port. */
function hasMetrics(context: ComponentContext): boolean {
  return context.endpoints.has("prometheus") && context.isolation === "namespaces";
}

function metricsPort(context: ComponentContext): Readonly<Record<string, number>> {
  return hasMetrics(context) ? { metrics: METRICS_PORT } : {};
}

function metricsReporter(context: ComponentContext): Record<string, string> {
  if (!hasMetrics(context)) return {};
  return {
    "metrics.reporter.prom.factory.class":
      "org.apache.flink.metrics.prometheus.PrometheusReporterFactory",
    "metrics.reporter.prom.port": String(METRICS_PORT),
    "metrics.job.status.enable": "STATE",
  };
}

/** One TaskManager less than there are, so that the job goes on when one is lost. */
function parallelismOf(context: ComponentContext): number {
  return Math.max(1, context.replicaCountOf("flink-taskmanager") - 1);
}

/** With ZooKeeper a JobManager that comes back finds its jobs and their checkpoints; without, they are gone. */
function highAvailability(context: ComponentContext): Record<string, string> {
  if (!context.endpoints.has("flink-zookeeper")) return {};
  return {
    "high-availability.type": "zookeeper",
    "high-availability.zookeeper.quorum": context.endpoints.addresses("flink-zookeeper").join(","),
    "zookeeper.sasl.disable": "true",
    "high-availability.zookeeper.path.root": "/flink",
    "high-availability.cluster-id": "/lakeproof",
    "high-availability.storageDir": `s3://${CHECKPOINT_BUCKET}/ha`,
    "high-availability.jobmanager.port": "6123",
    "high-availability.zookeeper.client.session-timeout": `${String(FLINK_TIMINGS.zookeeperSessionTimeoutMs)} ms`,
  };
}

/**
 * A TaskManager does not start unless every part of its memory is stated; elsewhere a start script
 * computes them. The parts outside the heap are fixed, the heap gets the rest.
 */
function taskManagerConfig(context: ComponentContext, ordinal: number): Record<string, string> {
  const own = context.host(context.service, ordinal);
  const heapMiB = context.memoryMiB - 320;
  return {
    "taskmanager.host": own,
    "taskmanager.bind-host": own,
    "taskmanager.rpc.port": "6122",
    "taskmanager.data.port": "6121",
    "taskmanager.data.bind-port": "6121",
    "taskmanager.resource-id": `${context.service}-${own}`,
    "taskmanager.numberOfTaskSlots": context.replicaCount === 1 ? "2" : "1",
    "taskmanager.cpu.cores": "1.0",
    "taskmanager.memory.framework.heap.size": "128m",
    "taskmanager.memory.task.heap.size": `${String(heapMiB - 128)}m`,
    "taskmanager.memory.managed.size": "32m",
    "taskmanager.memory.network.min": "32m",
    "taskmanager.memory.network.max": "32m",
    "taskmanager.memory.framework.off-heap.size": "64m",
    "taskmanager.memory.task.off-heap.size": "0m",
    "taskmanager.memory.jvm-metaspace.size": "192m",
    "taskmanager.memory.jvm-overhead.min": "64m",
    "taskmanager.memory.jvm-overhead.max": "64m",
  };
}

function yaml(entries: Readonly<Record<string, string>>): string {
  return Object.entries(entries)
    .map(([key, value]) => `${key}: ${JSON.stringify(value)}\n`)
    .join("");
}

const LOG4J = `rootLogger.level = INFO
rootLogger.appenderRef.console.ref = console
appender.console.name = console
appender.console.type = CONSOLE
appender.console.layout.type = PatternLayout
appender.console.layout.pattern = %d{yyyy-MM-dd HH:mm:ss,SSS} %-5p %-60c %x - %m%n
logger.kafka.name = org.apache.kafka
logger.kafka.level = WARN
logger.hadoop.name = org.apache.hadoop
logger.hadoop.level = WARN
`;
