/** The few questions to Flink's REST interface that stop a job with a savepoint and prove where one began. */
import { z } from "zod";
import { LakeproofError } from "../core/errors.ts";
import { host } from "../core/host.ts";

const ASK_MS_MAX = 15_000;
const POLL_MS = 250;
const ENDED = ["FAILED", "CANCELED", "FINISHED", "SUSPENDED"];

const Jobs = z.object({ jobs: z.array(z.object({ jid: z.string(), state: z.string() })) });
const Trigger = z.object({ "request-id": z.string() });
const Savepoint = z.object({
  status: z.object({ id: z.enum(["IN_PROGRESS", "COMPLETED"]) }),
  operation: z
    .object({
      location: z.string().nullish(),
      "failure-cause": z.object({ class: z.string() }).nullish(),
    })
    .nullish(),
});
const Checkpoints = z.object({
  latest: z.object({
    restored: z.object({ is_savepoint: z.boolean(), external_path: z.string() }).nullish(),
  }),
});

const Vertices = z.object({ vertices: z.array(z.object({ id: z.string(), name: z.string() })) });
/** Resource id of the TaskManager that runs it, which ends with its host; "(unassigned)" while none does. */
const Subtasks = z.object({ subtasks: z.array(z.object({ "taskmanager-id": z.string() })) });

type Job = z.infer<typeof Jobs>["jobs"][number];

export interface SavepointStop {
  readonly jobId: string;
  /** As Flink names it, e.g. "s3://bucket/savepoints/savepoint-1a2b3c-…". */
  readonly savepoint: string;
}

/** The job that has not ended, if there is one. */
export async function currentJob(address: string, signal: AbortSignal): Promise<Job | undefined> {
  return (await jobsOf(address, signal)).find(({ state }) => !ENDED.includes(state));
}

async function jobsOf(address: string, signal: AbortSignal): Promise<readonly Job[]> {
  return Jobs.parse(await ask(`http://${address}/jobs/overview`, signal)).jobs;
}

/** Returns the savepoint's path once it is complete. Throws FAULT_FAILED with Flink's reason where it fails. */
export async function stopWithSavepoint(
  address: string,
  jobId: string,
  signal: AbortSignal,
): Promise<string> {
  const job = `http://${address}/jobs/${jobId}`;
  // Without drain: windows and sinks are not told that it is the end, because it goes on.
  const trigger = Trigger.parse(await ask(`${job}/stop`, signal, { drain: false }));
  for (;;) {
    const { status, operation } = Savepoint.parse(
      await ask(`${job}/savepoints/${trigger["request-id"]}`, signal),
    );
    if (status.id === "COMPLETED") {
      if (operation?.location) return operation.location;
      const reason = operation?.["failure-cause"]?.class ?? "no reason given";
      throw new LakeproofError("FAULT_FAILED", `Job ${jobId} did not stop: ${reason}.`, {
        hint: "Read the JobManager's log: a savepoint needs all tasks and the object store.",
      });
    }
    await host.sleep(POLL_MS, signal);
  }
}

/** The savepoint is complete a moment before the job has ended. Throws FAULT_FAILED where it ends otherwise. */
export async function untilFinished(
  address: string,
  jobId: string,
  signal: AbortSignal,
): Promise<void> {
  for (;;) {
    const state = (await jobsOf(address, signal)).find(({ jid }) => jid === jobId)?.state;
    if (state === "FINISHED") return;
    if (state === undefined || ENDED.includes(state)) {
      throw new LakeproofError("FAULT_FAILED", `Job ${jobId} ended as ${state ?? "forgotten"}.`, {
        hint: "Read the JobManager's log.",
      });
    }
    await host.sleep(POLL_MS, signal);
  }
}

/** Undefined where the job began from nothing, or was since restored from a checkpoint of its own. */
export async function restoredFrom(
  address: string,
  jobId: string,
  signal: AbortSignal,
): Promise<string | undefined> {
  const answer = await ask(`http://${address}/jobs/${jobId}/checkpoints`, signal);
  const { restored } = Checkpoints.parse(answer).latest;
  return restored?.is_savepoint === true ? restored.external_path : undefined;
}

/** The instance that commits to a table. Throws FAULT_FAILED where the job has no such task, or nobody runs it. */
export async function committerOf(
  address: string,
  table: string,
  taskManagers: readonly { readonly id: string; readonly host: string }[],
  signal: AbortSignal,
): Promise<string> {
  const job = await currentJob(address, signal);
  const url = `http://${address}/jobs/${job?.jid ?? "none"}`;
  const { vertices } = Vertices.parse(await ask(url, signal));
  const vertex = committerAmong(vertices, table);
  if (vertex === undefined) {
    const names = vertices.map(({ name }) => name).join(" | ");
    throw new LakeproofError("FAULT_FAILED", `Flink's job has no task that commits ${table}.`, {
      hint: `Its tasks are ${names}.`,
    });
  }
  const { subtasks } = Subtasks.parse(await ask(`${url}/vertices/${vertex.id}`, signal));
  const runner = subtasks[0]?.["taskmanager-id"] ?? "(unassigned)";
  // The whole address and not one that only ends like it.
  const found = taskManagers.find(({ host: own }) => runner.endsWith(`-${own}`));
  if (found !== undefined) return found.id;
  throw new LakeproofError("FAULT_FAILED", `The committer of ${table} runs on ${runner}.`, {
    hint: `Aim at the service that has it; the targets are ${taskManagers.map(({ id }) => id).join(", ")}.`,
  });
}

/** Pure: by its name, which tells both what it does and to which table. */
export function committerAmong<V extends { readonly name: string }>(
  vertices: readonly V[],
  table: string,
): V | undefined {
  const ofTable = new RegExp(`\\b${table}\\b`);
  return vertices.find(({ name }) => /committer/i.test(name) && ofTable.test(name));
}

async function ask(url: string, signal: AbortSignal, body?: object): Promise<unknown> {
  const response = await fetch(url, {
    signal: host.deadline(ASK_MS_MAX, signal),
    ...(body === undefined
      ? {}
      : {
          method: "POST",
          headers: { "content-type": "application/json" },
          body: JSON.stringify(body),
        }),
  });
  const text = await response.text();
  if (response.ok) return JSON.parse(text) as unknown;
  throw new LakeproofError(
    "FAULT_FAILED",
    `Flink answered ${String(response.status)} to ${url}: ${text.slice(0, 200)}`,
    { hint: "Read the JobManager's log." },
  );
}
