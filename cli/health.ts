/** `lakeproof health`: the daily check of everything in the lab that is up. Changes nothing but what probes write. */
import { host } from "../core/host.ts";
import type { LabState } from "../infra/drivers/lab.ts";
import { healthReport, healthText } from "../infra/health/report.ts";
import { checkHealth, type HealthRow } from "../infra/health/run.ts";
import { isElsewhere, runInside } from "./inside.ts";
import { labThatIsUp } from "./lab.ts";
import { listenForStop } from "./stop.ts";
import { topologyNamed } from "./up.ts";

/** A command that answers at once needs no progress. */
const PROGRESS_AFTER_MS = 2000;
const TICK_MS = 1000;

export interface HealthOptions {
  readonly json: boolean;
  /** Id of the lab, or name of its topology. */
  readonly name?: string | undefined;
  readonly subnet: string | undefined;
  /** Only the summary line, for cron. */
  readonly quiet?: boolean;
}

/** Exit 0 healthy, with warnings or without; 10 when something is bad. */
export async function health(options: HealthOptions): Promise<number> {
  const state = labThatIsUp(options.subnet, options.name);
  if (isElsewhere(state)) return runInside(state);
  const startedMs = host.monotonicMs();
  const rows = await ask(state, options);
  const report = healthReport({
    lab: state.id,
    topology: state.topology,
    elapsedMs: host.monotonicMs() - startedMs,
    rows,
  });
  if (options.json) host.out(`${JSON.stringify(report, null, 2)}\n`);
  else if (options.quiet === true) host.out(`${report.summary}\n`);
  else host.out(healthText(report));
  return report.counts.bad === 0 ? 0 : 10;
}

async function ask(state: LabState, options: HealthOptions): Promise<readonly HealthRow[]> {
  const topology = topologyNamed(state.topology);
  const stop = new AbortController();
  listenForStop(stop, { notice: "Stopping.", hint: "Nothing was changed." });
  const progress = new Progress(options.quiet !== true);
  // It also keeps the process alive while only deadlines are left to wait for, which do not.
  using _ticking = host.every(TICK_MS, () => {
    progress.tick();
  });
  const rows = await checkHealth({
    topology,
    state,
    signal: stop.signal,
    onProgress: (doneCount, totalCount) => {
      progress.doneCount = doneCount;
      progress.totalCount = totalCount;
    },
  });
  progress.clear();
  stop.signal.throwIfAborted();
  return rows;
}

/** One line that is rewritten on a terminal; elsewhere a line every few seconds. */
class Progress {
  doneCount = 0;
  totalCount = 0;
  readonly #startedMs = host.monotonicMs();
  readonly #shown: boolean;
  #toldCount = 0;

  constructor(shown: boolean) {
    this.#shown = shown;
  }

  tick(): void {
    const elapsedMs = host.monotonicMs() - this.#startedMs;
    if (!this.#shown || elapsedMs < PROGRESS_AFTER_MS) return;
    this.#toldCount += 1;
    const seconds = (elapsedMs / 1000).toFixed(0);
    const line = `  ${seconds} s  ${String(this.doneCount)} of ${String(this.totalCount)} answers`;
    if (host.stderrIsTty) host.err(`\r${line}`);
    else if (this.#toldCount % 5 === 1) host.err(`${line}\n`);
  }

  clear(): void {
    if (this.#toldCount > 0 && host.stderrIsTty) host.err(`\r${" ".repeat(40)}\r`);
  }
}
