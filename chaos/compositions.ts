/**
 * Faults with names of their own that are another fault aimed well: at a role, at a majority, for long enough. A
 * scenario names them like any other; `plan` says what they come down to.
 */
import type { Composition } from "../core/contracts/fault.ts";

/** Of three copies two must confirm: two brokers gone are one too many, for partitions that have both. */
const BROKERS_TOO_FEW = 2;

export const COMPOSITIONS = {
  "dcs-loss": {
    purpose: "The majority of etcd stops answering: Patroni's leader stays only while all answer.",
    fault: "process-pause",
    components: ["etcd"],
    count: "majority",
  },
  "dcs-total-loss": {
    purpose: "All of etcd stops answering.",
    fault: "process-pause",
    components: ["etcd"],
    count: "all",
  },
  "controller-kill": {
    purpose: "The active controller of Kafka's quorum is killed: another one is elected.",
    fault: "process-kill",
    components: ["kafka"],
    target: "controller",
  },
  "min-isr-loss": {
    purpose: "So many brokers are killed that some partitions have too few copies to take a write.",
    fault: "process-kill",
    components: ["kafka"],
    count: BROKERS_TOO_FEW,
  },
  "last-replica-standing": {
    purpose:
      "A leader's followers stop until it is the only copy in sync; then it is killed and they come back first.",
    fault: "lagging-failover",
    components: ["kafka"],
    count: "all",
    params: { followers: "pause", outOfSync: true },
  },
  "checkpoint-store-loss": {
    purpose: "The object store that takes checkpoints stops answering: they fail until it is back.",
    fault: "process-pause",
    components: ["minio"],
    count: "all",
  },
  "connector-zombie": {
    purpose:
      "The worker with the connector's task stops for longer than its session, then goes on.",
    fault: "process-pause",
    components: ["connect"],
    target: "task",
    holdMsMin: 20_000,
  },
  "primary-loss": {
    purpose: "The primary of PostgreSQL is killed with everything around it.",
    fault: "process-kill",
    components: ["patroni"],
    target: "leader",
  },
  "wal-disk-full": {
    purpose:
      "The primary's volume is full: it can write no WAL, ends itself, and a standby takes over.",
    fault: "disk-full",
    components: ["patroni"],
    target: "leader",
  },
  "sync-standby-loss": {
    purpose: "The standby that confirms commits is killed: another one has to.",
    fault: "process-kill",
    components: ["patroni"],
    target: "synchronous",
  },
  "hung-backend": {
    purpose: "One backend of the load balancer accepts connections and never answers.",
    fault: "process-pause",
    components: ["superset", "metabase", "minio", "patroni"],
  },
  "bi-loss": {
    purpose: "The majority of the BI tier is killed: of three instances one is left.",
    fault: "process-kill",
    components: ["superset", "metabase"],
    count: "majority",
  },
  "cache-minority-loss": {
    purpose: "A minority of the Redis cluster is killed.",
    fault: "process-kill",
    components: ["redis"],
    count: "minority",
  },
  "cache-master-loss": {
    purpose: "A master of the Redis cluster is killed: its replica takes over.",
    fault: "process-kill",
    components: ["redis"],
    target: "master",
  },
  "zone-loss": {
    purpose: "The target's whole zone is cut off from all others.",
    fault: "partition",
    params: { shape: "zone" },
  },
} as const satisfies Readonly<Record<string, Composition>>;

export type CompositionName = keyof typeof COMPOSITIONS;
