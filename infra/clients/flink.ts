/** The SQL gateway and the JobManager's REST interface. */
import { z } from "zod";
import { LakeproofError } from "../../core/errors.ts";
import { host } from "../../core/host.ts";
import { requestJson } from "./http.ts";

const Session = z.object({ sessionHandle: z.string() });
const Operation = z.object({ operationHandle: z.string() });
const Page = z.object({
  resultType: z.enum(["NOT_READY", "PAYLOAD", "EOS"]),
  nextResultUri: z.string().nullish(),
  results: z.object({ data: z.array(z.object({ fields: z.array(z.unknown()) })) }).nullish(),
});
const Jobs = z.object({
  jobs: z.array(
    z.object({
      jid: z.string(),
      name: z.string(),
      state: z.string(),
      /** Milliseconds since 1970; -1 while it runs. */
      "end-time": z.number(),
    }),
  ),
});
const JobDetails = z.object({ now: z.number() });
const Checkpoints = z.object({
  counts: z.object({
    completed: z.number(),
    failed: z.number(),
    restored: z.number(),
    in_progress: z.number(),
  }),
  latest: z.object({
    completed: z.object({ id: z.number(), end_to_end_duration: z.number() }).nullish(),
    /** The last one this job was asked for, not the one it began from. */
    savepoint: z.object({ external_path: z.string() }).nullish(),
  }),
  /** The last ten. */
  history: z.array(z.object({ status: z.string(), is_savepoint: z.boolean() })),
});

const CheckpointHistory = z.object({
  history: z.array(
    z.object({
      id: z.number(),
      status: z.string(),
      is_savepoint: z.boolean(),
      /** Milliseconds since 1970. */
      trigger_timestamp: z.number(),
      end_to_end_duration: z.number(),
    }),
  ),
});

export interface CompletedCheckpoint {
  readonly id: number;
  readonly triggeredAtEpochMs: number;
  /** Until the last task had acknowledged it. */
  readonly durationMs: number;
  readonly isSavepoint: boolean;
}

/** States of a job that has ended for good. */
export const FLINK_ENDED: readonly string[] = ["FAILED", "CANCELED", "FINISHED", "SUSPENDED"];

export type FlinkJob = z.infer<typeof Jobs>["jobs"][number];
export type FlinkCheckpoints = z.infer<typeof Checkpoints>;

/** Runs the statements one after the other in one session. Rows of the last one are returned. */
export async function runFlinkSql(
  gatewayAddress: string,
  statements: readonly string[],
  signal: AbortSignal,
): Promise<readonly (readonly unknown[])[]> {
  const base = `http://${gatewayAddress}/v1/sessions`;
  const session = Session.parse(await requestJson(base, { method: "POST", body: {}, signal }));
  let rows: readonly (readonly unknown[])[] = [];
  for (const statement of statements) {
    rows = await runStatement(`${base}/${session.sessionHandle}`, statement, signal);
  }
  await requestJson(`${base}/${session.sessionHandle}`, { method: "DELETE", signal });
  return rows;
}

async function runStatement(
  sessionUrl: string,
  statement: string,
  signal: AbortSignal,
): Promise<readonly (readonly unknown[])[]> {
  const operation = Operation.parse(
    await requestJson(`${sessionUrl}/statements`, { method: "POST", body: { statement }, signal }),
  );
  const rows: (readonly unknown[])[] = [];
  let token = 0;
  for (;;) {
    const url = `${sessionUrl}/operations/${operation.operationHandle}/result/${String(token)}`;
    const page = Page.parse(await resultPage(url, statement, signal));
    for (const row of page.results?.data ?? []) rows.push(row.fields);
    if (page.resultType === "EOS") return rows;
    if (page.resultType === "NOT_READY") await host.sleep(100, signal);
    else token += 1;
  }
}

async function resultPage(url: string, statement: string, signal: AbortSignal): Promise<unknown> {
  try {
    return await requestJson(url, { signal });
  } catch (error) {
    throw new LakeproofError("CLIENT_FAILED", `Flink SQL failed: ${sqlReason(error)}`, {
      hint: `The statement was: ${statement.slice(0, 400)}`,
      cause: error,
    });
  }
}

/** The gateway answers with a whole Java stack trace: keep the innermost causes. */
function sqlReason(error: unknown): string {
  const text = error instanceof Error ? error.message : String(error);
  const causes = text
    .split(String.raw`\n`)
    .filter((line) => line.includes("Caused by") || line.includes("Exception"));
  return (causes.at(-1) ?? text).slice(0, 600);
}

export async function flinkJobs(
  address: string,
  signal: AbortSignal,
): Promise<readonly FlinkJob[]> {
  return Jobs.parse(await requestJson(`http://${address}/jobs/overview`, { signal })).jobs;
}

/** What the JobManager takes for the time: it says so with each job, hence undefined where it has none. */
export async function flinkEpochMs(
  address: string,
  signal: AbortSignal,
): Promise<number | undefined> {
  const [job] = await flinkJobs(address, signal);
  if (job === undefined) return undefined;
  const url = `http://${address}/jobs/${job.jid}`;
  return JobDetails.parse(await requestJson(url, { signal })).now;
}

export async function flinkCheckpoints(
  address: string,
  jobId: string,
  signal: AbortSignal,
): Promise<FlinkCheckpoints> {
  return Checkpoints.parse(
    await requestJson(`http://${address}/jobs/${jobId}/checkpoints`, { signal }),
  );
}

/** Those of the last ten checkpoints and savepoints that were completed, oldest first. */
export async function completedCheckpoints(
  address: string,
  jobId: string,
  signal: AbortSignal,
): Promise<readonly CompletedCheckpoint[]> {
  const answer = await requestJson(`http://${address}/jobs/${jobId}/checkpoints`, { signal });
  return completedIn(answer);
}

/** Pure: out of the JobManager's answer. */
export function completedIn(answer: unknown): readonly CompletedCheckpoint[] {
  return CheckpointHistory.parse(answer)
    .history.filter(({ status }) => status === "COMPLETED")
    .map((one) => ({
      id: one.id,
      triggeredAtEpochMs: one.trigger_timestamp,
      durationMs: one.end_to_end_duration,
      isSavepoint: one.is_savepoint,
    }))
    .sort((a, b) => a.id - b.id);
}
