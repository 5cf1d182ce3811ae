/** `lakeproof k6-agent`: one part of a k6 script, on whatever host it was started on; told by its standard input. */
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { host } from "../../core/host.ts";
import { openScriptReader, segmentOf, thresholdsOf } from "../../generators/k6-script-output.ts";
import { defaultCacheDir } from "../../infra/artifacts/cache.ts";
import { openStore } from "../../infra/artifacts/store.ts";
import { startK6 } from "../../infra/clients/k6.ts";
import { listenForStop } from "../stop.ts";
import { parseAgentJob, type AgentEnd } from "./protocol.ts";

const LOG_LINES_MAX = 20;
const POLL_MS = 200;

export async function k6Agent(): Promise<number> {
  const job = parseAgentJob(await host.readStdin());
  const stop = new AbortController();
  listenForStop(stop, { notice: "Stopping this agent's part.", hint: "Run it again." });
  const binary = await k6Binary(stop.signal);
  const dir = mkdtempSync(join(tmpdir(), "lakeproof-k6-"));
  try {
    const archive = join(dir, "script.tar");
    writeFileSync(archive, Buffer.from(job.archive, "base64"));
    const reader = openScriptReader();
    const summaryPath = join(dir, "summary.json");
    const logPath = join(dir, "k6.log");
    const k6 = startK6({
      ...{ binary, script: archive, env: job.env, summaryPath, logPath },
      args: segmentOf(job.index, job.count),
      outputPath: join(dir, "samples.ndjson"),
      onLine: (line) => {
        reader.take(line);
      },
    });
    while (!k6.ended() && !stop.signal.aborted) await host.sleep(POLL_MS);
    const exitCode = await k6.stop();
    const ended: AgentEnd = {
      kind: "ended",
      exitCode,
      result: reader.result(),
      thresholds: existsSync(summaryPath) ? thresholdsOf(readFileSync(summaryPath, "utf8")) : [],
      log: readFileSync(logPath, "utf8").split("\n").slice(-LOG_LINES_MAX).join("\n"),
    };
    host.out(`${JSON.stringify(ended)}\n`);
    return 0;
  } finally {
    rmSync(dir, { recursive: true, force: true });
  }
}

export async function k6Binary(signal: AbortSignal): Promise<string> {
  const store = openStore({ cacheDir: defaultCacheDir(), log: () => undefined });
  return (await store.ensure(["k6"], signal)).k6;
}
