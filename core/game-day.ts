/**
 * What people expected of the faults they injected, and what the journal shows of it. A hypothesis is a sentence; the
 * measurable part of it is read out of the sentence, so that there is one text and no second version of it.
 */
import type { EventOf, JournalReader } from "./contracts/journal.ts";
import type { Verdict } from "./contracts/slo.ts";
import type { Quantity } from "./contracts/values.ts";
import { faultWindows, type FaultWindow } from "./timeline.ts";

type Subject = "recovery" | "freshness" | "failed writes" | "failed queries";

/** "recovery < 60 s": `limit` is in ms or a ratio. "nothing lost" has none. */
export type Expectation =
  { readonly subject: Subject; readonly limit: Quantity } | { readonly subject: "nothing lost" };

export interface ExpectationOutcome {
  readonly expectation: Expectation;
  /** Absent where nothing in the journal shows it. */
  readonly held?: boolean;
  readonly observed?: Quantity;
  /** What was seen, or why nothing can be said. */
  readonly because: string;
}

/** One fault of a game day, or of a scenario that says what it expects. */
export interface Round {
  readonly window: FaultWindow;
  readonly isHidden: boolean;
  readonly hypothesis?: string;
  readonly outcomes: readonly ExpectationOutcome[];
  /** What a person said of the part that no figure decides. */
  readonly judged?: { readonly held: boolean; readonly text: string };
  /** From the injection to the first word of a person who had noticed. */
  readonly detection?: { readonly detectMs: number; readonly text: string };
  readonly isHealedByHand: boolean;
}

/** Written so by everybody who says what they expect; shown as help. */
export const EXPECTATION_HELP = [
  "recovery < 60 s",
  "freshness < 45 s",
  "failed writes < 1 %",
  "failed queries < 5 %",
  "nothing lost",
] as const;

const LIMITS =
  /\b(recovery|freshness|failed writes|failed queries)\s*(?:<=|<|≤)\s*(\d+(?:\.\d+)?)\s*(ms|s|min|%)/g;
const NOTHING_LOST = /\bnothing (?:is |gets |will be )?lost\b/;
const TIMES_MS: Readonly<Record<string, number>> = { ms: 1, s: 1000, min: 60_000 };

/** Pure: the measurable part of a hypothesis, in the order of its words. A limit in the wrong unit is none. */
export function expectationsIn(text: string): readonly Expectation[] {
  const words = text.toLowerCase();
  const limits = [...words.matchAll(LIMITS)].flatMap(([, subject = "", figure, unit = ""]) => {
    const isShare = subject.startsWith("failed");
    if (isShare !== (unit === "%")) return [];
    const value = Number(figure);
    const limit: Quantity = isShare
      ? { value: value / 100, unit: "ratio" }
      : { value: value * (TIMES_MS[unit] ?? 1), unit: "ms" };
    return [{ subject: subject as Subject, limit }];
  });
  return NOTHING_LOST.test(words) ? [...limits, { subject: "nothing lost" }] : limits;
}

/** Every fault that was begun, in the order in which that happened. `verdicts`: of the same run. */
export function roundsOf(journal: JournalReader, verdicts: readonly Verdict[]): readonly Round[] {
  return faultWindows(journal)
    .toSorted((one, other) => one.fromMs - other.fromMs)
    .map((window) => {
      const { id } = window.entry;
      const own = <E extends { readonly id: string }>(events: readonly E[]): E | undefined =>
        events.findLast((event) => event.id === id);
      const hypothesis = hypothesisOf(journal, window);
      const judged = own(journal.of("gameday.judged"));
      const expectations = hypothesis === undefined ? [] : expectationsIn(hypothesis);
      const detection = detectionOf(journal, window);
      return {
        window,
        isHidden: own(journal.of("gameday.chosen"))?.hidden === true,
        ...(hypothesis === undefined ? {} : { hypothesis }),
        outcomes: expectations.map((one) => outcomeOf(one, journal, window, verdicts)),
        ...(judged === undefined ? {} : { judged: { held: judged.held, text: judged.text } }),
        ...(detection === undefined ? {} : { detection }),
        isHealedByHand: own(journal.of("gameday.healed")) !== undefined,
      };
    });
}

/** What was written down after the injection is no hypothesis. */
function hypothesisOf(journal: JournalReader, { entry, fromMs }: FaultWindow): string | undefined {
  const said = journal
    .of("gameday.expected")
    .findLast(({ id, atMs }) => id === entry.id && atMs <= fromMs);
  return said?.text ?? entry.hypothesis;
}

function detectionOf(journal: JournalReader, window: FaultWindow): Round["detection"] {
  const first = journal.of("gameday.detected").find(({ id }) => id === window.entry.id);
  return first === undefined
    ? undefined
    : { detectMs: first.atMs - window.fromMs, text: first.text };
}

function outcomeOf(
  expectation: Expectation,
  journal: JournalReader,
  window: FaultWindow,
  verdicts: readonly Verdict[],
): ExpectationOutcome {
  switch (expectation.subject) {
    case "recovery":
      return recoveryOutcome(expectation, window);
    case "freshness":
      return freshnessOutcome(expectation, journal, window);
    case "failed writes":
      return failedOutcome(expectation, windowsWithin(journal, window, "bank"), "writes");
    case "failed queries":
      return failedOutcome(expectation, windowsWithin(journal, window, "queries"), "queries");
    case "nothing lost":
      return lossOutcome(expectation, verdicts);
  }
}

type Limited = Extract<Expectation, { readonly limit: Quantity }>;

const seconds = (ms: number): string => `${(ms / 1000).toFixed(1)} s`;

function recoveryOutcome(
  expectation: Limited,
  { recoveryMs, failure }: FaultWindow,
): ExpectationOutcome {
  if (recoveryMs === undefined) {
    const why = failure === undefined ? "" : `: ${failure}`;
    return { expectation, because: `no recovery was measured${why}` };
  }
  return {
    expectation,
    held: recoveryMs < expectation.limit.value,
    observed: { value: recoveryMs, unit: "ms" },
    because: `recovered in ${seconds(recoveryMs)}`,
  };
}

/** The oldest that anything was when it was first seen, of what was written while the fault lasted. */
function freshnessOutcome(
  expectation: Limited,
  journal: JournalReader,
  { fromMs, toMs }: FaultWindow,
): ExpectationOutcome {
  const isWithin = ({ intendedMs }: { readonly intendedMs: number }): boolean =>
    intendedMs >= fromMs && intendedMs < toMs;
  const seen = journal.of("canary.seen").filter(isWithin);
  const censored = journal.of("canary.censored").filter(isWithin);
  const ages = [
    ...seen.map(({ visibleMs, intendedMs }) => visibleMs - intendedMs),
    ...censored.map(({ ageMs }) => ageMs),
  ];
  if (ages.length === 0) return { expectation, because: "no canary was written meanwhile" };
  const worstMs = ages.reduce((worst, ageMs) => Math.max(worst, ageMs), 0);
  const isOver = worstMs >= expectation.limit.value;
  // One that was never seen is older than it was when we stopped looking; below the limit that says nothing.
  const isOpen = censored.length > 0 && !isOver;
  const unseen = censored.length === 0 ? "" : `, ${String(censored.length)} never seen`;
  return {
    expectation,
    ...(isOpen ? {} : { held: !isOver }),
    observed: { value: worstMs, unit: "ms" },
    because: `oldest of ${String(ages.length)} canaries ${seconds(worstMs)}${unseen}`,
  };
}

type LoadWindow = EventOf<"load.window">;

function windowsWithin(
  journal: JournalReader,
  { fromMs, toMs }: FaultWindow,
  workload: string,
): readonly LoadWindow[] {
  return journal
    .of("load.window")
    .filter((one) => one.workload === workload && one.fromMs >= fromMs && one.fromMs < toMs);
}

function failedOutcome(
  expectation: Limited,
  windows: readonly LoadWindow[],
  what: string,
): ExpectationOutcome {
  const sum = (count: (one: LoadWindow) => number): number =>
    windows.reduce((total, one) => total + count(one), 0);
  const offered = sum((one) => one.offered);
  if (offered === 0) return { expectation, because: `no ${what} were offered meanwhile` };
  const bad = sum((one) => one.failed + one.unknown + one.dropped);
  const ratio = bad / offered;
  return {
    expectation,
    held: ratio < expectation.limit.value,
    observed: { value: ratio, unit: "ratio" },
    because: `${String(bad)} of ${String(offered)} ${what} failed or have no known end`,
  };
}

/** Of the whole run: what one fault lost may show itself only at the end. */
function lossOutcome(expectation: Expectation, verdicts: readonly Verdict[]): ExpectationOutcome {
  const verdict = verdicts.find(({ id }) => id === "integrity.no-lost-change");
  if (verdict?.status === "PROVEN" || verdict?.status === "VIOLATED") {
    const held = verdict.status === "PROVEN";
    return { expectation, held, because: verdict.because };
  }
  return { expectation, because: verdict?.because ?? "the differential was never taken" };
}
