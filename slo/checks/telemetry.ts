/** A probe that saw nothing must not look like a system without faults. */
import type { EventOf, JournalReader } from "../../core/contracts/journal.ts";
import type { Check, Verdict } from "../../core/contracts/slo.ts";
import { faultWindows, subtract, totalMs, within, type Interval } from "../../core/timeline.ts";
import { figure, percent } from "./evidence/text.ts";
import { wholeIntervals } from "./evidence/time.ts";
import { verdictOf } from "./evidence/verdict.ts";

/** The probe that watches the canaries: without it there is no freshness. */
export const READER_PROBE = "reader";
/** What it journals each time it could look. */
export const READER_SIGHT = "lake.lagEvents";
const BLIND_SHARE_MAX = 0.05;

export const telemetry: Check = {
  name: "telemetry",
  purpose:
    "The probes could see: outside of faults the canary reader is blind at most 5 % of the time.",
  judge: (journal) => [telemetryVerdict(journal)],
};

const FACTS = {
  id: "validity.telemetry",
  kind: "validity",
  title: "The probes could see",
} as const;

function telemetryVerdict(journal: JournalReader): Verdict {
  if (wholeIntervals(journal).length === 0) {
    const because = "The run never came to its measured time.";
    return verdictOf({ ...FACTS, status: "INCONCLUSIVE", because });
  }
  const calm = wholeIntervals(journal).flatMap((interval) =>
    subtract(interval, faultWindows(journal)),
  );
  const blind = Map.groupBy(
    journal.of("probe.blind").filter((event) => within(event.atMs, calm)),
    (event) => event.probe,
  );
  const shares = [...blind].map(([probe, events]) => ({
    probe,
    count: events.length,
    share: blindShare(journal, probe, events, calm),
    reason: events.at(-1)?.reason ?? "",
  }));
  const details = shares.map(
    (one) =>
      `${one.probe}: blind ${figure(one.count)} times (${percent(one.share)}), last: ${one.reason}`,
  );
  const reader = shares.find((one) => one.probe === READER_PROBE);
  if (reader !== undefined && reader.share > BLIND_SHARE_MAX) {
    return verdictOf({
      ...FACTS,
      status: "INVALID",
      because: `The canary reader was blind in ${percent(reader.share)} of its samples outside of faults (limit ${percent(BLIND_SHARE_MAX)}).`,
      details,
    });
  }
  if (journal.plan.canary.ratePerS > 0 && journal.of("canary.seen").length === 0) {
    return verdictOf({
      ...FACTS,
      status: "INVALID",
      because: "The canary reader never saw a single canary.",
      details,
    });
  }
  return verdictOf({
    ...FACTS,
    status: "PROVEN",
    because: `Outside of faults ${figure(details.length)} probes were ever blind; the canary reader in ${percent(reader?.share ?? 0)} of its samples.`,
    details,
  });
}

/** By samples where the probe journals those; by seconds otherwise. */
function blindShare(
  journal: JournalReader,
  probe: string,
  events: readonly EventOf<"probe.blind">[],
  calm: readonly Interval[],
): number {
  const sight = probe === READER_PROBE ? READER_SIGHT : probe;
  const sampleCount = journal
    .of("sample.taken")
    .filter((sample) => sample.probe === sight && within(sample.atMs, calm)).length;
  if (sampleCount > 0) return events.length / (events.length + sampleCount);
  const seconds = new Set(events.map((event) => Math.floor(event.atMs / 1000))).size;
  return Math.min(1, (seconds * 1000) / Math.max(1000, totalMs(calm)));
}
