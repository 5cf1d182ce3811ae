/** A deadline for work that knows none. */

/** Asked anew each time: the compiler takes an `aborted` it has seen once for settled across an await. */
export function isAborted(signal: AbortSignal): boolean {
  return signal.aborted;
}

/** Leaves the request behind when the deadline passes: a paused server would hold it for ever. */
export function untilAborted<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const abort = (): void => {
      reject(signal.reason as Error);
    };
    if (signal.aborted) {
      work.catch(() => undefined);
      abort();
      return;
    }
    signal.addEventListener("abort", abort, { once: true });
    work.then(resolve, reject).finally(() => {
      signal.removeEventListener("abort", abort);
    });
  });
}
