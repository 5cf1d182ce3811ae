/** Where generated load can go, for whoever needs to know how much of it fits through. */

/** One judged window at one rate. Operations are counted by their intended start. */
export interface SinkWindow {
  /** Meant to start within the window. */
  readonly dueCount: number;
  /** Of these, ended by the end of the grace that follows it, whatever the outcome. */
  readonly settledCount: number;
  /** Of the settled ones, refused or with an outcome that nobody knows. */
  readonly failedCount: number;
  /** Change events of the settled ones that were accepted; queries for k6, operations for bi. */
  readonly eventCount: number;
  /** From the intended start to the end, 99th percentile; for k6 and bi of the load with the shortest target. */
  readonly latencyMsP99: number;
  /** Share of one core that the busiest thread of the generator used; of all cores for k6 and bi, which have no one thread. */
  readonly busyRatio: number;
  /** 99th percentile of how late the generator's own loop ran; 0 where it has none. */
  readonly loopDelayMsP99: number;
}

export interface SinkStep {
  /** Change events a second; queries for k6, operations for bi. */
  readonly ratePerS: number;
  /** Load before the window, not counted. */
  readonly settleMs: number;
  readonly windowMs: number;
}

/** A sink under open-loop load: a rate in, an honest account out. Steps run one at a time. */
export interface LoadSink extends AsyncDisposable {
  /** Offers the rate for the whole step, and stops. Rejects with the signal's reason when aborted. */
  run(step: SinkStep, signal: AbortSignal): Promise<SinkWindow>;
}
