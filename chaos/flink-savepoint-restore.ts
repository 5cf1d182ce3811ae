/** The planned restart of the streaming job: stopped with a savepoint, submitted again from there. */
import { z } from "zod";
import type { Fault, FaultContext, FaultTarget } from "../core/contracts/fault.ts";
import type { Services } from "../core/contracts/topology.ts";
import { LakeproofError } from "../core/errors.ts";
import { host } from "../core/host.ts";
import {
  currentJob,
  restoredFrom,
  stopWithSavepoint,
  untilFinished,
  type SavepointStop,
} from "./flink-rest.ts";
import { specOf } from "./reach.ts";

const Params = z.strictObject({
  savepointMsMax: z.number().int().min(1000).max(600_000).default(120_000),
});
type Params = z.infer<typeof Params>;

const READ_MS_MAX = 30_000;

const known = new WeakMap<FaultContext<Params>, SavepointStop>();

export const flinkSavepointRestore: Fault<Params> = {
  name: "flink-savepoint-restore",
  purpose:
    "Stops the streaming job with a savepoint and submits it again from there: nothing lost, nothing twice.",
  params: Params,
  paramsHelp: {
    savepointMsMax: "time for the savepoint and the job's end, 1000 to 600000, default 120000",
  },
  needs: [],
  stopsTarget: true,
  reach: (target: FaultTarget<Params>) => {
    const lake = lakeService(target.services);
    // Nobody else reads the topics meanwhile: what is fresh grows old until the job is back.
    const reach = { faultClass: "B", takesOver: false } as const;
    if (specOf(target)?.component === "flink-jobmanager" && lake !== undefined) {
      return { ...reach, services: [lake] };
    }
    return {
      ...reach,
      services: [target.service],
      problem: `${target.service} is no JobManager of a streaming job into the lake`,
    };
  },
  undo: ({ services }) => ({ kind: "configure-service", service: lakeService(services) ?? "" }),
  inject: async (context) => {
    const address = addressOf(context);
    const job = await currentJob(address, context.signal);
    if (job === undefined) {
      throw new LakeproofError("FAULT_FAILED", "Flink runs no job that could be stopped.", {
        hint: "Read the JobManager's log.",
      });
    }
    const limit = host.deadline(context.params.savepointMsMax, context.signal);
    const savepoint = await stopWithSavepoint(address, job.jid, limit);
    await untilFinished(address, job.jid, limit);
    known.set(context, { jobId: job.jid, savepoint });
  },
  evidence: async (context) => {
    const stopped = known.get(context);
    if (stopped === undefined) return undefined;
    if ((await currentJob(addressOf(context), context.signal)) !== undefined) return undefined;
    const reader = await readBack(context, stopped.savepoint);
    return `job ${stopped.jobId} has ended; ${reader} gives out its savepoint ${stopped.savepoint}`;
  },
  recover: async (context) => {
    const lake = lakeService(context.services);
    if (context.configure === undefined || lake === undefined) {
      throw new LakeproofError("FAULT_FAILED", "There is nobody to submit the job again.", {
        hint: "Inject it in a run of lakeproof.",
      });
    }
    await context.configure(lake, context.signal);
  },
  evidenceAfter: async (context) => {
    const stopped = known.get(context);
    const job = await currentJob(addressOf(context), context.signal);
    if (stopped === undefined || job === undefined || job.jid === stopped.jobId) return undefined;
    const restored = await restoredFrom(addressOf(context), job.jid, context.signal);
    if (restored !== undefined && isSame(restored, stopped.savepoint)) {
      return `job ${job.jid} began from ${restored}`;
    }
    throw new LakeproofError(
      "FAULT_FAILED",
      `Job ${job.jid} names ${restored ?? "no savepoint"} as its start, not ${stopped.savepoint}.`,
      { hint: "What it has read twice, or not at all, is in the verification of the run." },
    );
  },
};

/** The service that submits the job. */
function lakeService(services: Services): string | undefined {
  return Object.keys(services).find((name) => services[name]?.component === "lakehouse");
}

function addressOf({ endpoints, instanceIds }: FaultContext<Params>): string {
  const jobManager = endpoints.all().find(({ id }) => instanceIds.includes(id));
  return `${jobManager?.host ?? ""}:${String(jobManager?.ports["main"] ?? 0)}`;
}

/** Pure: the last part of a savepoint's path is random, and all that stays through every notation of the store. */
export function isSame(a: string, b: string): boolean {
  const last = (path: string): string => path.replace(/\/+$/, "").split("/").at(-1) ?? "";
  return last(a) !== "" && last(a) === last(b);
}

/** Pure: where the savepoint's own description lies; undefined for a path that is no object's. */
export function metadataOf(
  savepoint: string,
): { readonly bucket: string; readonly key: string } | undefined {
  const [, bucket = "", directory = ""] = /^s3[an]?:\/\/([^/]+)\/(.+?)\/*$/.exec(savepoint) ?? [];
  return bucket === "" ? undefined : { bucket, key: `${directory}/_metadata` };
}

/** Reads the savepoint's description as the store gives it out. Returns who did; throws where it is not there. */
async function readBack(context: FaultContext<Params>, savepoint: string): Promise<string> {
  const store = context.endpoints.all().find(({ component }) => component === "minio");
  const object = metadataOf(savepoint);
  if (store === undefined || object === undefined || context.readObject === undefined) {
    throw new LakeproofError("FAULT_FAILED", `Nobody can read the savepoint ${savepoint}.`, {
      hint: "It has to lie in the object store of the topology.",
    });
  }
  await context.readObject(store.id, object, host.deadline(READ_MS_MAX, context.signal));
  return store.id;
}
