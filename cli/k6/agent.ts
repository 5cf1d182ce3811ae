/** `lakeproof k6-agent`: one part of a k6 script, on whatever host it was started on. */
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Json } from "../../core/contracts/values.ts";
import { host } from "../../core/host.ts";
import { openScriptReader, segmentOf, thresholdsOf } from "../../generators/k6-script-output.ts";
import { defaultCacheDir } from "../../infra/artifacts/cache.ts";
import { openStore } from "../../infra/artifacts/store.ts";
import { startK6 } from "../../infra/clients/k6.ts";
import {
  serveAgent,
  type AgentContext,
  type AgentStart,
  type PreparedWork,
} from "../agents/serve.ts";
import { K6_WORK, K6Job, type K6End } from "./protocol.ts";

const LOG_LINES_MAX = 20;
const POLL_MS = 200;

export function k6Agent(): Promise<number> {
  return serveAgent({ name: K6_WORK, prepare });
}

async function prepare(value: Json, context: AgentContext): Promise<PreparedWork> {
  const job = K6Job.parse(value);
  const binary = await k6Binary(context.signal);
  const dir = mkdtempSync(join(tmpdir(), "lakeproof-k6-"));
  writeFileSync(join(dir, "script.tar"), Buffer.from(job.archive, "base64"));
  return {
    facts: null,
    run: (start) => runPart({ ...context, job, binary, dir, start }),
    [Symbol.asyncDispose]: () => {
      rmSync(dir, { recursive: true, force: true });
      return Promise.resolve();
    },
  };
}

interface Part extends AgentContext {
  readonly job: K6Job;
  readonly binary: string;
  readonly dir: string;
  readonly start: AgentStart;
}

async function runPart({ job, binary, dir, start, signal, finish }: Part): Promise<K6End> {
  const reader = openScriptReader();
  const summaryPath = join(dir, "summary.json");
  const logPath = join(dir, "k6.log");
  await host.sleep(Math.max(0, start.startMonotonicMs - host.monotonicMs()), signal);
  const k6 = startK6({
    ...{ binary, script: join(dir, "script.tar"), env: job.env, summaryPath, logPath },
    args: segmentOf(job.index, job.count),
    outputPath: join(dir, "samples.ndjson"),
    endsWithUs: true,
    onLine: (line) => {
      reader.take(line);
    },
  });
  while (!k6.ended() && !signal.aborted && !finish.aborted) await host.sleep(POLL_MS);
  const exitCode = await k6.stop();
  return {
    ...{ exitCode, result: reader.result() },
    thresholds: existsSync(summaryPath) ? thresholdsOf(readFileSync(summaryPath, "utf8")) : [],
    log: readFileSync(logPath, "utf8").split("\n").slice(-LOG_LINES_MAX).join("\n"),
  };
}

export async function k6Binary(signal: AbortSignal): Promise<string> {
  const store = openStore({ cacheDir: defaultCacheDir(), log: () => undefined });
  return (await store.ensure(["k6"], signal)).k6;
}
