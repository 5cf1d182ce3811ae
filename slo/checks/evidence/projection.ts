/**
 * Uptime that no short run can be waited for: how often each kind of fault happens is declared, how long it keeps
 * the pipeline from working is measured, and what fails with no fault there is counted. Every term is shown.
 */
import type { FaultRate, Plan } from "../../../core/contracts/plan.ts";
import type { JournalReader } from "../../../core/contracts/journal.ts";
import type { Objective, Projection, Verdict } from "../../../core/contracts/slo.ts";
import {
  faultWindows,
  owedFaults,
  subtract,
  totalMs,
  type FaultWindow,
  type Interval,
} from "../../../core/timeline.ts";
import { BUDGET_PERIOD_MS } from "../../maths/burn-rate.ts";
import { designEffect } from "../../maths/design-effect.ts";
import {
  projectedAvailability,
  type DowntimeTerm,
  type FaultDowntime,
  type ProjectedAvailability,
} from "../../maths/renewal-availability.ts";
import { seriesOf, type Series } from "./load.ts";
import { FAULT_MARGIN_MS_MAX } from "./operations.ts";
import { SecondGroups } from "./second-groups.ts";
import { duration, figure } from "./text.ts";
import { common, wholeIntervals } from "./time.ts";
import { downIntervals } from "./uptime.ts";
import { verdictOf } from "./verdict.ts";

type ProjectionObjective = Objective & {
  readonly sli: Extract<Objective["sli"], { kind: "projected-uptime" }>;
};

/** Nobody declared how often it happens. */
const ASSUMED_PER_MONTH = 1;
/** Slices in which the pipeline is certainly down, as for the uptime that is counted. */
const SLICE_MS = 10_000;

interface Kind {
  readonly name: string;
  readonly countPerMonth: number;
  readonly isDeclared: boolean;
  /** Every planned injection of it; undefined: never begun, or nothing shows that it bit. */
  readonly injections: readonly (FaultWindow | undefined)[];
}

interface Background {
  readonly n: number;
  /** Missing and doubtful ones among them. */
  readonly bad: number;
  readonly sureBad: number;
  /** Planned load of which there is no sample at all. */
  readonly silent: readonly string[];
}

export function projectionVerdict(
  journal: JournalReader,
  objective: ProjectionObjective,
  claimed: boolean,
): Verdict {
  const kinds = kindsOf(journal);
  const background = backgroundOf(journal);
  const down = downIntervals(journal, SLICE_MS);
  const { periodMs } = objective.sli;
  const project = (faults: readonly FaultDowntime[], bad: number): ProjectedAvailability =>
    projectedAvailability({
      faults,
      background: { n: background.n, bad },
      periodMs,
      badRatioMax: objective.badRatioMax,
    });
  // Against the proof a fault lasts until recovery was seen, and what is missing failed; for the accusation it lasts
  // only while nothing was answered, and what is missing was well.
  const strict = project(
    kinds.map((kind) => downtimeOf(kind, periodMs, untilRecovered)),
    background.bad,
  );
  const lenient = project(
    kinds.map((kind) => downtimeOf(kind, periodMs, (window) => whileSilent(window, down))),
    background.sureBad,
  );
  const isProven = kinds.length > 0 && background.silent.length === 0 && strict.status === "PROVEN";
  const status =
    background.n > 0 && lenient.status === "VIOLATED"
      ? "VIOLATED"
      : isProven
        ? "PROVEN"
        : "INCONCLUSIVE";
  const projection = projectionOf(strict, kinds);
  return verdictOf({
    id: `objective.${objective.id}`,
    kind: "objective",
    title: objective.title,
    status,
    claimed,
    because: sentenceOf(projection, kinds, background),
    observed: { value: strict.availabilityRatio, unit: "ratio" },
    target: { ...objective.threshold, op: ">" },
    bound: {
      method: `Declared rates × one-sided 95 % upper bounds of the measured recoveries`,
      value: 1 - strict.availabilityRatioLower,
      limit: objective.badRatioMax,
    },
    projection,
    ...(status === "INCONCLUSIVE"
      ? { needed: neededText(projection, kinds.length, background) }
      : {}),
    details: projection.terms.map(termText),
  });
}

function kindsOf(journal: JournalReader): readonly Kind[] {
  const { plan } = journal;
  const windows = new Map(faultWindows(journal).map((window) => [window.entry.id, window]));
  const planned = Map.groupBy(owedFaults(journal), nameOf);
  const declared = new Map((plan.faultRates ?? []).map((rate) => [nameOf(rate), rate]));
  return [...new Set([...planned.keys(), ...declared.keys()])].map((name) => {
    const rate = declared.get(name);
    return {
      name,
      countPerMonth: rate?.countPerMonth ?? ASSUMED_PER_MONTH,
      isDeclared: rate !== undefined,
      injections: (planned.get(name) ?? []).map((entry) => {
        const window = windows.get(entry.id);
        return window === undefined || window.evidence.length === 0 ? undefined : window;
      }),
    };
  });
}

function nameOf({
  fault,
  service,
}: Pick<FaultRate, "fault" | "service"> | Plan["faults"][number]): string {
  return `${fault}/${service}`;
}

/** An injection that was never seen to recover has no length: it is counted, and bounds nothing. */
function downtimeOf(
  { name, countPerMonth, injections }: Kind,
  periodMs: number,
  downMsOf: (window: FaultWindow) => number | undefined,
): FaultDowntime {
  const times = injections.map((window) => (window === undefined ? undefined : downMsOf(window)));
  const downMs = times.filter((time) => time !== undefined);
  return {
    name,
    countPerPeriod: (countPerMonth * periodMs) / BUDGET_PERIOD_MS,
    downMs,
    unrecoveredCount: times.length - downMs.length,
  };
}

/** From injection to the first row seen again: the hold, which is our choice, is part of it. */
function untilRecovered({ fromMs, recoveredMs }: FaultWindow): number | undefined {
  return recoveredMs === undefined ? undefined : recoveredMs - fromMs;
}

function whileSilent(window: FaultWindow, down: readonly Interval[]): number {
  return totalMs(common(window, down));
}

/** Writes and queries outside of every fault window, of all classes, as so many independent ones. */
function backgroundOf(journal: JournalReader): Background {
  const cuts = faultWindows(journal).map(({ fromMs, toMs }) => ({
    fromMs: fromMs - FAULT_MARGIN_MS_MAX,
    toMs,
  }));
  const intervals = wholeIntervals(journal).flatMap((interval) => subtract(interval, cuts));
  const { bank, queries } = journal.plan;
  const planned = [
    ...(bank.rateEventsPerS > 0
      ? [{ name: "bank", workload: "bank", class: undefined, ratePerS: undefined }]
      : []),
    ...queries.map(({ name, ratePerS }) => ({ name, workload: "queries", class: name, ratePerS })),
  ];
  const seconds = new SecondGroups();
  const measured = planned.map(({ name, ...load }) => ({
    name,
    series: seriesOf(journal, { ...load, intervals, groups: seconds }),
  }));
  const groups = seconds.inOrder();
  const effect = designEffect(groups);
  const n = groups.reduce((sum, group) => sum + group.n, 0);
  const bad = groups.reduce((sum, group) => sum + group.bad, 0);
  const sureBad = groups.reduce((sum, group) => sum + group.sureBad, 0);
  return {
    n: n / effect,
    bad: Math.min(n, bad) / effect,
    sureBad: Math.min(n, sureBad) / effect,
    silent: measured.filter(({ series }) => isSilent(series)).map(({ name }) => name),
  };
}

function isSilent({ sums }: Series): boolean {
  return sums.offered === 0;
}

/** JSON has no infinity: what nothing bounds is left out. */
function projectionOf(projected: ProjectedAvailability, kinds: readonly Kind[]): Projection {
  const { periodMs, budgetMs, periodDownMsMean, periodDownMsUpper } = projected;
  return {
    periodMs,
    budgetMs,
    terms: projected.terms.map((term, index) => termOf(term, kinds[index])),
    periodDownMsMean,
    ...(Number.isFinite(periodDownMsUpper) ? { periodDownMsUpper } : {}),
    availabilityRatio: projected.availabilityRatio,
    availabilityRatioLower: projected.availabilityRatioLower,
  };
}

function termOf(term: DowntimeTerm, kind: Kind | undefined): Projection["terms"][number] {
  const { downMsUpper, periodDownMsUpper } = term;
  return {
    name: term.name,
    countPerMonth: kind?.countPerMonth ?? 1,
    isDeclared: kind?.isDeclared ?? true,
    injectionCount: term.injectionCount,
    unrecoveredCount: term.unrecoveredCount,
    injectionCountMissing: term.injectionCountMissing,
    downMsMean: term.downMsMean,
    ...(Number.isFinite(downMsUpper) ? { downMsUpper } : {}),
    periodDownMsMean: term.periodDownMsMean,
    ...(Number.isFinite(periodDownMsUpper) ? { periodDownMsUpper } : {}),
  };
}

function sentenceOf(
  { periodMs, budgetMs, periodDownMsMean, periodDownMsUpper, availabilityRatio }: Projection,
  kinds: readonly Kind[],
  { silent }: Background,
): string {
  if (kinds.length === 0) return "No fault was injected, and none is declared to happen.";
  if (silent.length > 0) return `No load of ${silent.join(", ")} was measured outside the faults.`;
  const most =
    periodDownMsUpper === undefined
      ? "with no upper bound yet"
      : `at most ${duration(periodDownMsUpper)} with 95 % confidence in each term`;
  const assumed = kinds.filter(({ isDeclared }) => !isDeclared).length;
  const note =
    assumed === 0
      ? ""
      : ` ${figure(assumed)} of the ${figure(kinds.length)} rates are assumed: once a month each.`;
  return (
    `${figure(kinds.length)} kinds of fault at their rates and the background cost ` +
    `${duration(periodDownMsMean)} in ${duration(periodMs)} as measured, ${most} ` +
    `(budget ${duration(budgetMs)}); that is ${uptimeText(availabilityRatio)} up.${note}`
  );
}

/** Nines are the point of it: three significant digits would say 100 %. */
function uptimeText(ratio: number): string {
  return `${String(Number((ratio * 100).toFixed(4)))} %`;
}

function termText(term: Projection["terms"][number]): string {
  const total =
    term.periodDownMsUpper === undefined
      ? `${duration(term.periodDownMsMean)}, not bounded`
      : `${duration(term.periodDownMsMean)}, at most ${duration(term.periodDownMsUpper)}`;
  if (term.name === "background") return `background, with no fault there: ${total}`;
  const rate = `${figure(term.countPerMonth)} a month${term.isDeclared ? "" : " (assumed)"}`;
  const open =
    term.unrecoveredCount === 0 ? "" : `, ${figure(term.unrecoveredCount)} never seen to recover`;
  const upper =
    term.downMsUpper === undefined ? "not bounded" : `at most ${duration(term.downMsUpper)}`;
  return (
    `${term.name}: ${rate} × ${duration(term.downMsMean)} (${upper}, from ` +
    `${figure(term.injectionCount)} injections${open}) = ${total}`
  );
}

function neededText(
  { terms, budgetMs, periodDownMsUpper }: Projection,
  kindCount: number,
  { silent }: Background,
): string {
  if (kindCount === 0) return "A plan that injects the faults whose rates are known.";
  if (silent.length > 0) return `Measured load of ${silent.join(", ")} outside the faults.`;
  const open = terms.filter(({ unrecoveredCount }) => unrecoveredCount > 0);
  if (open.length > 0) {
    return `Every injection seen to recover; those of ${open.map(({ name }) => name).join(", ")} were not.`;
  }
  const short = terms.filter(({ injectionCountMissing }) => injectionCountMissing > 0);
  if (short.length > 0) {
    const list = short.map((term) => `${figure(term.injectionCountMissing)} of ${term.name}`);
    return `More injections of each kind: ${list.join(", ")}.`;
  }
  const over = (periodDownMsUpper ?? Infinity) - budgetMs;
  const dearest = [...terms].sort(
    (a, b) => (b.periodDownMsUpper ?? Infinity) - (a.periodDownMsUpper ?? Infinity),
  )[0];
  return `${duration(over)} less of possible down time; most of it is ${dearest?.name ?? "background"}: faster recovery, a lower rate, or more injections.`;
}
