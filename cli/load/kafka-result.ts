/** What a load into Kafka shows, whether it may be believed, and the text of it. Pure. */
import { EXIT_GRAVITY } from "../../core/errors.ts";
import type { ExitCode } from "../../core/errors.ts";
import { mergeHistograms } from "../../core/histogram.ts";
import type { HistogramSum } from "../../core/histogram.ts";
import type { KafkaLoadOutcome } from "./kafka-load-options.ts";

const LAG_MS_MAX = 100;
const BUSY_RATIO_MAX = 0.9;
const LOOP_DELAY_MS_MAX = 200;
/** Fewer than these of the operations meant to be done make every latency figure one of the lucky ones. */
const ACHIEVED_RATIO_MIN = 0.99;
/** From here on it is the generator that could not, and not the target. */
const BUSY_RATIO_TELLING = 0.8;
/** A thread that gets less than this share of the time it could use waits for a processor. */
const PROCESSOR_SHARE_MIN = 0.5;
const BUSY_RATIO_MIN = 0.3;

export interface KafkaLoadFacts {
  readonly rateEventsPerS: number;
  readonly durationMs: number;
  readonly seed: string;
}

export interface Latencies {
  /** Null: so many operations were never done that the percentile is one of them. */
  readonly p50: number | null;
  readonly p99: number | null;
  readonly p999: number | null;
  /** Of those that were done. */
  readonly max: number | null;
}

export interface KafkaLoadResult {
  readonly schema: "lakeproof.load-kafka/1";
  readonly verdict: "VALID" | "INVALID" | "VIOLATED";
  readonly exitCode: ExitCode;
  readonly reasons: readonly string[];
  readonly seed: string;
  readonly workerCount: number;
  readonly durationMs: number;
  readonly offeredEventsPerS: number;
  readonly achievedEventsPerS: number;
  readonly operations: Readonly<Record<OperationFate, number>>;
  readonly latencyMs: Latencies;
  /** From the intended start to the hand-over to the socket, of operations that the target did not hold up. */
  readonly lagMs: Latencies;
  readonly busyRatioMedian: number;
  /** Processor time of the busiest thread, as a share of a core. */
  readonly cpuRatioMedian: number;
  readonly gcRatioMedian: number;
  readonly eventLoopDelayMsMedian: number;
  readonly blockedMs: number;
  readonly heldUpCount: number;
  readonly cpuUsPerEvent: number;
  readonly rssBytesMax: number;
  /** Key and value of a record in the mean. */
  readonly payloadBytesPerEvent: number;
  /** Records with their headers over what went out. */
  readonly compressionRatio: number;
  readonly retryCount: number;
  readonly acknowledgedRecords: number;
  readonly unclearRecords: number;
  /** Null where the broker could not be asked. */
  readonly recordsInTopics: number | null;
  /** What the rows of each lane add up to after the last operation made. */
  readonly lanes: readonly { readonly lane: number; readonly digest: string }[];
  /** Absent where all was done in one process. */
  readonly agents?: readonly AgentPart[];
}

/** What one of several agents did of it. */
export interface AgentPart {
  readonly name: string;
  readonly lanes: readonly number[];
  readonly offeredEventsPerS: number;
  /** How late the order to start reached it. */
  readonly startLateMs: number;
  /** Its start lies within so much of the others'. */
  readonly clockErrorMs: number;
  /** Why there is nothing from it: then the figures of the whole are those of the others. Null where there is. */
  readonly lost: string | null;
  readonly figures: Figures | null;
}

const FATES = ["offered", "ok", "fail", "unknown", "dropped", "unfinished"] as const;
type OperationFate = (typeof FATES)[number];

export function kafkaLoadResult(outcome: KafkaLoadOutcome, facts: KafkaLoadFacts): KafkaLoadResult {
  const figures = figuresOf(outcome, facts);
  const verdict = verdictOf(violationsOf(figures), doubtsOf(figures));
  return { schema: "lakeproof.load-kafka/1", ...verdict, ...figures };
}

/** All that was counted and measured, judged by nobody. */
export function figuresOf(outcome: KafkaLoadOutcome, facts: KafkaLoadFacts): Figures {
  const { workers } = outcome;
  const sum = (of: (worker: KafkaLoadOutcome["workers"][number]) => number): number =>
    workers.reduce((total, worker) => total + of(worker), 0);
  const operations = Object.fromEntries(
    FATES.map((fate) => [fate, sum((worker) => worker.operations[fate])]),
  ) as Record<OperationFate, number>;
  const latency = mergeHistograms(workers.map(({ latencyUs }) => latencyUs));
  const lag = mergeHistograms(workers.map(({ lagUs }) => lagUs));
  const never = operations.dropped + operations.unfinished;
  const eventCount = sum((worker) => worker.eventCount);
  const eventCountAll = sum((worker) => worker.eventCountAll);
  return {
    seed: facts.seed,
    workerCount: workers.length,
    durationMs: facts.durationMs,
    offeredEventsPerS: facts.rateEventsPerS,
    achievedEventsPerS: (eventCount * 1000) / facts.durationMs,
    operations,
    latencyMs: latenciesOf(latency, never),
    lagMs: latenciesOf(lag, 0),
    busyRatioMedian: worstMedian(outcome, ({ busyRatio }) => busyRatio),
    cpuRatioMedian: worstMedian(outcome, ({ cpuRatio }) => cpuRatio),
    gcRatioMedian: worstMedian(outcome, ({ gcRatio }) => gcRatio),
    eventLoopDelayMsMedian: worstMedian(outcome, (health) => health.eventLoopDelayMsP99),
    blockedMs: Math.max(0, ...workers.map(({ blockedMs }) => blockedMs)),
    heldUpCount: sum((worker) => worker.heldUpCount),
    cpuUsPerEvent: (outcome.cpuMs * 1000) / eventCount,
    rssBytesMax: outcome.rssBytesMax,
    payloadBytesPerEvent: sum((worker) => worker.payloadBytes) / eventCountAll,
    compressionRatio: sum((worker) => worker.recordBytes) / sum((worker) => worker.sentBytes),
    retryCount: sum((worker) => worker.retryCount),
    acknowledgedRecords: eventCountAll,
    unclearRecords: sum((worker) => worker.unclearEventCountAll),
    recordsInTopics: Number.isNaN(outcome.grownBy) ? null : outcome.grownBy,
    lanes: workers.flatMap(({ digests }) => digests).sort((a, b) => a.lane - b.lane),
  };
}

type Verdict = Pick<KafkaLoadResult, "verdict" | "exitCode" | "reasons">;
export type Figures = Omit<KafkaLoadResult, "schema" | "agents" | keyof Verdict>;

/** What was never done is slower than everything that was. */
function latenciesOf(histogram: HistogramSum, neverCount: number): Latencies {
  const done = histogram.totalCount;
  const at = (percentile: number): number | null => {
    const share = ((percentile / 100) * (done + neverCount)) / done;
    return share > 1 || done === 0 ? null : histogram.percentileMs(share * 100);
  };
  return {
    p50: at(50),
    p99: at(99),
    p999: at(99.9),
    max: done === 0 ? null : histogram.percentileMs(100),
  };
}

/** Median over the seconds of the measured time, of the thread that is worst off. */
function worstMedian(
  { health }: KafkaLoadOutcome,
  of: (health: KafkaLoadOutcome["health"][number]) => number,
): number {
  const medians = [...Map.groupBy(health, ({ worker }) => worker).values()].map((samples) => {
    const values = samples.map(of).sort((a, b) => a - b);
    return values[Math.floor(values.length / 2)] ?? Number.NaN;
  });
  return Math.max(0, ...medians);
}

/** What is bad about the target, and with which exit code. */
export interface Violation {
  readonly text: string;
  readonly exit: ExitCode;
}

/** A doubt makes everything INVALID, but does not hide what is lost. */
export function verdictOf(violations: readonly Violation[], doubts: readonly string[]): Verdict {
  const reasons = [...violations.map(({ text }) => text), ...doubts];
  const exits: ExitCode[] = [
    ...violations.map(({ exit }) => exit),
    ...(doubts.length > 0 ? [21 as const] : []),
  ];
  const exitCode = EXIT_GRAVITY.find((code) => exits.includes(code)) ?? 0;
  const verdict = doubts.length > 0 ? "INVALID" : violations.length > 0 ? "VIOLATED" : "VALID";
  return { verdict, exitCode, reasons };
}

/** @param isWhole - false where what one of the agents wrote is not known */
export function violationsOf(figures: Figures, isWhole = true): readonly Violation[] {
  const { operations, acknowledgedRecords, unclearRecords, recordsInTopics } = figures;
  const found: Violation[] = [];
  if (operations.fail > 0) {
    found.push({ text: `${whole(operations.fail)} operations were refused.`, exit: 10 });
  }
  if (operations.unknown > 0) {
    found.push({ text: `Of ${whole(operations.unknown)} operations nobody knows.`, exit: 10 });
  }
  if (recordsInTopics !== null) {
    const excess = recordsInTopics - acknowledgedRecords;
    if (excess < 0 || (isWhole && excess > unclearRecords)) {
      found.push({
        text: `${whole(acknowledgedRecords)} records were acknowledged, and the topics grew by ${whole(recordsInTopics)}: ${excess < 0 ? "lost" : "doubled, or another writer was there"}.`,
        exit: 13,
      });
    }
  }
  return found;
}

/** Why the figures may not be believed, and who was short. */
export function doubtsOf(figures: Figures): readonly string[] {
  const { operations, lagMs, busyRatioMedian, eventLoopDelayMsMedian } = figures;
  const never = operations.dropped + operations.unfinished;
  const lag = lagMs.p99;
  const doubts: string[] = [];
  if (never > 0) {
    doubts.push(
      `${whole(never)} of ${whole(operations.offered)} operations were never started (${whole(operations.dropped)} dropped, ${whole(operations.unfinished)} unfinished).`,
    );
  }
  if (operations.ok < ACHIEVED_RATIO_MIN * operations.offered) {
    doubts.push(
      `Only ${percent(operations.ok / operations.offered)} of the operations offered were done.`,
    );
  }
  if (lag !== null && lag > LAG_MS_MAX) {
    doubts.push(
      `Operations left the generator late: p99 ${ms(lag)} (limit ${String(LAG_MS_MAX)} ms).`,
    );
  }
  if (busyRatioMedian > BUSY_RATIO_MAX) {
    doubts.push(
      `A generator thread was busy ${percent(busyRatioMedian)} of the time (limit ${percent(BUSY_RATIO_MAX)}).`,
    );
  }
  if (eventLoopDelayMsMedian > LOOP_DELAY_MS_MAX) {
    doubts.push(
      `A generator's event loop was ${ms(eventLoopDelayMsMedian)} late (limit ${String(LOOP_DELAY_MS_MAX)} ms).`,
    );
  }
  if (doubts.length > 0) doubts.push(whoWasShort(figures));
  return doubts;
}

/** The generator had no room, or the target did not answer in time: the remedy differs. */
function whoWasShort(figures: Figures): string {
  const { busyRatioMedian, cpuRatioMedian, blockedMs, durationMs } = figures;
  const busy = percent(busyRatioMedian);
  const starved = cpuRatioMedian < PROCESSOR_SHARE_MIN * busyRatioMedian;
  if (starved && busyRatioMedian > BUSY_RATIO_MIN) {
    return `The generator had work ${busy} of the time and got a processor ${percent(cpuRatioMedian)} of it: other programs take them, so give it a quieter machine.`;
  }
  if (busyRatioMedian >= BUSY_RATIO_TELLING) {
    return `The generator is at its limit (busy ${busy}): lower --rate, give it more --workers, or a machine of its own.`;
  }
  return `The generator had room (busy ${busy}) and waited ${percent(blockedMs / durationMs)} of the time for acknowledgements: the target takes no more than this, or shares its processors.`;
}

export function kafkaLoadText(result: KafkaLoadResult): string {
  const { operations, latencyMs, lagMs } = result;
  const lines: readonly (readonly [string, string])[] = [
    [
      "offered",
      `${whole(result.offeredEventsPerS)} events/s for ${String(result.durationMs / 1000)} s, seed ${result.seed}`,
    ],
    ["achieved", `${whole(result.achievedEventsPerS)} events/s acknowledged by all in-sync copies`],
    ["operations", FATES.map((fate) => `${whole(operations[fate])} ${fate}`).join(", ")],
    ["latency from the intended start", latencyText(latencyMs)],
    [
      "generator lag",
      `${latencyText(lagMs)}; the target held up ${percent(result.heldUpCount / operations.offered)} of the operations`,
    ],
    [
      "generator",
      `${String(result.workerCount)} thread(s), busy ${percent(result.busyRatioMedian)}, GC ${percent(result.gcRatioMedian)}, event loop late ${ms(result.eventLoopDelayMsMedian)}, ${(result.rssBytesMax / 2 ** 20).toFixed(0)} MiB`,
    ],
    ["CPU", `${result.cpuUsPerEvent.toFixed(2)} µs an event`],
    [
      "payload",
      `${result.payloadBytesPerEvent.toFixed(0)} bytes an event, compressed ${result.compressionRatio.toFixed(2)} to 1 by lz4`,
    ],
    [
      "records",
      `${whole(result.acknowledgedRecords)} acknowledged, ${result.recordsInTopics === null ? "the topics could not be asked" : `${whole(result.recordsInTopics)} in the topics`}, ${whole(result.retryCount)} retries`,
    ],
  ];
  const all = [...lines, ...(result.agents ?? []).map(agentLine)];
  const width = Math.max(...all.map(([name]) => name.length));
  return [
    ...all.map(([name, text]) => `  ${name.padEnd(width)}  ${text}`),
    `${result.verdict}${result.reasons.length === 0 ? "" : `: ${result.reasons.join(" ")}`}`,
    "",
  ].join("\n");
}

function agentLine({
  name,
  lanes,
  lost,
  figures,
  startLateMs,
}: AgentPart): readonly [string, string] {
  if (figures === null) return [name, lost ?? ""];
  const { operations, lagMs, busyRatioMedian } = figures;
  return [
    name,
    `lanes ${lanes.join(", ")}: ${whole(operations.ok)} of ${whole(operations.offered)} operations ok, lag p99 ${ms(lagMs.p99)}, busy ${percent(busyRatioMedian)}, started ${ms(startLateMs)} late`,
  ];
}

function latencyText({ p50, p99, p999, max }: Latencies): string {
  return `p50 ${ms(p50)}, p99 ${ms(p99)}, p99.9 ${ms(p999)}, max ${ms(max)}`;
}

function ms(value: number | null): string {
  if (value === null) return "never";
  return value < 10 ? `${value.toFixed(2)} ms` : `${value.toFixed(0)} ms`;
}

function percent(ratio: number): string {
  return `${(ratio * 100).toFixed(1)} %`;
}

function whole(value: number): string {
  return Math.round(value).toLocaleString("en-US");
}
