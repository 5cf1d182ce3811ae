/**
 * The query mix as a k6 script, run unbuilt: every class is an open schedule of its own against
 * Trino's REST API. One sample a query; latency counts from the tick the query was meant to start at.
 */
import { sleep } from "k6";
import exec from "k6/execution";
import http from "k6/http";
import { Trend } from "k6/metrics";
import type { Options } from "k6/options";
import { digester, digestRange, digestStatement, isDigestTurn } from "./digest.ts";
import type { Digester, DigestRange } from "./digest.ts";
import {
  arrivalScenario,
  chooser,
  intendedStartMs,
  readConfig,
  rowCountFits,
  scheduleOf,
  sourceOf,
  statementOf,
} from "./mix.ts";
import type { QueryClassName } from "./mix.ts";
import { LATE_MS_MAX, startSchedule } from "./starts.ts";
import type { StartSchedule } from "./starts.ts";

const QUERY_TIMEOUT_MS = 60_000;
const RETRY_PAUSE_S = 0.1;
/** What Trino and the proxies before it answer when the same request may be sent again. */
const RETRY_STATUSES: readonly number[] = [429, 502, 503, 504];
const FAILURES_LOGGED_MAX = 3;

const config = readConfig(__ENV["LAKEPROOF_QUERIES"]);
const queryMs = new Trend("lakeproof_query_ms");
/** How long after its intended start each query was begun: also said of those that never end. */
const queryBegun = new Trend("lakeproof_query_begun_ms");
/** How late those were that no worker was free for in time. */
const queryDropped = new Trend("lakeproof_query_dropped_ms");
const queryRows = new Trend("lakeproof_query_rows");
let failuresLogged = 0;
/** Each worker has a module of its own, and works for one class. */
let schedule: StartSchedule | undefined;

export const options: Options = {
  discardResponseBodies: false,
  // Only what the reader of the output needs: each further tag multiplies k6's time series.
  systemTags: ["scenario"],
  summaryTrendStats: ["count", "med", "p(95)", "max"],
  // The table of k6's executors cannot tell which of them the name stands for.
  scenarios: Object.fromEntries(
    config.classes.map(({ name, ratePerS, starts, vuCount = config.maxVUsPerClass }) => {
      const scenario = {
        ...(starts === undefined
          ? {
              ...arrivalScenario(ratePerS, 0, config.durationS),
              preAllocatedVUs: vuCount,
              maxVUs: vuCount,
            }
          : {
              executor: "constant-vus",
              vus: vuCount,
              duration: `${String(config.durationS)}s`,
            }),
        // Longer than any query may take, so that the end of the schedule cuts no sample off.
        gracefulStop: `${String(QUERY_TIMEOUT_MS / 1000 + 5)}s`,
      };
      return [name, scenario];
    }),
  ) as NonNullable<Options["scenarios"]>,
};

interface TrinoPage {
  readonly nextUri?: string;
  readonly data?: readonly (readonly unknown[])[];
  readonly error?: { readonly errorName?: string; readonly message?: string };
}

type Answer =
  | { readonly reason: "ok"; readonly rowCount: number }
  | {
      readonly reason: "timeout" | "http" | "trino";
      readonly rowCount: number;
      readonly detail: string;
    };

type ClassConfig = (typeof config.classes)[number];

export default function query(): void {
  const entry = config.classes.find(({ name }) => name === exec.scenario.name);
  if (entry === undefined) return;
  const intendedMs = entry.starts === undefined ? tickOf(entry) : waitForStart(entry);
  if (intendedMs === undefined) return;
  const startedEpochMs = Date.now();
  queryBegun.add(startedEpochMs - intendedMs, { class: entry.name });
  const choose = chooser(config.seed, entry.name, exec.scenario.iterationInTest);
  const range = rangeOf(entry.name, choose("lane", config.laneCount), intendedMs);
  const digest = range === undefined ? undefined : digester(entry.name);
  const statement =
    range === undefined
      ? statementOf(entry.name, choose, config)
      : digestStatement(entry.name, range);

  const source = sourceOf(entry.name, config.mixed, intendedMs);
  const answer = ask(source, statement, startedEpochMs + QUERY_TIMEOUT_MS, digest);
  const latencyMs = Date.now() - intendedMs;

  // How many rows are right is for the comparison with the books to say, where there is one.
  const rowsOk =
    answer.reason === "ok" && (range !== undefined || rowCountFits(entry.name, answer.rowCount));
  const reason = answer.reason === "ok" && !rowsOk ? "rows" : answer.reason;
  if (range !== undefined && digest !== undefined && rowsOk) tell(range, digest);
  queryMs.add(latencyMs, {
    class: entry.name,
    outcome: rowsOk ? "ok" : "failed",
    rows: rowsOk ? "ok" : "wrong",
    reason,
  });
  tell(undefined, undefined);
  queryRows.add(answer.rowCount, { class: entry.name });
  if (!rowsOk) {
    const detail = answer.reason === "ok" ? `${String(answer.rowCount)} rows` : answer.detail;
    logFailure(`${entry.name} query failed (${reason}): ${detail}`);
  }
}

function tickOf({ ratePerS }: ClassConfig): number {
  const { periodMs } = scheduleOf(ratePerS);
  return intendedStartMs(exec.scenario.startTime, Date.now(), periodMs);
}

/** Undefined where the schedule ended before, or the operation was so late that it was dropped. */
function waitForStart({ name, ratePerS, starts }: ClassConfig): number | undefined {
  if (starts === undefined) return undefined;
  schedule ??= startSchedule(starts, ratePerS, `${config.seed}|${name}|starts`);
  const { startTime, iterationInTest } = exec.scenario;
  const intendedMs = startTime + schedule.atMs(iterationInTest);
  const endMs = startTime + config.durationS * 1000;
  sleep(Math.max(0, Math.min(intendedMs, endMs) - Date.now()) / 1000);
  if (intendedMs >= endMs) return undefined;
  const lateMs = Date.now() - intendedMs;
  if (lateMs <= LATE_MS_MAX) return intendedMs;
  queryDropped.add(lateMs, { class: name });
  return undefined;
}

function rangeOf(name: QueryClassName, lane: number, epochMs: number): DigestRange | undefined {
  const { digest } = config;
  if (digest === undefined || !isDigestTurn(digest, name, exec.scenario.iterationInTest)) {
    return undefined;
  }
  return digestRange(digest, name, epochMs, lane);
}

/** Metadata goes with each sample and, unlike a tag, makes no time series of its own. */
function tell(range: DigestRange | undefined, digest: Digester | undefined): void {
  const { metadata } = exec.vu.metrics;
  if (range === undefined || digest === undefined) {
    delete metadata["range"];
    delete metadata["digest"];
    return;
  }
  metadata["range"] = JSON.stringify(range);
  metadata["digest"] = digest.text();
}

/** One statement from first request to last page. Never throws: what goes wrong is the answer. */
function ask(
  source: string,
  statement: string,
  deadlineEpochMs: number,
  digest: Digester | undefined,
): Answer {
  let rowCount = 0;
  let uri: string | undefined;
  for (;;) {
    const remainingMs = deadlineEpochMs - Date.now();
    if (remainingMs <= 0) {
      cancel(uri);
      return {
        reason: "timeout",
        rowCount,
        detail: `no end within ${String(QUERY_TIMEOUT_MS)} ms`,
      };
    }
    const params = {
      headers: headersOf(source),
      timeout: remainingMs,
      responseType: "text" as const,
      tags: { name: "trino" },
    };
    const response =
      uri === undefined
        ? http.post(`${config.trinoUrl}/v1/statement`, statement, params)
        : http.get(uri, params);
    if (RETRY_STATUSES.includes(response.status)) {
      sleep(RETRY_PAUSE_S);
      continue;
    }
    // k6 says 0 when there was no response; at the deadline the next turn calls that a timeout.
    if (response.status === 0 && Date.now() >= deadlineEpochMs) continue;
    const page = response.status === 200 ? pageOf(response.body) : undefined;
    if (page === undefined) {
      return { reason: "http", rowCount, detail: `${String(response.status)} ${response.error}` };
    }
    if (page.error !== undefined) {
      const { errorName, message } = page.error;
      return { reason: "trino", rowCount, detail: `${errorName ?? "error"}: ${message ?? ""}` };
    }
    rowCount += page.data?.length ?? 0;
    digest?.add(page.data ?? []);
    if (page.nextUri === undefined) return { reason: "ok", rowCount };
    uri = page.nextUri;
  }
}

function headersOf(source: string): Record<string, string> {
  return {
    "X-Trino-User": "lakeproof",
    "X-Trino-Catalog": "iceberg",
    "X-Trino-Schema": "raw_data",
    "X-Trino-Source": source,
  };
}

function pageOf(body: string | null): TrinoPage | undefined {
  try {
    return JSON.parse(body ?? "") as TrinoPage;
  } catch {
    return undefined;
  }
}

/** A query nobody waits for any more must not go on loading the server. */
function cancel(uri: string | undefined): void {
  if (uri !== undefined) http.del(uri, null, { timeout: 1_000, tags: { name: "trino-cancel" } });
}

function logFailure(text: string): void {
  failuresLogged += 1;
  if (failuresLogged <= FAILURES_LOGGED_MAX) console.warn(text);
}
