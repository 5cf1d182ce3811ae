/** The user's own k6 script beside the load: the lab's endpoints as its environment, its results in the journal. */
import { existsSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import type { ScriptPlan } from "../../core/contracts/plan.ts";
import { LakeproofError } from "../../core/errors.ts";
import { host } from "../../core/host.ts";
import { openScriptReader, thresholdsOf } from "../../generators/k6-script-output.ts";
import { inspectK6, startK6, type ScriptFacts } from "../../infra/clients/k6.ts";
import { SUPERSET_ADMIN } from "../../infra/components/superset-files.ts";
import type { Lab } from "../../infra/provision.ts";
import { markEnv, type RunningLoad } from "./k6-load.ts";
import type { Session } from "./session.ts";

/** With an absolute path, so that it means the same wherever the run goes on. Throws when there is no such file. */
export function scriptAt(script: ScriptPlan): ScriptPlan {
  const path = resolve(host.cwd, script.path);
  if (existsSync(path)) return { ...script, path };
  throw new LakeproofError("CONFIG_INVALID", `There is no k6 script ${path}.`, {
    hint: "Name a .ts or .js file that k6 can run. Nothing was started.",
  });
}

/** Refuses a script that k6 cannot run, before anything is started: the addresses are not known yet. */
export async function inspectScript(
  script: ScriptPlan,
  binary: string,
  services: readonly string[],
): Promise<ScriptFacts> {
  const unknown = "127.0.0.1:1";
  const env = scriptEnv(script, {
    seed: "0",
    services: Object.fromEntries(services.map((name) => [name, unknown])),
    secret: "",
  });
  return inspectK6(binary, script.path, env);
}

/** Undefined where the plan has no script. */
export function startScriptLoad(session: Session): RunningLoad | undefined {
  const { plan, runDir, journal } = session;
  const { script } = plan;
  if (script === undefined) return undefined;
  const reader = openScriptReader();
  const summaryPath = join(runDir, "k6-script-summary.json");
  const k6 = startK6({
    binary: session.artifacts["k6"] ?? "k6",
    script: script.path,
    outputPath: join(runDir, "k6-script.ndjson"),
    logPath: join(runDir, "logs", "k6-script.log"),
    summaryPath,
    onLine: (line) => {
      reader.take(line);
    },
    env: {
      ...markEnv(session),
      ...scriptEnv(script, {
        seed: plan.seed,
        services: servicesOf(session.lab),
        secret: session.lab.secret,
      }),
    },
  });
  return {
    pid: k6.pid,
    stop: async () => {
      const exitCode = await k6.stop();
      journal.append({
        kind: "script.ended",
        path: script.path,
        exitCode,
        ...reader.result(),
        thresholds: existsSync(summaryPath) ? thresholdsOf(readFileSync(summaryPath, "utf8")) : [],
      });
    },
  };
}

function servicesOf({ endpoints }: Lab): Readonly<Record<string, string>> {
  const names = new Set(endpoints.all().map((one) => one.service));
  return Object.fromEntries([...names].map((name) => [name, endpoints.address(name)]));
}

/** docs/queries.md lists these names: they are what a script may count on. */
function scriptEnv(
  script: ScriptPlan,
  lab: {
    readonly seed: string;
    /** "host:port" by service, through its entry where it has one. */
    readonly services: Readonly<Record<string, string>>;
    readonly secret: string;
  },
): Readonly<Record<string, string>> {
  const { trino, superset } = lab.services;
  return {
    LAKEPROOF_SEED: lab.seed,
    ...Object.fromEntries(
      Object.entries(lab.services).map(([name, address]) => [
        `LAKEPROOF_ADDRESS_${name.toUpperCase().replaceAll("-", "_")}`,
        address,
      ]),
    ),
    ...(trino === undefined ? {} : { LAKEPROOF_TRINO_URL: `http://${trino}` }),
    ...(superset === undefined
      ? {}
      : {
          LAKEPROOF_BI_URL: `http://${superset}`,
          LAKEPROOF_BI_USER: SUPERSET_ADMIN,
          LAKEPROOF_BI_PASSWORD: lab.secret,
        }),
    ...script.env,
  };
}
