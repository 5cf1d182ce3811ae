/**
 * A release on the machines it will run on: the specification's whole load, every kind of loss that the design
 * bears, each as often as a proof takes. `--rate` lets a smaller machine offer less; it then proves less.
 */
import { production as topology } from "../infra/topologies/index.ts";
import { OBJECTIVES } from "../slo/objectives/index.ts";
import { defineScenario } from "./define.ts";
import { LOSSES, type ProductionFault } from "./production.ts";
import { CROWD } from "./users.ts";

/** The coordinator and the JobManager have nobody beside them: beyond the design, and for the drills. */
const WITHIN_DESIGN: readonly ProductionFault[] = [
  ...LOSSES.filter(({ service }) => service !== "trino" && service !== "flink-jobmanager"),
  { fault: "sync-standby-loss", service: "postgres", holdMs: 15_000 },
  { fault: "process-kill", service: "etcd", holdMs: 15_000 },
  { fault: "process-kill", service: "flink-zookeeper", holdMs: 15_000 },
  { fault: "late-delivery", service: "connect", target: "task", holdMs: 30_000 },
];

/** Everything is there, and something is slow, lossy or mute: degraded, and nothing lost. */
const AT_THE_BOUNDARY: readonly ProductionFault[] = [
  { fault: "packet-loss", service: "kafka", holdMs: 15_000, params: { lossRatio: 0.02 } },
  { fault: "partition", service: "kafka", holdMs: 15_000, params: { shape: "partial" } },
  { fault: "connection-reset", service: "flink-taskmanager", holdMs: 10_000 },
  { fault: "half-open", service: "trino-worker", holdMs: 15_000 },
  { fault: "cpu-pressure", service: "postgres", target: "leader", holdMs: 15_000 },
  { fault: "disk-slow", service: "minio", holdMs: 15_000 },
];

const ROUND = [...WITHIN_DESIGN, ...AT_THE_BOUNDARY];
/** Ten of a kind bound its mean down time; 59 of a class prove that 19 of 20 recover in time. */
const ROUND_COUNT = 10;

/** Not claimed: what this length cannot prove, and what it leaves to the drills. */
const OPEN: readonly string[] = [
  // 71 hours until half of what is allowed may be bad; `uptime.projected` stands for it.
  OBJECTIVES.uptime.id,
  OBJECTIVES["recovery.X"].id,
];

export const certification = defineScenario({
  name: "certification",
  purpose:
    "A release on its own machines: all of the specification's load and objectives, every kind of loss within the design and at its boundary ten times.",
  topology,
  bank: {
    laneCount: 64,
    userCountPerLane: 1500,
    rateEventsPerS: 100_000,
    arrivals: "poisson",
    bucketMs: 10_000,
  },
  queries: [
    { name: "simple", ratePerS: 90, targetMs: 100 },
    { name: "medium", ratePerS: 25, targetMs: 1000 },
    { name: "complex", ratePerS: 4, targetMs: 5000 },
    { name: "large", ratePerS: 1, targetMs: 30_000 },
  ],
  ...CROWD,
  canaryRatePerS: 2,
  // Freshness is known to this.
  readIntervalMs: 1000,
  faults: Array.from({ length: ROUND_COUNT }, () => ROUND).flat(),
  warmupMs: 120_000,
  controlMs: 1_800_000,
  // Most of the time is calm, as it is in production: the objectives of calm time are not about one recovery after the other.
  quietMs: 60_000,
  drainMsMax: 600_000,
  claims: Object.values(OBJECTIVES)
    .filter(({ id, sli }) => sli.kind !== "informational" && !OPEN.includes(id))
    .map(({ id }) => id),
});

/** The same round once, at a small machine's load: shows that everything of it works, and claims nothing. */
export const certificationRehearsal = defineScenario({
  ...certification,
  topology,
  name: "certification-rehearsal",
  purpose:
    "One round of the certification at a small machine's load: the same faults, loads and proofs, no claims.",
  bank: { ...certification.bank, laneCount: 16, userCountPerLane: 125, rateEventsPerS: 200 },
  queries: certification.queries.map((query) => ({ ...query, ratePerS: 0.01 })),
  dashboards: { ...CROWD.dashboards, ratePerMin: 1 },
  apiCalls: { ...CROWD.apiCalls, ratePerMin: 2 },
  users: { ...CROWD.users, count: 2 },
  readIntervalMs: 5000,
  faults: ROUND,
  controlMs: 90_000,
  quietMs: 20_000,
  claims: [],
});
