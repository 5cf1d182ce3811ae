/** Did the generator offer the load the plan asked for? Without that, no latency means anything. */
import { arrivalShape, evenRatePerS, spacingOf } from "../../../core/arrival-shape.ts";
import { plannedOperationsPerS } from "../../../core/bi-load.ts";
import type { JournalReader } from "../../../core/contracts/journal.ts";
import type { Arrivals } from "../../../core/contracts/plan.ts";
import type { VerdictStatus } from "../../../core/contracts/slo.ts";
import { seriesOf, slotTimeMs, sumOf, type Series } from "./load.ts";
import { figure, percent } from "./text.ts";
import { usersSeen } from "./users.ts";
import { steadyWithMargin, wholeIntervals } from "./time.ts";

export interface OfferedLoad {
  readonly status: Extract<VerdictStatus, "PROVEN" | "INVALID" | "INCONCLUSIVE">;
  readonly because: string;
  readonly details: readonly string[];
  readonly offeredRatePerS: number;
}

/** Share of the planned load that must have been offered. */
const OFFERED_SHARE_MIN = 0.99;

/** Every objective of a workload asks, and a long run takes its time to answer. */
const ANSWERED = new WeakMap<JournalReader, Map<string, OfferedLoad>>();

export function offeredLoad(journal: JournalReader, workload: string): OfferedLoad {
  const answered = ANSWERED.get(journal) ?? new Map<string, OfferedLoad>();
  ANSWERED.set(journal, answered);
  const known = answered.get(workload) ?? offeredNow(journal, workload);
  answered.set(workload, known);
  return known;
}

function offeredNow(journal: JournalReader, workload: string): OfferedLoad {
  if (wholeIntervals(journal).length === 0) {
    const because = "The run never came to its measured time.";
    return { status: "INCONCLUSIVE", because, details: [], offeredRatePerS: 0 };
  }
  if (workload === "bank") return bankLoad(journal);
  if (workload === "queries") return queryLoad(journal, workload);
  return workload === "users" ? userLoad(journal) : biLoad(journal, workload);
}

/** Dashboard refreshes or API calls: one open schedule without classes. */
function biLoad(journal: JournalReader, workload: string): OfferedLoad {
  const ratePerS = plannedOperationsPerS(journal.plan, workload);
  const intervals = wholeIntervals(journal);
  const series = seriesOf(journal, { workload, class: undefined, intervals, ratePerS });
  const { offered } = series.sums;
  const planned = (ratePerS * slotTimeMs(series)) / 1000;
  const rate = slotTimeMs(series) === 0 ? 0 : (offered * 1000) / slotTimeMs(series);
  const edge = Math.max(1 - OFFERED_SHARE_MIN, (2 * intervals.length) / planned);
  const figures = `${figure(offered)} of ${figure(planned)} planned ${workload}`;
  if (offered === 0 || offered < planned * (1 - edge)) {
    return invalid(`Only ${figures} were offered: the generator fell behind.`, rate);
  }
  const steady = seriesOf(journal, {
    workload,
    class: undefined,
    intervals: steadyWithMargin(journal, 0),
    ratePerS,
  }).sums;
  const { dropped } = steady;
  if (dropped > steady.offered * (1 - OFFERED_SHARE_MIN)) {
    return invalid(
      `${figure(dropped)} ${workload} in steady time were never started: the generator had no free worker.`,
      rate,
    );
  }
  const because = `${figures} were offered (${figure(rate)} a second).`;
  return { status: "PROVEN", because, details: [], offeredRatePerS: rate };
}

/** Users wait for their answers: what is planned is that they are there, not how often they act. */
function userLoad(journal: JournalReader): OfferedLoad {
  const planned = journal.plan.users?.count ?? 0;
  const least = usersSeen(journal, "whole")?.least ?? 0;
  const figures = `${figure(least)} of ${figure(planned)} planned users were there at once`;
  if (least < planned * OFFERED_SHARE_MIN) {
    return invalid(`Only ${figures}: the generator fell short.`, least);
  }
  return { status: "PROVEN", because: `${figures}.`, details: [], offeredRatePerS: least };
}

function bankLoad(journal: JournalReader): OfferedLoad {
  const series = seriesOf(journal, {
    workload: "bank",
    class: undefined,
    intervals: wholeIntervals(journal),
    ratePerS: undefined,
  });
  const { offered, ok, dropped, events } = series.sums;
  if (offered === 0) return invalid("The journal holds no bank load in the measured time.", 0);
  const { arrivals, rateEventsPerS } = journal.plan.bank;
  const load = { workload: "bank", class: undefined, ratePerS: rateEventsPerS, arrivals };
  const planned = plannedRatePerS(journal, series, load);
  // Failed operations carry no events but were offered: the system's fault, not the generator's.
  const rate = ok === 0 ? planned : ((events / ok) * offered * 1000) / slotTimeMs(series);
  // Transactions differ in size and may arrive at random: three standard errors of their number.
  const chance = 3 * Math.sqrt(2 / offered);
  const figures = `${figure(rate)} of ${figure(planned)} planned events/s were offered`;
  if (dropped > 0) {
    return invalid(
      `${figure(dropped)} of ${figure(offered)} bank transactions were never started: the generator fell behind.`,
      rate,
    );
  }
  if (rate < planned * (OFFERED_SHARE_MIN - chance)) {
    return invalid(`Only ${figures}: the generator fell behind.`, rate);
  }
  return {
    status: "PROVEN",
    because: `${figures}, none of ${figure(offered)} transactions dropped.`,
    details: [],
    offeredRatePerS: rate,
  };
}

interface PlannedLoad {
  readonly workload: string;
  readonly class: string | undefined;
  readonly ratePerS: number;
  readonly arrivals: Arrivals;
}

/** Mean of the planned rate over the slots: a measured time need not be whole periods of a burst or a day. */
function plannedRatePerS(
  journal: JournalReader,
  { fromMs: startsMs, windowMs }: Series,
  { workload, class: name, ratePerS, arrivals }: PlannedLoad,
): number {
  if (typeof arrivals === "string" || startsMs.length === 0) return ratePerS;
  const starts = journal
    .of("load.window")
    .filter((window) => window.workload === workload && window.class === name);
  const firstMs = Math.min(...starts.map((window) => window.fromMs));
  const shape = arrivalShape(arrivals, ratePerS);
  const expected = (startMs: number): number =>
    startsMs.reduce(
      (sum, fromMs) =>
        sum +
        (shape.expectedCount(Math.max(0, fromMs + windowMs - startMs)) -
          shape.expectedCount(Math.max(0, fromMs - startMs))),
      0,
    );
  // The load began somewhere within its first window; in doubt for the generator.
  const events = Math.min(expected(firstMs), expected(firstMs + windowMs));
  return (events * 1000) / (startsMs.length * windowMs);
}

function queryLoad(journal: JournalReader, workload: string): OfferedLoad {
  const behind: string[] = [];
  const seen: Series[] = [];
  for (const query of journal.plan.queries) {
    const intervals = wholeIntervals(journal);
    const series = seriesOf(journal, {
      workload,
      class: query.name,
      intervals,
      ratePerS: evenRatePerS(query),
    });
    seen.push(series);
    const { ratePerS, arrivals = "uniform" } = query;
    const load = { workload, class: query.name, ratePerS, arrivals };
    const planned = (plannedRatePerS(journal, series, load) * slotTimeMs(series)) / 1000;
    const { offered } = series.sums;
    // Starts at random: three standard deviations of their number.
    const chance = spacingOf(arrivals) === "poisson" ? 3 / Math.sqrt(planned) : 0;
    const edge = Math.max(1 - OFFERED_SHARE_MIN, (2 * intervals.length) / planned) + chance;
    if (offered === 0 || offered < planned * (1 - edge)) {
      behind.push(
        `${query.name}: ${figure(offered)} of ${figure(planned)} planned queries offered`,
      );
    }
  }
  const offered = sumOf(seen, ({ sums }) => sums.offered);
  const timeMs = Math.max(0, ...seen.map(slotTimeMs));
  const rate = timeMs === 0 ? 0 : (offered * 1000) / timeMs;
  if (behind.length > 0) {
    return { ...invalid("The query generator fell behind its plan.", rate), details: behind };
  }
  const quiet = droppedWhileSteady(journal, workload);
  if (quiet.dropped > quiet.offered * (1 - OFFERED_SHARE_MIN)) {
    return invalid(
      `${percent(quiet.dropped / quiet.offered)} of the queries in steady time were never started: ` +
        "the generator had no free worker.",
      rate,
    );
  }
  return {
    status: "PROVEN",
    because: `${figure(offered)} queries were offered as planned (${figure(rate)} a second).`,
    details: [],
    offeredRatePerS: rate,
  };
}

/** During a fault the queries hang and workers run out: that is the fault. At rest it is the generator. */
function droppedWhileSteady(
  journal: JournalReader,
  workload: string,
): { readonly offered: number; readonly dropped: number } {
  const intervals = steadyWithMargin(journal, 0);
  const classes = journal.plan.queries.map(
    (query) =>
      seriesOf(journal, {
        workload,
        class: query.name,
        intervals,
        ratePerS: evenRatePerS(query),
      }).sums,
  );
  return {
    offered: sumOf(classes, (one) => one.offered),
    dropped: sumOf(classes, (one) => one.dropped),
  };
}

function invalid(because: string, offeredRatePerS: number): OfferedLoad {
  return { status: "INVALID", because, details: [], offeredRatePerS };
}
