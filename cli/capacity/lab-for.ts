/** The lab that a search needs: the one that is up, or one started for it and taken down after it. */
import { spawn } from "node:child_process";
import { LakeproofError } from "../../core/errors.ts";
import { host } from "../../core/host.ts";
import { listLabs, type LabState } from "../../infra/drivers/lab.ts";
import { takeDown } from "../heal.ts";
import { insideLab, isElsewhere, runInside } from "../inside.ts";
import { labThatIsUp, SUBNET_DEFAULT } from "../lab.ts";
import { topologyNamed } from "../up.ts";

export interface LabWish {
  /** Undefined: whichever lab is up. */
  readonly topology: string | undefined;
  readonly subnet: string | undefined;
  readonly isolation: string;
}

type Work = (state: LabState) => Promise<number>;

/** Exit code of `work`, or of the start that failed before it. Throws USAGE for a topology that does not exist. */
export function withLab(wish: LabWish, work: Work): Promise<number> {
  const up = insideLab() ?? labOfTopology(wish);
  if (up !== undefined) return inLab(up, work);
  if (wish.topology === undefined) return inLab(labThatIsUp(wish.subnet), work);
  return inNewLab(wish.topology, wish, work);
}

/** A lab in a network of its own is worked on from there, by this very command. */
function inLab(state: LabState, work: Work): Promise<number> {
  return isElsewhere(state) ? runInside(state) : work(state);
}

/** The lab that is up, where it is one of the topology that was named. */
function labOfTopology({ topology, subnet }: LabWish): LabState | undefined {
  if (topology === undefined) return undefined;
  topologyNamed(topology);
  return listLabs().find(
    (lab) =>
      lab.state === "up" &&
      lab.held &&
      lab.topology === topology &&
      (subnet === undefined || lab.subnet === subnet),
  );
}

/** Starts the topology and takes it down after the work, whatever came of it. */
async function inNewLab(topology: string, wish: LabWish, work: Work): Promise<number> {
  const subnet = wish.subnet ?? SUBNET_DEFAULT;
  const code = await self(["up", topology, "--subnet", subnet, "--isolation", wish.isolation]);
  if (code !== 0) return code;
  const state = labThatIsUp(subnet);
  try {
    return await inLab(state, work);
  } finally {
    await takeDown(state.id);
  }
}

/** This program with another verb. What it prints is progress here, so it goes to stderr. */
function self(args: readonly string[]): Promise<number> {
  const child = spawn(host.nodePath, [host.launcherPath, ...args], {
    stdio: ["inherit", 2, "inherit"],
  });
  // One that came from no terminal is told to this process alone, and would leave the start to itself.
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) {
    host.onSignal(signal, () => void child.kill(signal));
  }
  return new Promise((done, failed) => {
    child.once("error", (cause) => {
      const hint = "Check that the installation is whole.";
      failed(
        new LakeproofError("INTERNAL", `Cannot run itself: ${cause.message}`, { hint, cause }),
      );
    });
    child.once("exit", (code, signal) => {
      done(code ?? (signal === "SIGINT" ? 130 : 143));
    });
  });
}
