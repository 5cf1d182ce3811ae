/**
 * `lakeproof heal`: undoes whatever a crashed run left behind, from what is on disk alone. Safe to run
 * twice, safe to run when nothing is wrong.
 */
import { readdirSync } from "node:fs";
import { join } from "node:path";
import {
  damageText,
  openUndoLog,
  readUndoLog,
  removeToxic,
  type OpenUndo,
} from "../chaos/index.ts";
import { LakeproofError, reasonOf } from "../core/errors.ts";
import { host } from "../core/host.ts";
import {
  labDir,
  isOrphan,
  labIds,
  labMark,
  ownerAlive,
  readLab,
  removeLab,
  writeLab,
  type LabState,
} from "../infra/drivers/lab.ts";
import { endProcesses } from "../infra/drivers/lab-processes.ts";
import { alive, openLocalDriver, stopInstance } from "../infra/drivers/local.ts";
import { groupsLeft, leaveGroup } from "../infra/drivers/machine/control-groups.ts";
import { repairDamage } from "../infra/drivers/machine/local-machine.ts";
import { tagsRecorded } from "../infra/drivers/machine/records.ts";
import { networkLeftovers, sweepNetwork } from "../infra/drivers/network-leftovers.ts";
import { familyOf, markedProcesses, signalProcess } from "../infra/drivers/processes.ts";
import { HARNESS_NODE } from "../infra/zones.ts";
import { isElsewhere, runThere, runVerb } from "./inside.ts";
import { renewSlot } from "./renew-slot.ts";

export const UNDO_FILE = "undo.ndjson";

const REAP_TRY_COUNT_MAX = 20;
const REAP_PAUSE_MS = 500;

export interface HealOutcome {
  readonly lab: string;
  readonly done: readonly string[];
  readonly failed: readonly string[];
}

export async function heal(options: { readonly json: boolean }): Promise<number> {
  const outcomes: HealOutcome[] = [];
  for (const id of labIds()) outcomes.push(await healLab(id));
  if (options.json) {
    host.out(`${JSON.stringify({ schema: "lakeproof.heal/1", labs: outcomes })}\n`);
  } else {
    for (const outcome of outcomes) {
      for (const line of outcome.done) host.out(`healed  ${outcome.lab}: ${line}\n`);
      for (const line of outcome.failed) host.err(`FAILED  ${outcome.lab}: ${line}\n`);
    }
    const count = outcomes.reduce((sum, outcome) => sum + outcome.done.length, 0);
    host.out(count === 0 ? "Nothing to heal.\n" : `Healed ${String(count)} thing(s).\n`);
  }
  return outcomes.some((outcome) => outcome.failed.length > 0) ? 22 : 0;
}

/** Undoes open faults; takes down a lab whose run is gone. A lab held by `up` stays. */
async function healLab(labId: string): Promise<HealOutcome> {
  const done: string[] = [];
  const failed: string[] = [];
  const state = readLab(labId);
  if (state !== undefined && !state.held && ownerAlive(state)) return { lab: labId, done, failed };
  const undoPath = join(labDir(labId), UNDO_FILE);
  const { open, damage } = readUndoLog(undoPath);
  if (state !== undefined && (open.length > 0 || damage !== undefined)) {
    using log = openUndoLog(undoPath);
    if (log.setAside !== undefined) {
      const said = `${damageText(log.setAside)}; kept in ${log.setAside.path}`;
      // What was cut off while it was written had not begun. Anything else may hide what has to be undone.
      (log.setAside.cutOff ? done : failed).push(said);
    }
    for (const entry of open) {
      try {
        done.push(await undo(state, entry));
        log.undone(entry.id);
      } catch (error) {
        failed.push(`${entry.fault}: ${reasonOf(error)}`);
      }
    }
  }
  // A log that was lost or cut off must not keep disks and network from being healed.
  repairAll(labId, done, failed);
  if (state?.held === true && state.fabric !== undefined) {
    try {
      done.push(...sweepNetwork(state.fabric).map((what) => `${what}: removed`));
    } catch (error) {
      failed.push(`network: ${reasonOf(error)}`);
    }
  }
  for (const facts of markedProcesses(labMark(labId))) {
    if (!isOrphan(facts.pid)) continue;
    signalProcess(facts.pid, "SIGKILL");
    done.push(`orphaned process ${String(facts.pid)} ended`);
  }
  if (state?.held !== true || abandoned(state)) {
    const ended = await takeDown(labId);
    done.push(`${String(ended)} process(es) ended, lab directory removed`);
    return { lab: labId, done, failed: [] };
  }
  return { lab: labId, done, failed };
}

function repairAll(labId: string, done: string[], failed: string[]): void {
  for (const tag of tagsRecorded(labId)) {
    try {
      repairDamage(labId, tag);
      done.push(`damage ${tag}: repaired`);
    } catch (error) {
      failed.push(`damage ${tag}: ${reasonOf(error)}`);
    }
  }
  for (const dir of groupsLeft(labId)) {
    leaveGroup(dir);
    done.push(`control group ${dir}: removed`);
  }
}

/** `up` was killed before everything was ready, or `down` before everything was gone: nobody holds what is there. */
function abandoned(state: LabState): boolean {
  return state.state !== "up" && !ownerAlive(state);
}

async function undo(state: LabState, entry: OpenUndo): Promise<string> {
  const what = entry.undo;
  switch (what.kind) {
    case "resume-instances": {
      resumeAll(state, what.instanceIds);
      return `${entry.fault}: ${what.instanceIds.join(", ")} resumed`;
    }
    case "remove-toxic":
      return `${entry.fault}: toxic ${what.toxic} ${await removedToxic(state, what)}`;
    case "start-instances": {
      const started = await startGone(state, what.instanceIds);
      const names = what.instanceIds.join(", ");
      return `${entry.fault}: ${names} ${started ? "started again" : "needs no restart"}`;
    }
    case "restart-instances": {
      const started = await restartAll(state, what.instanceIds);
      const names = what.instanceIds.join(", ");
      return `${entry.fault}: ${names} ${started ? "started again" : "needs no restart"}`;
    }
    case "clear-network": {
      await openLocalDriver(state).network?.clear(what.tag);
      return `${entry.fault}: network cleared of ${what.tag}`;
    }
    case "repair-damage": {
      const found = repairDamage(state.id, what.tag);
      const started = await startGone(state, what.instanceIds);
      const names = what.instanceIds.join(", ");
      const also = [...found, ...(started ? ["started again"] : [])];
      return `${entry.fault}: ${names} repaired${also.length > 0 ? ` (${also.join("; ")})` : ""}`;
    }
    case "revive-instances": {
      resumeAll(state, what.instanceIds);
      const started = await startGone(state, what.instanceIds);
      const names = what.instanceIds.join(", ");
      return `${entry.fault}: ${names} resumed${started ? ", started again" : ""}`;
    }
    case "renew-slot": {
      resumeAll(state, what.instanceIds);
      await startGone(state, what.instanceIds);
      const renewed = await renewSlot(state, what);
      return `${entry.fault}: ${renewed ? "the slot is read, settings as configured" : "goes with its lab"}`;
    }
    case "configure-service": {
      // A lab that goes with its run is taken down anyway.
      if (!state.held) return `${entry.fault}: nothing to undo`;
      const exitCode = await runVerb(state, "configure", state.id, what.service);
      if (exitCode === 0) return `${entry.fault}: ${what.service} is set up again`;
      throw new LakeproofError("PROVISIONING_FAILED", `${what.service} cannot be set up again.`, {
        hint: "Run `lakeproof status`, start what is down, and heal again.",
      });
    }
    case "nothing":
      return `${entry.fault}: nothing to undo`;
    case "power-on-nodes": {
      const { network } = openLocalDriver(state);
      for (const id of what.instanceIds) await network?.powerOn(id);
      const started = await startGone(state, what.instanceIds);
      const names = what.instanceIds.join(", ");
      return `${entry.fault}: links of ${names} are up${started ? ", started again" : ""}`;
    }
  }
}

function resumeAll(state: LabState, instanceIds: readonly string[]): void {
  for (const id of instanceIds) {
    const instance = state.instances[id];
    if (instance === undefined || !alive(instance)) continue;
    for (const facts of familyOf(instance.pid)) signalProcess(facts.pid, "SIGCONT");
  }
}

/** The proxy of a lab in a network of its own answers nobody out here. */
async function removedToxic(
  state: LabState,
  { apiAddress, proxy, toxic }: Extract<OpenUndo["undo"], { kind: "remove-toxic" }>,
): Promise<string> {
  if (!state.held) return "goes with its proxy";
  if (isElsewhere(state)) {
    const url = `http://${apiAddress}/proxies/${proxy}/toxics/${toxic}`;
    const script = `await fetch(${JSON.stringify(url)}, { method: "DELETE", signal: AbortSignal.timeout(5000) })`;
    const argv = [host.nodePath, "--input-type=module", "-e", script];
    if ((await runThere(state, HARNESS_NODE.id, argv)) !== 0) {
      throw new LakeproofError("FAULT_FAILED", `${proxy} at ${apiAddress} does not answer.`, {
        hint: "Its instance may be gone: look with `lakeproof health`, then heal again.",
      });
    }
  } else await removeToxic(apiAddress, proxy, toxic);
  return "removed";
}

/** False where nothing is to be done: a lab that goes with its run is taken down anyway. */
async function startGone(state: LabState, instanceIds: readonly string[]): Promise<boolean> {
  const gone = instanceIds
    .flatMap((id) => state.instances[id] ?? [])
    .filter((instance) => !alive(instance));
  if (!state.held || gone.length === 0) return false;
  const driver = openLocalDriver(state);
  const anyAnswer = (): Promise<void> => Promise.resolve();
  for (const { spec } of gone) {
    // A postmaster lives on without its Patroni, and would be in the way of the next one.
    await driver.act(spec.id, "kill");
    await driver.start(spec, anyAnswer, host.deadline(60_000));
  }
  return true;
}

const RESTART_GRACE_MS = 30_000;

/** False for a lab that goes with its run. */
async function restartAll(state: LabState, instanceIds: readonly string[]): Promise<boolean> {
  if (!state.held) return false;
  const instances = instanceIds.flatMap((id) => state.instances[id] ?? []);
  await Promise.all(instances.map((instance) => stopInstance(instance, RESTART_GRACE_MS)));
  return startGone(state, instanceIds);
}

/** Ends every process of the lab and removes its directory. Returns how many processes there were. */
export async function takeDown(labId: string): Promise<number> {
  // Files that cannot be changed cannot be removed either, and a process in a group of its own holds that group.
  const failed: string[] = [];
  const state = readLab(labId);
  // Nobody may begin to work on it any more, and whoever does work on it is told.
  if (state !== undefined) writeLab({ ...state, state: "stopping" });
  repairAll(labId, [], failed);
  const instances = Object.values(state?.instances ?? {});
  const count = await endProcesses(labId, instances);
  // Also those that died before: one that a fault killed may have left its socket.
  await Promise.all(instances.map((instance) => stopInstance(instance, 0)));
  removeLab(labId);
  return count;
}

/** What is still there of a lab that should be gone, or of faults on one that stays. */
export function residueOf(labId: string): readonly string[] {
  const state = readLab(labId);
  const undoLog = readUndoLog(join(labDir(labId), UNDO_FILE));
  const open = [
    ...undoLog.open.map((entry) => `${entry.fault} was not undone`),
    ...(undoLog.damage === undefined || undoLog.damage.cutOff ? [] : [damageText(undoLog.damage)]),
  ];
  if (state?.held === true) {
    const stopped = Object.values(state.instances).filter(
      (instance) => alive(instance) && familyOf(instance.pid).some((facts) => facts.state === "T"),
    );
    const orphans = markedProcesses(labMark(labId)).filter((facts) => isOrphan(facts.pid));
    return [
      ...open,
      ...stopped.map((instance) => `${instance.spec.id} is still paused`),
      ...networkResidue(state),
      ...tagsRecorded(labId).map((tag) => `damage ${tag} is not repaired`),
      ...groupsLeft(labId).map((dir) => `control group ${dir} is left`),
      ...orphans.map((facts) => `process ${String(facts.pid)} of a dead run still runs`),
    ];
  }
  const processes = markedProcesses(labMark(labId)).map(
    (facts) => `process ${String(facts.pid)} still runs`,
  );
  const directory = directoryExists(labDir(labId)) ? [`directory ${labDir(labId)} is left`] : [];
  const groups = groupsLeft(labId).map((dir) => `control group ${dir} is left`);
  return [...open, ...processes, ...directory, ...groups];
}

function networkResidue(state: LabState): readonly string[] {
  if (state.fabric === undefined) return [];
  try {
    return networkLeftovers(state.fabric).map(({ what }) => what);
  } catch (error) {
    return [`the network cannot be looked at: ${reasonOf(error)}`];
  }
}

function directoryExists(path: string): boolean {
  try {
    readdirSync(path);
    return true;
  } catch {
    return false;
  }
}

/** Hidden verb: the lease of a damage. Sleeps, then repairs what is still there; ended earlier when all is well. */
export async function repairAfter(labId: string, tag: string, leaseMs: number): Promise<number> {
  await host.sleep(leaseMs);
  repairDamage(labId, tag);
  return 0;
}

/**
 * Hidden verb: waits for the end of its standard input, which is the end of the harness, then heals. More than once
 * where needed: the pipe ends a moment before the harness does, and what it had just begun may end after it.
 */
export async function reap(labId: string): Promise<number> {
  const word = await host.readStdin();
  if (word.includes("done")) return 0;
  for (let tryCount = 0; tryCount < REAP_TRY_COUNT_MAX; tryCount += 1) {
    const failed = await failureOf(() => healLab(labId));
    await host.sleep(REAP_PAUSE_MS);
    if (failed === undefined && isSettled(labId)) return 0;
  }
  return 22;
}

async function failureOf(work: () => Promise<unknown>): Promise<unknown> {
  try {
    await work();
    return undefined;
  } catch (error) {
    return error;
  }
}

function isSettled(labId: string): boolean {
  return readLab(labId)?.state !== "starting" && residueOf(labId).length === 0;
}
