/**
 * The load on the BI tier as a k6 script, run unbuilt: dashboard refreshes and API calls on open schedules, and
 * beside them users who think. One sample an operation; latency counts from the intended start.
 */
import { sleep } from "k6";
import exec from "k6/execution";
import http from "k6/http";
import { Counter, Trend } from "k6/metrics";
import type { Options } from "k6/options";
import {
  callOf,
  chartProblem,
  firstThinkMs,
  readBiConfig,
  refreshOf,
  thinkMs,
  userActionOf,
} from "./bi-mix.ts";
import type { Action, OpenBiConfig } from "./bi-mix.ts";
import { arrivalScenario, chooser, rampedStartMs } from "./mix.ts";

const TIMEOUT_MS = 60_000;
const FAILURES_LOGGED_MAX = 3;

const config = readBiConfig(__ENV["LAKEPROOF_BI"]);
const operationMs = new Trend("lakeproof_bi_ms");
const operationBegun = new Trend("lakeproof_bi_begun_ms");
const users = new Counter("lakeproof_bi_users");

/** Each virtual user has a module of its own: this is one person's, or one program's, state. */
let token = "";
let lastEndMs: number | undefined;
let failuresLogged = 0;

export const options: Options = {
  systemTags: ["scenario"],
  summaryTrendStats: ["count", "med", "p(95)", "max"],
  scenarios: {
    ...openScenario("dashboards", "refresh", config.dashboards),
    ...openScenario("api-calls", "call", config.apiCalls),
    ...usersScenario(),
    // The table of k6's executors cannot tell which of them the names stand for.
  } as NonNullable<Options["scenarios"]>,
};

function openScenario(
  name: string,
  exec: string,
  load: OpenBiConfig | undefined,
): Readonly<Record<string, unknown>> {
  if (load === undefined) return {};
  const scenario = {
    ...arrivalScenario(load.ratePerS, load.rampMs, config.durationS),
    exec,
    preAllocatedVUs: load.maxVUs,
    maxVUs: load.maxVUs,
    gracefulStop: `${String(TIMEOUT_MS / 1000 + 5)}s`,
  };
  return { [name]: scenario };
}

function usersScenario(): Readonly<Record<string, unknown>> {
  if (config.users === undefined) return {};
  const { count, rampMs } = config.users;
  const rest = `${String(config.durationS)}s`;
  const shape =
    rampMs > 0
      ? {
          executor: "ramping-vus",
          startVUs: 0,
          stages: [
            { target: count, duration: `${String(rampMs)}ms` },
            { target: count, duration: rest },
          ],
        }
      : { executor: "constant-vus", vus: count, duration: rest };
  return { users: { ...shape, exec: "live" } };
}

/** One login for all: what is measured is work at the BI tier, not the hashing of passwords. */
export function setup(): string {
  return logIn();
}

export function refresh(shared: string): void {
  open("dashboards", shared, config.dashboards);
}

export function call(shared: string): void {
  open("api-calls", shared, config.apiCalls);
}

function open(
  name: "dashboards" | "api-calls",
  shared: string,
  load: OpenBiConfig | undefined,
): void {
  if (load === undefined) return;
  const startedMs = Date.now();
  const { startTime, iterationInTest } = exec.scenario;
  const intendedMs = rampedStartMs(startTime, startedMs, load.ratePerS, load.rampMs);
  const choose = chooser(config.seed, name, iterationInTest);
  const action =
    name === "dashboards"
      ? refreshOf(choose, config.boards, config.dashboards?.forceRatio ?? 0)
      : callOf(choose, config.boards);
  act(name, action, intendedMs, shared);
}

/** One pause and one action of one person, for as long as the run lasts. */
export function live(shared: string): void {
  const mean = config.users?.thinkMsMean ?? 0;
  const vu = exec.vu.idInTest;
  const choose = chooser(config.seed, `user ${String(vu)}`, exec.vu.iterationInScenario);
  const isFirst = lastEndMs === undefined;
  if (isFirst) users.add(1);
  const pauseMs = isFirst ? firstThinkMs(choose, mean) : thinkMs(choose, mean);
  const intendedMs = (lastEndMs ?? Date.now()) + pauseMs;
  sleep(Math.max(0, intendedMs - Date.now()) / 1000);
  act("users", userActionOf(choose, config.boards), intendedMs, shared);
  lastEndMs = Date.now();
}

interface Failure {
  readonly reason: "http" | "status" | "content" | "timeout";
  readonly detail: string;
}

function act(name: string, action: Action, intendedMs: number, shared: string): void {
  operationBegun.add(Date.now() - intendedMs, { class: name });
  if (token === "") token = shared;
  let failure = attempt(action);
  if (failure?.detail === "401") {
    // The token has run out: a program logs in again, and the time is its own.
    token = logIn();
    failure = attempt(action);
  }
  operationMs.add(Date.now() - intendedMs, {
    class: name,
    outcome: failure === undefined ? "ok" : "failed",
    reason: failure?.reason ?? "ok",
  });
  if (failure === undefined) return;
  failuresLogged += 1;
  if (failuresLogged <= FAILURES_LOGGED_MAX) {
    console.warn(`${name}: ${action.kind} failed (${failure.reason}): ${failure.detail}`);
  }
}

/** Never throws: what goes wrong is the answer. */
function attempt(action: Action): Failure | undefined {
  const params = { headers: headers(), timeout: TIMEOUT_MS, responseType: "text" as const };
  if (action.kind === "call") {
    const response = http.get(`${config.biUrl}${action.path}`, params);
    return statusFailure(response);
  }
  // The page asks for all its charts at once.
  const responses = http.batch(
    action.board.charts.map((chart) => ({
      method: "POST",
      url: `${config.biUrl}${chart.path}`,
      body: JSON.stringify({ ...chart.body, force: action.force }),
      params,
    })),
  );
  for (const response of responses) {
    const failure = statusFailure(response);
    if (failure !== undefined) return failure;
    const problem = chartProblem(typeof response.body === "string" ? response.body : null);
    if (problem !== undefined) return { reason: "content", detail: problem };
  }
  return undefined;
}

function statusFailure(response: {
  readonly status: number;
  readonly error: string;
  readonly error_code: number;
}): Failure | undefined {
  if (response.status === 200) return undefined;
  // 1050 is k6's code for a request that took too long.
  if (response.error_code === 1050) return { reason: "timeout", detail: response.error };
  if (response.status === 0) return { reason: "http", detail: response.error };
  return { reason: "status", detail: String(response.status) };
}

function headers(): Record<string, string> {
  return { "Content-Type": "application/json", Authorization: `Bearer ${token}` };
}

function logIn(): string {
  const { user: username, password } = config;
  const response = http.post(
    `${config.biUrl}/api/v1/security/login`,
    JSON.stringify({ username, password, provider: "db", refresh: false }),
    { headers: { "Content-Type": "application/json" }, timeout: TIMEOUT_MS, responseType: "text" },
  );
  const body = typeof response.body === "string" ? response.body : "";
  const found = /"access_token"\s*:\s*"([^"]+)"/.exec(body)?.[1];
  if (found === undefined) {
    console.warn(`login answered ${String(response.status)} ${response.error}`);
  }
  return found ?? "";
}
