/** The numbers read from the running system while a run lasts. A new probe is one entry here. */
import type { Probe } from "../../core/contracts/probe.ts";
import { checkpointDuration, checkpointsFailed } from "./flink.ts";
import { slotLag } from "./postgres.ts";

export const PROBES = {
  "postgres.slotLagBytes": slotLag,
  "flink.checkpointDurationMs": checkpointDuration,
  "flink.checkpointsFailed": checkpointsFailed,
} satisfies Record<string, Probe>;
