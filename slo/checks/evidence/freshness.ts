/** Freshness: from the intended write of a canary row to its first sight through the reader. */
import type { JournalReader } from "../../../core/contracts/journal.ts";
import type { Objective, Verdict } from "../../../core/contracts/slo.ts";
import { totalMs } from "../../../core/timeline.ts";
import { designEffect } from "../../maths/design-effect.ts";
import { canaryEvidence, type CanaryEvidence, type CanarySample } from "./canaries.ts";
import { valuesInterval } from "./quantile.ts";
import { windowRows, type TimedGroup } from "./rows.ts";
import { shareVerdict } from "./share.ts";
import { duration, figure } from "./text.ts";
import { intervalsOf } from "./time.ts";

export function freshnessVerdict(
  journal: JournalReader,
  objective: Objective,
  claimed: boolean,
): Verdict {
  const targetMs = objective.threshold.value;
  const evidence = canaryEvidence(journal, targetMs, objective.window);
  const groups = groupsInTime(evidence);
  const observed = quantileMs(evidence.samples, 1 - objective.badRatioMax);
  const interval = intervalOf(evidence, objective.badRatioMax, groups);
  const everywhere = groupsInTime(canaryEvidence(journal, targetMs, "whole"));
  return shareVerdict(objective, claimed, {
    noun: "canaries",
    badVerb: `took ${duration(targetMs)} or longer`,
    n: evidence.samples.length,
    bad: evidence.samples.filter((sample) => sample.bad).length,
    censored: evidence.samples.filter((sample) => sample.censored).length,
    missing: evidence.missingMs.length,
    groups,
    windows: windowRows(journal, everywhere, objective.badRatioMax),
    timeMs: totalMs(intervalsOf(journal, objective.window, 0)),
    ...(interval === undefined ? {} : { interval }),
    ...(observed === undefined ? {} : { observed: { value: observed, unit: "ms" } }),
    target: { ...objective.threshold, op: "<" },
    details: detailsOf(evidence),
  });
}

/** Missing canaries stand in the series as bad ones, at the time they should have been written. */
function groupsInTime(evidence: CanaryEvidence): readonly TimedGroup[] {
  return [
    ...evidence.samples.map((sample) => {
      const bad = sample.bad ? 1 : 0;
      return { fromMs: sample.intendedMs, n: 1, bad, sureBad: bad };
    }),
    ...evidence.missingMs.map((fromMs) => ({ fromMs, n: 1, bad: 1, sureBad: 0 })),
  ].sort((a, b) => a.fromMs - b.fromMs);
}

function intervalOf(
  { samples, missingMs }: CanaryEvidence,
  badRatioMax: number,
  groups: readonly TimedGroup[],
): ReturnType<typeof valuesInterval> {
  const seen = samples.filter((sample) => !sample.censored);
  const never = samples.length - seen.length + missingMs.length;
  const nEff = groups.length / designEffect(groups);
  const values = seen.map((sample) => sample.freshnessMs);
  return valuesInterval(values, never, 1 - badRatioMax, nEff);
}

/** Nearest rank; a canary never seen stands last, and a quantile among those has no finite value. */
function quantileMs(samples: readonly CanarySample[], share: number): number | undefined {
  const seen = samples
    .filter((sample) => !sample.censored)
    .map((sample) => sample.freshnessMs)
    .sort((a, b) => a - b);
  return seen[Math.max(0, Math.ceil(share * samples.length - 1e-9) - 1)];
}

function detailsOf(evidence: CanaryEvidence): readonly string[] {
  const details: string[] = [];
  const { samples, overlapping, missingMs } = evidence;
  const worst = maxOf(samples);
  if (worst !== undefined) {
    details.push(
      `worst canary: ${String(worst.canary)} after ${duration(worst.freshnessMs)}` +
        (worst.censored ? ", never seen" : ""),
    );
  }
  const delayed = maxOf(overlapping);
  if (delayed !== undefined) {
    details.push(
      `${figure(overlapping.length)} canaries overlapped fault windows and stand outside, ` +
        `worst ${duration(delayed.freshnessMs)}`,
    );
  }
  const censored = samples.filter((sample) => sample.censored);
  if (censored.length > 0) {
    details.push(`${figure(censored.length)} canaries were never seen and count as bad`);
  }
  const firstMissing = missingMs[0];
  if (firstMissing !== undefined) {
    details.push(
      `${figure(missingMs.length)} canaries were not written, the first at ${duration(firstMissing)}`,
    );
  }
  return details;
}

function maxOf(samples: readonly CanarySample[]): CanarySample | undefined {
  let worst = samples[0];
  for (const sample of samples) {
    if (worst === undefined || sample.freshnessMs > worst.freshnessMs) worst = sample;
  }
  return worst;
}
