/** The client against pages as Trino's "Client REST API" documents them. */
import { createServer, type IncomingMessage, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { afterAll, beforeAll, beforeEach, expect, it } from "vitest";
import { host } from "../../../../core/host.ts";
import { openTrino } from "../../../../infra/clients/trino.ts";

const ID = "20261122_125508_00042_k7x2p";
const QUEUED = `/v1/statement/queued/${ID}/y1a2/1`;
const EXECUTING = `/v1/statement/executing/${ID}/y1a2`;

interface Answer {
  readonly status?: number;
  readonly body?: unknown;
  /** Taken, and never answered. */
  readonly silent?: boolean;
}

/** By "METHOD path", one after the other; the last one stays. */
let answers: Record<string, Answer[]> = {};
let asked: { readonly what: string; readonly headers: IncomingMessage["headers"]; body: string }[] =
  [];
let server: Server;
let address = "";

beforeAll(async () => {
  server = createServer((request, response) => {
    const what = `${request.method ?? ""} ${request.url ?? ""}`;
    const record = { what, headers: request.headers, body: "" };
    asked.push(record);
    request.on("data", (chunk: Buffer) => {
      record.body += chunk.toString();
    });
    request.on("end", () => {
      const [answer, ...rest] = answers[what] ?? [{ status: 404 }];
      if (rest.length > 0) answers[what] = rest;
      if (answer?.silent === true) return;
      response.statusCode = answer?.status ?? 200;
      response.end(answer?.body === undefined ? "" : JSON.stringify(answer.body));
    });
  });
  ({ address } = await listening(server));
});

async function listening(made: Server): Promise<{ server: Server; address: string }> {
  await new Promise<void>((resolve) => {
    made.listen(0, "127.0.0.1", resolve);
  });
  const { port } = made.address() as AddressInfo;
  return { server: made, address: `127.0.0.1:${String(port)}` };
}

afterAll(() => {
  server.close();
  server.closeAllConnections();
});

beforeEach(() => {
  asked = [];
  answers = {
    "POST /v1/statement": [{ body: page({ nextUri: QUEUED }) }],
    [`DELETE ${QUEUED}`]: [{ status: 204 }],
    [`DELETE ${EXECUTING}/0`]: [{ status: 204 }],
  };
});

function page({ nextUri, ...rest }: { nextUri?: string; [field: string]: unknown }): unknown {
  const next = nextUri === undefined ? {} : { nextUri: `http://${address}${nextUri}` };
  return { id: ID, stats: { state: "RUNNING" }, warnings: [], ...next, ...rest };
}

function query(sql: string, signal = host.deadline(5000)): Promise<readonly unknown[]> {
  return openTrino(address, "lakeproof-reader").query(sql, signal);
}

it("joins the rows of all pages, those without rows among them", async () => {
  answers[`GET ${QUEUED}`] = [{ body: page({ nextUri: `${EXECUTING}/0` }) }];
  answers[`GET ${EXECUTING}/0`] = [{ body: page({ nextUri: `${EXECUTING}/1`, data: [[1, "a"]] }) }];
  answers[`GET ${EXECUTING}/1`] = [{ body: page({ data: [[2, null]] }) }];
  expect(await query("SELECT 1")).toEqual([
    [1, "a"],
    [2, null],
  ]);
  expect(asked.map(({ what }) => what)).toEqual([
    "POST /v1/statement",
    `GET ${QUEUED}`,
    `GET ${EXECUTING}/0`,
    `GET ${EXECUTING}/1`,
  ]);
  expect(asked[0]).toMatchObject({
    body: "SELECT 1",
    headers: {
      "x-trino-user": "lakeproof",
      "x-trino-source": "lakeproof-reader",
      "x-trino-catalog": "iceberg",
      "x-trino-schema": "raw_data",
    },
  });
});

it("rejects with the engine's own words, in whichever page they come", async () => {
  const error = {
    message: "line 1:8: Column 'x' cannot be resolved",
    errorName: "COLUMN_NOT_FOUND",
  };
  const refused = `Trino refused the query: ${error.message} (COLUMN_NOT_FOUND)`;
  answers[`GET ${QUEUED}`] = [{ body: page({ error }) }];
  await expect(query("SELECT x")).rejects.toThrow(refused);
  answers["POST /v1/statement"] = [{ body: page({ error }) }];
  await expect(query("SELECT x")).rejects.toThrow(refused);
});

it.for([429, 502, 503, 504])("asks again after %i", async (status) => {
  answers["POST /v1/statement"] = [{ status }, { body: page({ nextUri: QUEUED }) }];
  answers[`GET ${QUEUED}`] = [{ status }, { status }, { body: page({ data: [[7]] }) }];
  expect(await query("SELECT 7")).toEqual([[7]]);
  expect(asked).toHaveLength(5);
});

it("says what came instead of a page", async () => {
  await expect(query("SELECT 1")).rejects.toThrow(`GET http://${address}${QUEUED} answered 404`);
  const gone = await listening(createServer());
  gone.server.close();
  const closed = openTrino(gone.address, "lakeproof-reader");
  await expect(closed.query("SELECT 1", host.deadline(5000))).rejects.toThrow("ECONNREFUSED");
});

it.for([QUEUED, `${EXECUTING}/0`])(
  "ends a statement that has given no row yet, at %s",
  async (at) => {
    answers[`GET ${QUEUED}`] =
      at === QUEUED ? [{ silent: true }] : [{ body: page({ nextUri: `${EXECUTING}/0` }) }];
    answers[`GET ${EXECUTING}/0`] = [{ silent: true }];
    const stop = new AbortController();
    const running = query("SELECT 1", stop.signal);
    await untilAsked(`GET ${at}`);
    stop.abort(new DOMException("time is up", "AbortError"));
    await expect(running).rejects.toThrow("time is up");
    await untilAsked(`DELETE ${at}`);
  },
);

it("ends nothing that has ended by itself", async () => {
  answers[`GET ${QUEUED}`] = [{ body: page({ error: { message: "no", errorName: "NO" } }) }];
  await expect(query("SELECT 1")).rejects.toThrow("no");
  await host.sleep(50);
  expect(asked.map(({ what }) => what)).toEqual(["POST /v1/statement", `GET ${QUEUED}`]);
});

async function untilAsked(what: string): Promise<void> {
  const signal = host.deadline(5000);
  while (!asked.some((request) => request.what === what)) await host.sleep(5, signal);
}
