/** The query mix in real k6, with starts at random, to a server of ours that answers at once: every start is accounted for. */
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { startNullServer, type NullServer } from "../../cli/load-sinks/null-server.ts";
import { startShapeOf } from "../../cli/run/query-starts.ts";
import type { Arrivals } from "../../core/contracts/plan.ts";
import { host } from "../../core/host.ts";
import type { QueryRunConfig } from "../../generators/k6/mix.ts";
import { parseK6Line, type K6Line } from "../../generators/k6/output.ts";
import { startSchedule } from "../../generators/k6/starts.ts";
import { defaultCacheDir } from "../../infra/artifacts/cache.ts";
import { openStore } from "../../infra/artifacts/store.ts";
import { startK6 } from "../../infra/clients/k6.ts";

const DURATION_S = 6;
const SEED = "31";
const dir = mkdtempSync(join(tmpdir(), "lakeproof-starts-"));
let k6: string;
let server: NullServer;

beforeAll(async () => {
  const store = openStore({ cacheDir: defaultCacheDir(), log: () => undefined });
  k6 = (await store.ensure(["k6"], AbortSignal.timeout(600_000))).k6;
  server = await startNullServer("trino");
});

afterAll(async () => {
  await server[Symbol.asyncDispose]();
  rmSync(dir, { recursive: true, force: true });
});

interface Told {
  readonly ended: readonly Extract<K6Line, { kind: "query" }>[];
  readonly droppedCount: number;
}

async function asked(
  arrivals: Arrivals,
  load: { readonly ratePerS: number; readonly vuCount: number },
): Promise<Told> {
  const starts = startShapeOf(arrivals);
  const config: QueryRunConfig = {
    ...{ trinoUrl: server.url, seed: SEED, durationS: DURATION_S, maxVUsPerClass: 1 },
    classes: [{ name: "simple", ...load, ...(starts === undefined ? {} : { starts }) }],
    ...{ laneCount: 4, userCountPerLane: 500 },
  };
  const ended: Extract<K6Line, { kind: "query" }>[] = [];
  let droppedCount = 0;
  const running = startK6({
    binary: k6,
    script: resolve(import.meta.dirname, "../../generators/k6/queries.ts"),
    outputPath: join(dir, "k6.ndjson"),
    logPath: join(dir, "k6.log"),
    endsWithUs: true,
    onLine: (line) => {
      const sample = parseK6Line(line);
      if (sample?.kind === "query") ended.push(sample);
      if (sample?.kind === "dropped") droppedCount += sample.count;
    },
    env: { LAKEPROOF_QUERIES: JSON.stringify(config) },
  });
  const giveUpMs = host.monotonicMs() + 60_000;
  while (!running.ended() && host.monotonicMs() < giveUpMs) await host.sleep(100);
  expect(await running.stop(), readFileSync(join(dir, "k6.log"), "utf8")).toBe(0);
  return { ended, droppedCount };
}

/** By the schedule alone, in milliseconds since the load began. */
function dueMs(arrivals: Arrivals, ratePerS: number): readonly number[] {
  const shape = startShapeOf(arrivals);
  if (shape === undefined) throw new RangeError("even ticks have no schedule of ours");
  const schedule = startSchedule(shape, ratePerS, `${SEED}|simple|starts`);
  const all: number[] = [];
  for (let index = 0; ; index += 1) {
    const ms = schedule.atMs(index);
    if (ms >= DURATION_S * 1000) return all;
    all.push(ms);
  }
}

describe("queries that do not come in even ticks", () => {
  it.each<Arrivals>([
    "poisson",
    { kind: "burst", spacing: "poisson", periodMs: 2000, burstMs: 500, peakRatio: 3 },
    { kind: "diurnal", spacing: "uniform", periodMs: 3000, peakRatio: 1.8 },
  ])("start when the schedule says, each once: %j", { timeout: 90_000 }, async (arrivals) => {
    const { ended, droppedCount } = await asked(arrivals, { ratePerS: 100, vuCount: 40 });
    const due = dueMs(arrivals, 100);
    expect(droppedCount).toBe(0);
    expect(ended.filter(({ outcome }) => outcome !== "ok")).toEqual([]);
    expect(ended).toHaveLength(due.length);
    // Both clocks of a sample are cut to a millisecond, and k6 says its own beginning to no better.
    const seen = ended
      .map(({ endedEpochMs, latencyMs }) => endedEpochMs - latencyMs)
      .sort((a, b) => a - b);
    const offsets = seen.map((ms, index) => ms - (due[index] ?? Number.NaN));
    expect(Math.max(...offsets) - Math.min(...offsets)).toBeLessThan(25);
  });

  it(
    "are counted as dropped where no worker is free for a second, and not forgotten",
    { timeout: 90_000 },
    async () => {
      const ratePerS = 20_000;
      const { ended, droppedCount } = await asked("poisson", { ratePerS, vuCount: 2 });
      const due = dueMs("poisson", ratePerS).length;
      expect(droppedCount).toBeGreaterThan(0);
      // What was due in the last second, or had not come to its turn, is the rest.
      expect(ended.length + droppedCount).toBeLessThanOrEqual(due);
      expect(Math.max(...ended.map(({ latencyMs }) => latencyMs))).toBeGreaterThan(900);
    },
  );
});
