/**
 * The query mix as a k6 script, run unbuilt: every class is an open schedule of its own against
 * Trino's REST API. One sample a query; latency counts from the tick the query was meant to start at.
 */
import { sleep } from "k6";
import exec from "k6/execution";
import http from "k6/http";
import { Trend } from "k6/metrics";
import type { Options } from "k6/options";
import {
  chooser,
  intendedStartMs,
  readConfig,
  rowCountFits,
  scheduleOf,
  statementOf,
} from "./mix.ts";
import type { QueryClassName } from "./mix.ts";

const QUERY_TIMEOUT_MS = 60_000;
const RETRY_PAUSE_S = 0.1;
/** What Trino and the proxies before it answer when the same request may be sent again. */
const RETRY_STATUSES: readonly number[] = [429, 502, 503, 504];
const FAILURES_LOGGED_MAX = 3;

const config = readConfig(__ENV["LAKEPROOF_QUERIES"]);
const queryMs = new Trend("lakeproof_query_ms");
/** How long after its intended start each query was begun: also said of those that never end. */
const queryBegun = new Trend("lakeproof_query_begun_ms");
const queryRows = new Trend("lakeproof_query_rows");
let failuresLogged = 0;

export const options: Options = {
  discardResponseBodies: false,
  // Only what the reader of the output needs: each further tag multiplies k6's time series.
  systemTags: ["scenario"],
  summaryTrendStats: ["count", "med", "p(95)", "max"],
  scenarios: Object.fromEntries(
    config.classes.map(({ name, ratePerS }) => {
      const { rate, timeUnit } = scheduleOf(ratePerS);
      const scenario = {
        executor: "constant-arrival-rate" as const,
        rate,
        timeUnit,
        duration: `${String(config.durationS)}s`,
        preAllocatedVUs: config.maxVUsPerClass,
        maxVUs: config.maxVUsPerClass,
        // Longer than any query may take, so that the end of the schedule cuts no sample off.
        gracefulStop: `${String(QUERY_TIMEOUT_MS / 1000 + 5)}s`,
      };
      return [name, scenario];
    }),
  ),
};

interface TrinoPage {
  readonly nextUri?: string;
  readonly data?: readonly unknown[];
  readonly error?: { readonly errorName?: string; readonly message?: string };
}

type Answer =
  | { readonly reason: "ok"; readonly rowCount: number }
  | {
      readonly reason: "timeout" | "http" | "trino";
      readonly rowCount: number;
      readonly detail: string;
    };

export default function query(): void {
  const startedEpochMs = Date.now();
  const entry = config.classes.find(({ name }) => name === exec.scenario.name);
  if (entry === undefined) return;
  const { periodMs } = scheduleOf(entry.ratePerS);
  const intendedMs = intendedStartMs(exec.scenario.startTime, startedEpochMs, periodMs);
  queryBegun.add(startedEpochMs - intendedMs, { class: entry.name });
  const choose = chooser(config.seed, entry.name, exec.scenario.iterationInTest);
  const statement = statementOf(entry.name, choose, config);

  const answer = ask(entry.name, statement, startedEpochMs + QUERY_TIMEOUT_MS);
  const latencyMs = Date.now() - intendedMs;

  const rowsOk = answer.reason === "ok" && rowCountFits(entry.name, answer.rowCount);
  const reason = answer.reason === "ok" && !rowsOk ? "rows" : answer.reason;
  queryMs.add(latencyMs, {
    class: entry.name,
    outcome: rowsOk ? "ok" : "failed",
    rows: rowsOk ? "ok" : "wrong",
    reason,
  });
  queryRows.add(answer.rowCount, { class: entry.name });
  if (!rowsOk) {
    const detail = answer.reason === "ok" ? `${String(answer.rowCount)} rows` : answer.detail;
    logFailure(`${entry.name} query failed (${reason}): ${detail}`);
  }
}

/** One statement from first request to last page. Never throws: what goes wrong is the answer. */
function ask(name: QueryClassName, statement: string, deadlineEpochMs: number): Answer {
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
      headers: headersOf(name),
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
    if (page.nextUri === undefined) return { reason: "ok", rowCount };
    uri = page.nextUri;
  }
}

function headersOf(name: QueryClassName): Record<string, string> {
  return {
    "X-Trino-User": "lakeproof",
    "X-Trino-Catalog": "iceberg",
    "X-Trino-Schema": "raw_data",
    "X-Trino-Source": `lakeproof-${name}`,
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
