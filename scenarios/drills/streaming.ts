/** Kafka, Connect and Flink, hit where their protocols are in the middle of something. */
import { drill } from "./drill.ts";

export const streamingDrill = drill(
  "streaming",
  "Brokers, the connector and the job, stopped at the moments that hurt.",
  [
    { fault: "controller-kill", service: "kafka", holdMs: 10_000 },
    { fault: "process-pause", service: "kafka", holdMs: 20_000 },
    { fault: "rolling-restart", service: "kafka", count: "all", holdMs: 1000 },
    { fault: "min-isr-loss", service: "kafka", holdMs: 15_000 },
    { fault: "connector-zombie", service: "connect", holdMs: 30_000 },
    { fault: "graceful-stop", service: "connect", target: "task", holdMs: 10_000 },
    {
      fault: "process-kill",
      service: "flink-taskmanager",
      holdMs: 5000,
      after: { event: "checkpoint-started" },
    },
    {
      fault: "process-kill",
      service: "flink-jobmanager",
      holdMs: 5000,
      after: { event: "checkpoint-completed" },
    },
  ],
);
