/** Ends work on a lab that is taken down meanwhile: the next one has the same addresses, and would get its load. */
import { LakeproofError } from "../core/errors.ts";
import { host } from "../core/host.ts";
import { fabricAlive } from "../infra/drivers/fabric.ts";
import { readLab, type LabState } from "../infra/drivers/lab.ts";

const LOOK_INTERVAL_MS = 1000;

/**
 * Looks at the lab's record every second until it is disposed of; tells once, with LAB_NOT_UP, that the lab is going
 * or gone. For labs that somebody else holds: one of a run goes when the run says so.
 */
export function watchLab(state: LabState, onGone: (error: LakeproofError) => void): Disposable {
  const timer = host.every(LOOK_INTERVAL_MS, () => {
    const how = whyNot(readLab(state.id));
    if (how === undefined) return;
    timer[Symbol.dispose]();
    onGone(
      new LakeproofError("LAB_NOT_UP", `Lab ${state.id} ${how} while it was worked on.`, {
        hint: "Start it again with `lakeproof up`, and leave it up until the work is done.",
      }),
    );
  });
  return timer;
}

/** What keeps a lab from being worked on, as the end of a sentence; undefined where nothing does. */
export function whyNot(state: LabState | undefined): string | undefined {
  if (state === undefined) return "was taken down";
  if (state.state === "stopping") return "was being taken down";
  const { fabric } = state;
  return fabric !== undefined && !fabricAlive(fabric) ? "lost its network" : undefined;
}
