/** Faults that have been begun and have not recovered yet, and what others wait for of them. */
import type { FaultEntry } from "../../core/contracts/fault.ts";
import { activeIndexOf } from "../../core/fault-overlap.ts";

export interface Injected {
  readonly id: string;
  /** Resolves when it is in force; never, where it did not get so far. */
  readonly active: Promise<unknown>;
  /** Resolves when its undo begins, or when it failed. */
  readonly healing: Promise<unknown>;
  readonly done: Promise<void>;
}

export function begin(
  id: string,
  run: (ports: { readonly onActive: () => void; readonly onHealing: () => void }) => Promise<void>,
): Injected {
  const active = Promise.withResolvers<undefined>();
  const healing = Promise.withResolvers<undefined>();
  const onHealing = (): void => {
    healing.resolve(undefined);
  };
  const onActive = (): void => {
    active.resolve(undefined);
  };
  const done = run({ onActive, onHealing });
  // Somebody may look at it only after it has failed; then nobody has to wait for its healing either.
  void done.then(onHealing, onHealing);
  return { id, active: active.promise, healing: healing.promise, done };
}

/** The one that an entry of the plan waits for (`fault-active`). Undefined where it was not injected. */
export function activeOf(
  entry: FaultEntry,
  faults: readonly FaultEntry[],
  underWay: readonly Injected[],
): Injected | undefined {
  const at = activeIndexOf(faults, faults.indexOf(entry));
  const wanted = at === undefined ? undefined : faults[at];
  return underWay.find(({ id }) => id === wanted?.id);
}

/** Waits until it is in force and `delay` is over; false as soon as it ends before that, or was never begun. */
export async function isInForceAfter(
  injected: Pick<Injected, "active" | "healing"> | undefined,
  delay: () => Promise<void>,
): Promise<boolean> {
  if (injected === undefined) return false;
  const { active, healing } = injected;
  const state = { isOver: false };
  const over = healing.then(() => {
    state.isOver = true;
  });
  await Promise.race([active, over]);
  if (state.isOver) return false;
  await Promise.race([delay(), over]);
  return !state.isOver;
}
