/** A lab in a network of its own, for `up` and for a `run` that found none: made out here, worked in from inside. */
import type { IsolationChoice } from "../infra/drivers/isolation.ts";
import { readLab } from "../infra/drivers/lab.ts";
import type { Shape } from "../infra/lab-plan.ts";
import { takeDown } from "./heal.ts";
import { makeFabric, runInside, runInUserNamespace, type SessionOf } from "./inside.ts";
import { newLabState, obtainArtifacts } from "./lab.ts";
import { startReaper } from "./run/reaper.ts";

export interface WantedLab {
  readonly topology: Shape;
  readonly subnet: string;
  /** Stays when it came up; else it goes with the command. */
  readonly held: boolean;
  /** What works in its network. Default: this command line again. */
  readonly insideArgv?: readonly string[];
  /** Whose session that is; default: this terminal's. */
  readonly session?: SessionOf;
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
  // Before the first thing is made: whoever works inside may be killed with us, and then nobody else is left.
  const reaper = startReaper(state.id);
  try {
    const artifacts = await fetched();
    return await runInside(
      await makeFabric({ topology, state, artifacts, signal }),
      wanted.insideArgv,
      wanted.session,
    );
  } finally {
    if (!wanted.held || readLab(state.id)?.state !== "up") await takeDown(state.id);
    reaper.dismiss();
  }
}
