/** What a coordinator and its agents say to each other: a line of JSON at a time, on an agent's standard input and output. */
import { z } from "zod";
import type { Json } from "../../core/contracts/values.ts";

export const AGENT_SCHEMA = "lakeproof.agent/1";

/** What comes in between tells each that the other is there. */
export const BEAT_MS = 1000;
/** So many beats missed, and the other is lost. */
export const MISSED_BEATS_MAX = 10;

const json = z.unknown() as z.ZodType<Json>;

const Order = z.discriminatedUnion("kind", [
  z.object({ kind: z.literal("ping"), id: z.number() }),
  z.object({ kind: z.literal("job"), job: json }),
  z.object({
    kind: z.literal("start"),
    /** On the agent's own monotonic clock. */
    atMonotonicMs: z.number(),
    /** The same instant on the coordinator's wall clock: one for all agents. */
    atEpochMs: z.number(),
  }),
  z.object({ kind: z.literal("beat") }),
  /** Offer nothing more, and say what there is. */
  z.object({ kind: z.literal("finish") }),
  /** End at once. So does the end of standard input. */
  z.object({ kind: z.literal("stop") }),
]);
export type Order = z.infer<typeof Order>;

const Report = z.discriminatedUnion("kind", [
  z.object({
    kind: z.literal("hello"),
    schema: z.string(),
    /** Of lakeproof. */
    version: z.string(),
    work: z.string(),
  }),
  z.object({
    kind: z.literal("pong"),
    id: z.number(),
    monotonicMs: z.number(),
    epochMs: z.number(),
  }),
  /** All is there to start at once; `facts` is for the coordinator to compare with what it knows. */
  z.object({ kind: z.literal("ready"), facts: json }),
  z.object({ kind: z.literal("started"), lateMs: z.number() }),
  z.object({ kind: z.literal("beat") }),
  z.object({ kind: z.literal("event"), body: json }),
  z.object({ kind: z.literal("ended"), result: json }),
  z.object({ kind: z.literal("failed"), reason: z.string() }),
]);
export type Report = z.infer<typeof Report>;

/** Undefined for a line that is none of ours: a login shell may greet first. */
export function parseReport(line: string): Report | undefined {
  return parsed(Report, line);
}

/** Undefined for a line that is no order. */
export function parseOrder(line: string): Order | undefined {
  return parsed(Order, line);
}

function parsed<T>(schema: z.ZodType<T>, line: string): T | undefined {
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch {
    return undefined;
  }
  const found = schema.safeParse(value);
  return found.success ? found.data : undefined;
}
