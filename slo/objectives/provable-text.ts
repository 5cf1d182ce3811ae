/** How a plan says what its run can prove, and how long the rest would take. */
import type { Plan, Provable } from "../../core/contracts/plan.ts";
import { injectionCountNeeded, recoveryRatioProven } from "../maths/run-length.ts";

/** The recovery probability that is worth naming as an aim. */
const RECOVERY_RATIO_AIM = 0.95;

/** One line an objective. */
export function provableLines(rows: readonly Provable[]): readonly string[] {
  return rows.map((row) => {
    const word = row.claimed ? "claimed" : "not claimed";
    const can = row.provable ? "provable" : "not provable in this run";
    return `${row.objectiveId.padEnd(26)} ${word.padEnd(12)} ${can.padEnd(25)} ${figuresOf(row)}`;
  });
}

function figuresOf(row: Provable): string {
  const { sampleCountExpected, sampleCountNeeded, durationMsNeeded, withBad } = row;
  if (durationMsNeeded <= 0) return "no length would do: this plan offers less, or nothing of it";
  // A rate is held second by second; everything else is counted.
  const noun = row.countedIn ?? (withBad === undefined ? "seconds" : "samples");
  const count = row.provable
    ? `${String(sampleCountExpected)} ${noun}, ${String(sampleCountNeeded)} needed`
    : `${String(sampleCountExpected)} of ${String(sampleCountNeeded)} ${noun}, takes ${duration(durationMsNeeded)}`;
  if (withBad === undefined) return count;
  const whenBad = `with ${percent(withBad.badRatio)} bad`;
  const power = percent(withBad.powerRatio);
  return withBad.sampleCountNeeded <= sampleCountExpected
    ? `${count} with none bad; a chance of at least ${power} even ${whenBad}`
    : `${count} with none bad; a chance of ${power} ${whenBad} takes ${duration(withBad.durationMsNeeded)}`;
}

/**
 * What the injections of a plan prove about recovering at all: as little as the rarest kind of fault.
 *
 * @param faults - name of the fault of each planned injection
 */
export function recoveryLine(faults: readonly string[]): string {
  const counts = new Map<string, number>();
  for (const fault of faults) counts.set(fault, (counts.get(fault) ?? 0) + 1);
  if (counts.size === 0) return "no fault is injected: nothing is proven about recovery";
  const least = Math.min(...counts.values());
  const times = least === 1 ? "once" : `${String(least)} times`;
  return (
    `each kind of fault at least ${times}: if all recover, a recovery probability of ` +
    `${percent(recoveryRatioProven(least))} is proven (${percent(RECOVERY_RATIO_AIM)} takes ` +
    `${String(injectionCountNeeded(RECOVERY_RATIO_AIM))} injections of a kind)`
  );
}

/** What the projected uptime of this plan rests on, before anything is measured. */
export function faultRateLines({
  faults,
  faultRates = [],
}: Pick<Plan, "faults" | "faultRates">): readonly string[] {
  const declared = new Map(
    faultRates.map(({ fault, service, countPerMonth }) => [`${fault}/${service}`, countPerMonth]),
  );
  const injected = [...new Set(faults.map(({ fault, service }) => `${fault}/${service}`))];
  const assumed = injected.filter((kind) => !declared.has(kind));
  const rates = [...declared].map(([kind, count]) => `${kind} ${String(count)}`);
  return [
    ...(rates.length === 0 ? [] : [`fault rates declared, a month: ${rates.join(", ")}`]),
    ...(assumed.length === 0
      ? []
      : [
          `fault rates assumed, once a month each: ${assumed.join(", ")} (declare them with --fault-rate)`,
        ]),
  ];
}

function percent(ratio: number): string {
  return `${String(Number((ratio * 100).toPrecision(3)))} %`;
}

/** "20 min": as exact as a plan is. */
export function duration(ms: number): string {
  if (ms < 90_000) return `${String(Math.ceil(ms / 1000))} s`;
  const minutes = ms / 60_000;
  if (minutes < 90) return `${minutes.toFixed(0)} min`;
  const hours = minutes / 60;
  return hours < 72 ? `${hours.toFixed(1)} h` : `${(hours / 24).toFixed(1)} days`;
}
