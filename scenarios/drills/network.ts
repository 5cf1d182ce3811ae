/** Cuts and bad lines between nodes that are all alive. */
import { drill } from "./drill.ts";

export const networkDrill = drill(
  "network",
  "Full, one-way, partial and client-only cuts, resets, loss and narrow lines, and a zone alone.",
  [
    { fault: "partition", service: "kafka", holdMs: 20_000 },
    { fault: "partition", service: "kafka", holdMs: 15_000, params: { shape: "partial" } },
    {
      fault: "partition",
      service: "postgres",
      target: "leader",
      holdMs: 50_000,
      params: { shape: "one-way", direction: "in" },
    },
    {
      fault: "partition",
      service: "minio",
      holdMs: 15_000,
      params: { shape: "client-only" },
    },
    { fault: "half-open", service: "trino-worker", holdMs: 15_000 },
    { fault: "connection-reset", service: "flink-taskmanager", holdMs: 10_000 },
    { fault: "packet-loss", service: "kafka", holdMs: 15_000, params: { lossRatio: 0.02 } },
    { fault: "bandwidth-cap", service: "kafka", holdMs: 15_000, params: { rateKBytesPerS: 20 } },
    { fault: "zone-loss", service: "trino", holdMs: 20_000 },
  ],
);
