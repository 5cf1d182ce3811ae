/** A held lab with a plan to load it: the scenario of its topology, without faults, at a rate set later. */
import { mkdirSync } from "node:fs";
import type { Plan } from "../../core/contracts/plan.ts";
import type { Scenario } from "../../core/contracts/scenario.ts";
import type { Topology } from "../../core/contracts/topology.ts";
import { LakeproofError } from "../../core/errors.ts";
import { openLab } from "../../infra/provision.ts";
import type { LabState } from "../../infra/drivers/lab.ts";
import { SCENARIOS } from "../../scenarios/index.ts";
import { networkSupport } from "../inside.ts";
import { obtainArtifacts } from "../lab.ts";
import { makePlan } from "../plan.ts";
import { topologyNamed } from "../up.ts";
import type { StepLab } from "./step-runner.ts";

export interface LoadedLab {
  readonly state: LabState;
  readonly seed: string;
  readonly stepsDir: string;
  readonly signal: AbortSignal;
}

export async function openStepLab({ state, seed, stepsDir, signal }: LoadedLab): Promise<StepLab> {
  const topology = topologyNamed(state.topology);
  const artifacts = await obtainArtifacts(topology.services, state.isolation, signal);
  mkdirSync(stepsDir, { recursive: true });
  const plan = await planOf(state, topology, seed);
  return { lab: openLab(topology, state, artifacts), plan, artifacts, stepsDir, signal };
}

/** The load of a scenario on this topology, of the main one where none runs on it. */
async function planOf(state: LabState, topology: Topology, seed: string): Promise<Plan> {
  const base =
    Object.values<Scenario>(SCENARIOS).find((one) => one.topology.name === topology.name) ??
    SCENARIOS.smoke;
  const support = await networkSupport(state.isolation, state);
  const wish = { scenario: base.name, seed, rate: undefined, subnet: "127.77.0" };
  const plan = makePlan(wish, state.isolation, support);
  const { name, topicPartitionCount, services } = topology;
  return {
    ...plan,
    topology: base.topology.name === name ? plan.topology : { name, topicPartitionCount, services },
    faults: [],
    bank: { ...plan.bank, arrivals: "poisson" },
  };
}

/** Decimal digits that seed a search. Throws USAGE. */
export function checkedSeed(text: string): string {
  if (/^\d{1,19}$/.test(text)) return text;
  throw new LakeproofError("USAGE", `--seed is ${JSON.stringify(text)}.`, {
    hint: "Allowed is a whole number of up to 19 digits.",
  });
}
