/** OpenSLO v1 documents → objectives. All problems at once, each with where it stands. */
import { parseAllDocuments } from "yaml";
import type { z } from "zod";
import type { Objective } from "../../core/contracts/slo.ts";
import { LakeproofError } from "../../core/errors.ts";
import { BUDGET_PERIOD_MS } from "../maths/burn-rate.ts";
import { roundedRatio } from "./openslo-export.ts";
import {
  API_VERSION,
  OTHER_KINDS,
  SliDocument,
  SloDocument,
  type SliSpec,
  type SloObjective,
} from "./openslo-schema.ts";
import { ANNOTATIONS, RATE_TARGET, SOURCE_TYPE, SourceSpec } from "./openslo-source.ts";

export interface ImportedObjectives {
  readonly objectives: readonly Objective[];
  /** Ids with the annotation lakeproof/claim: "true". */
  readonly claims: readonly string[];
  /** One sentence each: documents that were passed over, and SLOs nothing here can measure. */
  readonly notes: readonly string[];
}

export interface ImportOptions {
  /** What the text is called in errors. */
  readonly file: string;
  /** Loads there are; anything else would never have a sample. */
  readonly workloads: readonly string[];
}

interface Documents {
  readonly slos: readonly { readonly where: string; readonly slo: SloDocument }[];
  readonly slis: ReadonlyMap<string, SliSpec>;
  readonly notes: string[];
  readonly problems: string[];
}

export function objectivesFromOpenSlo(text: string, options: ImportOptions): ImportedObjectives {
  const documents = readDocuments(text);
  const { problems, notes } = documents;
  if (problems.length === 0 && documents.slos.length === 0) {
    problems.push(`holds no document of kind SLO with apiVersion ${API_VERSION}`);
  }
  const objectives: Objective[] = [];
  const claims: string[] = [];
  for (const { where, slo } of documents.slos) {
    for (const [index, target] of slo.spec.objectives.entries()) {
      const say = (problem: string): void => {
        problems.push(`${where}.spec.objectives[${String(index)}] ${problem}`);
      };
      const made = objectiveOf(slo, target, index, { documents, options, say });
      if (made === undefined) continue;
      if (objectives.some(({ id }) => id === made.id)) say(`has the id ${made.id} a second time`);
      objectives.push(made);
      if (slo.metadata.annotations?.[ANNOTATIONS.claim] === "true") claims.push(made.id);
      if (made.sli.kind === "unmeasured") notes.push(`${made.id}: ${made.sli.reason}.`);
    }
  }
  if (problems.length === 0) return { objectives, claims, notes };
  throw new LakeproofError(
    "CONFIG_INVALID",
    `${options.file} has ${String(problems.length)} problem(s) as OpenSLO v1:\n${problems
      .map((problem) => `  - ${problem}`)
      .join("\n")}`,
    { hint: "Correct them all; `lakeproof objectives --openslo` prints a file that is right." },
  );
}

function readDocuments(text: string): Documents {
  const slos: { where: string; slo: SloDocument }[] = [];
  const slis = new Map<string, SliSpec>();
  const notes: string[] = [];
  const problems: string[] = [];
  const parsed = parseAllDocuments(text);
  for (const [index, document] of [...parsed].entries()) {
    const number = `document ${String(index + 1)}`;
    const [error] = document.errors;
    if (error !== undefined) {
      problems.push(`${number} is no YAML: ${error.message.split("\n", 1)[0] ?? ""}`);
      continue;
    }
    const value: unknown = document.toJS();
    if (value === null) continue;
    const { apiVersion, kind, metadata } = headOf(value);
    const where = metadata === undefined ? number : `${number} (${metadata})`;
    if (apiVersion !== API_VERSION) {
      problems.push(
        `${where}.apiVersion is ${JSON.stringify(apiVersion)}: allowed is ${API_VERSION}`,
      );
    } else if (kind === "SLO") {
      const slo = parsedBy(SloDocument, value, where, problems);
      if (slo !== undefined) slos.push({ where, slo });
    } else if (kind === "SLI") {
      const sli = parsedBy(SliDocument, value, where, problems);
      if (sli !== undefined) slis.set(sli.metadata.name, sli.spec);
    } else if ((OTHER_KINDS as readonly unknown[]).includes(kind)) {
      if (kind !== "Service") notes.push(`${where} of kind ${String(kind)} was passed over.`);
    } else {
      const known = ["SLO", "SLI", ...OTHER_KINDS].join(", ");
      problems.push(`${where}.kind is ${JSON.stringify(kind)}: known are ${known}`);
    }
  }
  return { slos, slis, notes, problems };
}

function headOf(value: unknown): {
  readonly apiVersion?: unknown;
  readonly kind?: unknown;
  readonly metadata?: string;
} {
  if (typeof value !== "object" || value === null) return {};
  const { apiVersion, kind, metadata } = value as Readonly<Record<string, unknown>>;
  const name =
    typeof metadata === "object" && metadata !== null && "name" in metadata
      ? metadata.name
      : undefined;
  return { apiVersion, kind, ...(typeof name === "string" ? { metadata: name } : {}) };
}

function parsedBy<T>(
  schema: z.ZodType<T>,
  value: unknown,
  where: string,
  problems: string[],
): T | undefined {
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  for (const { path, message } of result.error.issues) {
    problems.push(`${[where, ...path.map(String)].join(".")} ${message}`);
  }
  return undefined;
}

interface Context {
  readonly documents: Documents;
  readonly options: ImportOptions;
  readonly say: (problem: string) => void;
}

function objectiveOf(
  slo: SloDocument,
  target: SloObjective,
  index: number,
  context: Context,
): Objective | undefined {
  const { metadata, spec } = slo;
  const indicator = spec.indicator?.spec ?? context.documents.slis.get(spec.indicatorRef ?? "");
  if (indicator === undefined) {
    context.say(`refers to the SLI ${JSON.stringify(spec.indicatorRef)}, which is not in the file`);
    return undefined;
  }
  if (indicator.thresholdMetric !== undefined) {
    if (spec.objectives.length > 1) {
      context.say("is one of several of a thresholdMetric, which may have one only");
    }
    if (target.op === undefined || target.value === undefined) {
      context.say("needs op and value, because its indicator is a thresholdMetric");
      return undefined;
    }
  }
  const annotations = metadata.annotations ?? {};
  const name = annotations[ANNOTATIONS.id] ?? metadata.name;
  const about = {
    id: index === 0 ? name : `${name}.${String(index + 1)}`,
    title: target.displayName ?? metadata.displayName ?? metadata.name,
    source: annotations[ANNOTATIONS.source] ?? `${context.options.file}, SLO ${metadata.name}`,
  };
  const metric = metricOf(indicator);
  if (metric.type?.toLowerCase() !== SOURCE_TYPE) return unmeasured(about, target, metric.type);
  const source = parsedSpec(metric.spec, context.say);
  return source === undefined ? undefined : measured(about, target, source, slo, context);
}

type About = Pick<Objective, "id" | "title" | "source">;

function metricOf({ thresholdMetric, ratioMetric }: SliSpec): {
  readonly type?: string | undefined;
  readonly spec?: unknown;
} {
  const metric =
    thresholdMetric ?? ratioMetric?.bad ?? ratioMetric?.good ?? ratioMetric?.raw ?? undefined;
  return metric?.metricSource ?? {};
}

function parsedSpec(spec: unknown, say: (problem: string) => void): SourceSpec | undefined {
  const result = SourceSpec.safeParse(spec);
  if (result.success) return result.data;
  for (const { path, message } of result.error.issues) {
    say(
      `has an indicator of type ${SOURCE_TYPE} whose spec${path.map((key) => `.${String(key)}`).join("")} is wrong: ${message}`,
    );
  }
  return undefined;
}

/** Somebody else's metric: kept and shown, so that nobody takes it for proven. */
function unmeasured(about: About, target: SloObjective, type = "none"): Objective {
  return {
    ...about,
    window: "whole",
    sli: {
      kind: "unmeasured",
      reason: `its indicator is of type ${type}, and only those of type ${SOURCE_TYPE} are measured by a run`,
    },
    threshold: {
      value: target.value ?? ratioOf(target),
      unit: target.value === undefined ? "ratio" : "count",
    },
    badRatioMax: 0,
  };
}

/** Says what is wrong with it; false where nothing can be made of it at all. */
function isUsable(
  target: SloObjective,
  source: SourceSpec,
  slo: SloDocument,
  { options, say }: Context,
): boolean {
  const { budgetingMethod } = slo.spec;
  if (ratioOf(target) <= 0) say("has the target 0, which everything meets");
  if ("workload" in source && !options.workloads.includes(source.workload)) {
    const known = options.workloads.join(", ");
    say(`names the workload ${JSON.stringify(source.workload)}: known are ${known}`);
  }
  if ((source.sli === "rate" || source.sli === "users") && ratioOf(target) !== RATE_TARGET) {
    say(
      `has another target than ${String(RATE_TARGET)}, the share of the offered load at which a rate counts as held`,
    );
  }
  const ops = OPERATORS[source.sli];
  if (ops !== undefined && !ops.includes(target.op)) {
    say(`has op ${String(target.op)}: allowed here are ${ops.join(" and ")}`);
  }
  if ((budgetingMethod !== "Occurrences") === (source.sli === "uptime")) return true;
  say(
    `has budgetingMethod ${budgetingMethod}: uptime is counted in Timeslices, all else in Occurrences`,
  );
  return false;
}

const OPERATORS: Readonly<Partial<Record<SourceSpec["sli"], readonly SloObjective["op"][]>>> = {
  freshness: ["lt", "lte"],
  latency: ["lt", "lte"],
  recovery: ["lt", "lte"],
  rate: ["gt", "gte"],
  users: ["gt", "gte"],
};

function measured(
  about: About,
  target: SloObjective,
  source: SourceSpec,
  slo: SloDocument,
  context: Context,
): Objective | undefined {
  if (!isUsable(target, source, slo, context)) return undefined;
  const badRatioMax = roundedRatio(1 - ratioOf(target));
  const { window } = source;
  const ms = { value: target.value ?? 0, unit: "ms" } as const;
  const ratio = { value: ratioOf(target), unit: "ratio" } as const;
  switch (source.sli) {
    case "freshness":
      return { ...about, window, sli: { kind: "freshness" }, threshold: ms, badRatioMax };
    case "latency": {
      const { workload, class: name } = source;
      const sli = {
        kind: "latency",
        workload,
        ...(name === undefined ? {} : { class: name }),
      } as const;
      return { ...about, window, sli, threshold: ms, badRatioMax };
    }
    case "recovery": {
      const sli = { kind: "recovery", faultClass: source.faultClass } as const;
      return { ...about, window, sli, threshold: ms, badRatioMax };
    }
    case "errors": {
      const sli = { kind: "errors", workload: source.workload } as const;
      return { ...about, window, sli, threshold: { ...ratio, value: badRatioMax }, badRatioMax };
    }
    case "uptime": {
      const sli = {
        kind: "uptime",
        sliceMs: sliceMsOf(target.timeSliceWindow, context.say),
      } as const;
      return { ...about, window, sli, threshold: ratio, badRatioMax };
    }
    case "projected-uptime": {
      const sli = { kind: "projected-uptime", periodMs: BUDGET_PERIOD_MS } as const;
      return { ...about, window, sli, threshold: ratio, badRatioMax };
    }
    case "rate": {
      const { unit, workload } = source;
      const threshold = { value: target.value ?? 0, unit };
      return { ...about, window, sli: { kind: "rate", workload, unit }, threshold, badRatioMax: 0 };
    }
    case "users": {
      const { unit, workload } = source;
      const threshold = { value: target.value ?? 0, unit };
      return { ...about, window, sli: { kind: "users", workload }, threshold, badRatioMax: 0 };
    }
    case "unmeasured": {
      const sli = { kind: "unmeasured", reason: source.reason } as const;
      const threshold = { value: target.value ?? 0, unit: source.unit };
      return { ...about, window, sli, threshold, badRatioMax: 0 };
    }
  }
}

function ratioOf({ target, targetPercent }: SloObjective): number {
  return target ?? roundedRatio((targetPercent ?? 0) / 100);
}

const MINUTES: Readonly<Record<string, number>> = { m: 1, h: 60, d: 1440, w: 10_080 };

/** A bare number is in minutes, and may be a fraction of one. */
function sliceMsOf(
  window: SloObjective["timeSliceWindow"],
  say: (problem: string) => void,
): number {
  const minutes =
    typeof window === "string"
      ? Number(window.slice(0, -1)) * (MINUTES[window.slice(-1)] ?? NaN)
      : (window ?? NaN);
  const sliceMs = Math.round(minutes * 60_000);
  if (sliceMs >= 1000 && sliceMs <= 86_400_000) return sliceMs;
  say(`has the timeSliceWindow ${String(window)}: allowed are slices from a second to a day`);
  return 1000;
}
