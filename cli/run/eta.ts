/** How long a run still takes: what lies ahead by its plan, corrected by how long its own faults have taken. */
import { PHASES, type Phase, type Plan } from "../../core/contracts/plan.ts";

/** On a small machine. */
const TYPICAL_MS = {
  perInstance: 4_200,
  firstDelivery: 30_000,
  perQueryWorker: 12_000,
  drain: 15_000,
  verify: 15_000,
} as const;
/** A recovery takes about this part of its budget. */
const TYPICAL_BUDGET_SHARE = 0.4;

export class Eta {
  /** What each phase but `measure` is expected to take as a whole, ms; nothing for those that are left out. */
  readonly #phaseMs: ReadonlyMap<Phase, number>;
  readonly #faultMs: readonly number[];
  readonly #gameMs: number;
  #phase: Phase = "provision";
  /** When this phase, or in `measure` this fault, began. */
  #sinceMs = 0;
  #doneCount = 0;
  #doneMs = 0;

  constructor(plan: Plan) {
    const { warmupMs, controlMs, quietMs } = plan.durations;
    const services = Object.values(plan.topology.services);
    const instanceCount = services.reduce((sum, { replicaCount }) => sum + replicaCount, 0);
    const workerCount = plan.topology.services["trino-worker"]?.replicaCount ?? 0;
    // How long people play nobody knows; by then they have to end.
    this.#faultMs =
      plan.gameDay === undefined
        ? plan.faults.map(({ after, holdMs, recoveryBudgetMs }) =>
            // In the window of another, whose budget has its time.
            after?.event === "fault-active"
              ? 0
              : holdMs + quietMs + TYPICAL_BUDGET_SHARE * recoveryBudgetMs,
          )
        : [];
    this.#gameMs = plan.gameDay?.lengthMsMax ?? 0;
    this.#phaseMs = new Map<Phase, number>([
      ["provision", instanceCount * TYPICAL_MS.perInstance],
      ["warmup", warmupMs + TYPICAL_MS.firstDelivery + workerCount * TYPICAL_MS.perQueryWorker],
      ["control", controlMs],
      ["drain", TYPICAL_MS.drain],
      ["verify", TYPICAL_MS.verify],
    ]);
  }

  entered(phase: Phase, nowMs: number): void {
    this.#phase = phase;
    this.#sinceMs = nowMs;
  }

  /** A fault is over, with its recovery or without. */
  faultEnded(nowMs: number): void {
    this.#doneCount += 1;
    this.#doneMs += nowMs - this.#sinceMs;
    if (this.#gameMs === 0) this.#sinceMs = nowMs;
  }

  /**
   * Milliseconds; 0 when it takes longer than was to be expected. `lateMs` is by how much the load is behind its
   * schedule: all that was due before its end is still written, and the lake has to see it.
   */
  remainingMs(nowMs: number, lateMs = 0): number {
    const expectedMs = (phase: Phase): number =>
      this.#expectedMs(phase) + (phase === "drain" ? lateMs : 0);
    const at = PHASES.indexOf(this.#phase);
    const later = PHASES.slice(at + 1).reduce((sum, phase) => sum + expectedMs(phase), 0);
    return Math.max(0, expectedMs(this.#phase) - (nowMs - this.#sinceMs)) + later;
  }

  #expectedMs(phase: Phase): number {
    return phase === "measure"
      ? this.#gameMs + this.#faultsAheadMs()
      : (this.#phaseMs.get(phase) ?? 0);
  }

  /** This run's faults so far take as many times the typical duration as those that are still to come. */
  #faultsAheadMs(): number {
    const typicalMs = this.#faultMs.slice(0, this.#doneCount).reduce((sum, ms) => sum + ms, 0);
    const factor = typicalMs > 0 ? this.#doneMs / typicalMs : 1;
    return this.#faultMs.slice(this.#doneCount).reduce((sum, ms) => sum + ms, 0) * factor;
  }
}
