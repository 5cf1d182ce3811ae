/** Facts from files, and from the instances of a topology: its effective configuration, not a copy. */
import { dirname } from "node:path/posix";
import type { InstanceSpec } from "../../core/contracts/component.ts";
import { FACT_KINDS, type FactLists, type SqlText, type Topic } from "./facts.ts";
import { parsePostgresArgv, parseRedisArgv } from "./parse/properties.ts";
import { readFacts, type GivenFile } from "./parse/read.ts";
import { sqlText } from "./parse/sql.ts";
import type { Settings } from "./settings.ts";

export interface Collected {
  readonly lists: FactLists;
  /** "file: why it told nothing". */
  readonly unread: readonly string[];
}

/** What a topology sets up through an API: there is no file of it. */
export interface Declared {
  /** As they are sent to Connect. */
  readonly connectors: readonly Readonly<Record<string, string>>[];
  readonly topics: readonly Topic[];
  /** Statements for Flink, in order. */
  readonly flinkSql: readonly string[];
}

export const NOTHING_DECLARED: Declared = { connectors: [], topics: [], flinkSql: [] };

function merged(parts: readonly Partial<FactLists>[]): FactLists {
  const pairs = FACT_KINDS.map((kind) => [
    kind,
    parts.flatMap((part): readonly unknown[] => part[kind] ?? []),
  ]);
  const lists: unknown = Object.fromEntries(pairs);
  return lists as FactLists;
}

export function collectFiles(files: readonly GivenFile[]): Collected {
  const parts: Partial<FactLists>[] = [];
  const unread: string[] = [];
  for (const given of files) {
    const reading = readFacts(given);
    if (typeof reading === "string") unread.push(`${given.file}: ${reading}`);
    else if (reading !== undefined) parts.push(reading);
  }
  const lists = merged(parts);
  return { lists: { ...lists, trino: lists.trino.map((node) => withHeap(node, files)) }, unread };
}

/** The heap of a Trino node stands in the jvm.config beside its properties. */
function withHeap(node: Settings, files: readonly GivenFile[]): Settings {
  const path = `${dirname(node.file)}/jvm.config`;
  const jvm = files.find(({ file }) => file === path || `./${file}` === path);
  const heap = /-Xmx(\S+)/.exec(jvm?.text ?? "")?.[1];
  return heap === undefined ? node : { ...node, values: { ...node.values, "-Xmx": heap } };
}

export function collectSpecs(specs: readonly InstanceSpec[], declared: Declared): Collected {
  const collected = specs.map(collectSpec);
  const own: Partial<FactLists> = {
    topics: declared.topics,
    connectors: declared.connectors.map((values) => ({ file: connectorFile(values), values })),
    sql: declared.flinkSql.map((text, index): SqlText =>
      sqlText(`Flink SQL statement ${String(index + 1)}`, text, "flink"),
    ),
    instances: specs.map(({ id, component }) => ({ id, component })),
  };
  return {
    lists: merged([...collected.map(({ lists }) => lists), own]),
    unread: collected.flatMap(({ unread }) => unread),
  };
}

function connectorFile(values: Readonly<Record<string, string>>): string {
  return `connector ${values["name"] ?? values["topic.prefix"] ?? ""}`.trim();
}

function collectSpec(spec: InstanceSpec): Collected {
  const { id, component } = spec;
  const files = Object.entries(spec.files).map(([path, text]) => ({
    file: `${id}/${path}`,
    text,
    component,
  }));
  const { lists, unread } = collectFiles(files);
  const heap = spec.command.argv.find((word) => word.startsWith("-Xmx"))?.slice(4);
  const withArguments: FactLists =
    heap === undefined
      ? lists
      : {
          ...lists,
          trino: lists.trino.map((node) => ({ ...node, values: { ...node.values, "-Xmx": heap } })),
        };
  return { lists: merged([withArguments, commandFacts(spec, lists)]), unread };
}

/** What a command line and its environment say that no file does. */
function commandFacts(spec: InstanceSpec, files: FactLists): Partial<FactLists> {
  const [program = "", ...rest] = spec.command.argv;
  const file = `${spec.id} command line`;
  const { component } = spec;
  if (program.endsWith("/postgres") || program === "postgres") {
    return { postgres: [{ file, component, values: parsePostgresArgv(rest) }] };
  }
  if (component === "minio") {
    const volumes = rest
      .slice(rest.indexOf("server") + 1)
      .filter((word) => !/^-|^[\d.]*:\d+$/.test(word));
    return { minio: [{ file, volumes, env: spec.command.env ?? {} }] };
  }
  const values = parseRedisArgv(rest);
  if (component === "redis" && Object.keys(values).length > 0 && files.redis.length === 0) {
    return { redis: [{ file, component, values }] };
  }
  return {};
}
