/** `lakeproof up`: a topology for people, held until `down`. */
import { availableParallelism } from "node:os";
import { closest } from "fastest-levenshtein";
import type { Topology } from "../core/contracts/topology.ts";
import { LakeproofError } from "../core/errors.ts";
import { host } from "../core/host.ts";
import { readinessText } from "../infra/critical-path.ts";
import { metabaseJar } from "../infra/components/metabase.ts";
import { keepLogs, type LabState } from "../infra/drivers/lab.ts";
import { TOPOLOGIES } from "../infra/topologies/index.ts";
import { planLab } from "../infra/lab-plan.ts";
import { provision } from "../infra/provision.ts";
import { StartProgress, type StartStep } from "../infra/start-progress.ts";
import { takeDown } from "./heal.ts";
import { insideLab, settleIsolation } from "./inside.ts";
import { checkSubnet, labOn, newLabState, obtainArtifacts, refuseStale } from "./lab.ts";
import { runInNewLab } from "./new-lab.ts";
import { preflight } from "./requirements.ts";
import { startReaper } from "./run/reaper.ts";
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
    refuseStale(there);
    host.err(`${topology.name} is up already on ${options.subnet}.x.\n`);
    return status({ json: options.json });
  }
  const choice = settleIsolation(topology, options.isolation);
  await preflight(topology, options.subnet, choice.isolation);
  const lab = { topology, subnet: options.subnet, held: true };
  if (choice.isolation === "namespaces") return runInNewLab(lab, choice, stop.signal);
  const state = newLabState({ ...lab, topology: topology.name, isolation: choice.isolation });
  return bringUp(options, topology, state, stop);
}

/** Starts everything where the lab's addresses can be reached. */
async function bringUp(
  options: UpOptions,
  topology: Topology,
  state: LabState,
  stop: AbortController,
): Promise<number> {
  listenForStop(stop, { notice: "Stopping: the lab is taken down.", hint: "Nothing is left up." });
  const artifacts = await obtainArtifacts(topology.services, state.isolation, stop.signal);
  const startedMs = host.monotonicMs();
  const progress = new StartProgress(stepsOf(topology, state, artifacts), availableParallelism());
  const reaper = state.owner.pid === host.pid ? startReaper(state.id) : undefined;
  try {
    await provision({
      topology,
      state,
      artifacts,
      signal: stop.signal,
      onStep: (step) => {
        if (step.kind === "starting") return;
        if (step.kind === "complete") {
          host.err(`  ${readinessText(step.elapsedMs, step.critical)}\n`);
          return;
        }
        progress.done(step.id);
        const elapsedMs = host.monotonicMs() - startedMs;
        const seconds = (elapsedMs / 1000).toFixed(1).padStart(5);
        const done = `${String(progress.doneCount)}/${String(progress.totalCount)}`.padStart(7);
        const left = `about ${(progress.remainingMs(elapsedMs) / 1000).toFixed(0)} s left`;
        host.err(
          `  ${seconds} s ${done}  ${step.kind.padEnd(10)} ${step.id.padEnd(22)}  ${left}\n`,
        );
      },
    });
  } catch (error) {
    host.err(`The logs are kept in ${keepLogs(state)}.\n`);
    await takeDown(state.id);
    throw error;
  } finally {
    reaper?.dismiss();
  }
  return status({ json: options.json });
}

/** Every instance gets ready; a service without any is configured. */
function stepsOf(
  topology: Topology,
  state: LabState,
  artifacts: Readonly<Record<string, string>>,
): readonly StartStep[] {
  const { specs } = planLab(topology, state, artifacts);
  const without = Object.entries(topology.services)
    .filter(([name]) => !specs.some(({ service }) => service === name))
    .map(([id, { component }]) => ({ id, component }));
  return [...specs, ...without];
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
