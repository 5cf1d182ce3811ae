/** What holds the lake and what reads it: drives, objects, nodes of MinIO, workers of Trino. */
import { drill } from "./drill.ts";

export const lakeDrill = drill(
  "lake",
  "Drives lost, objects spoilt, nodes gone up to parity and past it, readers starved.",
  [
    { fault: "drive-loss", service: "minio", holdMs: 15_000 },
    { fault: "object-bitrot", service: "minio", holdMs: 10_000 },
    { fault: "object-truncate", service: "minio", holdMs: 10_000 },
    { fault: "disk-slow", service: "minio", holdMs: 15_000 },
    { fault: "process-pause", service: "trino-worker", holdMs: 15_000 },
    { fault: "memory-pressure", service: "trino-worker", holdMs: 15_000 },
    // The one coordinator, in the middle of a compaction that it runs: until it is back nobody reads.
    {
      ...{ fault: "process-kill", service: "trino", holdMs: 10_000 },
      after: { event: "maintenance-started" },
      hypothesis:
        "The compaction dies with it and is not committed, and the stream goes on; recovery < 110 s, nothing lost",
    },
    // Past parity: nothing can be written or read, and nothing may be lost of it.
    { fault: "process-kill", service: "minio", count: 3, holdMs: 15_000 },
  ],
);
