/** One file → the facts in it. What a file is, its content says first and its name second. */
import { z } from "zod";
import type { AlertRule, FactLists, ResourceGroup } from "../facts.ts";
import { durationMs, type Settings } from "../settings.ts";
import { parseHaproxy } from "./haproxy.ts";
import { parseEnvironment, parsePostgres, parseProperties, parseRedis } from "./properties.ts";
import { sqlText } from "./sql.ts";
import { flatten, isRecord, parseJson, parseTree } from "./yaml.ts";

export interface GivenFile {
  /** As findings are to name it. */
  readonly file: string;
  readonly text: string;
  readonly component?: string;
}

type Some = Partial<FactLists>;

/** Facts, an empty object for a file that is known and of no interest, or why it cannot be read. */
export type Reading = Some | string;

function settingsOf(given: GivenFile, values: Settings["values"]): Settings {
  return {
    file: given.file,
    values,
    ...(given.component === undefined ? {} : { component: given.component }),
  };
}

function hasKey(values: Settings["values"], pattern: RegExp): boolean {
  return Object.keys(values).some((key) => pattern.test(key));
}

const OF_NO_INTEREST =
  /(?:^|\/)(?:node|log|log4j2?|logging|resource-groups|event-listener|access-control)\.properties$/;

function readProperties(given: GivenFile): Reading {
  if (OF_NO_INTEREST.test(given.file)) return {};
  const settings = settingsOf(given, parseProperties(given.text));
  const { values } = settings;
  if (hasKey(values, /^connector\.class$/)) return { connectors: [settings] };
  if (hasKey(values, /^connector\.name$/)) return { catalogs: [settings] };
  if (hasKey(values, /^exchange-manager\.name$/)) return { exchangeManagers: [settings] };
  if (hasKey(values, /^(process\.roles|broker\.id|controller\.quorum\..*|log\.dirs?)$/)) {
    return { kafka: [settings] };
  }
  if (hasKey(values, /^(offset\.storage\..*|config\.storage\..*|key\.converter)$/)) {
    return { connectWorkers: [settings] };
  }
  if (hasKey(values, /^(coordinator|discovery\.uri|query\.max-memory.*|http-server\..*)$/)) {
    return { trino: [settings] };
  }
  return "none of the properties files lakeproof knows";
}

const Group: z.ZodType<ResourceGroup> = z.looseObject({
  name: z.string(),
  softMemoryLimit: z.union([z.string(), z.number().transform(String)]).optional(),
  hardConcurrencyLimit: z.number().optional(),
  maxQueued: z.number().optional(),
  schedulingPolicy: z.string().optional(),
  schedulingWeight: z.number().optional(),
  get subGroups() {
    return z.array(Group).optional();
  },
});
const Groups = z.looseObject({
  rootGroups: z.array(Group),
  selectors: z.array(z.record(z.string(), z.unknown())).optional(),
});

function connectorOf(given: GivenFile, tree: unknown): readonly Settings[] {
  if (Array.isArray(tree)) return tree.flatMap((entry) => connectorOf(given, entry));
  if (!isRecord(tree)) return [];
  if ("connector.class" in tree) {
    const pairs = Object.entries(tree).map(([key, value]) => [
      key,
      typeof value === "string" ? value : JSON.stringify(value),
    ]);
    return [settingsOf(given, Object.fromEntries(pairs) as Settings["values"])];
  }
  return connectorOf(given, tree["config"]);
}

function readJson(given: GivenFile): Reading {
  const tree = parseJson(given.text);
  if (tree === undefined) return "not JSON";
  const connectors = connectorOf(given, tree);
  if (connectors.length > 0) return { connectors };
  if (!isRecord(tree) || !("rootGroups" in tree)) {
    return "JSON, but neither a connector nor resource groups";
  }
  const groups = Groups.safeParse(tree);
  if (!groups.success) return `resource groups with ${z.prettifyError(groups.error)}`;
  const { rootGroups, selectors } = groups.data;
  return { resourceGroups: [{ file: given.file, rootGroups, selectors }] };
}

const RuleGroups = z.object({
  groups: z.array(
    z.object({
      interval: z.string().optional(),
      rules: z.array(
        z.object({
          alert: z.string().optional(),
          expr: z.union([z.string(), z.number().transform(String)]),
          for: z.string().optional(),
        }),
      ),
    }),
  ),
});

function alertsOf(file: string, tree: unknown): readonly AlertRule[] | undefined {
  const parsed = RuleGroups.safeParse(tree);
  if (!parsed.success) return undefined;
  return parsed.data.groups.flatMap(({ interval, rules }) =>
    rules.flatMap(({ alert, expr, for: pending }) =>
      alert === undefined
        ? []
        : [
            {
              file,
              name: alert,
              expr,
              forMs: durationMs(pending ?? "0"),
              ...(interval === undefined ? {} : { intervalMs: durationMs(interval) }),
            },
          ],
    ),
  );
}

/** Patroni's file, and PostgreSQL's settings in it: those of the cluster, then those of the node. */
function readPatroni(given: GivenFile, values: Settings["values"]): Some {
  const pattern = /^(?:bootstrap\.dcs\.)?postgresql\.parameters\.(.+)$/;
  const parameters = Object.fromEntries(
    Object.entries(values).flatMap(([key, value]) => {
      const found = pattern.exec(key);
      return found?.[1] === undefined ? [] : [[found[1], value]];
    }),
  );
  return {
    patroni: [settingsOf(given, values)],
    postgres: [settingsOf(given, parameters)],
  };
}

const FLINK_KEY =
  /^(jobmanager|taskmanager|execution|parallelism|restart-strategy|state|high-availability|heartbeat)\b/;

function readYaml(given: GivenFile): Reading {
  const tree = parseTree(given.text);
  if (!isRecord(tree)) return "not YAML with named values";
  const alerts = alertsOf(given.file, tree) ?? alertsOf(given.file, tree["spec"]);
  if (alerts !== undefined) return { alerts };
  const values = flatten(tree);
  if (hasKey(values, /^(bootstrap\.dcs|patroni)\./) || ("scope" in tree && "postgresql" in tree)) {
    return readPatroni(given, values);
  }
  const settings = settingsOf(given, values);
  if ("scrape_configs" in tree || hasKey(values, /^global\.(scrape|evaluation)_interval$/)) {
    return { prometheus: [settings] };
  }
  if (hasKey(values, FLINK_KEY)) return { flink: [settings] };
  return "YAML, but neither Flink, Patroni nor Prometheus";
}

function readConf(given: GivenFile): Reading {
  const redis = parseRedis(given.text);
  const redisWords = [
    "cluster-enabled",
    "appendonly",
    "maxmemory",
    "maxmemory-policy",
    "tcp-backlog",
  ];
  if (/(?:redis|valkey)[^/]*$/.test(given.file) || redisWords.some((word) => word in redis)) {
    return { redis: [settingsOf(given, redis)] };
  }
  const postgres = parsePostgres(given.text);
  if (hasKey(postgres, /^(wal_level|max_wal_senders|shared_buffers|max_connections)$/)) {
    return { postgres: [settingsOf(given, postgres)] };
  }
  return "a .conf file of neither Redis nor PostgreSQL";
}

function readEnvironment(given: GivenFile): Reading {
  const env = parseEnvironment(given.text);
  const volumes = env["MINIO_VOLUMES"];
  if (volumes === undefined) return "an environment file without MINIO_VOLUMES";
  return { minio: [{ file: given.file, volumes: volumes.split(/\s+/), env }] };
}

const READERS: readonly (readonly [name: RegExp, read: (given: GivenFile) => Reading])[] = [
  [/\.properties$/, readProperties],
  [/\.json$/, readJson],
  [/\.ya?ml$/, readYaml],
  [/haproxy[^/]*$|\.cfg$/, readHaproxy],
  [/\.conf$/, readConf],
  [/\.sql$/, ({ file, text }) => ({ sql: [sqlText(file, text)] })],
  [/(?:^|\/)(?:minio[^/]*|[^/]*\.env)$/, readEnvironment],
];

function readHaproxy(given: GivenFile): Reading {
  const config = parseHaproxy(given.file, given.text);
  const kinds = new Set(config.sections.map(({ kind }) => kind));
  return ["frontend", "backend", "listen"].some((kind) => kinds.has(kind))
    ? { haproxy: [config] }
    : "a .cfg file without frontends or backends of HAProxy";
}

/** Could the file say something, by its name? */
export function isConfiguration(file: string): boolean {
  return /(?:^|\/)jvm\.config$/.test(file) || READERS.some(([name]) => name.test(file));
}

/** Undefined where nothing about the name says that lakeproof could read it. */
export function readFacts(given: GivenFile): Reading | undefined {
  return READERS.find(([name]) => name.test(given.file))?.[1](given);
}
