/** Freshness: from the intended write of a canary row to its first sight through the reader. */
import type { JournalReader } from "../../../core/contracts/journal.ts";
import type { Objective, Verdict } from "../../../core/contracts/slo.ts";
import { totalMs } from "../../../core/timeline.ts";
import type { SampleGroup } from "../../maths/design-effect.ts";
import { canaryEvidence, type CanaryEvidence, type CanarySample } from "./canaries.ts";
import { shareVerdict } from "./share.ts";
import { duration, figure } from "./text.ts";
import { steadyWithMargin } from "./time.ts";

export function freshnessVerdict(
  journal: JournalReader,
  objective: Objective,
  claimed: boolean,
): Verdict {
  const targetMs = objective.threshold.value;
  const evidence = canaryEvidence(journal, targetMs);
  const observed = quantileMs(evidence.samples, 1 - objective.badRatioMax);
  return shareVerdict(objective, claimed, {
    noun: "canaries",
    badVerb: `took ${duration(targetMs)} or longer`,
    n: evidence.samples.length,
    bad: evidence.samples.filter((sample) => sample.bad).length,
    censored: evidence.samples.filter((sample) => sample.censored).length,
    missing: evidence.missingMs.length,
    groups: groupsInTime(evidence),
    timeMs: totalMs(steadyWithMargin(journal, 0)),
    ...(observed === undefined ? {} : { observed: { value: observed, unit: "ms" } }),
    target: { ...objective.threshold, op: "<" },
    details: detailsOf(evidence),
  });
}

/** Missing canaries stand in the series as bad ones, at the time they should have been written. */
function groupsInTime(evidence: CanaryEvidence): readonly SampleGroup[] {
  return [
    ...evidence.samples.map((sample) => ({ atMs: sample.intendedMs, bad: sample.bad ? 1 : 0 })),
    ...evidence.missingMs.map((atMs) => ({ atMs, bad: 1 })),
  ]
    .sort((a, b) => a.atMs - b.atMs)
    .map(({ bad }) => ({ n: 1, bad }));
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
