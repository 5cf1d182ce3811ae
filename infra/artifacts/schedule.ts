/** Runs tasks, longest first: a few at once, never two that share a key; the first failure stops the rest. */

import { host } from "../../core/host.ts";

/** Above any fetch and build that still makes sense; each command has its own, shorter limit. */
const SCHEDULE_MS_MAX = 6 * 3600 * 1000;

export interface Task {
  /** Tasks with the same key run one after the other. */
  readonly key: string;
  readonly typicalMs: number;
  run(signal: AbortSignal): Promise<void>;
}

/** Resolves when all are done; after a failure, rejects with it once everything that ran has stopped. */
export async function schedule(
  tasks: readonly Task[],
  atOnceMax: number,
  signal: AbortSignal,
): Promise<void> {
  const waiting = [...tasks].sort((left, right) => right.typicalMs - left.typicalMs);
  const running = new Map<string, Promise<void>>();
  const stop = new AbortController();
  const either = host.deadline(SCHEDULE_MS_MAX, signal, stop.signal);
  let failure: { readonly reason: unknown } | undefined;

  const start = (task: Task): void => {
    const ended = task.run(either).then(
      () => {
        running.delete(task.key);
      },
      (reason: unknown) => {
        running.delete(task.key);
        failure ??= { reason };
        stop.abort(reason);
      },
    );
    running.set(task.key, ended);
  };
  while (waiting.length > 0 || running.size > 0) {
    while (running.size < atOnceMax && failure === undefined) {
      const index = waiting.findIndex((task) => !running.has(task.key));
      if (index < 0) break;
      waiting.splice(index, 1).forEach(start);
    }
    if (running.size === 0) break;
    await Promise.race(running.values());
  }
  if (failure !== undefined) throw failure.reason;
}
