/** Topics as they will really be: what is declared, what the connector creates, what the broker's defaults make. */
import { brokersOf, type Facts } from "./facts.ts";
import { durationMs, numberOf, type Settings } from "./settings.ts";

const HOUR_MS = 3_600_000;

export interface EffectiveTopic {
  /** Where its replication factor stands. */
  readonly file: string;
  readonly key: string;
  /** "topic dbserver1.bank.users", "topics the connector creates". */
  readonly what: string;
  readonly partitionCount: number;
  readonly replicationFactor: number;
  readonly minIsr: number;
  readonly minIsrIsSet: boolean;
  readonly retentionMs: number;
  /** Of one partition; -1 for no limit. */
  readonly retentionBytes: number;
  readonly compression: string;
  readonly config: Readonly<Record<string, string>>;
}

interface Defaults {
  readonly partitionCount: number;
  readonly replicationFactor: number;
  readonly minIsr: string | undefined;
  readonly retentionMs: number;
  readonly retentionBytes: number;
  readonly compression: string;
}

function brokerDefaults(broker: Settings | undefined): Defaults {
  const settings = broker ?? { file: "", values: {} };
  const { values } = settings;
  const fromHours = numberOf(settings, "log.retention.hours", 168) * HOUR_MS;
  const fromMinutes = numberOf(settings, "log.retention.minutes", Number.NaN) * 60_000;
  const fallbackMs = Number.isNaN(fromMinutes) ? fromHours : fromMinutes;
  return {
    partitionCount: numberOf(settings, "num.partitions", 1),
    replicationFactor: numberOf(settings, "default.replication.factor", 1),
    minIsr: values["min.insync.replicas"],
    retentionMs: numberOf(settings, "log.retention.ms", fallbackMs),
    retentionBytes: numberOf(settings, "log.retention.bytes", -1),
    compression: values["compression.type"] ?? "producer",
  };
}

function effective(
  where: Pick<EffectiveTopic, "file" | "key" | "what">,
  counts: { readonly partitionCount: number; readonly replicationFactor: number },
  config: Readonly<Record<string, string>>,
  defaults: Defaults,
): EffectiveTopic {
  const minIsr = config["min.insync.replicas"] ?? defaults.minIsr;
  const retention = config["retention.ms"];
  return {
    ...where,
    ...counts,
    minIsr: Number(minIsr ?? "1"),
    minIsrIsSet: minIsr !== undefined,
    retentionMs: retention === undefined ? defaults.retentionMs : durationMs(retention),
    retentionBytes: Number(config["retention.bytes"] ?? String(defaults.retentionBytes)),
    compression: config["compression.type"] ?? defaults.compression,
    config,
  };
}

/** Topics with the same safety as one, so that a finding names them together. */
export function alike(topics: readonly EffectiveTopic[]): readonly EffectiveTopic[] {
  const groups = Map.groupBy(topics, ({ key, replicationFactor, minIsr, retentionMs }) =>
    [key, replicationFactor, minIsr, retentionMs].join(" "),
  );
  return [...groups.values()].flatMap((group) => {
    const [first] = group;
    if (first === undefined) return [];
    const what = group.map((topic) => topic.what).join(" and ");
    return [{ ...first, what, file: group.map(({ file }) => file).join(", ") }];
  });
}

const CREATION = "topic.creation.default.";

/** Declared topics; else what each connector would create; else what the broker would make of a topic. */
export function topicsOf(facts: Facts): readonly EffectiveTopic[] {
  const broker = brokersOf(facts)[0];
  const defaults = brokerDefaults(broker);
  if (facts.topics.length > 0) {
    return facts.topics.map((topic) =>
      effective(
        { file: `topic ${topic.name}`, key: "replication.factor", what: `topic ${topic.name}` },
        topic,
        topic.config,
        defaults,
      ),
    );
  }
  const created = facts.connectors.flatMap((connector): readonly EffectiveTopic[] => {
    const own = Object.entries(connector.values).filter(([key]) => key.startsWith(CREATION));
    if (own.length === 0) return [];
    const config = Object.fromEntries(
      own.map(([key, value]) => [key.slice(CREATION.length), value]),
    );
    const factor = Number(config["replication.factor"] ?? "-1");
    const partitions = Number(config["partitions"] ?? "-1");
    const counts = {
      // -1 leaves it to the broker.
      replicationFactor: factor === -1 ? defaults.replicationFactor : factor,
      partitionCount: partitions === -1 ? defaults.partitionCount : partitions,
    };
    const key = `${CREATION}replication.factor`;
    return [
      effective(
        { file: connector.file, key, what: "a topic the connector creates" },
        counts,
        config,
        defaults,
      ),
    ];
  });
  if (created.length > 0 || broker === undefined) return created;
  const where = {
    file: broker.file,
    key: "default.replication.factor",
    what: "a topic made with the broker's defaults",
  };
  return [effective(where, defaults, {}, defaults)];
}
