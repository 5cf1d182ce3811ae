/** Finding, claiming and naming labs, and fetching what they are made of: shared by the verbs. */
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { closest } from "fastest-levenshtein";
import { LakeproofError } from "../core/errors.ts";
import { fileNameOf } from "../core/file-name.ts";
import { host } from "../core/host.ts";
import type { Isolation } from "../core/contracts/values.ts";
import type { Plan } from "../core/contracts/plan.ts";
import type { Topology } from "../core/contracts/topology.ts";
import { defaultCacheDir } from "../infra/artifacts/cache.ts";
import { openStore } from "../infra/artifacts/store.ts";
import type { ArtifactName } from "../infra/artifacts/table.ts";
import { openClassArchives } from "../infra/class-archives.ts";
import { fabricAlive } from "../infra/drivers/fabric.ts";
import { alive } from "../infra/drivers/local.ts";
import { labDir, labsDir, listLabs, ownerAlive, type LabState } from "../infra/drivers/lab.ts";
import { processFacts } from "../infra/drivers/processes.ts";
import { artifactsOf } from "../infra/lab-plan.ts";
import { insideLab } from "./inside.ts";

/** Artifacts that a lab in namespaces needs beside those of its components. */
const FABRIC_ARTIFACTS = ["iproute2", "nftables"] as const;

export const SUBNET_DEFAULT = "127.77.0";

/** The lab that holds the addresses, if any. One whose owner died is not it: `heal` takes that away. */
export function labOn(subnet: string): LabState | undefined {
  return listLabs().find((lab) => lab.subnet === subnet);
}

/** What the user says of the lab that is meant. */
export interface LabChoice {
  /** Its id, or the name of its topology. */
  readonly name?: string | undefined;
  readonly subnet?: string | undefined;
}

/** Those of all labs on record that are meant; all of them where nothing was said. Throws LAB_NOT_UP where none is. */
export function labsMeant({ name, subnet }: LabChoice): readonly LabState[] {
  const labs = listLabs();
  const named = labs.filter((lab) => name === undefined || isCalled(lab, name));
  if (name !== undefined && named.length === 0) throw noLabCalled(name, labs);
  const meant = named.filter((lab) => subnet === undefined || lab.subnet === subnet);
  if (name === undefined || meant.length > 0) return meant;
  throw new LakeproofError("LAB_NOT_UP", `No lab ${name} is on ${subnet ?? ""}.x.`, {
    hint: labsText(labs),
  });
}

function isCalled({ id, topology }: LabState, name: string): boolean {
  return id === name || topology === name;
}

function noLabCalled(name: string, labs: readonly LabState[]): LakeproofError {
  const known = [...new Set(labs.flatMap(({ id, topology }) => [topology, id]))];
  const meant = known.length === 0 ? "" : `Did you mean ${closest(name, known)}? `;
  return new LakeproofError("LAB_NOT_UP", `There is no lab ${JSON.stringify(name)}.`, {
    hint: `${meant}${labsText(labs)}`,
  });
}

function labsText(labs: readonly LabState[]): string {
  if (labs.length === 0) return "No lab is there: start one with `lakeproof up mini`.";
  const texts = labs.map(
    ({ id, topology, subnet, state, held }) =>
      `${id} (${topology} on ${subnet}.x, ${held ? state : `${state}, of a run`})`,
  );
  return `A lab is called by its id or its topology; there are ${texts.join(", ")}.`;
}

/** The lab a command is about. Throws LAB_NOT_UP where none that is meant is up, USAGE where several are. */
export function labThatIsUp(subnet: string | undefined, name?: string): LabState {
  const inside = insideLab();
  if (inside !== undefined) {
    if (name === undefined || isCalled(inside, name)) return inside;
    throw new LakeproofError(
      "USAGE",
      `This is the network of lab ${inside.id}, which is not ${name}.`,
      {
        hint: "Leave this shell first: one lab cannot be reached from another.",
      },
    );
  }
  const labs = labsMeant({ name, subnet }).filter((lab) => lab.state === "up");
  const [lab, another] = labs;
  if (lab !== undefined && another === undefined && networkIsGone(lab)) {
    throw new LakeproofError("LAB_NOT_UP", `Lab ${lab.id} has lost its network.`, {
      hint: "`lakeproof down` takes away what is left of it.",
    });
  }
  if (lab === undefined) {
    throw new LakeproofError(
      "LAB_NOT_UP",
      `No lab${name === undefined ? "" : ` ${name}`} is up${subnet === undefined ? "" : ` on ${subnet}.x`}.`,
      {
        hint: "Start one with `lakeproof up mini`; `lakeproof status` shows those that are starting.",
      },
    );
  }
  if (another === undefined) return lab;
  const called = name === undefined ? "" : ` called ${name}`;
  throw new LakeproofError("USAGE", `${String(labs.length)} labs${called} are up.`, {
    hint: `Choose one by its addresses (--subnet) or, where the command takes it, by its id: ${labs
      .map(({ id, subnet: on }) => `${on} is ${id}`)
      .join(", ")}.`,
  });
}

/** Refuses a subnet outside loopback: servers and load go nowhere else. */
export function checkSubnet(subnet: string): void {
  if (/^127(\.(25[0-5]|2[0-4]\d|1?\d?\d)){2}$/.test(subnet)) return;
  throw new LakeproofError("USAGE", `--subnet is ${JSON.stringify(subnet)}.`, {
    hint: "Allowed are the first three parts of a loopback address, 127.0.0 to 127.255.255.",
  });
}

export interface NewLab {
  readonly topology: string;
  readonly subnet: string;
  readonly isolation: Isolation;
  readonly held: boolean;
  readonly logsDir?: string;
}

export function newLabState(options: NewLab): LabState {
  const holder = labOn(options.subnet);
  if (holder !== undefined) throw busy(holder);
  const id = `${fileNameOf(options.topology)}-${host.randomHex(4)}`;
  mkdirSync(labsDir(), { recursive: true, mode: 0o755 });
  return {
    schema: "lakeproof.lab/1",
    id,
    topology: options.topology,
    subnet: options.subnet,
    isolation: options.isolation,
    held: options.held,
    owner: { pid: host.pid, startTicks: processFacts(host.pid)?.startTicks ?? "0" },
    createdAtEpochMs: host.epochMs(),
    logsDir: options.logsDir ?? join(labDir(id), "logs"),
    secret: host.randomHex(16),
    state: "starting",
    instances: {},
    endpoints: {},
  };
}

/** Throws LAB_BUSY where nothing is left of the lab but its addresses: after a restart of the machine, say. */
export function refuseStale(lab: LabState): void {
  if (staleness(lab) !== undefined) throw busy(lab);
}

function busy(lab: LabState): LakeproofError {
  const stale = staleness(lab);
  const what = `${lab.subnet}.x is taken by lab ${lab.id} (${lab.topology}, ${lab.state})`;
  if (stale === undefined) {
    return new LakeproofError("LAB_BUSY", `${what}.`, {
      hint: "Take it down with `lakeproof down`, or choose other addresses with --subnet 127.77.1.",
    });
  }
  return new LakeproofError("LAB_BUSY", `${what}, of which ${stale}.`, {
    hint: `\`lakeproof ${lab.held ? "down" : "heal"}\` takes away what is left of it.`,
  });
}

/** What is gone of a lab that is on record; undefined where it is there. */
function staleness(lab: LabState): string | undefined {
  if (networkIsGone(lab)) return "the network is gone";
  const instances = Object.values(lab.instances);
  if (lab.state === "up" && instances.length > 0 && !instances.some(alive)) {
    return "every process is gone";
  }
  const isOwned = !lab.held || lab.state !== "up";
  return isOwned && !ownerAlive(lab) ? "whoever started it is gone" : undefined;
}

function networkIsGone({ fabric }: LabState): boolean {
  return fabric !== undefined && !fabricAlive(fabric);
}

/** Names of everything the topology, the isolation and the load need. */
export function artifactsFor(
  services: Topology["services"] | Plan["topology"]["services"],
  isolation: Isolation,
): readonly ArtifactName[] {
  const network = isolation === "namespaces" ? FABRIC_ARTIFACTS : [];
  return [...artifactsOf(services), ...network, "k6"] as readonly ArtifactName[];
}

/** Paths of everything the topology and the load need; fetched where missing, with progress on stderr. */
export async function obtainArtifacts(
  services: Topology["services"] | Plan["topology"]["services"],
  isolation: Isolation,
  signal: AbortSignal,
): Promise<Readonly<Record<string, string>>> {
  const names = artifactsFor(services, isolation);
  const startedMs = new Map<string, number>();
  let lastMs = 0;
  const store = openStore({
    cacheDir: defaultCacheDir(),
    log: () => undefined,
    onProgress: ({ name, state, elapsedMs, etaMs }) => {
      if (state === "cached" || state === "tool-on-path" || state === "waiting") return;
      const nowMs = host.monotonicMs();
      if (state !== "verified" && startedMs.has(name) && nowMs - lastMs < 5000) return;
      startedMs.set(name, nowMs);
      lastMs = nowMs;
      const spent = `${(elapsedMs / 1000).toFixed(0)} s`;
      const left = state === "verified" ? "done" : `about ${(etaMs / 1000).toFixed(0)} s left`;
      host.err(`  ${state.padEnd(9)} ${name.padEnd(18)} ${spent.padStart(6)}  ${left}\n`);
    },
  });
  const paths = await store.ensure(names, signal);
  // It takes both cores of a small machine for half a minute: not beside a lab that somebody measures.
  if (listLabs().length > 0) return paths;
  await openClassArchives(defaultCacheDir()).make(signal, (program) => {
    host.err(`  once      classes of ${program}, so that its next starts take less\n`);
  });
  return paths;
}
