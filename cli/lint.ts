/** `lakeproof lint`: what cannot hold in a configuration, before anything is started. */
import { resolve } from "node:path";
import { closest } from "fastest-levenshtein";
import type { Topology } from "../core/contracts/topology.ts";
import { LakeproofError, type ExitCode } from "../core/errors.ts";
import { host } from "../core/host.ts";
import { planLab } from "../infra/lab-plan.ts";
import { collectFiles, collectSpecs, type Collected } from "../infra/lint/collect.ts";
import { declaredBy } from "../infra/lint/declared.ts";
import { count, plural } from "../infra/lint/figures.ts";
import { FACT_KINDS, type Demand, type Facts, type Targets } from "../infra/lint/facts.ts";
import { countBySeverity, lintFacts, type LintResult } from "../infra/lint/index.ts";
import { zoneLossesOf } from "../infra/lint/zone-losses.ts";
import { readConfigFiles } from "../infra/lint/read-files.ts";
import { SEVERITIES, type Finding, type Severity } from "../infra/lint/rule.ts";
import { SEED_HARDWARE, seedFacts } from "../infra/lint/seed-facts.ts";
import { TOPOLOGIES } from "../infra/topologies/index.ts";
import { OBJECTIVES } from "../slo/objectives/index.ts";
import { SUBNET_DEFAULT } from "./lab.ts";

export interface LintOptions {
  /** A topology, a file, a directory, or "seed" for the specification itself. */
  readonly target: string;
  readonly json: boolean;
}

const SEED = "seed";

const TARGETS: Targets = {
  freshnessMs: OBJECTIVES.freshness.threshold.value,
  queryMs: OBJECTIVES["latency.queries"].threshold.value,
  simpleQueryMs: OBJECTIVES["latency.simple"].threshold.value,
  largeReportMs: OBJECTIVES["latency.large"].threshold.value,
  errorRatio: OBJECTIVES["errors.queries"].threshold.value,
  uptimeRatio: OBJECTIVES.uptime.threshold.value,
};

/** What the specification asks of production; files that belong to no topology are judged by it. */
const PRODUCTION: Demand = {
  rateEventsPerS: OBJECTIVES["rate.production"].threshold.value,
  rateQueriesPerS: OBJECTIVES["rate.queries"].threshold.value,
  rateCallsPerS: OBJECTIVES["rate.api-calls"].threshold.value,
  userCount: OBJECTIVES["users.concurrent"].threshold.value,
};

/** 0 without an error among the findings, 10 with one. */
export function lint(options: LintOptions): ExitCode {
  const facts = factsOf(options.target);
  const result = lintFacts(facts);
  const counts = countBySeverity(result.findings);
  host.out(options.json ? jsonText(facts, result, counts) : consoleText(facts, result, counts));
  return counts.error > 0 ? 10 : 0;
}

function factsOf(target: string): Facts {
  const topology = (TOPOLOGIES as Readonly<Record<string, Topology>>)[target];
  if (topology !== undefined) return topologyFacts(topology);
  const production = { target, demand: PRODUCTION, targets: TARGETS, hardware: SEED_HARDWARE };
  if (target === SEED) return { ...seedFacts(), ...production, complete: true, unread: [] };
  const files = readConfigFiles(resolve(host.cwd, target));
  if (files === undefined) throw noSuchTarget(target);
  const { lists, unread } = collectFiles(files);
  if (FACT_KINDS.every((kind) => lists[kind].length === 0)) throw nothingToJudge(target, unread);
  return { ...lists, ...production, complete: false, unread };
}

/** A word about nothing would be taken for a word that all is well. */
function nothingToJudge(target: string, unread: readonly string[]): LakeproofError {
  const seen = unread.length === 0 ? "" : `\n${unreadLines(unread).join("\n")}`;
  return new LakeproofError(
    "CONFIG_INVALID",
    `Nothing in ${target} is a configuration lakeproof knows.${seen}`,
    {
      hint: "It reads server.properties, worker.properties, connectors and resource groups as JSON, Flink's, Patroni's and Prometheus' YAML, haproxy.cfg, redis.conf, postgresql.conf, MinIO's environment file and SQL.",
    },
  );
}

const UNREAD_LINE_COUNT_MAX = 8;

function unreadLines(unread: readonly string[]): readonly string[] {
  const more = unread.length - UNREAD_LINE_COUNT_MAX;
  return [
    ...unread.slice(0, UNREAD_LINE_COUNT_MAX).map((line) => `not read: ${line}`),
    ...(more > 0 ? [`not read: ${String(more)} files more`] : []),
  ];
}

function noSuchTarget(target: string): LakeproofError {
  const names = [...Object.keys(TOPOLOGIES), SEED];
  return new LakeproofError(
    "USAGE",
    `There is no topology, file or directory ${JSON.stringify(target)}.`,
    {
      hint: `Did you mean ${closest(target, names)}? Topologies are ${Object.keys(TOPOLOGIES).join(", ")}; "${SEED}" is the specification; anything else is a path.`,
    },
  );
}

function topologyFacts(topology: Topology): Facts {
  const { name, isolation } = topology;
  const lab = { id: "lint", subnet: SUBNET_DEFAULT, secret: "", isolation };
  const plan = planLab(topology, lab, {});
  const { lists }: Collected = collectSpecs(plan.specs, declaredBy(topology, plan));
  const full = topology.capacity.rateEventsPerS >= PRODUCTION.rateEventsPerS;
  return {
    ...lists,
    zoneLosses: zoneLossesOf(topology),
    target: name,
    complete: true,
    demand: full ? PRODUCTION : smallerDemand(topology),
    targets: TARGETS,
    // Only a topology for the specified load stands for the specified machines.
    hardware: full ? SEED_HARDWARE : {},
    unread: [],
  };
}

/** The topology's own capacity; users and calls in proportion, where the specification names none for it. */
function smallerDemand({ capacity }: Topology): Demand {
  const ratio = capacity.rateEventsPerS / PRODUCTION.rateEventsPerS;
  return {
    rateEventsPerS: capacity.rateEventsPerS,
    rateQueriesPerS: capacity.queriesPerHour / 3600,
    rateCallsPerS: PRODUCTION.rateCallsPerS * ratio,
    userCount: Math.max(1, PRODUCTION.userCount * ratio),
  };
}

type Counts = Readonly<Record<Severity, number>>;

function jsonText(facts: Facts, result: LintResult, counts: Counts): string {
  const { target, demand, targets, unread } = facts;
  const summary = summaryOf(facts, result, counts);
  const document = {
    schema: "lakeproof.lint/1",
    ok: counts.error === 0,
    target,
    summary,
    counts,
    demand,
    targets,
    ...result,
    unread,
  };
  return `${JSON.stringify(document, null, 2)}\n`;
}

const HEADINGS: Readonly<Record<Severity, string>> = {
  error: "ERRORS: does not start, loses data, or cannot hold an objective",
  warning: "WARNINGS: breaks an objective in a fault or as data grows",
  note: "NOTES",
};

function consoleText(facts: Facts, result: LintResult, counts: Counts): string {
  const sections = SEVERITIES.flatMap((severity) => {
    const findings = result.findings.filter((finding) => finding.severity === severity);
    return findings.length === 0 ? [] : [HEADINGS[severity], "", ...findings.flatMap(linesOf)];
  });
  return `${[...sections, ...unreadLines(facts.unread), summaryOf(facts, result, counts)].join("\n")}\n`;
}

function linesOf(finding: Finding): readonly string[] {
  const { file, alsoIn } = finding;
  const others = alsoIn.length === 0 ? "" : ` and ${String(alsoIn.length)} more`;
  return [
    `  ${finding.rule}  ${file}${others}`,
    `    ${finding.key}: ${finding.value}`,
    `    ${finding.consequence}`,
    `    → ${finding.change}`,
    "",
  ];
}

function demandText({ rateEventsPerS, rateQueriesPerS, userCount }: Demand): string {
  const queries =
    rateQueriesPerS < 1
      ? `${count(rateQueriesPerS * 3600)} queries/h`
      : `${count(rateQueriesPerS)} queries/s`;
  return `${count(rateEventsPerS)} events/s, ${queries} and ${count(userCount)} users`;
}

function summaryOf(facts: Facts, result: LintResult, counts: Counts): string {
  const found = SEVERITIES.map((severity) => plural(counts[severity], severity)).join(", ");
  const missing = [...new Set(result.notApplied.flatMap((rule) => rule.missing))];
  const silent =
    missing.length === 0
      ? "."
      : `, ${String(result.notApplied.length)} had nothing to look at (no ${missing.join(", ")}).`;
  const applied = `${plural(result.applied.length, "rule")} applied${silent}`;
  return `${facts.target}, held to ${demandText(facts.demand)}: ${found}; ${applied}`;
}
