/** Flink: the job, its checkpoints, its restarts, and who would take its place. */
import { z } from "zod";
import type { ComponentContext } from "../../../core/contracts/component.ts";
import { host } from "../../../core/host.ts";
import { DAY_MS } from "../../../core/units.ts";
import { FLINK_ENDED } from "../../clients/flink.ts";
import { requestJson } from "../../clients/http.ts";
import { FLINK_TIMINGS } from "../../components/flink.ts";
import { memory, plural, span } from "../../lint/figures.ts";
import { graded, listed, okIf, type HealthCheck, type HealthFinding } from "../finding.ts";

/** One checkpoint may be late; a whole time-out without one means that none gets through. */
const CHECKPOINT_AGE_MS = {
  warnAbove: 3 * FLINK_TIMINGS.checkpointIntervalMs,
  badAbove: FLINK_TIMINGS.checkpointTimeoutMs + 2 * FLINK_TIMINGS.checkpointIntervalMs,
};
const FAILED_SINCE = { warnAbove: 0, badAbove: 5 };

const Jobs = z.object({
  jobs: z.array(
    z.object({
      jid: z.string(),
      name: z.string(),
      state: z.string(),
      duration: z.number(),
      tasks: z.object({ total: z.number(), running: z.number() }).optional(),
    }),
  ),
});

const Checkpoints = z.object({
  latest: z.object({
    completed: z
      .object({
        id: z.number(),
        latest_ack_timestamp: z.number(),
        end_to_end_duration: z.number(),
        state_size: z.number(),
      })
      .nullish(),
  }),
  /** The last ten. */
  history: z.array(z.object({ id: z.number(), status: z.string() })),
});

const Metrics = z.array(z.object({ id: z.string(), value: z.string() }));
const Exceptions = z.object({
  exceptionHistory: z.object({
    entries: z.array(z.object({ exceptionName: z.string(), timestamp: z.number() })),
  }),
});
const Overview = z.object({
  taskmanagers: z.number(),
  "slots-total": z.number(),
  "slots-available": z.number(),
});

export type FlinkJobRow = z.infer<typeof Jobs>["jobs"][number];

export function parseFlinkJobs(answer: unknown): readonly FlinkJobRow[] {
  return Jobs.parse(answer).jobs;
}

export function judgeJob(jobs: readonly FlinkJobRow[]): HealthFinding {
  // A job that will never run again says nothing of the one that should.
  const current = jobs.filter(({ state }) => !FLINK_ENDED.includes(state));
  const [job] = current;
  const idle = job?.tasks !== undefined && job.tasks.running < job.tasks.total;
  const running = current.length === 1 && job?.state === "RUNNING" && !idle;
  return {
    check: "job",
    status: okIf(running),
    observed: listed(
      current.map(
        ({ name, state, duration, tasks }) =>
          `${name} ${state} for ${span(duration)}${tasks === undefined ? "" : `, ${String(tasks.running)} of ${plural(tasks.total, "task")} running`}`,
      ),
      jobs.length === 0 ? "no job" : `only ended ones: ${listed(jobs.map((one) => one.state))}`,
    ),
    expected: "one job, RUNNING with all its tasks",
    hint: "Read the JobManager's log; with no job, start it again from its last checkpoint.",
  };
}

export function judgeCheckpoints(answer: unknown, nowEpochMs: number): readonly HealthFinding[] {
  const { latest, history } = Checkpoints.parse(answer);
  const last = latest.completed ?? undefined;
  const ageMs = last === undefined ? undefined : nowEpochMs - last.latest_ack_timestamp;
  const failed = history.filter(({ id, status }) => status === "FAILED" && id > (last?.id ?? -1));
  return [
    {
      check: "last checkpoint",
      status: ageMs === undefined ? "bad" : graded(ageMs, CHECKPOINT_AGE_MS),
      observed:
        last === undefined || ageMs === undefined
          ? "none was completed"
          : `${span(Math.max(0, ageMs))} ago (number ${String(last.id)}, took ${span(last.end_to_end_duration)}, state ${memory(last.state_size)})`,
      expected: `at most ${span(CHECKPOINT_AGE_MS.warnAbove)} ago; one every ${span(FLINK_TIMINGS.checkpointIntervalMs)}`,
      hint: "Nothing reaches the lake without one: look at back pressure and at the object store.",
    },
    {
      check: "failed checkpoints since",
      status: graded(failed.length, FAILED_SINCE),
      observed: `${String(failed.length)} of the last ${plural(history.length, "checkpoint")}`,
      expected: "0",
      hint: "The JobManager's log names the reason of each: most often the object store or a task that hangs.",
    },
  ];
}

/** Restarts in the job's life are history; one since yesterday is news. */
export function judgeRestarts(
  restartCount: number,
  last: { readonly name: string; readonly atEpochMs: number } | undefined,
  nowEpochMs: number,
): HealthFinding {
  const recent = last !== undefined && nowEpochMs - last.atEpochMs < DAY_MS;
  const when =
    last === undefined ? "" : `; last ${span(nowEpochMs - last.atEpochMs)} ago: ${last.name}`;
  return {
    check: "restarts",
    status: okIf(!(recent && restartCount > 0), "warn"),
    observed: `${plural(restartCount, "restart")}${when}`,
    expected: "none since yesterday",
    hint: "Read the exception in Flink's own pages or the JobManager's log; after a fault on purpose it is no news.",
  };
}

export function judgeCapacity(answer: unknown, taskManagerCount: number): readonly HealthFinding[] {
  const overview = Overview.parse(answer);
  const { taskmanagers: registered } = overview;
  return [
    {
      check: "TaskManagers registered",
      status: okIf(registered >= taskManagerCount, registered > 0 ? "warn" : "bad"),
      observed: `${String(registered)} of ${String(taskManagerCount)}`,
      expected: `all ${String(taskManagerCount)}`,
      hint: "Start the missing one; read its log if it is up and not registered.",
    },
    {
      check: "free slots",
      status: okIf(overview["slots-available"] > 0, "warn"),
      observed: `${String(overview["slots-available"])} of ${plural(overview["slots-total"], "slot")}`,
      expected: "at least 1, so that the job goes on when a TaskManager is lost",
      hint: "Add a TaskManager, or lower the job's parallelism.",
    },
  ];
}

const job: HealthCheck = async (context, _instances, signal) => {
  if (!context.endpoints.has("lakehouse")) return [];
  return [judgeJob(await jobsOf(context, signal))];
};

const checkpoints: HealthCheck = async (context, _instances, signal) => {
  const running = await runningJob(context, signal);
  if (running === undefined) return [];
  const answer = await ask(context, `/jobs/${running.jid}/checkpoints`, signal);
  return judgeCheckpoints(answer, host.epochMs());
};

const restarts: HealthCheck = async (context, _instances, signal) => {
  const running = await runningJob(context, signal);
  if (running === undefined) return [];
  const [metrics, exceptions] = await Promise.all([
    ask(context, `/jobs/${running.jid}/metrics?get=numRestarts`, signal),
    ask(context, `/jobs/${running.jid}/exceptions?maxExceptions=1`, signal),
  ]);
  const restartCount = Number(Metrics.parse(metrics)[0]?.value ?? 0);
  const [last] = Exceptions.parse(exceptions).exceptionHistory.entries;
  return [
    judgeRestarts(
      restartCount,
      last === undefined ? undefined : { name: last.exceptionName, atEpochMs: last.timestamp },
      host.epochMs(),
    ),
  ];
};

const capacity: HealthCheck = async (context, _instances, signal) =>
  judgeCapacity(
    await ask(context, "/overview", signal),
    context.replicaCountOf("flink-taskmanager"),
  );

async function runningJob(
  context: ComponentContext,
  signal: AbortSignal,
): Promise<FlinkJobRow | undefined> {
  return (await jobsOf(context, signal)).find(({ state }) => !FLINK_ENDED.includes(state));
}

async function jobsOf(
  context: ComponentContext,
  signal: AbortSignal,
): Promise<readonly FlinkJobRow[]> {
  return parseFlinkJobs(await ask(context, "/jobs/overview", signal));
}

function ask(context: ComponentContext, path: string, signal: AbortSignal): Promise<unknown> {
  const address = context.endpoints.address("flink-jobmanager");
  return requestJson(`http://${address}${path}`, { signal });
}

export const flinkChecks: Readonly<Record<string, HealthCheck>> = {
  job,
  checkpoints,
  restarts,
  capacity,
};
