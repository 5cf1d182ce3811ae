/** `lakeproof up`: a topology for people, held until `down`. */
import { closest } from "fastest-levenshtein";
import type { Topology } from "../core/contracts/topology.ts";
import type { Isolation } from "../core/contracts/values.ts";
import { LakeproofError } from "../core/errors.ts";
import { host } from "../core/host.ts";
import { metabaseJar } from "../infra/components/metabase.ts";
import { keepLogs, readLab, type LabState } from "../infra/drivers/lab.ts";
import { TOPOLOGIES } from "../infra/topologies/index.ts";
import { provision } from "../infra/provision.ts";
import { takeDown } from "./heal.ts";
import { insideLab, makeFabric, runInside, runInUserNamespace, settleIsolation } from "./inside.ts";
import { checkSubnet, labOn, newLabState, obtainArtifacts } from "./lab.ts";
import { preflight } from "./requirements.ts";
import { status } from "./status.ts";
import { listenForStop } from "./stop.ts";

export interface UpOptions {
  readonly topology: string;
  readonly subnet: string;
  readonly isolation: string;
  readonly json: boolean;
}

export async function up(options: UpOptions): Promise<number> {
  checkSubnet(options.subnet);
  const topology = topologyNamed(options.topology);
  const stop = new AbortController();
  const inside = insideLab();
  if (inside !== undefined) return bringUp(options, topology, inside, stop);
  const there = labOn(options.subnet);
  if (there?.held === true && there.state === "up" && there.topology === topology.name) {
    host.err(`${topology.name} is up already on ${options.subnet}.x.\n`);
    return status({ json: options.json });
  }
  const choice = settleIsolation(topology, options.isolation);
  await preflight(topology, options.subnet, choice.isolation);
  if (choice.userNamespace) {
    await obtain(topology, choice.isolation, stop.signal);
    return runInUserNamespace();
  }
  const state = newLabState({
    topology: topology.name,
    subnet: options.subnet,
    isolation: choice.isolation,
    held: true,
  });
  if (choice.isolation === "loopback") return bringUp(options, topology, state, stop);
  const artifacts = await obtain(topology, choice.isolation, stop.signal);
  let code = 1;
  try {
    code = await runInside(await makeFabric({ topology, state, artifacts, signal: stop.signal }));
  } finally {
    if (readLab(state.id)?.state !== "up") await takeDown(state.id);
  }
  return code;
}

function obtain(
  topology: Topology,
  isolation: Isolation,
  signal: AbortSignal,
): Promise<Readonly<Record<string, string>>> {
  return obtainArtifacts(topology.services, isolation, signal, (line) => {
    host.err(`  ${line}\n`);
  });
}

/** Starts everything where the lab's addresses can be reached. */
async function bringUp(
  options: UpOptions,
  topology: Topology,
  state: LabState,
  stop: AbortController,
): Promise<number> {
  listenForStop(stop, { notice: "Stopping: the lab is taken down.", hint: "Nothing is left up." });
  const artifacts = await obtain(topology, state.isolation, stop.signal);
  const startedMs = host.monotonicMs();
  try {
    await provision({
      topology,
      state,
      artifacts,
      signal: stop.signal,
      onStep: (step) => {
        if (step.kind === "starting") return;
        const seconds = ((host.monotonicMs() - startedMs) / 1000).toFixed(1);
        host.err(`  ${seconds.padStart(5)} s  ${step.kind.padEnd(10)} ${step.id}\n`);
      },
    });
  } catch (error) {
    host.err(`The logs are kept in ${keepLogs(state)}.\n`);
    await takeDown(state.id);
    throw error;
  }
  return status({ json: options.json });
}

export function topologyNamed(name: string): Topology {
  const found = (TOPOLOGIES as Readonly<Record<string, Topology>>)[name];
  if (found !== undefined) return withMetabase(found);
  const known = Object.keys(TOPOLOGIES);
  throw new LakeproofError("USAGE", `There is no topology ${JSON.stringify(name)}.`, {
    hint: `Did you mean ${closest(name, known)}? Topologies are ${known.join(", ")}.`,
  });
}

/** Metabase comes in where its user names a jar. Throws CONFIG_INVALID where that is none. */
function withMetabase(topology: Topology): Topology {
  const bi = topology.services["superset"];
  const jar = metabaseJar(host.env);
  if (bi === undefined || !("path" in jar)) return topology;
  const { replicaCount } = bi;
  return {
    ...topology,
    services: {
      ...topology.services,
      metabase: {
        component: "metabase",
        zone: "application",
        replicaCount,
        memoryMiB: 1200,
        entry: "metabase-edge",
        config: { jar: jar.path },
        dependsOn: ["postgres-leader", "trino-worker"],
      },
      "metabase-edge": {
        component: "haproxy-bi",
        zone: "dmz",
        replicaCount: 1,
        memoryMiB: 32,
        config: { upstream: "metabase" },
        dependsOn: ["metabase"],
      },
    },
  };
}
