/** What a k6 agent is given to do, and what it gives back. */
import { z } from "zod";
import { LakeproofError } from "../../core/errors.ts";

export const K6_WORK = "k6";

export const K6Job = z.object({
  /** k6 archive of the script, base64. */
  archive: z.string(),
  env: z.record(z.string(), z.string()),
  index: z.number().int().min(0),
  count: z.number().int().min(1),
});
export type K6Job = z.infer<typeof K6Job>;

const K6End = z.object({
  exitCode: z.number(),
  result: z.object({
    iterations: z.number(),
    dropped: z.number(),
    checks: z
      .array(
        z.object({
          ...{ name: z.string(), scenario: z.string() },
          ...{ passed: z.number(), failed: z.number() },
        }),
      )
      .readonly(),
    trends: z
      .array(
        z.object({
          ...{ metric: z.string(), scenario: z.string(), isTime: z.boolean() },
          ...{ count: z.number(), histogram: z.string() },
        }),
      )
      .readonly(),
  }),
  /** As this agent's k6 judged them over its own part. */
  thresholds: z
    .array(z.object({ metric: z.string(), expression: z.string(), ok: z.boolean() }))
    .readonly(),
  /** Last lines of k6's log. */
  log: z.string(),
});
export type K6End = z.infer<typeof K6End>;

/** Throws AGENT_LOST for what is no result. */
export function parseK6End(name: string, value: unknown): K6End {
  const parsed = K6End.safeParse(value);
  if (parsed.success) return parsed.data;
  throw new LakeproofError("AGENT_LOST", `${name} gave a result that cannot be read.`, {
    hint: "See that lakeproof there is the one that is here.",
  });
}
