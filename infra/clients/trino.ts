/**
 * Trino's statement protocol, with a deadline: POST the text, GET `nextUri` until there is none, DELETE it to end the
 * statement early. Why not the client library: docs/decisions/0010. Source: Trino's page "Trino client REST API".
 */
import { z } from "zod";
import { LakeproofError } from "../../core/errors.ts";
import { host } from "../../core/host.ts";
import { untilAborted } from "../../core/until-aborted.ts";
import { connectReason } from "./http.ts";

export interface TrinoClient {
  /** All rows of one statement. Rejects with the engine's message, or when `signal` aborts. */
  query(sql: string, signal: AbortSignal): Promise<readonly (readonly unknown[])[]>;
}

/** A server or a balancer in front of it that will answer in a moment. */
const RETRIED_STATUSES = [429, 502, 503, 504];
const RETRY_PAUSE_MS = 100;
const RETRY_MS_MAX = 5000;
const FAREWELL_MS_MAX = 5000;

const Page = z.object({
  nextUri: z.string().nullish(),
  data: z.array(z.array(z.unknown())).nullish(),
  error: z.object({ message: z.string().nullish(), errorName: z.string() }).nullish(),
});
type Page = z.infer<typeof Page>;

export function openTrino(address: string, source: string): TrinoClient {
  const headers = {
    "X-Trino-User": "lakeproof",
    "X-Trino-Source": source,
    "X-Trino-Catalog": "iceberg",
    "X-Trino-Schema": "raw_data",
  };
  return {
    query: async (sql, signal) => {
      const running: Running = { headers, nextUri: undefined };
      try {
        return await untilAborted(collect(address, sql, running, signal), signal);
      } catch (error) {
        // Left alone, an abandoned query would go on taking time from those that are measured.
        if (running.nextUri !== undefined) end(running.nextUri, headers);
        throw error;
      }
    },
  };
}

interface Running {
  readonly headers: Readonly<Record<string, string>>;
  /** Undefined before the statement was taken, when Trino does not work on it yet, and once it has ended. */
  nextUri: string | undefined;
}

async function collect(
  address: string,
  sql: string,
  running: Running,
  signal: AbortSignal,
): Promise<readonly (readonly unknown[])[]> {
  const { headers } = running;
  const rows: (readonly unknown[])[] = [];
  let page = await pageOf(`http://${address}/v1/statement`, {
    method: "POST",
    headers,
    body: sql,
    signal,
  });
  for (;;) {
    running.nextUri = page.nextUri ?? undefined;
    const { error } = page;
    if (error !== null && error !== undefined) {
      throw new LakeproofError(
        "CLIENT_FAILED",
        `Trino refused the query: ${error.message ?? "no message"} (${error.errorName})`,
        { hint: `The statement was: ${sql.slice(0, 300)}` },
      );
    }
    for (const row of page.data ?? []) rows.push(row);
    if (running.nextUri === undefined) return rows;
    page = await pageOf(running.nextUri, { method: "GET", headers, signal });
  }
}

interface PageRequest {
  readonly method: "GET" | "POST";
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string;
  readonly signal: AbortSignal;
}

/** Both may be asked again: Trino begins a statement at the first GET, and gives a page twice. */
async function pageOf(url: string, request: PageRequest): Promise<Page> {
  const giveUpMs = host.monotonicMs() + RETRY_MS_MAX;
  for (;;) {
    const response = await answerTo(url, request);
    if (response.ok) return Page.parse(await response.json());
    const text = await response.text();
    if (!RETRIED_STATUSES.includes(response.status) || host.monotonicMs() > giveUpMs) {
      throw new LakeproofError(
        "CLIENT_FAILED",
        `${request.method} ${url} answered ${String(response.status)}: ${text.slice(0, 300)}`,
        { hint: "Read the log of the coordinator.", definite: false },
      );
    }
    await host.sleep(RETRY_PAUSE_MS, request.signal);
  }
}

async function answerTo(url: string, request: PageRequest): Promise<Response> {
  try {
    return await fetch(url, request);
  } catch (error) {
    throw new LakeproofError("CLIENT_FAILED", `${request.method} ${url}: ${connectReason(error)}`, {
      hint: "Check that the coordinator is up with `lakeproof status`.",
      definite: false,
      cause: error,
    });
  }
}

/** Nobody waits for it: the caller's time is up, and what is not told ends by Trino's own client time-out. */
function end(nextUri: string, headers: Running["headers"]): void {
  const signal = host.deadline(FAREWELL_MS_MAX);
  void fetch(nextUri, { method: "DELETE", headers, signal }).catch(() => undefined);
}
