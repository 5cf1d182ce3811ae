/**
 * A server that freezes for two seconds, on a simulated clock: the percentiles must show exactly the waits
 * that the schedule implies, also for the operations that were only due during the freeze.
 */
import { expect, it } from "vitest";
import type { Outcome } from "../../core/contracts/values.ts";
import { runOpenLoop } from "../../core/open-loop.ts";

const GAP_MS = 10;
const SERVICE_MS = 1;
const FREEZE = { fromMs: 3000, toMs: 5000 };
const END_MS = 10_000;

function* everyGap(): Generator<number> {
  for (let at = 0; ; at += GAP_MS) yield at;
}

interface Seen {
  readonly latenciesMs: readonly number[];
  readonly offered: number;
}

async function simulate(
  apply: (nowMs: number) => { endMs: number; outcome: Outcome },
): Promise<Seen> {
  let clockMs = 0;
  let offered = 0;
  const latenciesMs: number[] = [];
  await runOpenLoop<number>({
    schedule: everyGap(),
    nowMs: () => clockMs,
    sleepMs: (ms) => {
      clockMs += ms;
      return Promise.resolve();
    },
    stopAtMs: () => END_MS,
    offered: () => void (offered += 1),
    next: (intendedMs) => Promise.resolve(intendedMs),
    apply: () => {
      const { endMs, outcome } = apply(clockMs);
      clockMs = endMs;
      return Promise.resolve(outcome);
    },
    settled: (_op, _outcome, intendedMs, endedMs) => {
      latenciesMs.push(endedMs - intendedMs);
    },
  });
  return { latenciesMs, offered };
}

/** What a queue with one server must give, computed from the schedule alone. */
function expectedLatencies(): number[] {
  const latencies: number[] = [];
  let freeMs = 0;
  for (let intendedMs = 0; intendedMs < END_MS; intendedMs += GAP_MS) {
    let startMs = Math.max(intendedMs, freeMs);
    if (startMs >= FREEZE.fromMs && startMs < FREEZE.toMs) startMs = FREEZE.toMs;
    freeMs = startMs + SERVICE_MS;
    latencies.push(freeMs - intendedMs);
  }
  return latencies;
}

it("counts the wait of every operation that a freeze held up", async () => {
  const { latenciesMs, offered } = await simulate((nowMs) => {
    const startMs = nowMs >= FREEZE.fromMs && nowMs < FREEZE.toMs ? FREEZE.toMs : nowMs;
    return { endMs: startMs + SERVICE_MS, outcome: "ok" };
  });
  expect(offered).toBe(END_MS / GAP_MS);
  expect(latenciesMs).toEqual(expectedLatencies());
  // A generator that only timed its own sends would have seen a single slow operation.
  expect(latenciesMs.filter((latency) => latency > 1000).length).toBeGreaterThan(90);
});

it("settles every offered operation, whatever its outcome", async () => {
  let count = 0;
  const { latenciesMs, offered } = await simulate((nowMs) => {
    count += 1;
    const outcome = (["ok", "fail", "unknown"] as const)[count % 3] ?? "ok";
    return { endMs: nowMs + SERVICE_MS, outcome };
  });
  expect(latenciesMs).toHaveLength(offered);
});
