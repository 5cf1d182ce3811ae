/** Freshness by stage in words and rows, the same in every report: where the time of a change goes. */
import type { JournalReader } from "../core/contracts/journal.ts";
import type {
  FreshnessStage,
  FreshnessStages,
  StageFigures,
} from "../core/contracts/lake-commits.ts";
import { freshnessStages } from "../core/freshness-stages.ts";
import type { TextTable } from "./budgets.ts";
import { formatDurationMs, formatNumber, formatRatio, NONE, plural } from "./format.ts";

export const FRESHNESS_TITLE = "Where the time of a change goes";

export interface StageWords {
  readonly name: string;
  /** From which point to which. */
  readonly between: string;
  /** As the subject of a sentence. */
  readonly subject: string;
}

export const STAGE_WORDS: Readonly<Record<FreshnessStage, StageWords>> = {
  write: {
    name: "write",
    between: "due → committed in PostgreSQL",
    subject: "The write into PostgreSQL",
  },
  capture: {
    name: "capture",
    between: "committed → readable in Kafka",
    subject: "The capture from PostgreSQL into Kafka",
  },
  wait: {
    name: "wait for the checkpoint",
    between: "in Kafka → the checkpoint that holds it triggered",
    subject: "The wait for the next checkpoint",
  },
  commit: {
    name: "checkpoint and commit",
    between: "triggered → snapshot of the lake",
    subject: "The checkpoint with its commit to the lake",
  },
  visible: {
    name: "visible",
    between: "snapshot → read through Trino",
    subject: "The way from the snapshot to the reader",
  },
};

export interface FreshnessFacts {
  /** Which stage takes most. */
  readonly sentence: string;
  /** How many canaries it rests on, how long checkpoints took, and by whose clock. */
  readonly lead: string;
  readonly table: TextTable;
  readonly stages: FreshnessStages;
}

/** Undefined where nothing can be said: journals of older versions, runs without steady time. */
export function freshnessFacts(journal: JournalReader): FreshnessFacts | undefined {
  const stages = freshnessStages(journal);
  if (stages === undefined) return undefined;
  return { sentence: sentenceOf(stages), lead: leadOf(stages), table: tableOf(stages), stages };
}

function sentenceOf({ stages, longest, canaryCount, unknownShareRatio }: FreshnessStages): string {
  const found = stages.find(({ stage }) => stage === longest);
  const canaries = plural(canaryCount, "canary", "canaries");
  if (found === undefined) {
    return `Where most of the time goes cannot be told: ${formatRatio(unknownShareRatio)} of the freshness of ${canaries} lies between points that are not known.`;
  }
  const median = timeText(found.durationMsP50);
  return `${STAGE_WORDS[found.stage].subject} takes the largest part: ${formatRatio(found.shareRatio)} of the freshness of ${canaries} in steady time, ${median} at the median.`;
}

function leadOf({ canaryCount, wholeCount, checkpoints, clock }: FreshnessStages): string {
  const whole =
    wholeCount === canaryCount
      ? "Every stage is known of each of them"
      : `Every stage is known of ${formatNumber(wholeCount)} of ${formatNumber(canaryCount)}; what is not known counts as such and never as 0`;
  const took =
    checkpoints === undefined
      ? ""
      : ` Their ${plural(checkpoints.count, "checkpoint")} took ${formatDurationMs(checkpoints.durationMsP50)} at the median and ${formatDurationMs(checkpoints.durationMsMax)} at most.`;
  return `${whole}.${took} ${clock}`;
}

function tableOf(facts: FreshnessStages): TextTable {
  const { canaryCount, stages, unknownShareRatio } = facts;
  const count = formatNumber(canaryCount);
  return {
    label: FRESHNESS_TITLE,
    heads: ["Stage", "Known of", "p50", "p95", "max", "Share of the whole"],
    rows: [
      ...stages.map((own) => stageRow(own, count)),
      ["not known", NONE, NONE, NONE, NONE, formatRatio(unknownShareRatio)],
      [
        "freshness: due → read",
        `${count} of ${count}`,
        ...[facts.freshnessMsP50, facts.freshnessMsP95, facts.freshnessMsMax].map(formatDurationMs),
        formatRatio(1),
      ],
    ],
  };
}

function stageRow(own: StageFigures, count: string): readonly string[] {
  const { name, between } = STAGE_WORDS[own.stage];
  return [
    `${name}: ${between}`,
    `${formatNumber(own.knownCount)} of ${count}`,
    ...[own.durationMsP50, own.durationMsP95, own.durationMsMax].map(timeText),
    // Of a stage that is known of nobody the share is not 0 but in what is not known.
    own.knownCount === 0 ? NONE : formatRatio(own.shareRatio),
  ];
}

function timeText(durationMs: number | undefined): string {
  return durationMs === undefined ? NONE : formatDurationMs(durationMs);
}
