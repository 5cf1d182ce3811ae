/**
 * A commit to the lake that happens and whose acknowledgement nobody gets: the commit is held back in the catalog, the
 * TaskManager that sent it is killed, and only then it goes through. Whoever restores the job has to find out.
 */
import { z } from "zod";
import type {
  Fault,
  FaultContext,
  FaultReach,
  FaultTarget,
  HeldCommits,
} from "../core/contracts/fault.ts";
import { LakeproofError } from "../core/errors.ts";
import { host } from "../core/host.ts";
import { committerOf } from "./flink-rest.ts";
import { identitiesOf, replacedSince, type Identities } from "./identity.ts";
import { specOf } from "./reach.ts";

const Params = z.strictObject({
  commitMsMax: z.number().int().min(1000).max(300_000).default(90_000),
});
type Params = z.infer<typeof Params>;
type Context = FaultContext<Params>;

const POLL_MS = 100;
const GONE_MS_MAX = 10_000;
const COMMITTED_MS_MAX = 15_000;
/** The commit's connection may be the last to learn that its client is gone. */
const SETTLE_MS = 500;

interface Known {
  readonly identities: Identities;
  readonly killedId: string;
  readonly table: string;
  readonly before: string;
  readonly after: string;
  readonly goneMs: number;
}

const known = new WeakMap<Context, Known>();

export const commitAckLoss: Fault<Params> = {
  name: "commit-ack-loss",
  purpose:
    "Lets a commit to the lake happen after its sender was killed: the acknowledgement is lost, the commit is not.",
  params: Params,
  paramsHelp: {
    commitMsMax:
      "how long to wait for a commit to hold back, 1000 to 300000, default 90000; a checkpoint has to fit in",
  },
  needs: ["kill", "restart"],
  stopsTarget: true,
  reach: reachOf,
  undo: (context) => ({ kind: "revive-instances", instanceIds: context.instanceIds }),
  inject,
  evidence: (context) => {
    const loss = known.get(context);
    if (loss === undefined) return Promise.resolve(undefined);
    const { table, killedId, goneMs, before, after } = loss;
    return Promise.resolve(
      `${table} went from ${nameOf(before)} to ${nameOf(after)} by a commit whose sender, ${killedId}, ` +
        `had been gone for ${String(goneMs)} ms`,
    );
  },
  recover: async (context) => {
    const gone = context.instanceIds.filter((id) => context.driver.processStates(id).length === 0);
    await Promise.all(gone.map((id) => context.restart(id, context.signal)));
  },
  evidenceAfter: (context) => {
    const loss = known.get(context);
    if (loss === undefined) return Promise.resolve(undefined);
    const killed = { ...context, instanceIds: [loss.killedId] };
    return Promise.resolve(replacedSince(killed, loss.identities));
  },
};

/** Which of them it will be is only known when it happens: all are named. */
function reachOf(target: FaultTarget<Params>): FaultReach {
  const { service, services, count } = target;
  const spec = specOf(target);
  const isTolerated = spec !== undefined && target.toleranceOf(spec) >= 1;
  const reach: FaultReach = {
    faultClass: isTolerated ? "B" : "X",
    takesOver: false,
    services: [service],
  };
  const problem = (text: string): FaultReach => ({ ...reach, problem: text });
  if (spec?.component !== "flink-taskmanager") {
    return problem(`${service} commits nothing: a commit is sent by a flink-taskmanager`);
  }
  if (count !== spec.replicaCount) {
    return problem(`it finds out which of ${service} commits: count is all`);
  }
  const hasLake = Object.values(services).some(({ component }) => component === "lakehouse");
  return hasLake ? reach : problem("the topology has no lakehouse");
}

async function inject(context: Context): Promise<void> {
  const catalog = context.openCatalog?.();
  if (catalog === undefined) {
    throw new LakeproofError("FAULT_FAILED", "There is nobody to ask about the lake's catalog.", {
      hint: "Inject it in a run of lakeproof.",
    });
  }
  const { driver, signal } = context;
  const killedId = await committerId(context, catalog.table);
  const identities = identitiesOf({ ...context, instanceIds: [killedId] });
  const held = await catalog.hold(signal);
  try {
    await until(
      context,
      context.params.commitMsMax,
      "no commit came",
      async () => (await held.waitingCount(signal)) > 0,
    );
    const before = await catalog.metadataLocation(signal);
    await driver.act(killedId, "kill");
    const killedMs = host.monotonicMs();
    await until(context, GONE_MS_MAX, `${killedId} did not die`, () =>
      Promise.resolve(driver.processStates(killedId).length === 0),
    );
    await host.sleep(SETTLE_MS, signal);
    await stillWaits(held, signal);
    const goneMs = Math.round(host.monotonicMs() - killedMs);
    await held.release();
    let after = before;
    await until(context, COMMITTED_MS_MAX, "the commit did not go through", async () => {
      after = await catalog.metadataLocation(signal);
      return after !== before;
    });
    known.set(context, { identities, killedId, table: catalog.table, before, after, goneMs });
  } finally {
    await held.release();
  }
}

function committerId(context: Context, table: string): Promise<string> {
  const { endpoints, instanceIds, signal } = context;
  const taskManagers = endpoints.all().filter(({ id }) => instanceIds.includes(id));
  return committerOf(endpoints.address("flink-jobmanager"), table, taskManagers, signal);
}

/** Rolled back with its sender it would be no commit, and nothing would be lost but time. */
async function stillWaits(held: HeldCommits, signal: AbortSignal): Promise<void> {
  if ((await held.waitingCount(signal)) > 0) return;
  throw new LakeproofError("FAULT_FAILED", "The commit ended with its sender.", {
    hint: "client_connection_check_interval of PostgreSQL has to be 0, its default.",
  });
}

async function until(
  { signal }: Context,
  limitMs: number,
  otherwise: string,
  isSo: () => Promise<boolean>,
): Promise<void> {
  const deadlineMs = host.monotonicMs() + limitMs;
  while (!(await isSo())) {
    if (host.monotonicMs() >= deadlineMs) {
      throw new LakeproofError(
        "FAULT_FAILED",
        `commit-ack-loss: ${otherwise} within ${String(limitMs / 1000)} s.`,
        { hint: "Read the logs of Flink and of PostgreSQL." },
      );
    }
    await host.sleep(POLL_MS, signal);
  }
}

/** The last part of a path. */
function nameOf(location: string): string {
  return location.slice(location.lastIndexOf("/") + 1);
}
