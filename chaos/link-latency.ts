/** Latency on the link between Connect and PostgreSQL, by a toxic in the Toxiproxy that carries it. */
import { z } from "zod";
import type { Fault } from "../core/contracts/fault.ts";
import {
  addLatency,
  directRoundTripMs,
  linkReach,
  linkRoundTripMs,
  takeToxic,
  undoToxic,
} from "./link.ts";

const Params = z.strictObject({
  latencyMs: z.number().int().min(1).max(60_000).default(250),
  jitterMs: z.number().int().min(0).max(60_000).default(0),
});
type Params = z.infer<typeof Params>;

const TOXIC = "lakeproof-latency";
/** Share of the configured latency that a measured round trip must show. */
const EVIDENCE_RATIO = 0.8;

export const linkLatency: Fault<Params> = {
  name: "link-latency",
  purpose: "Delays everything PostgreSQL sends to Connect.",
  params: Params,
  paramsHelp: {
    latencyMs: "delay of each packet towards Connect, 1 to 60000, default 250",
    jitterMs: "uniform jitter around it, default 0",
  },
  needs: ["linkLatency"],
  stopsTarget: false,
  reach: (target) => linkReach(target, "W"),
  undo: (context) => undoToxic(context, TOXIC),
  inject: (context) => addLatency(context, TOXIC, context.params),
  evidence: async (context) => {
    const slowMs = await linkRoundTripMs(context);
    const directMs = await directRoundTripMs(context);
    const leastMs = (context.params.latencyMs - context.params.jitterMs) * EVIDENCE_RATIO;
    if (slowMs - directMs < leastMs) return undefined;
    return `a PostgreSQL round trip takes ${slowMs.toFixed(0)} ms over the link, ${directMs.toFixed(1)} ms beside it`;
  },
  recover: (context) => takeToxic(context, TOXIC),
  evidenceAfter: async (context) => {
    const restoredMs = await linkRoundTripMs(context);
    if (restoredMs >= context.params.latencyMs * EVIDENCE_RATIO) return undefined;
    return `a round trip over the link takes ${restoredMs.toFixed(1)} ms again`;
  },
};
