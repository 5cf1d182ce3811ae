/** Kafka: what the loss of brokers, leaders and controllers does to acknowledged changes. */
import { brokerCountOf, brokersOf, countOf, type Facts } from "../facts.ts";
import { count, percent, plural, size, span } from "../figures.ts";
import { EVENT_BYTES } from "../estimates.ts";
import type { Draft, LintRule } from "../rule.ts";
import { at, flagOf, msOf, numberOf, textOf, type Settings } from "../settings.ts";
import { alike, topicsOf, type EffectiveTopic } from "../topics.ts";

export const kafkaMinIsr: LintRule = {
  id: "kafka-min-isr",
  purpose:
    "RF − min ISR: how many brokers may be lost before writes stop, and how many copies an acknowledgement means.",
  needs: ["kafka"],
  check: (facts) => alike(topicsOf(facts)).flatMap((topic) => minIsrFinding(facts, topic)),
};

function minIsrFinding(facts: Facts, topic: EffectiveTopic): readonly Draft[] {
  const { replicationFactor: factor, minIsr, what } = topic;
  const rate = count(facts.demand.rateEventsPerS);
  const base = {
    file: topic.file,
    key: "min.insync.replicas",
    value: `${topic.minIsrIsSet ? String(minIsr) : "not set (default 1)"} at replication factor ${String(factor)}`,
  };
  if (factor === 1) return singleCopy(facts, topic);
  if (minIsr > factor) {
    return [
      {
        severity: "error",
        ...base,
        consequence: `${what} has ${plural(factor, "copy", "copies")} and an acknowledgement needs ${String(minIsr)}: not one of ${rate} events/s is ever accepted with acks=all.`,
        change: `Set min.insync.replicas=${String(Math.max(1, factor - 1))}.`,
      },
    ];
  }
  if (minIsr === factor) {
    return [
      {
        severity: "error",
        ...base,
        consequence: `${String(factor)} − ${String(minIsr)} = 0 brokers may be lost: the first one that stops, also for an upgrade, stops all writes to its partitions of ${what}; the slot then keeps ${rate} events/s in WAL.`,
        change: `Set min.insync.replicas=${String(factor - 1)}, so that one broker may be lost.`,
      },
    ];
  }
  if (minIsr > 1) return [];
  return [
    {
      severity: "error",
      ...base,
      consequence: `acks=all waits for the replicas in sync, and one is enough: while the others lag or are down, up to ${rate} events/s are acknowledged on a single disk and lost with it. ${String(factor)} − 1 = ${String(factor - 1)} brokers may be lost for writes, 0 for what was just acknowledged.`,
      change: `Set min.insync.replicas=2.`,
    },
  ];
}

function singleCopy(facts: Facts, topic: EffectiveTopic): readonly Draft[] {
  const brokers = brokerCountOf(facts);
  const held = facts.demand.rateEventsPerS * EVENT_BYTES * (topic.retentionMs / 1000);
  const known =
    topic.retentionMs > 0 ? `${span(topic.retentionMs)} of changes (${size(held)})` : "all changes";
  const share = brokers === undefined || brokers < 2 ? "" : ` 1/${String(brokers)} of`;
  return [
    {
      severity: brokers === undefined ? "warning" : brokers > 1 ? "error" : "note",
      file: topic.file,
      key: topic.key,
      value: "1",
      consequence: `0 brokers may be lost: while one is down${share === "" ? "" : ","}${share} ${topic.what} can neither be written nor read, and with its disk${share} ${known} are gone.`,
      change:
        brokers === 1
          ? "Nothing, while one broker is all there is: it is right for development only."
          : "Set replication factor 3 and min.insync.replicas=2.",
    },
  ];
}

const INTERNAL = [
  ["offsets.topic.replication.factor", "consumer groups have no coordinator"],
  ["transaction.state.log.replication.factor", "transactional producers cannot commit"],
  ["share.coordinator.state.topic.replication.factor", "share groups stop"],
] as const;
const OF_CONNECT = [
  ["config.storage.replication.factor", "Connect cannot read its connectors' configuration"],
  ["offset.storage.replication.factor", "Connect cannot write offsets, and no connector starts"],
  ["status.storage.replication.factor", "Connect knows no connector's status"],
] as const;

export const kafkaReplication: LintRule = {
  id: "kafka-replication",
  purpose:
    "Replication factors above the number of brokers, and internal topics with one copy in a cluster of many.",
  needs: ["kafka"],
  check: (facts) => {
    const brokers = brokerCountOf(facts);
    if (brokers === undefined) return [];
    const topics = alike(topicsOf(facts)).flatMap((topic): readonly Draft[] =>
      topic.replicationFactor > brokers
        ? [
            {
              severity: "error",
              file: topic.file,
              key: topic.key,
              value: String(topic.replicationFactor),
              consequence: `There are ${plural(brokers, "broker")}: ${topic.what} cannot be created (INVALID_REPLICATION_FACTOR), and no change gets further than PostgreSQL.`,
              change: `Set at most ${String(brokers)}, or add ${plural(topic.replicationFactor - brokers, "broker")}.`,
            },
          ]
        : [],
    );
    return [
      ...topics,
      ...brokersOf(facts).flatMap((broker) =>
        INTERNAL.flatMap(([key, then]) => internalFinding(broker, key, then, brokers)),
      ),
      ...facts.connectWorkers.flatMap((worker) =>
        OF_CONNECT.flatMap(([key, then]) => internalFinding(worker, key, then, brokers)),
      ),
    ];
  },
};

function internalFinding(
  settings: Settings,
  key: string,
  then: string,
  brokers: number,
): readonly Draft[] {
  const factor = numberOf(settings, key, 3);
  const base = at(settings, key, "default 3");
  if (factor > brokers) {
    return [
      {
        severity: "error",
        ...base,
        consequence: `The topic wants ${String(factor)} copies of ${plural(brokers, "broker")}, cannot be created, and ${then}.`,
        change: `Set ${key}=${String(Math.min(3, brokers))}.`,
      },
    ];
  }
  if (factor !== 1 || brokers === 1) return [];
  return [
    {
      severity: "error",
      ...base,
      consequence: `The topic has one copy on ${plural(brokers, "broker")}: while the broker that holds a partition of it is down, 1/${String(brokers)} of its users stand still (${then}), however well the change topics are replicated; a lost disk loses it for good.`,
      change: `Set ${key}=${String(Math.min(3, brokers))} before the cluster is first started; later the topic has to be reassigned.`,
    },
  ];
}

export const kafkaUncleanElection: LintRule = {
  id: "kafka-unclean-election",
  purpose: "Leaders elected from replicas that lag: acknowledged changes that are cut off.",
  needs: ["kafka"],
  check: (facts) => {
    const key = "unclean.leader.election.enable";
    const created = `topic.creation.default.${key}`;
    const settings = [
      ...brokersOf(facts),
      ...facts.topics.map(({ name, config }) => ({ file: `topic ${name}`, values: config })),
      ...facts.connectors.flatMap(({ file, values }) => {
        const value = values[created];
        return value === undefined
          ? []
          : [{ file: `${file}, ${created}`, values: { [key]: value } }];
      }),
    ];
    return settings
      .filter((entry) => flagOf(entry, key, false))
      .map((entry) => {
        const lagMs = msOf(entry, "replica.lag.time.max.ms", 30_000);
        return {
          severity: "error" as const,
          ...at(entry, key, "default false"),
          consequence: `A replica that fell out of sync more than ${span(lagMs)} ago may become leader: at ${count(facts.demand.rateEventsPerS)} events/s at least ${count((lagMs / 1000) * facts.demand.rateEventsPerS)} acknowledged changes are cut off, and readers that saw them go on.`,
          change: `Set ${key}=false: a partition without a leader in sync waits instead of forgetting.`,
        };
      });
  },
};

function controllerCount(
  facts: Facts,
): { readonly at: Settings; readonly controllers: number } | undefined {
  const first = facts.kafka.find(({ values }) => values["controller.quorum.voters"] !== undefined);
  const voters = first === undefined ? undefined : textOf(first, "controller.quorum.voters");
  if (first !== undefined && voters !== undefined) {
    return {
      at: first,
      controllers: voters.split(",").filter((voter) => voter.trim() !== "").length,
    };
  }
  const nodes = facts.kafka.filter(({ values }) => values["process.roles"]?.includes("controller"));
  const [node] = nodes;
  if (node === undefined || countOf(facts, "kafka") === undefined) return undefined;
  return { at: node, controllers: nodes.length };
}

export const kafkaQuorum: LintRule = {
  id: "kafka-quorum",
  purpose: "Controllers: how many may be lost, and those that add a machine but no tolerance.",
  needs: ["kafka"],
  check: (facts) => {
    const found = controllerCount(facts);
    if (found === undefined) return [];
    const { controllers } = found;
    const majority = Math.floor(controllers / 2) + 1;
    const tolerated = controllers - majority;
    const brokers = brokerCountOf(facts) ?? 1;
    const base = {
      file: found.at.file,
      key:
        found.at.values["controller.quorum.voters"] === undefined
          ? "process.roles"
          : "controller.quorum.voters",
      value: plural(controllers, "controller"),
    };
    if (controllers % 2 === 0) {
      return [
        {
          severity: tolerated === 0 ? "error" : "warning",
          ...base,
          consequence: `A majority of ${String(controllers)} is ${String(majority)}: ${String(tolerated)} may be lost, as with ${String(controllers - 1)}, and there is one more that can fail.${tolerated === 0 ? " Either of them stops elections, topics and registrations." : ""}`,
          change: `Run ${String(controllers - 1)} or ${String(controllers + 1)} controllers.`,
        },
      ];
    }
    if (controllers > 1 || brokers < 2) return [];
    return [
      {
        severity: "error",
        ...base,
        consequence: `0 controllers may be lost: while the one is down no leader is elected on any of ${plural(brokers, "broker")}, so the next broker that fails takes ${percent(1 / brokers)} of the leaders with it until the controller is back.`,
        change: "Run 3 controllers: 1 may be lost.",
      },
    ];
  },
};

export const kafkaSlowFollower: LintRule = {
  id: "kafka-slow-follower",
  purpose:
    "How long a hanging follower holds up every acks=all write, against the freshness objective.",
  needs: ["kafka"],
  check: (facts) => {
    if (!topicsOf(facts).some(({ replicationFactor }) => replicationFactor > 1)) return [];
    const { freshnessMs } = facts.targets;
    return brokersOf(facts).flatMap((broker): readonly Draft[] => {
      const drafts: Draft[] = [];
      const lagMs = msOf(broker, "replica.lag.time.max.ms", 30_000);
      if (lagMs >= freshnessMs) {
        drafts.push({
          severity: "warning",
          ...at(broker, "replica.lag.time.max.ms", "default 30000"),
          consequence: `A follower that hangs without dying stays in the ISR for ${span(lagMs)}, and every acks=all write to its partitions waits so long: with the way to the lake still ahead, changes are older than ${span(freshnessMs)} when they can be read.`,
          change: `Set replica.lag.time.max.ms to a third of the objective, ${String(freshnessMs / 3)}.`,
        });
      }
      const sessionMs = msOf(broker, "broker.session.timeout.ms", 9000);
      if (sessionMs >= freshnessMs / 2) {
        drafts.push({
          severity: sessionMs >= freshnessMs ? "error" : "warning",
          ...at(broker, "broker.session.timeout.ms", "default 9000"),
          consequence: `A dead broker keeps its leaders for ${span(sessionMs)}: ${percent(sessionMs / freshnessMs)} of the ${span(freshnessMs)} objective, before anything else has begun.`,
          change: "Set broker.session.timeout.ms=9000, the default.",
        });
      }
      return drafts;
    });
  },
};
