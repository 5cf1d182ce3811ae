/** Kafka: retention against disks, compression, topics nobody asked for. */
import { EVENT_BYTES } from "../estimates.ts";
import { brokerCountOf, brokersOf, type Facts } from "../facts.ts";
import { count, plural, size, span } from "../figures.ts";
import type { Draft, LintRule } from "../rule.ts";
import { at, firstKey, flagOf, numberOf, textOf } from "../settings.ts";
import { alike, topicsOf, type EffectiveTopic } from "../topics.ts";

/** lz4 shrinks JSON envelopes two- to fourfold; the best case of that. */
const COMPRESSION_BEST = 4;

export const kafkaRetention: LintRule = {
  id: "kafka-retention",
  purpose:
    "Rate × event size × retention × RF against the brokers' disks, in TB, and the retention that would fit.",
  needs: ["kafka"],
  check: (facts) => {
    const { brokerDiskBytes } = facts.hardware;
    const brokers = brokerCountOf(facts) ?? facts.hardware.brokerCount;
    const topics = topicsOf(facts);
    const widest = topics.toSorted((a, b) => weightOf(b) - weightOf(a))[0];
    if (brokerDiskBytes === undefined || brokers === undefined || widest === undefined) return [];
    return retentionFinding(facts, widest, topics, brokers * brokerDiskBytes, brokers);
  },
};

/** An endless retention (-1) weighs most. */
function weightOf({ retentionMs, replicationFactor }: EffectiveTopic): number {
  return retentionMs < 0 ? Number.POSITIVE_INFINITY : retentionMs * replicationFactor;
}

function retentionFinding(
  facts: Facts,
  topic: EffectiveTopic,
  topics: readonly EffectiveTopic[],
  diskBytes: number,
  brokers: number,
): readonly Draft[] {
  const rate = facts.demand.rateEventsPerS;
  const bytesPerS = rate * EVENT_BYTES * topic.replicationFactor;
  const fitsMs = (diskBytes / bytesPerS) * 1000;
  const capped = topics.every(({ retentionBytes }) => retentionBytes > 0);
  const cap = topics.reduce(
    (sum, one) => sum + one.retentionBytes * one.partitionCount * one.replicationFactor,
    0,
  );
  const disks = `${String(brokers)} × ${size(diskBytes / brokers)} = ${size(diskBytes)}`;
  const stream = `${count(rate)} events/s × ${String(EVENT_BYTES)} bytes × ${String(topic.replicationFactor)} copies = ${size(bytesPerS)}/s`;
  const base = {
    file: topic.file,
    key: "retention.ms",
    value:
      topic.retentionMs < 0
        ? "-1 (endless)"
        : `${String(topic.retentionMs)} (${span(topic.retentionMs)})`,
  };
  if (capped) {
    if (cap <= diskBytes) return [];
    return [
      {
        severity: "error",
        ...base,
        key: "retention.bytes",
        value: String(topic.retentionBytes),
        consequence: `All partitions full hold ${size(cap)}, the disks ${disks}: they are full after ${span(fitsMs)} (${stream}), and a broker whose log directory is full stops.`,
        change: `Lower retention.bytes by a factor of ${(cap / diskBytes).toFixed(1)}.`,
      },
    ];
  }
  if (topic.retentionMs >= 0 && topic.retentionMs <= fitsMs) return [];
  const needed = (bytesPerS * topic.retentionMs) / 1000;
  const compressed = topic.retentionMs > fitsMs * COMPRESSION_BEST || topic.retentionMs < 0;
  return [
    {
      severity: compressed ? "error" : "warning",
      ...base,
      consequence:
        topic.retentionMs < 0
          ? `Nothing is ever deleted: ${stream} fill the ${disks} in ${span(fitsMs)}.`
          : `${stream}, over ${span(topic.retentionMs)} ${size(needed)}; the disks are ${disks} and full after ${span(fitsMs)}. At a compression of ${String(COMPRESSION_BEST)}:1 it is still ${size(needed / COMPRESSION_BEST)}${compressed ? ", too much as well" : ", which would fit"}.`,
      change: `Keep ${span(fitsMs * 0.7)} (retention.ms=${String(Math.floor(fitsMs * 0.7))}, 30 % free), set retention.bytes as a limit that holds at any rate, or provide ${size((needed > 0 ? needed : diskBytes) / 0.7)} of disk.`,
    },
  ];
}

export const kafkaCompression: LintRule = {
  id: "kafka-compression",
  purpose: "Changes stored uncompressed, or compressed a second time by the brokers, in MB/s.",
  needs: ["connectors"],
  check: (facts) => {
    const [worker] = facts.connectWorkers;
    return facts.connectors.flatMap((connector): readonly Draft[] => {
      const key = "producer.override.compression.type";
      const inherited =
        worker === undefined ? undefined : textOf(worker, "producer.compression.type");
      const producer = textOf(connector, key) ?? inherited ?? "none";
      const [topic] = topicsOf(facts);
      const stored = topic?.compression ?? "producer";
      const rawPerS = facts.demand.rateEventsPerS * EVENT_BYTES;
      const copies = topic?.replicationFactor ?? 1;
      const base = at(
        connector,
        key,
        inherited === undefined ? "default none" : `worker: ${inherited}`,
      );
      const change = `Set ${key}=${stored === "producer" || stored === "uncompressed" ? "lz4" : stored}.`;
      if (stored === "uncompressed" || (stored === "producer" && producer === "none")) {
        return [
          {
            severity: "warning",
            ...base,
            consequence: `${count(facts.demand.rateEventsPerS)} events/s × ${String(EVENT_BYTES)} bytes = ${size(rawPerS)}/s go over the network and ${plural(copies, "time")} onto disk as they are, where lz4 leaves about a third.`,
            change,
          },
        ];
      }
      if (stored === "producer" || stored === producer) return [];
      return [
        {
          severity: "note",
          ...base,
          consequence: `The topic stores ${stored} and the producer sends ${producer}: the brokers take every batch apart and compress ${size(rawPerS)}/s again, CPU that at the producer would also spare the network.`,
          change,
        },
      ];
    });
  },
};

export const kafkaAutoCreate: LintRule = {
  id: "kafka-auto-create",
  purpose: "Topics that come into being by being named, with the partitions and copies they get.",
  needs: ["kafka"],
  check: (facts) =>
    brokersOf(facts).flatMap((broker): readonly Draft[] => {
      if (!flagOf(broker, "auto.create.topics.enable", true)) return [];
      const partitions = numberOf(broker, "num.partitions", 1);
      const factor = numberOf(broker, "default.replication.factor", 1);
      if (partitions > 1 && factor > 1) return [];
      return [
        {
          severity: "warning",
          ...at(broker, "auto.create.topics.enable", "default true"),
          consequence: `Whoever names a change topic before it is created, a consumer that starts early is enough, makes it with ${plural(partitions, "partition")} and ${plural(factor, "copy", "copies")}: the other consumers idle, and 0 brokers may be lost if there is one copy.`,
          change: "Set auto.create.topics.enable=false and create the topics.",
        },
      ];
    }),
};

export const kafkaSegments: LintRule = {
  id: "kafka-segments",
  purpose: "Retention shorter than a segment lives: what deletion by age really keeps.",
  needs: ["kafka"],
  check: (facts) => {
    const [broker] = brokersOf(facts);
    if (broker === undefined) return [];
    const segmentBytes = numberOf(broker, firstKey(broker, "log.segment.bytes"), 1024 ** 3);
    const rollMs = numberOf(
      broker,
      "log.roll.ms",
      numberOf(broker, "log.roll.hours", 168) * 3_600_000,
    );
    return alike(topicsOf(facts)).flatMap((topic): readonly Draft[] => {
      const partitionBytesPerS = (facts.demand.rateEventsPerS * EVENT_BYTES) / topic.partitionCount;
      const fillMs = (segmentBytes / partitionBytesPerS) * 1000;
      const lifeMs = Math.min(rollMs, fillMs);
      if (!(topic.retentionMs > 0 && lifeMs > topic.retentionMs)) return [];
      return [
        {
          severity: "note",
          ...at(broker, "log.segment.bytes", "default 1073741824"),
          consequence: `The newest segment of a partition is never deleted and takes ${span(lifeMs)} to fill: ${topic.what} keeps changes up to ${span(lifeMs + topic.retentionMs)} where ${span(topic.retentionMs)} are asked for.`,
          change: `Set segment.ms or log.roll.ms below ${span(topic.retentionMs)}.`,
        },
      ];
    });
  },
};

export const kafkaCleanup: LintRule = {
  id: "kafka-cleanup",
  purpose:
    "Change topics that are compacted: how long a change is safe from the cleaner, and what a later reader never sees.",
  needs: ["kafka"],
  check: (facts) => {
    const [broker] = brokersOf(facts);
    if (broker === undefined) return [];
    const policyOf = ({ config }: { readonly config: Readonly<Record<string, string>> }): string =>
      config["cleanup.policy"] ?? textOf(broker, "log.cleanup.policy") ?? "delete";
    return alike(topicsOf(facts).filter((topic) => policyOf(topic).includes("compact"))).map(
      (topic): Draft => {
        const segmentBytes = numberOf(broker, "log.segment.bytes", 1024 ** 3);
        const perPartitionPerS = (facts.demand.rateEventsPerS * EVENT_BYTES) / topic.partitionCount;
        const closedMs = (segmentBytes / perPartitionPerS) * 1000;
        const lagMs = Number(topic.config["min.compaction.lag.ms"] ?? "0");
        const safeMs = Math.max(closedMs, lagMs);
        return {
          severity: safeMs < topic.retentionMs ? "error" : "warning",
          file: topic.file,
          key: "cleanup.policy",
          value: policyOf(topic),
          consequence: `Of all changes of a row the cleaner keeps the last: a segment is full after ${span(closedMs)} and may be cleaned from then on, so a reader that is ${span(safeMs)} behind, or a lake that is built anew, misses the changes in between without an error, where ${span(topic.retentionMs)} of retention promise them.`,
          change: `Set cleanup.policy=delete on ${topic.what}; keep compaction for Connect's own topics.`,
        };
      },
    );
  },
};
