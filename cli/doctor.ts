/** `lakeproof doctor`: what this machine has and lacks, one line a requirement. Changes nothing. */
import type { ExitCode } from "../core/errors.ts";
import { host } from "../core/host.ts";
import { defaultCacheDir } from "../infra/artifacts/cache.ts";
import { ARTIFACT_NAMES } from "../infra/artifacts/table.ts";
import { stateDir } from "../infra/drivers/lab.ts";
import {
  checkRequirements,
  type PortNeed,
  type Requirement,
  summaryOf,
} from "../infra/requirements.ts";

export interface DoctorOptions {
  /** One JSON object `{ok, summary, checks: [{id, status, detail, fix}]}` instead of lines. */
  readonly json?: boolean;
  /** Compare every byte of the cached artifacts. */
  readonly verify?: boolean;
  /** Addresses that have to be free. */
  readonly ports: readonly PortNeed[];
}

const MARKS = { ok: "ok     ", warn: "note   ", missing: "MISSING" } as const satisfies Record<
  Requirement["status"],
  string
>;

/** The exit code: 0, or 2 when something is missing. */
export async function doctor(options: DoctorOptions): Promise<ExitCode> {
  const checks = await checkRequirements({
    cacheDir: defaultCacheDir(),
    stateDir: stateDir(),
    artifacts: ARTIFACT_NAMES,
    ports: options.ports,
    verify: options.verify ?? false,
  });
  const ok = checks.every(({ status }) => status !== "missing");
  const summary = summaryOf(checks);
  host.out(
    options.json === true
      ? `${JSON.stringify({ ok, summary, checks }, null, 2)}\n`
      : `${[...checks.flatMap(linesOf), summary].join("\n")}\n`,
  );
  return ok ? 0 : 2;
}

/** One line, and the fix below it where something has to be done. */
function linesOf(check: Requirement): readonly string[] {
  const line = `${MARKS[check.status]}  ${check.id}: ${check.detail}`;
  return check.status === "missing" && check.fix !== undefined
    ? [line, `         fix: ${check.fix}`]
    : [line];
}
