/** The worst minute for the worst loss. */
import { game, GAME_BANK } from "./game.ts";

export const primaryLossAtPeak = game("primary-loss-at-peak", {
  purpose: "The PostgreSQL primary dies while the load is at three times its mean.",
  bank: {
    ...GAME_BANK,
    rateEventsPerS: 150,
    arrivals: {
      kind: "burst",
      spacing: "poisson",
      periodMs: 60_000,
      burstMs: 15_000,
      peakRatio: 3,
    },
  },
  faults: [
    {
      fault: "process-kill",
      service: "postgres",
      target: "leader",
      after: { event: "load-peak" },
      holdMs: 20_000,
      hypothesis:
        "Patroni promotes the synchronous standby and Debezium goes on from its slot: recovery < 60 s, failed writes < 40 %, nothing lost",
    },
  ],
});
