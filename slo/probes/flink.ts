/** Flink's own account of its checkpoints. */
import type { Endpoints } from "../../core/contracts/component.ts";
import type { Probe } from "../../core/contracts/probe.ts";
import { LakeproofError } from "../../core/errors.ts";
import {
  FLINK_ENDED,
  flinkCheckpoints,
  flinkJobs,
  type FlinkCheckpoints,
} from "../../infra/clients/flink.ts";

async function checkpointsOf(endpoints: Endpoints, signal: AbortSignal): Promise<FlinkCheckpoints> {
  const address = endpoints.address("flink-jobmanager");
  const job = (await flinkJobs(address, signal)).find(({ state }) => !FLINK_ENDED.includes(state));
  if (job === undefined) {
    throw new LakeproofError("CLIENT_FAILED", "Flink runs no job.", { hint: "Read its log." });
  }
  return flinkCheckpoints(address, job.jid, signal);
}

export const checkpointDuration: Probe = {
  name: "flink.checkpointDurationMs",
  purpose: "End-to-end duration of the latest completed checkpoint.",
  unit: "ms",
  intervalMs: 5000,
  sample: async (endpoints, signal) =>
    (await checkpointsOf(endpoints, signal)).latest.completed?.end_to_end_duration ?? 0,
};

export const checkpointsFailed: Probe = {
  name: "flink.checkpointsFailed",
  purpose: "Checkpoints that failed since the job started.",
  unit: "count",
  intervalMs: 5000,
  sample: async (endpoints, signal) => (await checkpointsOf(endpoints, signal)).counts.failed,
};

/** Ended because somebody wanted it. */
const ENDED_WELL: readonly string[] = ["FINISHED", "CANCELED"];

export const jobsNotRunning: Probe = {
  name: "flink.jobsNotRunning",
  purpose: "Jobs that Flink says are failing, restarting or failed; 1 where it runs none at all.",
  unit: "count",
  intervalMs: 2000,
  sample: async (endpoints, signal) => {
    const jobs = await flinkJobs(endpoints.address("flink-jobmanager"), signal);
    const wanted = jobs.filter(({ state }) => !ENDED_WELL.includes(state));
    const running = wanted.filter(({ state }) => state === "RUNNING");
    return running.length === 0 ? Math.max(1, wanted.length) : wanted.length - running.length;
  },
};
