/** What Ctrl-C and SIGTERM do: once to stop in order, twice to leave at once. */
import { LakeproofError } from "../core/errors.ts";
import { host } from "../core/host.ts";

export const STOP_CODES = { SIGINT: "INTERRUPTED", SIGTERM: "TERMINATED" } as const;

/** A terminal signals the whole group and a parent passes its own on: that is one wish, not two. */
const SAME_WISH_MS = 500;

export interface StopTexts {
  /** Said at the first signal. */
  readonly notice: string;
  readonly hint: string;
}

export function listenForStop(stop: AbortController, texts: StopTexts): void {
  let firstMs: number | undefined;
  for (const signal of ["SIGINT", "SIGTERM"] as const) {
    host.onSignal(signal, () => {
      const nowMs = host.monotonicMs();
      if (firstMs !== undefined) {
        if (nowMs - firstMs < SAME_WISH_MS) return;
        host.exit(signal === "SIGINT" ? 130 : 143);
      }
      firstMs = nowMs;
      host.err(`\n${texts.notice} Once more to leave at once.\n`);
      stop.abort(
        new LakeproofError(STOP_CODES[signal], `Stopped by ${signal}.`, { hint: texts.hint }),
      );
    });
  }
}
