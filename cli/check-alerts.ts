/**
 * `lakeproof check alerts`: gives each alert a real reason to fire, waits until Alertmanager was told, takes the
 * reason away, and waits until it was told that too. Needs a lab that `up` holds.
 */
import { join } from "node:path";
import { openUndoLog, type UndoLog } from "../chaos/index.ts";
import { LakeproofError, reasonOf } from "../core/errors.ts";
import { host } from "../core/host.ts";
import { alertmanagerAlerts } from "../infra/clients/prometheus.ts";
import { labDir, type LabState } from "../infra/drivers/lab.ts";
import { ALERTS, type AlertName } from "../infra/monitoring/alerts/index.ts";
import { detectionSMax, drilledService, DRILLS, type Drill } from "../infra/monitoring/drills.ts";
import { openLab, type Lab } from "../infra/provision.ts";
import { UNDO_FILE } from "./heal.ts";
import { insideLab, runInside } from "./inside.ts";
import { labThatIsUp, obtainArtifacts } from "./lab.ts";
import { listenForStop } from "./stop.ts";
import { topologyNamed } from "./up.ts";

const POLL_MS = 500;
/** An alert that already fires proves nothing: what an earlier drill left must be over first. */
const QUIET_MS_MAX = 300_000;
/** A restarted process on a busy machine, its first scrape, and what Prometheus keeps of a series that is gone. */
const RESOLVE_MS_MAX = 420_000;
const FAULT = "process-kill";

export interface AlertOutcome {
  readonly alert: AlertName;
  readonly meaning: string;
  readonly killed: readonly string[];
  /** Rules of the alert that fired, in the order they were first seen. */
  readonly signals: readonly string[];
  /** From the kill until Alertmanager had it; absent: never. */
  readonly firedMs?: number;
  readonly budgetMs: number;
  /** From the restart until Alertmanager no longer had it; absent: never. */
  readonly resolvedMs?: number;
  readonly reason?: string;
}

interface Site {
  readonly lab: Lab;
  readonly state: LabState;
  readonly alertmanager: string;
  readonly undoLog: UndoLog;
  readonly signal: AbortSignal;
}

export interface CheckAlertsOptions {
  readonly json: boolean;
  readonly subnet: string | undefined;
}

/** Exit 0 when every alert fired within its budget and resolved, 10 when one did not. */
export async function checkAlerts(options: CheckAlertsOptions): Promise<number> {
  const state = labThatIsUp(options.subnet);
  if (state.fabric !== undefined && insideLab()?.id !== state.id) return runInside(state);
  const topology = topologyNamed(state.topology);
  if (topology.services["alertmanager"] === undefined) {
    throw new LakeproofError("USAGE", `${topology.name} has no Alertmanager.`, {
      hint: "Start a topology with monitoring: `lakeproof up mini`.",
    });
  }
  const stop = new AbortController();
  listenForStop(stop, {
    notice: "Stopping: what was killed is started again.",
    hint: "Run it again for the rest.",
  });
  const artifacts = await obtainArtifacts(topology.services, state.isolation, stop.signal);
  const lab = openLab(topology, state, artifacts);
  using undoLog = openUndoLog(join(labDir(state.id), UNDO_FILE));
  const alertmanager = lab.endpoints.address("alertmanager");
  const site: Site = { lab, state, alertmanager, undoLog, signal: stop.signal };
  const outcomes: AlertOutcome[] = [];
  for (const drill of DRILLS) {
    const service = drilledService(drill, topology.services);
    if (service === undefined) {
      host.err(`  ${drill.alert}: nothing of ${topology.name} can make it fire.\n`);
      continue;
    }
    const count = drill.lost(topology.services[service]?.replicaCount ?? 0);
    const outcome = await drillAlert(site, drill, service, count);
    outcomes.push(outcome);
    if (!options.json) host.out(`${outcomeText(outcome)}\n`);
  }
  const failed = outcomes.filter((outcome) => !isProven(outcome));
  if (options.json) {
    const body = { schema: "lakeproof.alerts/1", lab: state.id, outcomes };
    host.out(`${JSON.stringify(body, null, 2)}\n`);
  } else {
    const total = String(outcomes.length);
    host.out(
      `${String(outcomes.length - failed.length)} of ${total} alerts fired in time and resolved.\n`,
    );
  }
  return failed.length === 0 ? 0 : 10;
}

async function drillAlert(
  site: Site,
  drill: Drill,
  service: string,
  count: number,
): Promise<AlertOutcome> {
  const { lab, signal } = site;
  const { alert } = drill;
  const budgetMs = detectionSMax(alert) * 1000;
  const base = { alert, meaning: ALERTS[alert], budgetMs };
  await until(async () => (await signalsOf(site, alert)).length === 0, QUIET_MS_MAX, signal);
  const killed = await lab.targets(service, drill.role, count, signal);
  host.err(
    `  ${alert}: ${killed.join(", ")} killed, waiting at most ${String(budgetMs / 1000)} s\n`,
  );
  const seen = new Set<string>();
  let firedMs: number | undefined;
  let resolvedMs: number | undefined;
  let reason: string | undefined;
  const id = `alert-${alert}`;
  site.undoLog.intend({ id, fault: FAULT, undo: { kind: "start-instances", instanceIds: killed } });
  try {
    await Promise.all(killed.map((instanceId) => lab.driver.act(instanceId, "kill")));
    firedMs = await until(
      async () => {
        for (const name of await signalsOf(site, alert)) seen.add(name);
        return seen.size > 0;
      },
      budgetMs,
      signal,
    );
  } catch (error) {
    reason = reasonOf(error);
  } finally {
    // Also after Ctrl-C: the lab is somebody's, and is given back whole.
    const limit = host.deadline(RESOLVE_MS_MAX);
    await Promise.all(killed.map((instanceId) => lab.restart(instanceId, limit)));
    site.undoLog.undone(id);
  }
  if (firedMs !== undefined) {
    host.err(
      `  ${alert}: told after ${seconds(firedMs)}; started again, waiting until it is over\n`,
    );
    const silent = async (): Promise<boolean> => (await signalsOf(site, alert)).length === 0;
    resolvedMs = await until(silent, RESOLVE_MS_MAX, signal);
  }
  signal.throwIfAborted();
  return {
    ...base,
    killed,
    signals: [...seen],
    ...(firedMs === undefined ? {} : { firedMs }),
    ...(resolvedMs === undefined ? {} : { resolvedMs }),
    ...(reason === undefined ? {} : { reason }),
  };
}

async function signalsOf(site: Site, alert: AlertName): Promise<readonly string[]> {
  const told = await alertmanagerAlerts(site.alertmanager, host.deadline(5000, site.signal));
  return told
    .filter(
      ({ name, state, endsAtEpochMs }) =>
        name === alert && state === "active" && endsAtEpochMs > host.epochMs(),
    )
    .map(({ labels }) => labels["signal"] ?? "");
}

/** Milliseconds until the condition held; undefined when it did not within the limit. */
async function until(
  condition: () => Promise<boolean>,
  limitMs: number,
  signal: AbortSignal,
): Promise<number | undefined> {
  const startedMs = host.monotonicMs();
  for (;;) {
    // Alertmanager itself may be slow to answer while the machine recovers: the next poll tells.
    const held = await condition().catch(() => false);
    const elapsedMs = Math.round(host.monotonicMs() - startedMs);
    if (held) return elapsedMs;
    if (elapsedMs > limitMs) return undefined;
    await host.sleep(POLL_MS, signal);
  }
}

function isProven({ firedMs, budgetMs, resolvedMs }: AlertOutcome): boolean {
  return firedMs !== undefined && firedMs <= budgetMs && resolvedMs !== undefined;
}

function outcomeText(outcome: AlertOutcome): string {
  const { alert, meaning, killed, firedMs, budgetMs, signals, resolvedMs, reason } = outcome;
  const fired =
    firedMs === undefined
      ? `NEVER FIRED within ${seconds(budgetMs)}`
      : `fired after ${seconds(firedMs)} of ${seconds(budgetMs)} (${signals.join(", ")})`;
  const over =
    resolvedMs === undefined ? "NOT RESOLVED" : `resolved ${seconds(resolvedMs)} after the restart`;
  const word = isProven(outcome) ? "ok   " : "WRONG";
  const because = reason === undefined ? "" : `: ${reason}`;
  return `  ${word} ${alert} ("${meaning}")  ${killed.join(", ")} killed: ${fired}, ${over}${because}`;
}

function seconds(ms: number): string {
  return `${(ms / 1000).toFixed(1)} s`;
}
