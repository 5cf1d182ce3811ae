/** Which processes an instance had before a fault: the proof of a restart is that others answer afterwards. */
import type { FaultContext } from "../core/contracts/fault.ts";

export interface Identity {
  readonly pid: number;
  readonly startTicks: string;
}

export type Identities = ReadonlyMap<string, Identity>;

export function identitiesOf<Params>(context: FaultContext<Params>): Identities {
  return new Map(
    context.instanceIds.flatMap((id): readonly (readonly [string, Identity])[] => {
      const instance = context.driver.instance(id);
      if (instance === undefined) return [];
      return [[id, { pid: instance.pid, startTicks: instance.startTicks }]];
    }),
  );
}

/** Undefined unless every target has another process than before. */
export function replacedSince<Params>(
  context: FaultContext<Params>,
  before: Identities | undefined,
): string | undefined {
  const now = identitiesOf(context);
  const replaced = context.instanceIds.flatMap((id) => {
    const [old, young] = [before?.get(id), now.get(id)];
    if (old === undefined || young === undefined || young.startTicks === old.startTicks) return [];
    return [`process ${String(old.pid)} of ${id} was replaced by ${String(young.pid)}`];
  });
  return replaced.length === context.instanceIds.length ? replaced.join("; ") : undefined;
}
