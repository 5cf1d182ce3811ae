/**
 * OpenSLO v1 as far as objectives need it: every field of SLO and SLI in the specification, and no other, so that a
 * misspelt one is an error and not a silence. Source: the specification of openslo/v1, "SLO", "Objectives", "SLI".
 */
import { z } from "zod";

export const API_VERSION = "openslo/v1";

/** Kinds that say nothing about an objective itself; they are passed over. */
export const OTHER_KINDS = [
  "DataSource",
  "Service",
  "AlertPolicy",
  "AlertCondition",
  "AlertNotificationTarget",
] as const;

const Duration = z
  .string()
  .regex(/^[1-9]\d*[mhdwMQY]$/, "is no duration such as 5m, 12h, 30d, 4w, 1M");

const Name = z
  .string()
  .regex(
    /^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/,
    "is no RFC 1123 name: up to 63 lower-case letters, digits and dashes",
  );

const Metadata = z.strictObject({
  name: Name,
  displayName: z.string().optional(),
  labels: z.record(z.string(), z.union([z.string(), z.array(z.string())])).optional(),
  annotations: z.record(z.string(), z.string()).optional(),
});

const Description = z.string().max(1050).optional();

const Metric = z.strictObject({
  metricSource: z.strictObject({
    metricSourceRef: z.string().optional(),
    type: z.string().optional(),
    spec: z.looseObject({}).optional(),
  }),
});

const RatioMetric = z
  .strictObject({
    counter: z.boolean().optional(),
    good: Metric.optional(),
    bad: Metric.optional(),
    total: Metric.optional(),
    rawType: z.enum(["success", "failure"]).optional(),
    raw: Metric.optional(),
  })
  .refine(
    ({ good, bad, total, raw, rawType }) =>
      raw === undefined
        ? total !== undefined && (good !== undefined || bad !== undefined) && rawType === undefined
        : rawType !== undefined && [good, bad, total].every((one) => one === undefined),
    "needs total with good or bad, or raw with rawType",
  );

const SliSpec = z
  .strictObject({
    description: Description,
    thresholdMetric: Metric.optional(),
    ratioMetric: RatioMetric.optional(),
  })
  .refine(
    ({ thresholdMetric, ratioMetric }) =>
      (thresholdMetric === undefined) !== (ratioMetric === undefined),
    "needs one of thresholdMetric and ratioMetric",
  );

const Indicator = z.strictObject({ metadata: Metadata, spec: SliSpec });

const Objective = z
  .strictObject({
    displayName: z.string().optional(),
    op: z.enum(["lte", "gte", "lt", "gt"]).optional(),
    value: z.number().optional(),
    target: z.number().gte(0).lt(1).optional(),
    targetPercent: z.number().gte(0).lt(100).optional(),
    timeSliceTarget: z.number().gt(0).lte(1).optional(),
    timeSliceWindow: z.union([z.number().positive(), Duration]).optional(),
    indicator: z.unknown().optional(),
    indicatorRef: z.string().optional(),
    compositeWeight: z.number().positive().optional(),
  })
  .refine(
    ({ target, targetPercent }) => (target === undefined) !== (targetPercent === undefined),
    "needs one of target and targetPercent",
  )
  .refine(
    ({ indicator, indicatorRef }) => indicator === undefined && indicatorRef === undefined,
    "makes this a composite SLO, which is not judged as one: write an SLO for each of its parts",
  );

const TimeWindow = z.strictObject({
  duration: Duration,
  isRolling: z.boolean().optional(),
  calendar: z.strictObject({ startTime: z.string(), timeZone: z.string() }).optional(),
});

const SloSpec = z
  .strictObject({
    description: Description,
    service: z.string().optional(),
    indicator: Indicator.optional(),
    indicatorRef: z.string().optional(),
    timeWindow: z.array(TimeWindow).length(1).optional(),
    budgetingMethod: z.enum(["Occurrences", "Timeslices", "RatioTimeslices"]),
    objectives: z.array(Objective).min(1),
    alertPolicies: z.array(z.unknown()).optional(),
  })
  .refine(
    ({ indicator, indicatorRef }) => (indicator === undefined) !== (indicatorRef === undefined),
    "needs one of indicator and indicatorRef",
  )
  .refine(
    ({ budgetingMethod, objectives }) =>
      budgetingMethod !== "Timeslices" ||
      objectives.every(
        (one) => one.timeSliceTarget !== undefined && one.timeSliceWindow !== undefined,
      ),
    "has budgetingMethod Timeslices: each objective needs timeSliceTarget and timeSliceWindow",
  )
  .refine(
    ({ budgetingMethod, objectives }) =>
      budgetingMethod !== "RatioTimeslices" ||
      objectives.every((one) => one.timeSliceWindow !== undefined),
    "has budgetingMethod RatioTimeslices: each objective needs timeSliceWindow",
  );

export const SloDocument = z.strictObject({
  apiVersion: z.literal(API_VERSION),
  kind: z.literal("SLO"),
  metadata: Metadata,
  spec: SloSpec,
});

export const SliDocument = z.strictObject({
  apiVersion: z.literal(API_VERSION),
  kind: z.literal("SLI"),
  metadata: Metadata,
  spec: SliSpec,
});

export type SloDocument = z.infer<typeof SloDocument>;
export type SliDocument = z.infer<typeof SliDocument>;
export type SloObjective = SloDocument["spec"]["objectives"][number];
export type SliSpec = z.infer<typeof SliSpec>;
