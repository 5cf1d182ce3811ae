/** What is worse than a crash: an answer that is lost, a batch that is half delivered, packets that come late. */
import { drill } from "./drill.ts";

export const deliveryDrill = drill(
  "delivery",
  "Lost acknowledgements, half batches, late packets, no place for checkpoints, and a fault in a recovery.",
  [
    { fault: "commit-ack-loss", service: "flink-taskmanager", count: "all", holdMs: 5000 },
    {
      fault: "connector-mid-batch",
      service: "connect",
      target: "task",
      holdMs: 10_000,
      params: { pileMs: 8000 },
    },
    { fault: "late-delivery", service: "kafka", holdMs: 20_000 },
    {
      fault: "late-delivery",
      service: "connect",
      target: "task",
      holdMs: 30_000,
      params: { direction: "out" },
    },
    {
      fault: "checkpoint-store-loss",
      service: "minio",
      holdMs: 30_000,
      after: { event: "checkpoint-started" },
    },
    { fault: "process-kill", service: "flink-taskmanager", holdMs: 5000 },
    {
      fault: "process-kill",
      service: "flink-jobmanager",
      holdMs: 5000,
      after: { event: "recovery-started", delayMs: 2000 },
    },
    { fault: "bi-loss", service: "superset", holdMs: 15_000 },
  ],
);
