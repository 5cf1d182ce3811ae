/** JSON over HTTP with a deadline and errors that say which request failed and how. */
import { LakeproofError, reasonOf } from "../../core/errors.ts";
import { untilAborted } from "../../core/until-aborted.ts";

export interface JsonRequest {
  readonly method?: "GET" | "POST" | "PUT" | "DELETE";
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
  readonly signal: AbortSignal;
}

/** Returns the parsed body; throws CLIENT_FAILED with status and body text on anything but 2xx. */
export async function requestJson(url: string, request: JsonRequest): Promise<unknown> {
  const method = request.method ?? "GET";
  let response: Response;
  try {
    const pending = fetch(url, {
      method,
      headers: { "content-type": "application/json", ...request.headers },
      signal: request.signal,
      ...(request.body === undefined ? {} : { body: JSON.stringify(request.body) }),
    });
    response = await untilAborted(pending, request.signal);
  } catch (error) {
    throw new LakeproofError("CLIENT_FAILED", `${method} ${url}: ${connectReason(error)}`, {
      hint: "Check that the instance is up with `lakeproof status`.",
      definite: method === "GET",
      cause: error,
    });
  }
  const text = await untilAborted(response.text(), request.signal);
  if (!response.ok) {
    throw new LakeproofError(
      "CLIENT_FAILED",
      `${method} ${url} answered ${String(response.status)}: ${text.slice(0, 500)}`,
      { hint: "Read the instance's log." },
    );
  }
  return text === "" ? null : (JSON.parse(text) as unknown);
}

/** Half of the second that the header leaves open. */
const DATE_ERROR_MS = 500;

/**
 * What the server takes for the time, from the Date header of its answer, whatever else that says (RFC 9110, 6.6.1).
 * Undefined where it sends none.
 */
export async function httpDate(
  url: string,
  signal: AbortSignal,
): Promise<{ readonly epochMs: number; readonly errorMs: number } | undefined> {
  const response = await untilAborted(fetch(url, { signal }), signal);
  await untilAborted(response.arrayBuffer(), signal);
  const epochMs = Date.parse(response.headers.get("date") ?? "");
  return Number.isNaN(epochMs)
    ? undefined
    : { epochMs: epochMs + DATE_ERROR_MS, errorMs: DATE_ERROR_MS };
}

/** fetch wraps the socket's error: the cause is what a person wants to read. */
export function connectReason(error: unknown): string {
  const cause = error instanceof Error ? error.cause : undefined;
  return cause === undefined ? reasonOf(error) : reasonOf(cause);
}
