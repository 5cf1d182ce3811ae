/** How often things are looked at: what an alert's detection time is computed from. */

export const TIMINGS = {
  scrapeIntervalS: 5,
  /** Below the interval, so that a process that hangs counts as down one scrape later, not two. */
  scrapeTimeoutS: 4,
  evaluationIntervalS: 5,
  /** MinIO computes its cluster health at most every ten seconds: asking more often only costs. */
  minioClusterIntervalS: 10,
  /** A node asks all others for it, and one of them may hang: the answer is late then, but it comes. */
  minioClusterTimeoutS: 9,
  /** `for` of what must be seen by two evaluations: one failed scrape may be an accident. */
  twiceS: 5,
  /** `for` of what is gone altogether: longer than a process takes to start again. */
  goneS: 15,
  /** An alert is told at once: the harness compares when it was told with when the fault began. */
  alertmanagerGroupWaitS: 0,
  /** Ten JVMs that answer from hundreds of beans: what they say changes slowly enough. */
  trinoWorkerIntervalS: 60,
} as const;
