/** How long a fault may be in force: what it does to the network ends in the kernel after its lease, by itself. */

export const LEASE_MS_MAX = 600_000;

/** A fault that never recovers is waited for this many times its budget, then the run goes on. */
export const RECOVERY_PATIENCE = 2;

/** Finding witnesses, gathering the evidence and clearing up, on a machine that is busy. */
const MARGIN_MS = 30_000;

/** Long enough to hold, and to see others take over where they should. */
export function leaseMsOf(fault: {
  readonly holdMs: number;
  readonly takesOver: boolean;
  readonly recoveryBudgetMs: number;
}): number {
  const takeOverMs = fault.takesOver ? fault.recoveryBudgetMs * RECOVERY_PATIENCE : 0;
  return Math.max(fault.holdMs, takeOverMs) + MARGIN_MS;
}
