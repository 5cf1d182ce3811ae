/** What coordinator and agent say to each other: one job on standard input, one line of JSON an event back. */
import { z } from "zod";
import type { ScriptThreshold } from "../../core/contracts/journal.ts";
import { LakeproofError } from "../../core/errors.ts";
import type { ScriptResult } from "../../generators/k6-script-output.ts";

export const AGENT_SCHEMA = "lakeproof.k6-agent/1";

export const AgentJob = z.object({
  schema: z.literal(AGENT_SCHEMA),
  /** k6 archive of the script, base64. */
  archive: z.string(),
  env: z.record(z.string(), z.string()),
  index: z.number().int().min(0),
  count: z.number().int().min(1),
});
export type AgentJob = z.infer<typeof AgentJob>;

export interface AgentEnd {
  readonly kind: "ended";
  readonly exitCode: number;
  readonly result: ScriptResult;
  /** As this agent's k6 judged them over its own part. */
  readonly thresholds: readonly ScriptThreshold[];
  /** Last lines of k6's log where it failed. */
  readonly log: string;
}

const Ended = z.object({
  kind: z.literal("ended"),
  exitCode: z.number(),
  result: z.object({
    iterations: z.number(),
    dropped: z.number(),
    checks: z.array(
      z.object({ name: z.string(), scenario: z.string(), passed: z.number(), failed: z.number() }),
    ),
    trends: z.array(
      z.object({
        metric: z.string(),
        scenario: z.string(),
        isTime: z.boolean(),
        count: z.number(),
        histogram: z.string(),
      }),
    ),
  }),
  thresholds: z.array(z.object({ metric: z.string(), expression: z.string(), ok: z.boolean() })),
  log: z.string(),
});

/** Undefined for a line that is not the agent's: a login shell may greet first. */
export function parseAgentLine(line: string): AgentEnd | undefined {
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch {
    return undefined;
  }
  const parsed = Ended.safeParse(value);
  return parsed.success ? parsed.data : undefined;
}

/** Throws USAGE for what is no job. */
export function parseAgentJob(text: string): AgentJob {
  try {
    return AgentJob.parse(JSON.parse(text));
  } catch {
    throw new LakeproofError("USAGE", "There is no job on standard input.", {
      hint: "This command is started by `lakeproof k6 --agent`, not by hand.",
    });
  }
}
