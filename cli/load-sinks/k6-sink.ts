/** What k6 asks with nothing behind it: the seed's query mix, or its load on the BI tier, to a server that answers at once. */
import { mkdtempSync, rmSync } from "node:fs";
import { cpus, tmpdir } from "node:os";
import { join } from "node:path";
import type { LoadSink, SinkStep, SinkWindow } from "../../core/contracts/load-sink.ts";
import { LakeproofError } from "../../core/errors.ts";
import { newHistogram, recordMs } from "../../core/histogram.ts";
import { host } from "../../core/host.ts";
import type { BiRunConfig, OpenBiConfig } from "../../generators/k6/bi-mix.ts";
import { parseK6Line, type K6Line, type LoadName } from "../../generators/k6/output.ts";
import { startK6, type K6 } from "../../infra/clients/k6.ts";
import { OWNER_VARIABLE, ownerMark } from "../../infra/drivers/lab.ts";
import { cpuMs } from "../../infra/drivers/processes.ts";
import { mixAt } from "../../slo/capacity/judge-queries.ts";
import { QUERY_MIX } from "../capacity/query-step.ts";
import { k6Binary } from "../k6/agent.ts";
import { NULL_BOARDS } from "./null-bi.ts";
import { startNullServer } from "./null-server.ts";

/** In all classes as many users as a capacity search may have. */
const VU_COUNT_PER_CLASS = 100;
/** After the window, for the queries that were due in it. */
const GRACE_MS = 2000;
const START_MS_MAX = 60_000;
const LOOK_MS = 50;
/** Any lane and user: nothing looks them up. */
const BANK = { laneCount: 4, userCountPerLane: 500 } as const;

type EndedQuery = Extract<K6Line, { readonly kind: "query" }>;

/** One kind of load: its script, what it is told, and the load whose latency is the tightest. */
interface Kind {
  readonly speaks: "trino" | "bi";
  readonly script: string;
  readonly tightest: LoadName | undefined;
  readonly env: (asked: {
    readonly url: string;
    readonly seed: string;
    readonly durationS: number;
    readonly ratePerS: number;
  }) => Readonly<Record<string, string>>;
}

const QUERIES: Kind = {
  speaks: "trino",
  script: "queries.ts",
  tightest: QUERY_MIX.toSorted((one, other) => one.targetMs - other.targetMs)[0]?.name,
  env: ({ url, seed, durationS, ratePerS }) => ({
    LAKEPROOF_QUERIES: JSON.stringify({
      ...{ trinoUrl: url, seed, durationS },
      classes: mixAt(QUERY_MIX, ratePerS).map((one) => ({
        name: one.name,
        ratePerS: one.ratePerS,
      })),
      ...BANK,
      maxVUsPerClass: VU_COUNT_PER_CLASS,
    }),
  }),
};

/** The specification's figures: 500 refreshes beside 1000 calls a minute. */
const REFRESH_RATIO = 1 / 3;

const BI: Kind = {
  speaks: "bi",
  script: "bi.ts",
  tightest: "api-calls",
  env: ({ url, seed, durationS, ratePerS }) => {
    const open = (ratio: number): OpenBiConfig => ({
      ...{ ratePerS: ratePerS * ratio, rampMs: 0, maxVUs: VU_COUNT_PER_CLASS },
    });
    const config: BiRunConfig = {
      ...{ biUrl: url, user: "nobody", password: "nothing", seed, durationS, boards: NULL_BOARDS },
      dashboards: { ...open(REFRESH_RATIO), forceRatio: 0.1 },
      apiCalls: open(1 - REFRESH_RATIO),
    };
    return { LAKEPROOF_BI: JSON.stringify(config) };
  },
};

export function openK6Sink(seed: string, signal: AbortSignal): Promise<LoadSink> {
  return openKind(QUERIES, seed, signal);
}

export function openBiSink(seed: string, signal: AbortSignal): Promise<LoadSink> {
  return openKind(BI, seed, signal);
}

async function openKind(kind: Kind, seed: string, signal: AbortSignal): Promise<LoadSink> {
  const binary = await k6Binary(signal);
  const server = await startNullServer(kind.speaks);
  const dir = mkdtempSync(join(tmpdir(), "lakeproof-k6-"));
  return {
    run: (step, stop) => run({ kind, binary, url: server.url, dir, seed }, step, stop),
    [Symbol.asyncDispose]: async () => {
      await server[Symbol.asyncDispose]();
      rmSync(dir, { recursive: true, force: true });
    },
  };
}

interface Means {
  readonly kind: Kind;
  readonly binary: string;
  readonly url: string;
  readonly dir: string;
  readonly seed: string;
}

async function run(means: Means, step: SinkStep, signal: AbortSignal): Promise<SinkWindow> {
  signal.throwIfAborted();
  const begun = Promise.withResolvers<number>();
  const ended: EndedQuery[] = [];
  const k6 = start(means, step, (sample) => {
    if (sample.kind === "begun") begun.resolve(sample.intendedEpochMs);
    else if (sample.kind === "query") ended.push(sample);
  });
  try {
    const startEpochMs = await Promise.race([begun.promise, untilDead(k6, signal)]);
    const fromEpochMs = startEpochMs + step.settleMs;
    const toEpochMs = fromEpochMs + step.windowMs;
    await untilEpochMs(fromEpochMs, signal);
    const cpuStartMs = cpuMs(k6.pid);
    await untilEpochMs(toEpochMs, signal);
    const busyMs = cpuMs(k6.pid) - cpuStartMs;
    await untilEpochMs(toEpochMs + GRACE_MS, signal);
    await k6.stop();
    const busyRatio = busyMs / (step.windowMs * cpus().length);
    return queryWindow(ended, { ...step, fromEpochMs, busyRatio }, means.kind.tightest);
  } finally {
    await k6.stop();
  }
}

function start(means: Means, step: SinkStep, take: (sample: K6Line) => void): K6 {
  const { kind, binary, url, dir, seed } = means;
  // Until it is stopped.
  const durationS = Math.ceil((step.settleMs + step.windowMs + GRACE_MS) / 1000) + 60;
  return startK6({
    binary,
    script: join(host.packageDir, "generators", "k6", kind.script),
    outputPath: join(dir, "k6.ndjson"),
    logPath: join(dir, "k6.log"),
    onLine: (line) => {
      const sample = parseK6Line(line);
      if (sample !== undefined) take(sample);
    },
    env: {
      [OWNER_VARIABLE]: ownerMark(),
      ...kind.env({ url, seed, durationS, ratePerS: step.ratePerS }),
    },
  });
}

async function untilEpochMs(epochMs: number, signal: AbortSignal): Promise<void> {
  await host.sleep(Math.max(0, epochMs - host.epochMs()), signal);
}

/** Rejects when k6 has ended, or has begun nothing for too long: whoever waits for its first query waits in vain. */
async function untilDead(k6: K6, signal: AbortSignal): Promise<never> {
  const giveUpMs = host.monotonicMs() + START_MS_MAX;
  while (!k6.ended() && host.monotonicMs() < giveUpMs) await host.sleep(LOOK_MS, signal);
  throw new LakeproofError("CLIENT_FAILED", "k6 did not begin to ask.", {
    hint: "See that the machine has memory for it.",
  });
}

export interface QueryWindowFrame extends SinkStep {
  readonly fromEpochMs: number;
  /** Of all cores. */
  readonly busyRatio: number;
}

/** What the queries of the window came to, by their intended starts. Pure. */
export function queryWindow(
  ended: readonly EndedQuery[],
  { ratePerS, windowMs, fromEpochMs, busyRatio }: QueryWindowFrame,
  tightest: LoadName | undefined,
): SinkWindow {
  const toEpochMs = fromEpochMs + windowMs;
  const own = ended.filter(({ endedEpochMs, latencyMs }) => {
    const intendedEpochMs = endedEpochMs - latencyMs;
    return intendedEpochMs >= fromEpochMs && intendedEpochMs < toEpochMs;
  });
  const settled = own.filter(({ endedEpochMs }) => endedEpochMs <= toEpochMs + GRACE_MS);
  const failed = settled.filter(({ outcome }) => outcome === "failed");
  const latencies = newHistogram();
  for (const { class: name, latencyMs } of settled) {
    if (name === tightest) recordMs(latencies, latencyMs);
  }
  return {
    dueCount: (ratePerS * windowMs) / 1000,
    settledCount: settled.length,
    failedCount: failed.length,
    eventCount: settled.length - failed.length,
    latencyMsP99: latencies.totalCount === 0 ? windowMs : latencies.getValueAtPercentile(99) / 1000,
    busyRatio,
    loopDelayMsP99: 0,
  };
}
