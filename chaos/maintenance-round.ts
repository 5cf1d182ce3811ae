/** Planned work at a bad moment: the lake is compacted and its snapshots are expired while something else is broken. */
import { z } from "zod";
import type {
  Fault,
  FaultContext,
  FaultTarget,
  LakeMaintenance,
  MaintenanceProgress,
} from "../core/contracts/fault.ts";
import { LakeproofError } from "../core/errors.ts";
import { host } from "../core/host.ts";
import { specOf } from "./reach.ts";

const Params = z.strictObject({
  startMsMax: z.number().int().min(1000).max(300_000).default(60_000),
});
type Params = z.infer<typeof Params>;
type Context = FaultContext<Params>;

const ANSWER_MS_MAX = 5000;
const POLL_MS = 100;
/** A round that found nobody to talk to ends without a statement: it is asked for again. */
const ASK_AGAIN_MS = 10_000;

const known = new WeakMap<Context, { readonly endedCount: number; readonly sinceMs: number }>();

export const maintenanceRound: Fault<Params> = {
  name: "maintenance-round",
  purpose:
    "Begins a round of compaction and expiry now, whatever else is going on; it is left to end by itself.",
  params: Params,
  paramsHelp: {
    startMsMax:
      "time for its first compaction or expiry to begin, 1000 to 300000, default 60000; it is asked again every 10 s",
  },
  needs: [],
  stopsTarget: false,
  reach: (target: FaultTarget<Params>) => {
    const reach = { faultClass: "W", takesOver: false, services: [target.service] } as const;
    if (specOf(target)?.component === "lake-maintenance") return reach;
    return { ...reach, problem: `${target.service} does not maintain the lake` };
  },
  // A compaction is a commit like any other, and what it replaced is expired by the rules.
  undo: () => ({ kind: "nothing" }),
  inject: async (context) => {
    const maintenance = maintenanceOf(context);
    const limit = host.deadline(ANSWER_MS_MAX, context.signal);
    const { endedCount } = await maintenance.progress(limit);
    known.set(context, { endedCount, sinceMs: host.monotonicMs() });
    await maintenance.begin(limit);
  },
  evidence: async (context) => {
    const before = known.get(context);
    if (before === undefined) return undefined;
    const maintenance = maintenanceOf(context);
    let askedMs = before.sinceMs;
    while (host.monotonicMs() < before.sinceMs + context.params.startMsMax) {
      const now = await progressNow(context, maintenance);
      const took = `${((host.monotonicMs() - before.sinceMs) / 1000).toFixed(1)} s after it was told to begin`;
      if (now?.isWorking === true) return `a compaction or an expiry was under way ${took}`;
      const endedCount = (now?.endedCount ?? 0) - before.endedCount;
      if (endedCount > 0) return `${String(endedCount)} compactions or expiries had ended ${took}`;
      if (host.monotonicMs() - askedMs >= ASK_AGAIN_MS) {
        askedMs = host.monotonicMs();
        await maintenance
          .begin(host.deadline(ANSWER_MS_MAX, context.signal))
          .catch(() => undefined);
      }
      await host.sleep(POLL_MS, context.signal);
    }
    return undefined;
  },
  recover: () => Promise.resolve(),
  evidenceAfter: async (context) => {
    const before = known.get(context);
    const now = await progressNow(context, maintenanceOf(context));
    if (before === undefined || now === undefined) return undefined;
    const ended = `${String(now.endedCount - before.endedCount)} compactions or expiries have ended since`;
    return now.isWorking ? `${ended}, and one is under way` : ended;
  },
};

/** Undefined while it does not answer: it may be the one that is starved. */
async function progressNow(
  { signal }: Context,
  maintenance: LakeMaintenance,
): Promise<MaintenanceProgress | undefined> {
  try {
    return await maintenance.progress(host.deadline(ANSWER_MS_MAX, signal));
  } catch (error) {
    if (signal.aborted) throw error;
    return undefined;
  }
}

function maintenanceOf({ openMaintenance }: Context): LakeMaintenance {
  if (openMaintenance !== undefined) return openMaintenance();
  throw new LakeproofError("FAULT_FAILED", "There is nobody who maintains the lake.", {
    hint: "Inject it in a run on a topology with lake-maintenance.",
  });
}
