/** The numbers read from the running system while a run lasts. A new probe is one entry here. */
import type { Probe } from "../../core/contracts/probe.ts";
import { tasksNotRunning } from "./connect.ts";
import { checkpointDuration, checkpointsFailed, jobsNotRunning } from "./flink.ts";
import { slotLag } from "./postgres.ts";

export const PROBES = {
  "postgres.slotLagBytes": slotLag,
  "flink.checkpointDurationMs": checkpointDuration,
  "flink.checkpointsFailed": checkpointsFailed,
  "flink.jobsNotRunning": jobsNotRunning,
  "connect.tasksNotRunning": tasksNotRunning,
} satisfies Record<string, Probe>;
