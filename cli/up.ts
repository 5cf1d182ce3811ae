/** `lakeproof up`: a topology for people, held until `down`. */
import { closest } from "fastest-levenshtein";
import type { Topology } from "../core/contracts/topology.ts";
import { LakeproofError } from "../core/errors.ts";
import { host } from "../core/host.ts";
import { TOPOLOGIES } from "../infra/topologies/index.ts";
import { provision } from "../infra/provision.ts";
import { takeDown } from "./heal.ts";
import { checkSubnet, labOn, newLabState, obtainArtifacts } from "./lab.ts";
import { preflight } from "./preflight.ts";
import { status } from "./status.ts";

export interface UpOptions {
  readonly topology: string;
  readonly subnet: string;
  readonly json: boolean;
}

export async function up(options: UpOptions): Promise<number> {
  checkSubnet(options.subnet);
  const topology = topologyNamed(options.topology);
  const there = labOn(options.subnet);
  if (there?.held === true && there.state === "up" && there.topology === topology.name) {
    host.err(`${topology.name} is up already on ${options.subnet}.x.\n`);
    return status({ json: options.json });
  }
  await preflight(topology, options.subnet);
  const stop = new AbortController();
  for (const signal of ["SIGINT", "SIGTERM"] as const) {
    host.onSignal(signal, () => {
      stop.abort(
        new LakeproofError("INTERRUPTED", `Stopped by ${signal}.`, { hint: "Nothing is left up." }),
      );
    });
  }
  const artifacts = await obtainArtifacts(topology.services, stop.signal, (line) => {
    host.err(`  ${line}\n`);
  });
  const state = newLabState({ topology: topology.name, subnet: options.subnet, held: true });
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
    await takeDown(state.id);
    throw error;
  }
  return status({ json: options.json });
}

export function topologyNamed(name: string): Topology {
  const found = (TOPOLOGIES as Readonly<Record<string, Topology>>)[name];
  if (found !== undefined) return found;
  const known = Object.keys(TOPOLOGIES);
  throw new LakeproofError("USAGE", `There is no topology ${JSON.stringify(name)}.`, {
    hint: `Did you mean ${closest(name, known)}? Topologies are ${known.join(", ")}.`,
  });
}
