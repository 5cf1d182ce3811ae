/** What the null sinks of queries and of the BI tier count, and what the servers behind them answer to our own clients. */
import { createServer, type RequestListener } from "node:http";
import type { AddressInfo } from "node:net";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { queryWindow } from "../../../cli/load-sinks/k6-sink.ts";
import { NULL_BOARDS, nullBi } from "../../../cli/load-sinks/null-bi.ts";
import { nullTrino } from "../../../cli/load-sinks/null-trino.ts";
import { callOf, chartProblem } from "../../../generators/k6/bi-mix.ts";
import { QUERY_CLASSES, rowCountFits } from "../../../generators/k6/mix.ts";
import type { K6Line } from "../../../generators/k6/output.ts";
import { openTrino } from "../../../infra/clients/trino.ts";

type Ended = Extract<K6Line, { readonly kind: "query" }>;

const FRAME = { ratePerS: 10, settleMs: 0, windowMs: 1000, fromEpochMs: 50_000, busyRatio: 0.4 };

function ended(intendedEpochMs: number, latencyMs: number, change: Partial<Ended> = {}): Ended {
  return {
    ...{ kind: "query", class: "simple", outcome: "ok", reason: "ok", latencyMs },
    endedEpochMs: intendedEpochMs + latencyMs,
    ...change,
  };
}

describe("queryWindow", () => {
  it("counts queries by their intended start, whenever they ended", () => {
    const window = queryWindow(
      [ended(49_999, 10), ended(50_000, 10), ended(50_999, 500), ended(51_000, 10)],
      FRAME,
      "simple",
    );
    expect(window).toMatchObject({ dueCount: 10, settledCount: 2, eventCount: 2, busyRatio: 0.4 });
    expect(window.latencyMsP99).toBeCloseTo(500, 0);
  });

  it("has the latency of the class with the shortest target", () => {
    const queries = [ended(50_100, 20), ended(50_100, 900, { class: "large" })];
    expect(queryWindow(queries, FRAME, "simple").latencyMsP99).toBeCloseTo(20, 1);
  });

  it("tells failures, and queries that ended too late or not at all", () => {
    const queries = [ended(50_100, 20, { outcome: "failed" }), ended(50_100, 9000)];
    expect(queryWindow(queries, FRAME, "simple")).toMatchObject({
      settledCount: 1,
      failedCount: 1,
      eventCount: 0,
    });
    expect(queryWindow([], FRAME, "simple")).toMatchObject({ settledCount: 0, latencyMsP99: 1000 });
  });
});

/** On a port of its own for the tests of one block. */
function served(listener: RequestListener): () => string {
  const server = createServer(listener);
  beforeAll(async () => {
    await new Promise<void>((resolve) => {
      server.listen(0, "127.0.0.1", resolve);
    });
  });
  afterAll(() => {
    server.closeAllConnections();
    server.close();
  });
  return () => `127.0.0.1:${String((server.address() as AddressInfo).port)}`;
}

describe("the BI tier with nothing behind it", () => {
  const address = served(nullBi());
  const headers = { authorization: "Bearer nothing" };

  it("lets anybody in", async () => {
    const login = `http://${address()}/api/v1/security/login`;
    const response = await fetch(login, { method: "POST", body: "{}" });
    expect(await response.json()).toEqual({ access_token: "nothing" });
  });

  it("has right answers to every chart and every call of the load", async () => {
    for (const { path, body } of NULL_BOARDS.flatMap(({ charts }) => charts)) {
      const asked = { method: "POST", headers, body: JSON.stringify(body) };
      const response = await fetch(`http://${address()}${path}`, asked);
      expect(chartProblem(await response.text())).toBeUndefined();
    }
    for (const index of [0, 1, 2, 3, 4]) {
      const call = callOf((label) => (label === "call" ? index : 0), NULL_BOARDS);
      const path = call.kind === "call" ? call.path : "";
      expect((await fetch(`http://${address()}${path}`, { headers })).status).toBe(200);
    }
  });

  it("knows nothing else, and nobody without a token", async () => {
    expect((await fetch(`http://${address()}/api/v1/other`, { headers })).status).toBe(404);
    expect((await fetch(`http://${address()}/api/v1/chart/`)).status).toBe(401);
  });
});

describe("the server with nothing behind it", () => {
  const address = served(nullTrino());

  it.for(QUERY_CLASSES)("answers %s queries with as many rows as are right", async (name) => {
    const rows = await openTrino(address(), `lakeproof-${name}`).query(
      "SELECT 1",
      AbortSignal.timeout(10_000),
    );
    expect(rowCountFits(name, rows.length)).toBe(true);
  });

  it("knows nobody else", async () => {
    const response = await fetch(`http://${address()}/v1/statement`, { method: "POST" });
    expect(response.status).toBe(404);
  });
});
