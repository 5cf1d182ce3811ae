/** Real k6 against a real MinIO: a frozen target shows as its schedule says, and a user's own script is read back. */
import { execFile } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { residueOf, takeDown } from "../../cli/heal.ts";
import { newLabState } from "../../cli/lab.ts";
import { inspectScript, scriptAt } from "../../cli/run/script-load.ts";
import { LakeproofError } from "../../core/errors.ts";
import { encodeHistogram, newHistogram, recordedValues, recordMs } from "../../core/histogram.ts";
import { host } from "../../core/host.ts";
import { parseK6Line } from "../../generators/k6/output.ts";
import { openScriptReader, thresholdsOf } from "../../generators/k6-script-output.ts";
import { defaultCacheDir } from "../../infra/artifacts/cache.ts";
import { openStore } from "../../infra/artifacts/store.ts";
import { startK6 } from "../../infra/clients/k6.ts";
import type { LabState } from "../../infra/drivers/lab.ts";
import { provision, type Lab } from "../../infra/provision.ts";
import { dev } from "../../infra/topologies/index.ts";

const made: string[] = [];
let state: LabState;
let lab: Lab;
let k6: string;
let url: string;

function newDir(name: string): string {
  const dir = mkdtempSync(join(tmpdir(), `lakeproof-${name}-`));
  made.push(dir);
  return dir;
}

beforeAll(async () => {
  const store = openStore({ cacheDir: defaultCacheDir(), log: () => undefined });
  const artifacts = await store.ensure(["minio", "k6"], AbortSignal.timeout(1_500_000));
  state = newLabState({
    ...{ topology: "test", subnet: "127.77.21", isolation: "loopback", held: false },
    logsDir: newDir("logs"),
  });
  lab = await provision({
    topology: { ...dev, services: { minio: dev.services.minio } },
    state,
    artifacts,
    signal: AbortSignal.timeout(120_000),
    onStep: () => undefined,
  });
  k6 = artifacts.k6;
  url = `http://${lab.endpoints.address("minio")}/minio/health/live`;
});

afterAll(async () => {
  try {
    await takeDown(state.id);
    expect(residueOf(state.id)).toEqual([]);
  } finally {
    for (const dir of made) rmSync(dir, { recursive: true, force: true });
  }
});

function script(name: string, text: string): string {
  const path = join(newDir("k6"), name);
  writeFileSync(path, text);
  return path;
}

const MIX = resolve(import.meta.dirname, "../../generators/k6/mix.ts");
const RATE_PER_S = 50;
const DURATION_S = 10;
const FREEZE_MS = 2_000;

const OPEN_SCRIPT = `
import exec from "k6/execution";
import http from "k6/http";
import { Trend } from "k6/metrics";
import { arrivalScenario, rampedStartMs } from ${JSON.stringify(MIX)};
const latency = new Trend("lakeproof_query_ms");
export const options = { scenarios: { simple: {
  ...arrivalScenario(${String(RATE_PER_S)}, 0, ${String(DURATION_S)}),
  preAllocatedVUs: 200, maxVUs: 200,
} } };
export default function () {
  const intended = rampedStartMs(exec.scenario.startTime, Date.now(), ${String(RATE_PER_S)}, 0);
  const response = http.get(__ENV.TARGET);
  latency.add(Date.now() - intended, {
    class: "simple", outcome: response.status === 200 ? "ok" : "failed", reason: "ok",
  });
}`;

describe("an open schedule", () => {
  it(
    "shows a frozen target in its percentiles as the schedule says",
    { timeout: 60_000 },
    async () => {
      const dir = newDir("open");
      const histogram = newHistogram();
      let dropped = 0;
      const running = startK6({
        binary: k6,
        script: script("open.ts", OPEN_SCRIPT),
        env: { TARGET: url },
        outputPath: join(dir, "out.ndjson"),
        logPath: join(dir, "k6.log"),
        onLine: (line) => {
          const sample = parseK6Line(line);
          if (sample?.kind === "query") recordMs(histogram, sample.latencyMs);
          if (sample?.kind === "dropped") dropped += sample.count;
        },
      });
      const minio = lab.driver.instance("minio-0");
      await host.sleep(4_000);
      process.kill(minio?.pid ?? 0, "SIGSTOP");
      await host.sleep(FREEZE_MS);
      process.kill(minio?.pid ?? 0, "SIGCONT");
      while (!running.ended()) await host.sleep(100);
      expect(await running.stop(), readFileSync(join(dir, "k6.log"), "utf8")).toBe(0);

      expect(dropped).toBe(0);
      expect(Math.abs(histogram.totalCount - RATE_PER_S * DURATION_S)).toBeLessThanOrEqual(1);
      // Those meant for the first half of the freeze wait more than a second: fifty a second, so fifty of them.
      const slow = recordedValues(encodeHistogram(histogram)).filter(
        ({ valueMs }) => valueMs >= FREEZE_MS / 2,
      );
      const slowCount = slow.reduce((sum, { count }) => sum + count, 0);
      expect(Math.abs(slowCount - (RATE_PER_S * FREEZE_MS) / 2000)).toBeLessThan(15);
      // Five of five hundred lie above the p99; they were meant for the first tenth of a second of the freeze.
      const expectedMs = FREEZE_MS - (0.01 * RATE_PER_S * DURATION_S * 1000) / RATE_PER_S;
      expect(Math.abs(histogram.getValueAtPercentile(99) / 1000 - expectedMs)).toBeLessThan(300);
    },
  );
});

const OWN_SCRIPT = `
import http from "k6/http";
import { check } from "k6";
export const options = {
  vus: 2, iterations: 40,
  thresholds: { http_req_failed: ["rate<0.01"], "http_req_duration{scenario:default}": ["p(95)<0.0001"] },
};
export default function () {
  const response = http.get("http://" + __ENV.LAKEPROOF_ADDRESS_MINIO + "/minio/health/live");
  check(response, { "is 200": (r) => r.status === 200, "is a cat": (r) => r.body === "cat" });
}`;

describe("a user's own script", () => {
  it("is read back: trends, checks and thresholds", { timeout: 60_000 }, async () => {
    const dir = newDir("own");
    const path = script("own.ts", OWN_SCRIPT);
    const facts = await inspectScript(scriptAt({ path }), k6, ["minio"]);
    expect(facts).toEqual({ scenarios: ["default"], vuCountMax: 2, thresholdCount: 2 });
    const reader = openScriptReader();
    const summaryPath = join(dir, "summary.json");
    const running = startK6({
      ...{ binary: k6, script: path, summaryPath },
      env: { LAKEPROOF_ADDRESS_MINIO: lab.endpoints.address("minio") },
      outputPath: join(dir, "out.ndjson"),
      logPath: join(dir, "k6.log"),
      onLine: (line) => {
        reader.take(line);
      },
    });
    while (!running.ended()) await host.sleep(100);
    // k6's own code for a threshold that was crossed: nothing answers in a tenth of a microsecond.
    expect(await running.stop()).toBe(99);
    const { iterations, checks, trends } = reader.result();
    expect(iterations).toBe(40);
    expect(checks).toEqual([
      { name: "is 200", scenario: "default", passed: 40, failed: 0 },
      { name: "is a cat", scenario: "default", passed: 0, failed: 40 },
    ]);
    expect(trends.find(({ metric }) => metric === "http_req_duration")).toMatchObject({
      ...{ scenario: "default", isTime: true, count: 40 },
    });
    expect(
      thresholdsOf(readFileSync(summaryPath, "utf8"))
        .map(({ ok }) => ok)
        .sort(),
    ).toEqual([false, true]);
  });

  it.each([
    ["no-syntax.ts", "export default function () { foo( }", "Unexpected"],
    [
      "no-executor.ts",
      "export const options = { scenarios: { a: { executor: 'nope' } } }; export default () => {};",
      "nope",
    ],
    ["no-function.ts", "export const options = {};", "exported functions"],
  ])("%s is refused before anything starts", async (name, text, words) => {
    const refused = inspectScript(scriptAt({ path: script(name, text) }), k6, ["minio"]);
    await expect(refused).rejects.toThrow(LakeproofError);
    await expect(refused).rejects.toMatchObject({ code: "CONFIG_INVALID", exitCode: 2 });
    await expect(refused).rejects.toThrow(words);
  });

  it("runs over two agents with one merged result", { timeout: 120_000 }, async () => {
    const path = script("own.ts", OWN_SCRIPT);
    const launcher = resolve(import.meta.dirname, "../../cli/lakeproof.js");
    const address = `LAKEPROOF_ADDRESS_MINIO=${lab.endpoints.address("minio")}`;
    const argv = [launcher, "k6", path, "--agents", "2", "--env", address, "--json"];
    const { code, stdout, stderr } = await new Promise<{
      readonly code: unknown;
      readonly stdout: string;
      readonly stderr: string;
    }>((done) => {
      execFile(process.execPath, argv, (error, out, err) => {
        done({ code: error?.code ?? 0, stdout: out, stderr: err });
      });
    });
    // Both parts cross the threshold that nothing can hold.
    expect(code, stderr).toBe(10);
    const result = JSON.parse(stdout) as {
      readonly agents: readonly { readonly exitCode: number; readonly iterations: number }[];
      readonly iterations: number;
      readonly trends: readonly { readonly metric: string; readonly count: number }[];
    };
    expect(result.agents.map(({ exitCode, iterations }) => [exitCode, iterations])).toEqual([
      [99, 20],
      [99, 20],
    ]);
    expect(result.iterations).toBe(40);
    expect(result.trends.find(({ metric }) => metric === "http_req_duration")?.count).toBe(40);
  });

  it("that is not there is refused by name", () => {
    expect(() => scriptAt({ path: "/nowhere/own.ts" })).toThrow("/nowhere/own.ts");
  });
});
