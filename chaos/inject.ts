/**
 * The life of one fault: undo on disk, inject, prove that it bit, hold, heal, prove that the way back
 * worked, and wait until the pipeline delivers again. Healing happens whatever went wrong before.
 */
import type { Fault, FaultContext, FaultEntry } from "../core/contracts/fault.ts";
import type { FaultState, JournalWriter } from "../core/contracts/journal.ts";
import { LakeproofError, reasonOf } from "../core/errors.ts";
import { RECOVERY_PATIENCE } from "../core/lease.ts";
import type { UndoLog } from "./safety/undo-log.ts";

export interface InjectionPorts {
  readonly journal: JournalWriter;
  readonly undoLog: UndoLog;
  readonly sleep: (ms: number, signal: AbortSignal) => Promise<void>;
  /** Called once, when what proves that it bites has been asked for, and it is in force. */
  readonly onActive?: () => void;
  /** Called once, when the fault is over or failed and its way back begins. */
  readonly onHealing?: () => void;
  /**
   * Resolves with the moment (run time) at which a canary committed after `sinceMs` was first seen
   * through the reader; rejects when `limitMs` passes without one.
   */
  readonly delivered: (sinceMs: number, limitMs: number, signal: AbortSignal) => Promise<number>;
  /**
   * The same for every partition of both tables, and for the targeted service as its clients use it: with
   * other instances still there, one lucky partition proves nothing.
   */
  readonly deliveredEverywhere: InjectionPorts["delivered"];
}

export async function inject<P>(
  entry: FaultEntry,
  fault: Fault<P>,
  context: FaultContext<P>,
  ports: InjectionPorts,
): Promise<void> {
  const { journal, undoLog } = ports;
  const change = (state: FaultState, more: object = {}): void => {
    journal.append({
      kind: "fault.changed",
      id: entry.id,
      fault: entry.fault,
      instanceId: context.instanceIds.join(", "),
      faultClass: entry.faultClass,
      state,
      ...more,
    });
  };
  const undo = fault.undo(context);
  undoLog.intend({ id: entry.id, fault: entry.fault, undo });
  change("undo-written", { undo });
  change("injecting");
  const limitMs = entry.recoveryBudgetMs * RECOVERY_PATIENCE;
  let failure: unknown;
  let takeOverMs: number | undefined;
  try {
    const injectedMs = journal.nowMs();
    await fault.inject(context);
    const evidence = await fault.evidence(context);
    change("active", { evidence: evidence === undefined ? [] : [evidence] });
    ports.onActive?.();
    if (entry.takesOver) {
      const visibleMs = await ports.deliveredEverywhere(injectedMs, limitMs, context.signal);
      takeOverMs = Math.round(visibleMs - injectedMs);
    }
    const restMs = injectedMs + entry.holdMs - journal.nowMs();
    if (restMs > 0) await ports.sleep(restMs, context.signal);
  } catch (error) {
    failure = error;
  }
  const healingMs = journal.nowMs();
  change("healing");
  ports.onHealing?.();
  try {
    await fault.recover(context);
    undoLog.undone(entry.id);
    const after = await fault.evidenceAfter?.(context);
    change("healed", { evidence: after === undefined ? [] : [after] });
    if (failure !== undefined) throw asError(failure);
    const visibleMs = await ports.delivered(healingMs, limitMs, context.signal);
    change("recovered", {
      recoveryMs: takeOverMs ?? Math.round(visibleMs - healingMs),
      recoveryBudgetMs: entry.recoveryBudgetMs,
    });
  } catch (error) {
    change("failed", { reason: reasonOf(error) });
    if (context.signal.aborted) throw error;
  }
}

function asError(thrown: unknown): Error {
  if (thrown instanceof Error) return thrown;
  return new LakeproofError("FAULT_FAILED", String(thrown), { hint: "Read the journal." });
}
