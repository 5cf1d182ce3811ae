/**
 * metrics.prom: the figures of a run as OpenMetrics, for a textfile collector or a push gateway. Gauges only: a run is
 * over when it is told, and gauges are written alike in OpenMetrics and in the older text format of Prometheus.
 */
import type { JournalReader } from "../core/contracts/journal.ts";
import type { Reporter } from "../core/contracts/report.ts";
import type { Judgement, Verdict, VerdictStatus } from "../core/contracts/slo.ts";
import type { Unit } from "../core/contracts/values.ts";
import { freshnessStages } from "../core/freshness-stages.ts";
import { faultWindows, owedFaults, phaseIntervals } from "../core/timeline.ts";
import { runFacts } from "./facts.ts";

type Labels = Readonly<Record<string, string>>;

interface Sample {
  readonly labels: Labels;
  readonly value: number;
}

interface Family {
  /** Ends in its unit where it has one. */
  readonly name: string;
  readonly unit?: "seconds" | "ratio";
  readonly help: string;
  readonly samples: readonly Sample[];
}

export const openmetrics: Reporter = {
  name: "openmetrics",
  purpose: "verdicts, bounds, budgets and recoveries as gauges, for Prometheus",
  render: (journal, judgement) => [
    {
      path: "metrics.prom",
      body: `${[...families(journal, judgement).flatMap(familyLines), "# EOF"].join("\n")}\n`,
    },
  ],
};

function families(journal: JournalReader, judgement: Judgement): readonly Family[] {
  return [
    ...runFamilies(journal, judgement),
    ...verdictFamilies(judgement.verdicts),
    ...faultFamilies(journal),
    ...freshnessFamilies(journal),
    ...projectionFamilies(judgement.verdicts),
  ];
}

function runFamilies(journal: JournalReader, judgement: Judgement): readonly Family[] {
  const facts = runFacts(journal);
  const { runId, scenario, seed, status, exit } = judgement;
  const lost = facts.lostCount;
  const duplicated = facts.duplicatedCount;
  return [
    one("lakeproof_run_info", "Which run these figures are of; the value is always 1.", 1, {
      run_id: runId,
      scenario,
      seed,
      topology: journal.plan.topology.name,
      status,
    }),
    one("lakeproof_run_exit_code", "Exit code the verdicts ask for.", exit.code),
    seconds("lakeproof_run_start_time_seconds", "When the run started, as Unix time.", [
      { labels: {}, value: journal.startedAtEpochMs },
    ]),
    seconds("lakeproof_run_duration_seconds", "From the first to the last event.", [
      { labels: {}, value: facts.durationMs },
    ]),
    seconds(
      "lakeproof_run_phase_seconds",
      "Length of each phase.",
      phaseIntervals(journal).map(({ phase, fromMs, toMs }) => ({
        labels: { phase },
        value: toMs - fromMs,
      })),
    ),
    one(
      "lakeproof_changes_acknowledged",
      "Change events acknowledged to the load.",
      facts.eventsAcknowledged,
    ),
    maybe("lakeproof_changes_lost", "Acknowledged change events that are missing somewhere.", lost),
    maybe("lakeproof_changes_duplicated", "Change events that are somewhere twice.", duplicated),
  ];
}

const STATUSES: readonly VerdictStatus[] = ["PROVEN", "VIOLATED", "INCONCLUSIVE", "INVALID"];

type Figure = (verdict: Verdict) => number | undefined;

function verdictFamilies(verdicts: readonly Verdict[]): readonly Family[] {
  const status = {
    name: "lakeproof_verdict",
    help: "1 for the status a verdict has, 0 for the others.",
    samples: verdicts.flatMap(({ id, kind, claimed, status: own }) =>
      STATUSES.map((candidate) => ({
        labels: { id, kind, claimed: String(claimed), status: candidate },
        value: candidate === own ? 1 : 0,
      })),
    ),
  };
  return [
    status,
    ...OBJECTIVE_FIGURES.map(({ figure, scale = 1, ...family }) => ({
      ...family,
      samples: verdicts.flatMap((verdict) => {
        const value = figure(verdict);
        return value === undefined ? [] : [{ labels: { id: verdict.id }, value: value * scale }];
      }),
    })),
  ];
}

function observedIn(...units: readonly Unit[]): Figure {
  return ({ observed }) =>
    observed !== undefined && units.includes(observed.unit) ? observed.value : undefined;
}

interface ObjectiveFigure extends Omit<Family, "samples"> {
  readonly figure: Figure;
  /** From our unit to the base unit. */
  readonly scale?: number;
}

const OBJECTIVE_FIGURES: readonly ObjectiveFigure[] = [
  {
    name: "lakeproof_objective_samples",
    help: "Samples of an objective, missing ones included.",
    figure: ({ sample }) => sample?.n,
  },
  {
    name: "lakeproof_objective_bad_samples",
    help: "Those that were certainly bad.",
    figure: ({ sample }) => sample?.bad,
  },
  {
    name: "lakeproof_objective_effective_samples",
    help: "Independent samples that would tell as much.",
    figure: ({ sample }) => sample?.nEff,
  },
  {
    name: "lakeproof_objective_bad_bound_ratio",
    unit: "ratio",
    help: "One-sided 95 % bound on the share of bad samples.",
    figure: ({ bound }) => bound?.value,
  },
  {
    name: "lakeproof_objective_bad_limit_ratio",
    unit: "ratio",
    help: "Share of bad samples that is allowed.",
    figure: ({ bound }) => bound?.limit,
  },
  {
    name: "lakeproof_objective_burn_rate",
    help: "Share of bad samples over the allowed share.",
    figure: ({ burn }) => burn?.burnRate,
  },
  {
    name: "lakeproof_objective_budget_used_ratio",
    unit: "ratio",
    help: "Share of the error budget of 30 days that the run used.",
    figure: ({ burn }) => burn?.budgetUsedRatio,
  },
  {
    name: "lakeproof_objective_observed_seconds",
    unit: "seconds",
    help: "Observed time of an objective.",
    figure: observedIn("ms"),
    scale: 1 / 1000,
  },
  {
    name: "lakeproof_objective_observed_ratio",
    unit: "ratio",
    help: "Observed share of an objective.",
    figure: observedIn("ratio"),
  },
  {
    name: "lakeproof_objective_observed_per_second",
    help: "Observed rate of an objective.",
    figure: observedIn("eventsPerS", "operationsPerS"),
  },
];

function faultFamilies(journal: JournalReader): readonly Family[] {
  const windows = faultWindows(journal);
  const labelsOf = ({
    id,
    fault,
    service,
    faultClass,
  }: (typeof windows)[number]["entry"]): Labels => ({
    id,
    fault,
    service,
    class: faultClass,
  });
  return [
    {
      name: "lakeproof_fault_evidenced",
      help: "1 where something shows that the fault bit.",
      samples: owedFaults(journal).map((entry) => ({
        labels: labelsOf(entry),
        value: windows.some((one) => one.entry.id === entry.id && one.evidence.length > 0) ? 1 : 0,
      })),
    },
    seconds(
      "lakeproof_fault_recovery_seconds",
      "Time to the first row seen again; absent where it never was.",
      windows.flatMap(({ entry, recoveryMs }) =>
        recoveryMs === undefined ? [] : [{ labels: labelsOf(entry), value: recoveryMs }],
      ),
    ),
    seconds(
      "lakeproof_fault_recovery_budget_seconds",
      "Time it may take, computed from the configuration.",
      owedFaults(journal).map((entry) => ({
        labels: labelsOf(entry),
        value: entry.recoveryBudgetMs,
      })),
    ),
  ];
}

function freshnessFamilies(journal: JournalReader): readonly Family[] {
  const found = freshnessStages(journal);
  if (found === undefined) return [];
  const { stages, unknownShareRatio } = found;
  const shares = stages
    .filter(({ knownCount }) => knownCount > 0)
    .map(({ stage, shareRatio }) => ({ labels: { stage }, value: shareRatio }));
  return [
    seconds(
      "lakeproof_freshness_stage_seconds",
      "Time of a canary in each stage from its intended commit to the reader; absent where it is not known.",
      stages.flatMap(({ stage, durationMsP50, durationMsP95, durationMsMax }) =>
        [
          ["p50", durationMsP50] as const,
          ["p95", durationMsP95] as const,
          ["max", durationMsMax] as const,
        ].flatMap(([statistic, value]) =>
          value === undefined ? [] : [{ labels: { stage, statistic }, value }],
        ),
      ),
    ),
    {
      name: "lakeproof_freshness_stage_share_ratio",
      unit: "ratio",
      help: "Share of each stage in the freshness of all canaries; what is not known has its own.",
      samples: [...shares, { labels: { stage: "unknown" }, value: unknownShareRatio }],
    },
  ];
}

function projectionFamilies(verdicts: readonly Verdict[]): readonly Family[] {
  const found = verdicts.flatMap(({ projection }) => projection ?? [])[0];
  if (found === undefined) return [];
  const { availabilityRatio, availabilityRatioLower, periodDownMsUpper } = found;
  return [
    {
      name: "lakeproof_projected_availability_ratio",
      unit: "ratio",
      help: "Projected uptime from declared fault rates and measured recoveries.",
      samples: [
        { labels: { bound: "mean" }, value: availabilityRatio },
        ...(periodDownMsUpper === undefined
          ? []
          : [{ labels: { bound: "lower" }, value: availabilityRatioLower }]),
      ],
    },
  ];
}

function one(name: string, help: string, value: number, labels: Labels = {}): Family {
  return { name, help, samples: [{ labels, value }] };
}

function maybe(name: string, help: string, value: number | undefined): Family {
  return { name, help, samples: value === undefined ? [] : [{ labels: {}, value }] };
}

/** Samples in milliseconds, written in the base unit. */
function seconds(name: string, help: string, samples: readonly Sample[]): Family {
  return {
    name,
    unit: "seconds",
    help,
    samples: samples.map(({ labels, value }) => ({ labels, value: value / 1000 })),
  };
}

/** A family without samples is left out: it would only say that something might have been measured. */
function familyLines({ name, unit, help, samples }: Family): readonly string[] {
  const known = samples.filter(({ value }) => Number.isFinite(value));
  if (known.length === 0) return [];
  return [
    `# TYPE ${name} gauge`,
    ...(unit === undefined ? [] : [`# UNIT ${name} ${unit}`]),
    `# HELP ${name} ${help}`,
    ...known.map(({ labels, value }) => `${name}${labelText(labels)} ${String(value)}`),
  ];
}

function labelText(labels: Labels): string {
  const parts = Object.entries(labels).map(([name, value]) => `${name}="${escaped(value)}"`);
  return parts.length === 0 ? "" : `{${parts.join(",")}}`;
}

function escaped(value: string): string {
  return value.replaceAll("\\", "\\\\").replaceAll('"', '\\"').replaceAll("\n", "\\n");
}
