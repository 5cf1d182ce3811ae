/**
 * Watches what a fault must not be injected without: disk and memory of this machine, and a reader that sees. Out of
 * disk or memory, the run is stopped and healed; blind, faults wait, and after a while none is injected any more.
 */
import type { JournalEvent } from "../../core/contracts/journal.ts";
import { LakeproofError } from "../../core/errors.ts";
import { GUARD_LIMITS, machineAlarm } from "../../core/guards.ts";
import { host } from "../../core/host.ts";
import { diskFreeBytes, memoryAvailableBytes } from "../../infra/machine.ts";
import { READER_SIGHT } from "../../slo/checks/telemetry.ts";
import type { Session } from "./session.ts";

const LOOK_INTERVAL_MS = 2000;
/** One reading may be a peak that is over already. */
const ALARMS_IN_A_ROW = 2;
const BLIND_MS_MAX = 120_000;
const POLL_MS = 250;

export class Guards implements Disposable {
  readonly #session: Session;
  readonly #timer: Disposable;
  #alarmCount = 0;
  #lastSightMs: number;

  constructor(session: Session) {
    this.#session = session;
    this.#lastSightMs = session.journal.nowMs();
    session.journal.onEvent((event) => {
      if (isSight(event)) this.#lastSightMs = event.atMs;
    });
    let busy = false;
    this.#timer = host.every(LOOK_INTERVAL_MS, () => {
      if (busy) return;
      busy = true;
      void this.#look().finally(() => {
        busy = false;
      });
    });
  }

  [Symbol.dispose](): void {
    this.#timer[Symbol.dispose]();
  }

  async #look(): Promise<void> {
    const { runDir, journal, stopRun } = this.#session;
    const alarm = machineAlarm({
      diskFreeBytes: await diskFreeBytes(runDir),
      memoryAvailableBytes: await memoryAvailableBytes(),
    });
    this.#alarmCount = alarm === undefined ? 0 : this.#alarmCount + 1;
    if (alarm === undefined || this.#alarmCount !== ALARMS_IN_A_ROW) return;
    journal.append({ kind: "guard.tripped", step: "heal", ...alarm });
    stopRun?.(
      new LakeproofError("GUARD_TRIPPED", `The run was stopped: ${alarm.reason}.`, {
        hint: "Make room and run it again; every fault was undone.",
      }),
    );
  }

  /** Waits until the reader sees; false when it does not for so long that nothing may be injected any more. */
  async mayInject(): Promise<boolean> {
    const { journal, ladder, signal } = this.#session;
    const sinceMs = journal.nowMs();
    let told = false;
    while (journal.nowMs() - this.#lastSightMs > GUARD_LIMITS.silentMsMax) {
      const silentS = Math.round((journal.nowMs() - this.#lastSightMs) / 1000);
      const cause = {
        guard: "telemetry",
        reason: `the reader has not seen the lake for ${String(silentS)} s`,
      } as const;
      if (!told) journal.append({ kind: "guard.tripped", step: "wait", ...cause });
      told = true;
      if (journal.nowMs() - sinceMs > BLIND_MS_MAX) {
        ladder?.quiet(cause);
        return false;
      }
      await host.sleep(POLL_MS, signal);
    }
    return true;
  }
}

function isSight(event: JournalEvent): boolean {
  return event.kind === "sample.taken" && event.probe === READER_SIGHT;
}
