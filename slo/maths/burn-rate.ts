/** How fast a stretch of time uses up the error budget, and which alerts that would have raised. */
import { requireFinite, requireOpenRatio, requireThat } from "./ranges.ts";

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;

/** The period that the alerts below are made for. */
export const BUDGET_PERIOD_MS = 30 * 24 * HOUR_MS;

export interface BurnRateAlert {
  readonly name: string;
  readonly severity: "page" | "ticket";
  /** Both windows must burn at least this many times as fast as the budget allows. */
  readonly burnRateMin: number;
  /** Says that it matters. */
  readonly longMs: number;
  /** Says that it is still going on, so that the alert ends soon after its cause. */
  readonly shortMs: number;
}

/**
 * Multi-window, multi-burn-rate alerts. They go off when 2, 5, 10 and 10 % of a 30-day budget are used.
 * Source: The Site Reliability Workbook, ch. 5, "Alerting on SLOs", table 5-8.
 */
export const BURN_RATE_ALERTS: readonly BurnRateAlert[] = [
  alertOf("page-1h", "page", 14.4, HOUR_MS, 5 * MINUTE_MS),
  alertOf("page-6h", "page", 6, 6 * HOUR_MS, 30 * MINUTE_MS),
  alertOf("ticket-1d", "ticket", 3, 24 * HOUR_MS, 2 * HOUR_MS),
  alertOf("ticket-3d", "ticket", 1, 72 * HOUR_MS, 6 * HOUR_MS),
];

function alertOf(
  name: string,
  severity: BurnRateAlert["severity"],
  burnRateMin: number,
  longMs: number,
  shortMs: number,
): BurnRateAlert {
  return { name, severity, burnRateMin, longMs, shortMs };
}

/**
 * Share of bad samples over the allowed share: 1 uses up the budget exactly in its period.
 *
 * @param n - samples; 0 gives undefined, because no data is not good data
 * @throws LakeproofError INTERNAL when counts or the limit are out of range
 */
export function burnRate(n: number, bad: number, badRatioMax: number): number | undefined {
  requireOpenRatio("badRatioMax", badRatioMax);
  const isCount = bad >= 0 && bad <= n && Number.isFinite(n);
  // Asked for every second of a day: the text is only made where it is needed.
  if (!isCount)
    requireThat(
      isCount,
      `${String(bad)} bad of ${String(n)} samples is no count.`,
      "Count every bad sample among the samples too.",
    );
  return n === 0 ? undefined : bad / n / badRatioMax;
}

/** Share of the period's budget that a window of this length uses up at this burn rate. Times in one unit. */
export function budgetUsedRatio(
  rate: number,
  windowMs: number,
  periodMs = BUDGET_PERIOD_MS,
): number {
  requireTimes(windowMs, periodMs);
  requireThat(rate >= 0, `The burn rate is ${String(rate)}.`, "Give a rate of zero or more.");
  return (rate * windowMs) / periodMs;
}

/** Burn rate at which a window of this length uses up a share of the period's budget: 2 % in 1 h of 30 d is 14.4. */
export function burnRateFor(
  usedRatio: number,
  windowMs: number,
  periodMs = BUDGET_PERIOD_MS,
): number {
  requireTimes(windowMs, periodMs);
  requireThat(
    usedRatio >= 0 && windowMs > 0,
    `The budget share is ${String(usedRatio)} in ${String(windowMs)} ms.`,
    "Give a share of zero or more, and a window above zero.",
  );
  return (usedRatio * periodMs) / windowMs;
}

/** Share of the period's budget that a complete outage of this length uses up: 22 s of 30 d at 99.9 % are 0.85 %. */
export function outageBudgetRatio(
  downMs: number,
  badRatioMax: number,
  periodMs = BUDGET_PERIOD_MS,
): number {
  requireOpenRatio("badRatioMax", badRatioMax);
  return budgetUsedRatio(1 / badRatioMax, downMs, periodMs);
}

function requireTimes(windowMs: number, periodMs: number): void {
  requireThat(
    windowMs >= 0 && periodMs > 0 && Number.isFinite(windowMs + periodMs),
    `A window of ${String(windowMs)} ms in a period of ${String(periodMs)} ms is none.`,
    "Give a window of zero or more and a period above zero.",
  );
}

/** Samples of one stretch of time. */
export interface BurnSlot {
  readonly fromMs: number;
  readonly toMs: number;
  readonly n: number;
  readonly bad: number;
}

export interface AlertHistory {
  readonly alert: BurnRateAlert;
  /** Ends of slots at which the alert began and ceased to hold; toMs of the last one may be the end of the series. */
  readonly firings: readonly { readonly fromMs: number; readonly toMs: number }[];
  /** Highest burn rate that held in both windows at once; undefined when no window ever had a sample. */
  readonly burnRateMax: number | undefined;
}

/**
 * When the alerts would have gone off, evaluated at the end of each slot over the samples of its windows. As with a
 * Prometheus range, a window that reaches back before the series has only the samples that are there. A window
 * without any sample raises nothing and clears nothing that stands.
 *
 * @param slots - in order of time, not overlapping; a slot belongs to a window when it ends inside it
 * @throws LakeproofError INTERNAL when slots are out of order, or counts or the limit are out of range
 * Source: The Site Reliability Workbook, ch. 5.
 */
export function burnRateHistory(
  slots: readonly BurnSlot[],
  badRatioMax: number,
  alerts: readonly BurnRateAlert[] = BURN_RATE_ALERTS,
): readonly AlertHistory[] {
  requireOpenRatio("badRatioMax", badRatioMax);
  requireSlots(slots);
  return alerts.map((one) => historyOf(slots, badRatioMax, one));
}

function requireSlots(slots: readonly BurnSlot[]): void {
  let lastMs = -Infinity;
  for (const { fromMs, toMs, n, bad } of slots) {
    if (!Number.isFinite(fromMs + toMs + n + bad)) requireFinite("slot", [fromMs, toMs, n, bad]);
    const isSlot = fromMs >= lastMs && toMs > fromMs && bad >= 0 && bad <= n;
    if (!isSlot)
      requireThat(
        isSlot,
        `The slot from ${String(fromMs)} to ${String(toMs)} ms with ${String(bad)} bad of ${String(n)} is none.`,
        "Give slots in order of time that do not overlap, with the bad samples among the samples.",
      );
    lastMs = toMs;
  }
}

function historyOf(
  slots: readonly BurnSlot[],
  badRatioMax: number,
  one: BurnRateAlert,
): AlertHistory {
  const long = slidingRate(slots, one.longMs, badRatioMax);
  const short = slidingRate(slots, one.shortMs, badRatioMax);
  const firings: { fromMs: number; toMs: number }[] = [];
  let burnRateMax: number | undefined;
  let open: { fromMs: number; toMs: number } | undefined;
  for (const slot of slots) {
    const longRate = long(slot);
    const shortRate = short(slot);
    if (longRate !== undefined && shortRate !== undefined) {
      const both = Math.min(longRate, shortRate);
      burnRateMax = Math.max(burnRateMax ?? 0, both);
      // Rates are quotients of counts: 14.4 itself may come out as 14.399999999999999.
      const holds = both >= one.burnRateMin * (1 - 1e-12);
      if (holds && open === undefined) {
        open = { fromMs: slot.toMs, toMs: slot.toMs };
        firings.push(open);
      }
      if (!holds && open !== undefined) {
        open.toMs = slot.toMs;
        open = undefined;
      }
    }
    if (open !== undefined) open.toMs = slot.toMs;
  }
  return { alert: one, firings, burnRateMax };
}

/** Burn rate of the window that ends with a slot; to be asked slot by slot, in order. */
function slidingRate(
  slots: readonly BurnSlot[],
  windowMs: number,
  badRatioMax: number,
): (slot: BurnSlot) => number | undefined {
  let first = 0;
  let n = 0;
  let bad = 0;
  return (slot) => {
    n += slot.n;
    bad += slot.bad;
    for (
      let oldest = slots[first];
      oldest !== undefined && oldest.toMs <= slot.toMs - windowMs;
      oldest = slots[first]
    ) {
      n -= oldest.n;
      bad -= oldest.bad;
      first += 1;
    }
    // Fractions that are added and taken away again leave their last digits behind.
    return burnRate(n, Math.min(Math.max(bad, 0), n), badRatioMax);
  };
}
