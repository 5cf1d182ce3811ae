/** What Ctrl-C and SIGTERM do: once to stop in order, once more to leave at once; before that, quiet. */
import { LakeproofError } from "../core/errors.ts";
import { host } from "../core/host.ts";

export const STOP_CODES = { SIGINT: "INTERRUPTED", SIGTERM: "TERMINATED" } as const;

/** A terminal signals the whole group and a parent passes its own on: that is one wish, not two. */
const SAME_WISH_MS = 500;

const QUIET_NOTICE =
  "No further fault is injected; what is injected ends as planned, then the run is drained and verified. " +
  "Once more to undo everything and stop now.";

export interface StopTexts {
  /** Said at the first signal. */
  readonly notice: string;
  readonly hint: string;
}

/**
 * `quiet`: the step before, where there is one: Ctrl-C then first leaves out what is still planned. True when that step
 * was taken. SIGTERM passes it by, because whoever sends it does not wait.
 */
export function listenForStop(
  stop: AbortController,
  texts: StopTexts,
  quiet: () => boolean = () => false,
): void {
  let lastMs: number | undefined;
  for (const signal of ["SIGINT", "SIGTERM"] as const) {
    host.onSignal(signal, () => {
      const nowMs = host.monotonicMs();
      if (lastMs !== undefined && nowMs - lastMs < SAME_WISH_MS) return;
      lastMs = nowMs;
      if (stop.signal.aborted) host.exit(signal === "SIGINT" ? 130 : 143);
      if (signal === "SIGINT" && quiet()) {
        host.err(`\n${QUIET_NOTICE}\n`);
        return;
      }
      host.err(`\n${texts.notice} Once more to leave at once.\n`);
      stop.abort(
        new LakeproofError(STOP_CODES[signal], `Stopped by ${signal}.`, { hint: texts.hint }),
      );
    });
  }
}
