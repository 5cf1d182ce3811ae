/** What a thousand people cost k6: memory at two numbers of them, before a BI tier that answers at once. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { NULL_BOARDS } from "../cli/load-sinks/null-bi.ts";
import { startNullServer } from "../cli/load-sinks/null-server.ts";
import { k6Binary } from "../cli/k6/agent.ts";
import { host } from "../core/host.ts";
import type { BiRunConfig } from "../generators/k6/bi-mix.ts";
import { parseK6Line } from "../generators/k6/output.ts";
import { startK6 } from "../infra/clients/k6.ts";
import { cpuMs, rssBytes } from "../infra/drivers/processes.ts";
import type { Figure } from "./micro.ts";

const USER_COUNTS = [100, 1000] as const;
const RAMP_MS = 20_000;
const HOLD_MS = 40_000;
const START_MS_MAX = 60_000;
const LOOK_MS = 500;
const THINK_MS = 10_000;

interface Seen {
  readonly userCount: number;
  readonly rssBytesMax: number;
  readonly actionCount: number;
  readonly cpuMs: number;
}

export async function userFigures(): Promise<readonly Figure[]> {
  const binary = await k6Binary(AbortSignal.timeout(600_000));
  const dir = mkdtempSync(join(tmpdir(), "lakeproof-bench-"));
  await using server = await startNullServer("bi");
  try {
    const [few, many] = [
      await seenWith(USER_COUNTS[0], { binary, dir, url: server.url }),
      await seenWith(USER_COUNTS[1], { binary, dir, url: server.url }),
    ];
    const perUser = (many.rssBytesMax - few.rssBytesMax) / (many.userCount - few.userCount);
    const alone = few.rssBytesMax - few.userCount * perUser;
    return [
      {
        name: "k6 memory per 1000 users",
        value: mebibytes(perUser * 1000),
        reference: `${mebibytes(alone)} without any, from ${String(few.userCount)} and ${String(many.userCount)} users`,
        ratio: ((perUser * 1000) / alone).toFixed(2),
        aim: "printed",
      },
      {
        name: `k6 CPU an action of ${String(many.userCount)} users`,
        value: `${(many.cpuMs / many.actionCount).toFixed(2)} ms`,
        reference: `${(few.cpuMs / few.actionCount).toFixed(2)} ms with ${String(few.userCount)}`,
        ratio: (many.cpuMs / many.actionCount / (few.cpuMs / few.actionCount)).toFixed(2),
        aim: "none set",
      },
    ];
  } finally {
    rmSync(dir, { recursive: true, force: true });
  }
}

interface Means {
  readonly binary: string;
  readonly dir: string;
  readonly url: string;
}

/** People come evenly, and stay: the most memory from the first of them to the end. */
async function seenWith(count: number, { binary, dir, url }: Means): Promise<Seen> {
  const config: BiRunConfig = {
    ...{ biUrl: url, user: "nobody", password: "nothing", seed: "1", boards: NULL_BOARDS },
    durationS: Math.ceil(HOLD_MS / 1000) + 60,
    users: { count, thinkMsMean: THINK_MS, rampMs: RAMP_MS },
  };
  let userCount = 0;
  let actionCount = 0;
  const k6 = startK6({
    binary,
    script: join(host.packageDir, "generators", "k6", "bi.ts"),
    outputPath: join(dir, "k6.ndjson"),
    logPath: join(dir, "k6.log"),
    endsWithUs: true,
    onLine: (line) => {
      const sample = parseK6Line(line);
      if (sample?.kind === "user") userCount += 1;
      if (sample?.kind === "query") actionCount += 1;
    },
    env: { LAKEPROOF_BI: JSON.stringify(config) },
  });
  try {
    const giveUpMs = host.monotonicMs() + START_MS_MAX;
    while (userCount === 0 && host.monotonicMs() < giveUpMs) await host.sleep(LOOK_MS);
    let most = 0;
    const endMs = host.monotonicMs() + RAMP_MS + HOLD_MS;
    while (host.monotonicMs() < endMs && !k6.ended()) {
      most = Math.max(most, rssBytes(k6.pid));
      await host.sleep(LOOK_MS);
    }
    const usedMs = k6.ended() ? Number.NaN : cpuMs(k6.pid);
    process.stderr.write(`${String(userCount)} users, ${String(actionCount)} actions\n`);
    return { userCount, rssBytesMax: most, actionCount, cpuMs: usedMs };
  } finally {
    await k6.stop();
  }
}

function mebibytes(bytes: number): string {
  return `${(bytes / 2 ** 20).toFixed(0)} MiB`;
}
