/** The seed's "Flink job failures": it restarts, it does not run, or there is none. */
import { FLINK_TIMINGS } from "../../components/flink.ts";
import { TIMINGS } from "../timings.ts";
import { type AlertRule, need } from "./alert.ts";

/** Longer than a restart of the job takes when nothing else is broken. */
const LASTING_S = 15;
/** A TaskManager that is gone is missed when its heartbeat times out. */
const HEARTBEAT_S = FLINK_TIMINGS.heartbeatTimeoutMs / 1000;

export const FLINK_FAILURE: readonly AlertRule[] = [
  {
    alert: "FlinkJobFailure",
    signal: "restarted",
    needs: [need("flink-jobmanager")],
    expr: "sum by (job_name) (increase(flink_jobmanager_job_numRestarts[1m])) > 0",
    forS: 0,
    sourceS: HEARTBEAT_S,
    severity: "warning",
    summary: "The Flink job failed and was restarted within the last minute",
    description:
      'Job {{ $labels.job_name }} restarted about {{ printf "%.0f" $value }} time(s) in a minute.',
    runbook: "Read the root exception of the job in the JobManager's log.",
    firedBy: { fault: "process-kill", component: "flink-taskmanager", holdS: 0 },
  },
  {
    alert: "FlinkJobFailure",
    signal: "not-running",
    needs: [need("flink-jobmanager")],
    expr: "max by (job_name) (flink_jobmanager_job_runningState) == 0",
    forS: LASTING_S,
    sourceS: HEARTBEAT_S,
    severity: "critical",
    summary: "The Flink job exists but does not run",
    description: "Job {{ $labels.job_name }} is failing, restarting or waiting for slots.",
    runbook: "Compare registered TaskManagers and slots with the job's parallelism.",
    firedBy: { fault: "process-pause", component: "flink-taskmanager", holdS: 45 },
  },
  {
    alert: "FlinkJobFailure",
    signal: "missing",
    needs: [need("flink-jobmanager")],
    expr: "absent(flink_jobmanager_job_runningState)",
    forS: LASTING_S,
    sourceS: TIMINGS.scrapeTimeoutS,
    severity: "critical",
    summary: "No JobManager knows a job",
    description: "The JobManager is gone, or it lost its job.",
    runbook:
      "Look whether the JobManager answers; then whether its job was found again in ZooKeeper.",
    firedBy: { fault: "process-pause", component: "flink-jobmanager", holdS: 40 },
  },
];
