/** A rate is held when the plan asks for it, the generator offers it and the system takes it. */
import { plannedOperationsPerS } from "../../../core/bi-load.ts";
import type { JournalReader } from "../../../core/contracts/journal.ts";
import type { Objective, Verdict, VerdictStatus } from "../../../core/contracts/slo.ts";
import { RATE_SECONDS_MIN } from "../../objectives/provable.ts";
import { seriesOf, slotTimeMs, sumOf, type Series } from "./load.ts";
import { offeredLoad } from "./offered.ts";
import { duration, figure, percent } from "./text.ts";
import { intervalsOf } from "./time.ts";
import { verdictOf } from "./verdict.ts";

type RateObjective = Objective & { readonly sli: Extract<Objective["sli"], { kind: "rate" }> };

/** Share of the offered operations that must succeed for the offered rate to count as held. */
const HELD_SHARE_MIN = 0.99;

export function rateVerdict(
  journal: JournalReader,
  objective: RateObjective,
  claimed: boolean,
): Verdict {
  const { workload, unit } = objective.sli;
  const series = rateSeries(journal, objective);
  const timeMs = Math.max(0, ...series.map(slotTimeMs));
  const offered = sumOf(series, ({ sums }) => sums.offered);
  const ok = sumOf(series, ({ sums }) => sums.ok);
  const expected = offered + sumOf(series, (one) => one.missing);
  const counted = unit === "eventsPerS" ? sumOf(series, ({ sums }) => sums.events) : ok;
  const rate = timeMs === 0 ? 0 : (counted * 1000) / timeMs;
  const planned =
    unit === "eventsPerS"
      ? journal.plan.bank.rateEventsPerS
      : plannedOperationsPerS(journal.plan, workload);
  const load = offeredLoad(journal, workload);
  const because = (status: VerdictStatus): string => {
    if (planned < objective.threshold.value) {
      return `The plan offers ${figure(planned)} a second, less than the ${figure(objective.threshold.value)} asked for.`;
    }
    if (status === "INVALID") return `The rate carries no verdict: ${load.because}`;
    if (offered === 0) return `No ${workload} load was measured.`;
    return (
      `${figure(planned)} a second were asked for, ${figure(rate)} ${unit === "eventsPerS" ? "committed" : "answered"} over ${duration(timeMs)}: ` +
      `${percent(ok / expected)} of the offered operations (at least ${percent(HELD_SHARE_MIN)} of at least ` +
      `${duration(RATE_SECONDS_MIN * 1000)} must be).`
    );
  };
  const status = statusOf();
  return verdictOf({
    id: `objective.${objective.id}`,
    kind: "objective",
    title: objective.title,
    status,
    claimed,
    because: because(status),
    ...(offered === 0 ? {} : { observed: { value: rate, unit } }),
    target: { ...objective.threshold, op: ">=" },
    ...(status === "INCONCLUSIVE"
      ? {
          needed: `${duration(RATE_SECONDS_MIN * 1000)} of load at ${figure(objective.threshold.value)} a second or more.`,
        }
      : {}),
  });

  function statusOf(): VerdictStatus {
    if (planned < objective.threshold.value || offered === 0) return "INCONCLUSIVE";
    if (load.status === "INVALID") return "INVALID";
    if (ok < expected * HELD_SHARE_MIN) return "VIOLATED";
    return timeMs >= RATE_SECONDS_MIN * 1000 ? "PROVEN" : "INCONCLUSIVE";
  }
}

function rateSeries(journal: JournalReader, objective: RateObjective): readonly Series[] {
  const { workload } = objective.sli;
  const classes =
    workload === "queries" ? journal.plan.queries.map((one) => one.name) : [undefined];
  return classes.map((name) =>
    seriesOf(journal, {
      workload,
      class: name,
      intervals: intervalsOf(journal, objective.window, 0),
      ratePerS: undefined,
    }),
  );
}
