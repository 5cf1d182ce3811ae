/** What an OpenSLO indicator of the type "lakeproof" may say: which of our measurements it means. */
import { z } from "zod";
import { OBJECTIVE_WINDOWS } from "../../core/contracts/objective.ts";

export const SOURCE_TYPE = "lakeproof";

const window = z.enum(OBJECTIVE_WINDOWS);

export const SourceSpec = z.discriminatedUnion("sli", [
  z.strictObject({
    sli: z.literal("freshness"),
    window: window.default("steady"),
    unit: z.literal("ms"),
  }),
  z.strictObject({
    sli: z.literal("latency"),
    workload: z.string(),
    class: z.string().optional(),
    window: window.default("steady"),
    unit: z.literal("ms"),
  }),
  z.strictObject({
    sli: z.literal("errors"),
    workload: z.string(),
    window: window.default("whole"),
  }),
  z.strictObject({ sli: z.literal("uptime"), window: window.default("whole") }),
  z.strictObject({
    sli: z.literal("rate"),
    workload: z.string(),
    window: window.default("whole"),
    unit: z.enum(["eventsPerS", "operationsPerS"]),
  }),
  z.strictObject({
    sli: z.literal("users"),
    workload: z.string(),
    window: window.default("whole"),
    unit: z.literal("count"),
  }),
  z.strictObject({
    sli: z.literal("recovery"),
    faultClass: z.enum(["W", "B", "X"]),
    window: z.literal("whole").default("whole"),
    unit: z.literal("ms"),
  }),
  z.strictObject({
    sli: z.literal("projected-uptime"),
    window: z.literal("whole").default("whole"),
  }),
  z.strictObject({
    sli: z.literal("unmeasured"),
    reason: z.string(),
    window: window.default("whole"),
    unit: z.enum(["eventsPerS", "operationsPerS", "count", "ratio", "ms"]),
  }),
]);

export type SourceSpec = z.infer<typeof SourceSpec>;

/** Metadata of OpenSLO that only we read. */
export const ANNOTATIONS = {
  id: "lakeproof/id",
  source: "lakeproof/source",
  seedLine: "lakeproof/seed-line",
  claim: "lakeproof/claim",
} as const;

/** OpenSLO allows no target of 1: a rate is held when this share of what was offered succeeded. */
export const RATE_TARGET = 0.99;
