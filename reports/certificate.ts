/**
 * What a certificate says. `claimsOf` follows from the journal and its judgement alone, so that whoever has the raw
 * files can make it again; `statementOf` binds it to the files. Signing is not done here: it needs a key.
 */
import { PREDICATE_TYPE, STATEMENT_TYPE } from "../core/contracts/certificate.ts";
import type {
  CertificateClaims,
  CertificatePredicate,
  CertificateScope,
  CertificateStatement,
  CertifiedFault,
  CertifiedFile,
  ComparedNode,
  SpecificationComparison,
} from "../core/contracts/certificate.ts";
import type { JournalReader } from "../core/contracts/journal.ts";
import type { Judgement } from "../core/contracts/slo.ts";
import { specTotals } from "../core/seed-spec.ts";
import { faultWindows, owedFaults } from "../core/timeline.ts";
import { deviationsOf, isAsSpecified, nodeLines } from "./deviations.ts";
import type { NodeLine } from "./deviations.ts";
import { runFacts } from "./facts.ts";
import { formatBytes, formatDurationMs, formatNumber, plural } from "./format.ts";

const MIB_PER_GIB = 1024;
const BYTES_PER_MIB = 2 ** 20;

/** Beside what follows from the journal: the files and who signs. `subject` has the manifest first. */
export interface Binding extends Omit<CertificatePredicate, keyof CertificateClaims> {
  readonly subject: readonly CertifiedFile[];
}

export function statementOf(claims: CertificateClaims, binding: Binding): CertificateStatement {
  const { subject, ...bound } = binding;
  return {
    _type: STATEMENT_TYPE,
    subject,
    predicateType: PREDICATE_TYPE,
    predicate: { ...claims, ...bound },
  };
}

export function claimsOf(journal: JournalReader, judgement: Judgement): CertificateClaims {
  const { plan, environment } = journal;
  const { durationMs, endReason } = runFacts(journal);
  return {
    run: {
      runId: journal.runId,
      scenario: plan.scenario,
      seed: plan.seed,
      topology: plan.topology.name,
      driver: plan.driver,
      isolation: plan.isolation,
      startedAt: timestamp(journal.startedAtEpochMs),
      durationMs,
      ended: endReason,
      rerun: journal.rerun,
    },
    judgement,
    faults: faultsOf(journal),
    environment,
    specification: comparisonOf(journal, judgement),
    deviations: deviationsOf(journal),
    scope: scopeOf(journal, judgement),
  };
}

/** RFC 3339 in UTC; the epoch where no calendar knows the time. */
export function timestamp(epochMs: number): string {
  const date = new Date(epochMs);
  return (Number.isNaN(date.getTime()) ? new Date(0) : date).toISOString();
}

function faultsOf(journal: JournalReader): readonly CertifiedFault[] {
  const windows = faultWindows(journal);
  return owedFaults(journal).map((entry) => {
    const window = windows.find((candidate) => candidate.entry.id === entry.id);
    return {
      id: entry.id,
      fault: entry.fault,
      target: entry.instanceId,
      faultClass: entry.faultClass,
      injected: window !== undefined,
      evidence: window?.evidence ?? [],
      ...(window?.recoveryMs === undefined ? {} : { recoveryMs: window.recoveryMs }),
      recoveryBudgetMs: entry.recoveryBudgetMs,
    };
  });
}

function comparisonOf(journal: JournalReader, judgement: Judgement): SpecificationComparison {
  const { cpuCount, memoryBytes } = journal.environment;
  const { nodeCount, ...asked } = specTotals();
  return {
    isSpecified: judgement.certifiable.value,
    machine: {
      asked: { nodeCount, cpuCount: asked.cpuCount, memoryMiB: asked.memoryGiB * MIB_PER_GIB },
      had: { cpuCount, memoryMiB: Math.floor(memoryBytes / BYTES_PER_MIB) },
    },
    nodes: nodeLines(journal.plan).map(comparedNode),
  };
}

function comparedNode(line: NodeLine): ComparedNode {
  const { spec, nodeCount, memoryMiB, services } = line;
  return {
    node: spec.node,
    section: spec.section,
    asked: {
      nodeCount: spec.nodeCount,
      ...(spec.cpuCount === undefined ? {} : { cpuCount: spec.cpuCount }),
      ...(spec.memoryGiB === undefined ? {} : { memoryMiB: spec.memoryGiB * MIB_PER_GIB }),
      ...(spec.storage === undefined ? {} : { storage: spec.storage }),
      ...(spec.network === undefined ? {} : { network: spec.network }),
    },
    had: { nodeCount, ...(memoryMiB === undefined ? {} : { memoryMiB }), services },
    isAsSpecified: isAsSpecified(line),
  };
}

function scopeOf(journal: JournalReader, judgement: Judgement): CertificateScope {
  return {
    certifies: `${machineText(journal, judgement)} ${resultText(journal, judgement)}`,
    doesNotCertify: [
      ...(judgement.certifiable.value ? [] : [`Other hardware. ${judgement.certifiable.reason}`]),
      ...listed("Claimed and not PROVEN", openClaims(judgement)),
      ...listed("Not claimed", unclaimed(judgement)),
      faultLimits(journal),
      loadLimits(journal),
      "That the recording is honest: the signature binds these files to a key, and that key to nobody.",
    ],
  };
}

function machineText({ environment, plan }: JournalReader, judgement: Judgement): string {
  if (judgement.certifiable.value) return "Certifies the specified hardware.";
  const { cpuCount, cpuModel, memoryBytes } = environment;
  return (
    `Certifies exactly this machine and nothing more: ${plural(cpuCount, "core")} of ${cpuModel}, ` +
    `${formatBytes(memoryBytes)}, topology ${plan.topology.name}.`
  );
}

function resultText(journal: JournalReader, judgement: Judgement): string {
  const { endReason, durationMs } = runFacts(journal);
  const ended =
    endReason === "completed"
      ? ""
      : ` The run did not come to its end: ${endReason} after ${formatDurationMs(durationMs)}.`;
  return judgement.status === "PROVEN"
    ? `The run is PROVEN.${ended}`
    : `No more than this record is certified: the run is ${judgement.status}.${ended}`;
}

function openClaims({ verdicts }: Judgement): readonly string[] {
  return verdicts
    .filter((verdict) => verdict.claimed && verdict.status !== "PROVEN")
    .map(({ id, status }) => `${id} (${status})`);
}

function unclaimed({ verdicts }: Judgement): readonly string[] {
  return verdicts.filter((verdict) => !verdict.claimed).map(({ id }) => id);
}

function listed(what: string, ids: readonly string[]): readonly string[] {
  return ids.length === 0 ? [] : [`${what}: ${ids.join(", ")}.`];
}

function faultLimits(journal: JournalReader): string {
  const { faultCountPlanned, faultCountEvidenced } = runFacts(journal);
  if (faultCountPlanned === 0) return "Anything about failures: this plan injects no fault.";
  return `Faults other than the ${formatNumber(faultCountPlanned)} planned, of which ${formatNumber(faultCountEvidenced)} left evidence of an effect.`;
}

function loadLimits({ plan, endMs }: JournalReader): string {
  const queryRatePerS = plan.queries.reduce((sum, query) => sum + query.ratePerS, 0);
  return `More load than ${formatNumber(plan.bank.rateEventsPerS)} change events/s with ${formatNumber(queryRatePerS)} queries/s, or more time than ${formatDurationMs(endMs)}: a run is an observation.`;
}
