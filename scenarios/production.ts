/** Every system of the specification in its count, and one of each lost under load. */
import type { CompositionName, FaultName } from "../chaos/index.ts";
import type { ScenarioFault } from "../core/contracts/scenario.ts";
import { production as topology } from "../infra/topologies/index.ts";
import { defineScenario } from "./define.ts";

export type ProductionFault = ScenarioFault<
  (typeof topology)["services"],
  FaultName | CompositionName
>;

/** One of each kind of node; of those there is only one of, that one. */
export const LOSSES = [
  { fault: "process-kill", service: "postgres", target: "leader", holdMs: 20_000 },
  { fault: "process-kill", service: "kafka", holdMs: 15_000 },
  { fault: "process-kill", service: "connect", target: "task", holdMs: 15_000 },
  { fault: "process-kill", service: "flink-taskmanager", holdMs: 15_000 },
  { fault: "process-kill", service: "flink-jobmanager", holdMs: 5000 },
  { fault: "process-kill", service: "minio", count: 2, holdMs: 15_000 },
  { fault: "process-kill", service: "trino-worker", count: 2, holdMs: 15_000 },
  { fault: "process-kill", service: "trino", holdMs: 5000 },
  { fault: "process-kill", service: "superset", holdMs: 15_000 },
  { fault: "process-kill", service: "redis", target: "master", holdMs: 15_000 },
] as const satisfies readonly ProductionFault[];

export const production = defineScenario({
  name: "production",
  purpose: "The whole production topology under 1K change events/s, losing one node of each kind.",
  topology,
  bank: {
    // A lane writes one transaction after the other, and each waits for the synchronous standby.
    laneCount: 16,
    userCountPerLane: 125,
    rateEventsPerS: 1000,
    arrivals: "poisson",
    bucketMs: 10_000,
  },
  queries: [{ name: "simple", ratePerS: 0.05, targetMs: 100 }],
  canaryRatePerS: 2,
  // Each look asks ten workers: every second, they would take one core of a small machine for it.
  readIntervalMs: 5000,
  faults: LOSSES,
  // The coordinator and the JobManager are alone.
  beyondDesign: true,
  warmupMs: 15_000,
  controlMs: 90_000,
  quietMs: 20_000,
  drainMsMax: 240_000,
  claims: [],
});
