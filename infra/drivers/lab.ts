/**
 * A lab: the topology that is up, as a directory other processes can find. lab.json is rewritten
 * atomically at each change, so that `status`, `down` and `heal` work whatever happened to the owner.
 */
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";
import type { Instance } from "../../core/contracts/component.ts";
import type { Isolation } from "../../core/contracts/values.ts";
import { host } from "../../core/host.ts";
import type { Fabric } from "./fabric.ts";
import { unmountBelow } from "./machine/volume.ts";
import { isAlive, processFacts, startedWith } from "./processes.ts";

export interface LabState {
  readonly schema: "lakeproof.lab/1";
  readonly id: string;
  readonly topology: string;
  readonly subnet: string;
  readonly isolation: Isolation;
  /** Holder of the network namespaces, where the isolation is that. */
  readonly fabric?: Fabric;
  /** True for `up`: stays when its starter ends. False: belongs to one run and goes with it. */
  readonly held: boolean;
  readonly owner: { readonly pid: number; readonly startTicks: string };
  readonly createdAtEpochMs: number;
  readonly logsDir: string;
  readonly secret: string;
  readonly state: "starting" | "up" | "stopping";
  readonly instances: Readonly<Record<string, Instance>>;
  readonly endpoints: Readonly<Record<string, string>>;
}

const LAB_FILE = "lab.json";

/** Where labs live. Root's home is closed to the user PostgreSQL runs as, hence the system directory. */
export function stateDir(): string {
  const named = host.env["LAKEPROOF_STATE_DIR"];
  if (named !== undefined && named !== "") return named;
  if (host.uid === 0) return "/var/lib/lakeproof";
  return join(host.env["XDG_STATE_HOME"] ?? join(homedir(), ".local", "state"), "lakeproof");
}

export function labsDir(): string {
  return join(stateDir(), "labs");
}

export function labDir(labId: string): string {
  return join(labsDir(), labId);
}

/** The environment entry every process of a lab carries. */
export function labMark(labId: string): string {
  return `LAKEPROOF_LAB=${labId}`;
}

/** Names the harness a helper process (a load generator) works for: it must not outlive it. */
export const OWNER_VARIABLE = "LAKEPROOF_OWNER";

export function ownerMark(): string {
  return `${String(host.pid)}:${processFacts(host.pid)?.startTicks ?? "0"}`;
}

/** True when the process works for a harness that is gone. */
export function isOrphan(pid: number): boolean {
  const owner = startedWith(pid, OWNER_VARIABLE);
  if (owner === undefined) return false;
  const [ownerPid, startTicks = "0"] = owner.split(":");
  return !isAlive(Number(ownerPid), startTicks);
}

export function writeLab(state: LabState): void {
  const directory = labDir(state.id);
  mkdirSync(directory, { recursive: true, mode: 0o755 });
  const path = join(directory, LAB_FILE);
  writeFileSync(`${path}.new`, `${JSON.stringify(state, null, 2)}\n`, { mode: 0o600 });
  renameSync(`${path}.new`, path);
}

export function readLab(labId: string): LabState | undefined {
  try {
    return JSON.parse(readFileSync(join(labDir(labId), LAB_FILE), "utf8")) as LabState;
  } catch {
    return undefined;
  }
}

export function labIds(): readonly string[] {
  try {
    return readdirSync(labsDir()).sort();
  } catch {
    return [];
  }
}

export function listLabs(): readonly LabState[] {
  return labIds().flatMap((id) => readLab(id) ?? []);
}

export function ownerAlive(state: LabState): boolean {
  return isAlive(state.owner.pid, state.owner.startTicks);
}

/** Logs of a lab that did not come up outlive it here, for whoever wants to know why; the newest few. */
const KEPT_LOGS_COUNT = 3;

/** Moves a lab's own logs to where they survive it. Returns the new directory. */
export function keepLogs(state: LabState): string {
  const directory = join(stateDir(), "failed");
  const kept = join(directory, state.id);
  mkdirSync(directory, { recursive: true, mode: 0o755 });
  if (existsSync(state.logsDir)) renameSync(state.logsDir, kept);
  const byAge = readdirSync(directory)
    .map((name) => ({ name, ageMs: statSync(join(directory, name)).mtimeMs }))
    .sort((a, b) => b.ageMs - a.ageMs);
  for (const { name } of byAge.slice(KEPT_LOGS_COUNT)) {
    rmSync(join(directory, name), { recursive: true, force: true });
  }
  return kept;
}

export function removeLab(labId: string): void {
  unmountBelow(labDir(labId));
  // A process that is just ending may still put a file there.
  rmSync(labDir(labId), { recursive: true, force: true, maxRetries: 5 });
}
