/** Objectives as OpenSLO v1: one SLO a document, with the indicator inside. */
import { stringify } from "yaml";
import type { Objective } from "../../core/contracts/slo.ts";
import type { Json } from "../../core/contracts/values.ts";
import { API_VERSION } from "./openslo-schema.ts";
import { ANNOTATIONS, RATE_TARGET, SOURCE_TYPE } from "./openslo-source.ts";
import { seedLinesOf } from "./seed-targets.ts";

const SERVICE = "lakehouse";
const MS_PER_MINUTE = 60_000;

export interface OpenSloExport {
  readonly text: string;
  /** Ids of informational objectives: nothing measures them, so they are no service-level objectives. */
  readonly leftOut: readonly string[];
}

export function openSloOf(
  objectives: readonly Objective[],
  claims: readonly string[] = [],
): OpenSloExport {
  const exported = objectives.filter(({ sli }) => sli.kind !== "informational");
  const documents: readonly Json[] = [
    {
      apiVersion: API_VERSION,
      kind: "Service",
      metadata: { name: SERVICE, displayName: "CDC lakehouse" },
      spec: {
        description: "PostgreSQL to Iceberg through Debezium, Kafka and Flink, read by Trino.",
      },
    },
    ...exported.map((objective) => sloOf(objective, claims.includes(objective.id))),
  ];
  return {
    text: documents.map((document) => `---\n${stringify(document, { lineWidth: 0 })}`).join(""),
    leftOut: objectives.filter((one) => !exported.includes(one)).map(({ id }) => id),
  };
}

function sloOf(objective: Objective, claimed: boolean): Json {
  const { id, title, source } = objective;
  const name = nameOf(id);
  const lines = seedLinesOf(id);
  return {
    apiVersion: API_VERSION,
    kind: "SLO",
    metadata: {
      name,
      displayName: title,
      annotations: {
        [ANNOTATIONS.id]: id,
        [ANNOTATIONS.source]: source,
        ...(lines.length === 0 ? {} : { [ANNOTATIONS.seedLine]: lines.join(" ") }),
        ...(claimed ? { [ANNOTATIONS.claim]: "true" } : {}),
      },
    },
    spec: {
      description: `${title}. Source: ${source}`.slice(0, 1050),
      service: SERVICE,
      indicator: { metadata: { name: `${name}-sli`.slice(0, 63) }, spec: indicatorOf(objective) },
      timeWindow: [{ duration: "30d", isRolling: true }],
      budgetingMethod: objective.sli.kind === "uptime" ? "Timeslices" : "Occurrences",
      objectives: [{ displayName: title, ...targetOf(objective) }],
    },
  };
}

/** "latency.queries" → "latency-queries": RFC 1123 knows no dots and no capitals here. */
function nameOf(id: string): string {
  return id.toLowerCase().replace(/[^a-z0-9]+/g, "-");
}

function indicatorOf(objective: Objective): Json {
  const { kind } = objective.sli;
  if (kind === "errors" || kind === "projected-uptime") {
    const part = (counts: string): Json => metricOf(objective, { counts });
    return { ratioMetric: { counter: true, bad: part("bad"), total: part("total") } };
  }
  return { thresholdMetric: metricOf(objective, {}) };
}

/** Which part of a ratio it is cannot be told from our own words: it stands in the reference. */
function metricOf(
  { id, sli, window, threshold }: Objective,
  { counts }: { readonly counts?: string },
): Json {
  const { kind: sliKind, ...rest } = sli;
  const own: Json =
    sliKind === "uptime" || sliKind === "projected-uptime" || sliKind === "errors"
      ? {}
      : { unit: threshold.unit };
  const spec = Object.fromEntries(
    Object.entries(rest).filter(([key]) => key !== "sliceMs" && key !== "periodMs"),
  ) as Readonly<Record<string, Json>>;
  return {
    metricSource: {
      ...(counts === undefined ? {} : { metricSourceRef: `${nameOf(id)}-${counts}` }),
      type: SOURCE_TYPE,
      spec: { sli: sliKind, ...spec, window, ...own },
    },
  };
}

function targetOf(objective: Objective): Readonly<Record<string, Json>> {
  const { sli, threshold, badRatioMax } = objective;
  const target = roundedRatio(1 - badRatioMax);
  switch (sli.kind) {
    case "errors":
    case "projected-uptime":
      return { target };
    case "uptime":
      // A slice is good when the capability that answered least answered at all.
      return {
        op: "gt",
        value: 0,
        target,
        timeSliceTarget: 1,
        timeSliceWindow: sli.sliceMs / MS_PER_MINUTE,
      };
    case "freshness":
    case "latency":
      return { op: "lt", value: threshold.value, target };
    case "recovery":
      return { op: "lte", value: threshold.value, target };
    case "rate":
    case "users":
    case "unmeasured":
    case "informational":
      return { op: "gte", value: threshold.value, target: RATE_TARGET };
  }
}

/** 1 − 0.001 is 0.999 for people. */
export function roundedRatio(ratio: number): number {
  return Number(ratio.toPrecision(12));
}
