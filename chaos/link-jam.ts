/** What PostgreSQL sends to Connect waits in the Toxiproxy between them, and comes late, all at once. */
import { z } from "zod";
import type { Fault } from "../core/contracts/fault.ts";
import { reasonOf } from "../core/errors.ts";
import {
  addLatency,
  directRoundTripMs,
  linkReach,
  linkRoundTripMs,
  takeToxic,
  undoToxic,
} from "./link.ts";

const Params = z.strictObject({});
type Params = z.infer<typeof Params>;

const TOXIC = "lakeproof-jam";
/** Longer than any fault may last: nothing gets through by itself. Taken away, it lets all that waits go at once. */
const LATENCY_MS = 86_400_000;
const SILENCE_MS = 3000;

export const linkJam: Fault<Params> = {
  name: "link-jam",
  purpose:
    "Holds back everything PostgreSQL sends to Connect, connections open, and delivers all of it late in the end.",
  params: Params,
  paramsHelp: {},
  needs: ["linkLatency"],
  nearest: ["late-delivery", "link-latency"],
  stopsTarget: true,
  reach: (target) => linkReach(target, "B", ["connect"]),
  undo: (context) => undoToxic(context, TOXIC),
  inject: (context) => addLatency(context, TOXIC, { latencyMs: LATENCY_MS, jitterMs: 0 }),
  evidence: async (context) => {
    const directMs = await directRoundTripMs(context);
    try {
      await linkRoundTripMs(context, SILENCE_MS);
      return undefined;
    } catch (error) {
      context.signal.throwIfAborted();
      const silence = `no answer over the link within ${String(SILENCE_MS / 1000)} s (${reasonOf(error)})`;
      return `${silence}, ${directMs.toFixed(1)} ms beside it`;
    }
  },
  recover: (context) => takeToxic(context, TOXIC),
  evidenceAfter: async (context) =>
    `a round trip over the link takes ${(await linkRoundTripMs(context)).toFixed(1)} ms again`,
};
