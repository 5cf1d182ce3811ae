/** Dashboards, API calls and users: one k6 process that goes through the load balancer to the BI tier. */
import { join } from "node:path";
import { plannedBiLoads, USERS_PROBE } from "../../core/bi-load.ts";
import type { BiRatePlan } from "../../core/contracts/plan.ts";
import { LakeproofError } from "../../core/errors.ts";
import { host } from "../../core/host.ts";
import { openWindows } from "../../core/windows.ts";
import type { BiRunConfig, DashboardAsk, OpenBiConfig } from "../../generators/k6/bi-mix.ts";
import { openSuperset } from "../../infra/clients/superset.ts";
import { SUPERSET_ADMIN } from "../../infra/components/superset-files.ts";
import { K6_DURATION_S_MAX, startK6Load, type RunningLoad } from "./k6-load.ts";
import type { Session } from "./session.ts";

const PREPARE_MS_MAX = 60_000;
const FORCE_RATIO_DEFAULT = 0.1;
const USERS_SAMPLED_MS = 2000;

/** Undefined where the plan has no such load. */
export async function startBiLoad(session: Session): Promise<RunningLoad | undefined> {
  const loads = plannedBiLoads(session.plan);
  if (loads.length === 0) return undefined;
  const config = await configOf(session);
  let userCount = 0;
  const load = startK6Load(session, {
    name: "k6-bi",
    script: join(host.packageDir, "generators", "k6", "bi.ts"),
    windows: new Map(
      loads.map(({ workload, targetMs }) => [workload, openWindows(workload, undefined, targetMs)]),
    ),
    onUser: () => {
      userCount += 1;
    },
    env: { LAKEPROOF_BI: JSON.stringify(config) },
  });
  if (session.plan.users === undefined) return load;
  const timer = host.every(USERS_SAMPLED_MS, () => {
    const observed = { value: userCount, unit: "count" } as const;
    session.journal.append({ kind: "sample.taken", probe: USERS_PROBE, observed });
  });
  return {
    pid: load.pid,
    stop: async () => {
      timer[Symbol.dispose]();
      await load.stop();
    },
  };
}

async function configOf(session: Session): Promise<BiRunConfig> {
  const { plan, lab } = session;
  const { dashboards, apiCalls, users } = plan;
  return {
    biUrl: `http://${lab.endpoints.address("superset")}`,
    user: SUPERSET_ADMIN,
    password: lab.secret,
    seed: plan.seed,
    durationS: K6_DURATION_S_MAX,
    boards: await boardsOf(session),
    ...(dashboards === undefined
      ? {}
      : {
          dashboards: {
            ...openConfig(dashboards),
            forceRatio: dashboards.forceRatio ?? FORCE_RATIO_DEFAULT,
          },
        }),
    ...(apiCalls === undefined ? {} : { apiCalls: openConfig(apiCalls) }),
    ...(users === undefined
      ? {}
      : {
          users: {
            count: users.count,
            thinkMsMean: users.thinkMsMean,
            rampMs: users.rampMs ?? 0,
          },
        }),
  };
}

/** One for each operation that may hang for ten seconds; what comes on top is dropped, and counted as that. */
const WORKER_S = 10;

function openConfig(plan: BiRatePlan): OpenBiConfig {
  const ratePerS = plan.ratePerMin / 60;
  return {
    ratePerS,
    rampMs: plan.rampMs ?? 0,
    maxVUs: Math.max(10, Math.ceil(ratePerS * WORKER_S)),
  };
}

/** What the pages of the dashboards ask for, taken from the dashboards themselves through the load balancer. */
async function boardsOf(session: Session): Promise<readonly DashboardAsk[]> {
  const signal = host.deadline(PREPARE_MS_MAX, session.signal);
  const { endpoints, secret } = session.lab;
  const client = openSuperset(endpoints.address("superset"), SUPERSET_ADMIN, secret);
  await client.login(signal);
  const boards: DashboardAsk[] = [];
  for (const id of (await client.dashboards(signal)).values()) {
    const requests = await client.chartRequests(id, false, signal);
    boards.push({ id, charts: requests.map(({ path, body }) => ({ path, body })) });
  }
  if (boards.length > 0) return boards;
  throw new LakeproofError("PROVISIONING_FAILED", "Superset holds no dashboard to refresh.", {
    hint: "Read logs/superset-0.log: the content of the dashboards was not set up.",
  });
}
