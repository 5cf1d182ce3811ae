/** Month's end: people wait for their reports when the engine loses its only coordinator. */
import { game } from "./game.ts";

export const coordinatorDuringReports = game("coordinator-during-reports", {
  purpose: "The Trino coordinator dies under large reports; the stream behind it goes on.",
  queries: [
    { name: "simple", ratePerS: 0.1, targetMs: 100 },
    { name: "large", ratePerS: 0.1, targetMs: 30_000 },
  ],
  faults: [
    {
      fault: "process-kill",
      service: "trino",
      holdMs: 5000,
      hypothesis:
        "Queries fail until it is back, and the lake misses nothing: recovery < 90 s, freshness < 120 s, failed writes < 1 %, nothing lost",
    },
  ],
  // There is one coordinator.
  beyondDesign: true,
});
