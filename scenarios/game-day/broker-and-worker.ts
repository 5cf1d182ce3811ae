/** Two losses that each alone would be nothing. */
import { game } from "./game.ts";

export const brokerAndWorker = game("broker-and-worker", {
  purpose:
    "A broker dies, and while it comes back the Connect worker that runs the connector dies.",
  faults: [
    {
      fault: "process-kill",
      service: "kafka",
      holdMs: 15_000,
      hypothesis: "The other brokers lead its partitions: recovery < 45 s, nothing lost",
    },
    {
      fault: "process-kill",
      service: "connect",
      target: "task",
      after: { event: "recovery-started" },
      holdMs: 15_000,
      hypothesis:
        "The other worker takes the connector over and reads on from its offset: recovery < 60 s, freshness < 90 s, nothing lost",
    },
  ],
});
