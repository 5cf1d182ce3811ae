/** A lab in a network of its own, for `up` and for a `run` that found none: made out here, worked in from inside. */
import type { IsolationChoice } from "../infra/drivers/isolation.ts";
import { readLab } from "../infra/drivers/lab.ts";
import type { Shape } from "../infra/lab-plan.ts";
import { takeDown } from "./heal.ts";
import { makeFabric, runInside, runInUserNamespace } from "./inside.ts";
import { newLabState, obtainArtifacts } from "./lab.ts";

export interface WantedLab {
  readonly topology: Shape;
  readonly subnet: string;
  /** Stays when it came up; else it goes with the command. */
  readonly held: boolean;
}

/** Fetches while the registries can be reached, makes the lab's network, and runs this command again inside it. */
export async function runInNewLab(
  wanted: WantedLab,
  choice: IsolationChoice,
  signal: AbortSignal,
): Promise<number> {
  const { topology } = wanted;
  const { isolation } = choice;
  const fetched = (): ReturnType<typeof obtainArtifacts> =>
    obtainArtifacts(topology.services, isolation, signal);
  if (choice.userNamespace) {
    await fetched();
    return runInUserNamespace();
  }
  // Addresses that are taken are told before anything is fetched.
  const state = newLabState({ ...wanted, topology: topology.name, isolation });
  const artifacts = await fetched();
  try {
    return await runInside(await makeFabric({ topology, state, artifacts, signal }));
  } finally {
    if (!wanted.held || readLab(state.id)?.state !== "up") await takeDown(state.id);
  }
}
