/**
 * Who noticed a fault, how soon, and who could have: requests that failed, looks that were answered with an error, changes
 * that stayed out of sight, alerts that fired, components that said so themselves. What was so before the fault counts for
 * nobody. The fault's own evidence is no notice: it was looked for by who broke it.
 */
import type { EventOf, JournalReader } from "../../../core/contracts/journal.ts";
import { faultWindows, within, type FaultWindow, type Interval } from "../../../core/timeline.ts";
import { READER_PROBE, READER_SIGHT } from "../telemetry.ts";
import { duration, figure, percent } from "./text.ts";

/** From the injection. It has every time-out, heartbeat and alert of the pipeline in it, and is less than anybody would wait. */
export const NOTICE_MS_MAX = 60_000;

/** Firing alerts, all of them; each by itself is `alert.<name>`, as long as it fires. */
export const ALERTS_PROBE = "alerts.firing";
export const ALERT_PREFIX = "alert.";

/** Own words of components: more than before is news. */
export const COMPLAINTS = [
  "connect.tasksNotRunning",
  "flink.jobsNotRunning",
  "flink.checkpointsFailed",
] as const;

/** Probes that ask the system under test, by what they journal each time it could answer. */
const SIGHTS: Readonly<Record<string, string>> = {
  [READER_PROBE]: READER_SIGHT,
  "postgres.slotLagBytes": "postgres.slotLagBytes",
  ...Object.fromEntries(COMPLAINTS.map((probe) => [probe, probe])),
};

/** Says nothing while all is well, so that its silence proves no sight. */
const ON_ERROR_ONLY = ["kafka.tap"];

export interface Notice {
  /** For people: "bank: 12 of 80 requests without success". */
  readonly what: string;
  /** From the injection. */
  readonly afterMs: number;
}

export interface Look {
  /** Soonest first; only those in time. */
  readonly notices: readonly Notice[];
  /** Who looked, and saw until the fault began. */
  readonly eyes: readonly string[];
  /** Who was to look, and did not see before the fault any more. */
  readonly blind: readonly string[];
  /** False where the journal ends before the time is over. */
  readonly whole: boolean;
}

interface Spans {
  readonly fromMs: number;
  readonly before: Interval;
  readonly during: Interval;
}

interface Seen {
  readonly notices: readonly Notice[];
  readonly eyes: readonly string[];
  readonly blind: readonly string[];
}

export function noticesOf(journal: JournalReader, window: FaultWindow): Look {
  const spans = spansOf(journal, window);
  const seen = [requests(journal, spans), probes(journal, spans), alerts(journal, spans)];
  const late = lateCanaries(journal, spans);
  return {
    notices: [...seen.flatMap(({ notices }) => notices), ...late].toSorted(
      (a, b) => a.afterMs - b.afterMs,
    ),
    eyes: seen.flatMap(({ eyes }) => eyes),
    blind: seen.flatMap(({ blind }) => blind),
    whole: journal.endMs >= spans.during.toMs,
  };
}

/** Calm time before it, and its own: until it is late, or the next fault could be what is noticed. */
function spansOf(journal: JournalReader, window: FaultWindow): Spans {
  const others = faultWindows(journal).filter(({ entry }) => entry.id !== window.entry.id);
  // Faults at the same time are one loss: calm was before the first of them.
  const groupFromMs = others
    .toSorted((a, b) => b.fromMs - a.fromMs)
    .reduce(
      (fromMs, one) => (one.fromMs < fromMs && one.toMs > fromMs ? one.fromMs : fromMs),
      window.fromMs,
    );
  const ended = others.map(({ toMs }) => toMs).filter((toMs) => toMs <= groupFromMs);
  const next = others.map(({ fromMs }) => fromMs).filter((fromMs) => fromMs >= window.toMs);
  return {
    fromMs: window.fromMs,
    before: { fromMs: Math.max(groupFromMs - NOTICE_MS_MAX, ...ended), toMs: groupFromMs },
    during: {
      fromMs: window.fromMs,
      toMs: Math.min(window.fromMs + NOTICE_MS_MAX, ...next),
    },
  };
}

const isIn = (atMs: number, interval: Interval): boolean => within(atMs, [interval]);

/** By workload and class: a larger share without an answer than in any window before. */
function requests(journal: JournalReader, { fromMs, before, during }: Spans): Seen {
  const groups = Map.groupBy(journal.of("load.window"), ({ workload, class: name }) =>
    name === undefined ? workload : `${workload} ${name}`,
  );
  const seen = [...groups].map(([name, windows]): Seen => {
    const offeredIn = (interval: Interval): readonly EventOf<"load.window">[] =>
      windows.filter((one) => one.offered > 0 && isIn(one.fromMs + one.windowMs / 2, interval));
    const own = offeredIn(during);
    const usual = offeredIn(before).map(badRatioOf);
    const worst = Math.max(0, ...usual);
    const first = own.find((one) => badRatioOf(one) > worst);
    // Nobody is told anything by requests that were failing anyway.
    const couldSee = own.length > 0 && (usual.length === 0 || Math.min(...usual) < 1);
    const afterMs = first === undefined ? 0 : first.fromMs + first.windowMs - fromMs;
    return {
      notices: first === undefined ? [] : [{ what: requestText(name, first), afterMs }],
      eyes: couldSee ? [name] : [],
      blind: own.length > 0 && !couldSee ? [`${name} (failed before)`] : [],
    };
  });
  return joined(seen);
}

function badRatioOf({ offered, failed, unknown }: EventOf<"load.window">): number {
  return offered === 0 ? 0 : (failed + unknown) / offered;
}

function requestText(name: string, window: EventOf<"load.window">): string {
  const { failed, unknown, offered } = window;
  return `${name}: ${figure(failed + unknown)} of ${figure(offered)} requests failed (${percent(badRatioOf(window))})`;
}

function probes(journal: JournalReader, spans: Spans): Seen {
  const names = [...Object.keys(SIGHTS), ...ON_ERROR_ONLY];
  return joined(names.map((probe) => probeSeen(journal, probe, spans)));
}

function probeSeen(journal: JournalReader, probe: string, spans: Spans): Seen {
  const { fromMs, before, during } = spans;
  const blinds = journal.of("probe.blind").filter((event) => event.probe === probe);
  const sight = SIGHTS[probe];
  const samples = journal.of("sample.taken").filter((sample) => sample.probe === sight);
  const lastBlindMs = lastIn(blinds, before);
  const lastSightMs = lastIn(samples, before);
  const isBlind = lastBlindMs !== undefined && (lastSightMs ?? -1) < lastBlindMs;
  if (isBlind) return { notices: [], eyes: [], blind: [`${probe} (blind before)`] };
  const error = blinds.find(({ atMs }) => isIn(atMs, during));
  const answers: readonly Notice[] =
    error === undefined
      ? []
      : [{ what: `${probe} was answered: ${error.reason}`, afterMs: error.atMs - fromMs }];
  // One that saw before and then says nothing at all has not looked.
  const looked = samples.some(({ atMs }) => isIn(atMs, during));
  const stopped = !looked && error === undefined && lastSightMs !== undefined;
  return {
    notices: [...answers, ...complaints(probe, samples, spans)],
    eyes: looked ? [probe] : [],
    blind: stopped ? [`${probe} (nothing from it since)`] : [],
  };
}

function lastIn(
  events: readonly { readonly atMs: number }[],
  interval: Interval,
): number | undefined {
  return events.findLast(({ atMs }) => isIn(atMs, interval))?.atMs;
}

function complaints(
  probe: string,
  samples: readonly EventOf<"sample.taken">[],
  { fromMs, before, during }: Spans,
): readonly Notice[] {
  if (!COMPLAINTS.some((name) => name === probe)) return [];
  const valueOf = ({ observed }: EventOf<"sample.taken">): number => observed.value;
  const usual = Math.max(0, ...samples.filter(({ atMs }) => isIn(atMs, before)).map(valueOf));
  const more = samples.find((sample) => isIn(sample.atMs, during) && valueOf(sample) > usual);
  if (more === undefined) return [];
  const what = `${probe} says ${figure(valueOf(more))}, before it ${figure(usual)}`;
  return [{ what, afterMs: more.atMs - fromMs }];
}

function alerts(journal: JournalReader, { fromMs, before, during }: Spans): Seen {
  const samples = journal.of("sample.taken");
  const firing = samples.filter(({ probe }) => probe.startsWith(ALERT_PREFIX));
  const known = new Set(firing.filter(({ atMs }) => isIn(atMs, before)).map(({ probe }) => probe));
  const news = Map.groupBy(
    firing.filter(({ atMs, probe }) => isIn(atMs, during) && !known.has(probe)),
    ({ probe }) => probe,
  );
  const notices = [...news].flatMap(([probe, [first]]): readonly Notice[] => {
    if (first === undefined) return [];
    const what = `alert ${probe.slice(ALERT_PREFIX.length)} fires`;
    return [{ what, afterMs: first.atMs - fromMs }];
  });
  const asked =
    samples.filter(({ probe, atMs }) => probe === ALERTS_PROBE && isIn(atMs, during)).length > 0;
  return { notices, eyes: asked ? [ALERTS_PROBE] : [], blind: [] };
}

/** A change that is not visible by the freshness target tells its reader, if the reader could see before. */
function lateCanaries(
  journal: JournalReader,
  { fromMs, before, during }: Spans,
): readonly Notice[] {
  const { eyes, notices } = probeSeen(journal, READER_PROBE, { fromMs, before, during });
  if (eyes.length === 0 && notices.length === 0) return [];
  const { freshnessTargetMs } = journal.plan.canary;
  const late = [
    ...journal.of("canary.seen").map((one) => [one.intendedMs, one.visibleMs - one.intendedMs]),
    ...journal.of("canary.censored").map((one) => [one.intendedMs, one.ageMs]),
  ].flatMap(([intendedMs = 0, ageMs = 0]) =>
    ageMs > freshnessTargetMs ? [intendedMs + freshnessTargetMs] : [],
  );
  if (late.some((atMs) => isIn(atMs, before))) return [];
  const own = late.filter((atMs) => isIn(atMs, during));
  if (own.length === 0) return [];
  const what = `${figure(own.length)} changes not visible after ${duration(freshnessTargetMs)}`;
  return [{ what, afterMs: Math.min(...own) - fromMs }];
}

function joined(seen: readonly Seen[]): Seen {
  return {
    notices: seen.flatMap(({ notices }) => notices),
    eyes: seen.flatMap(({ eyes }) => eyes),
    blind: seen.flatMap(({ blind }) => blind),
  };
}
