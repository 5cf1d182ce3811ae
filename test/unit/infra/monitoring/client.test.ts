/** The client against answers as Prometheus 2.42 and Alertmanager 0.25 gave them. */
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import {
  alertmanagerAlerts,
  prometheusAlerts,
  prometheusTargets,
  queryPrometheus,
  scrapeText,
  silenceRoundTrip,
} from "../../../../infra/clients/prometheus.ts";

const LABELS = { alertname: "DatabaseConnectionFailure", signal: "hangs" };
const AT = "2026-11-22T12:55:08.669512432Z";
const ANSWERS: Readonly<Record<string, unknown>> = {
  "GET /api/v1/query?query=up": {
    status: "success",
    data: {
      resultType: "vector",
      result: [{ metric: { __name__: "up", job: "kafka" }, value: [1795352126.024, "1"] }],
    },
  },
  "GET /api/v1/query?query=1%2F0": {
    status: "success",
    data: { resultType: "scalar", result: [1795352126.015, "+Inf"] },
  },
  "GET /api/v1/query?query=broken": {
    status: "success",
    data: { resultType: "vector", result: [{}] },
  },
  "GET /api/v1/alerts": {
    status: "success",
    data: {
      alerts: [{ labels: LABELS, annotations: {}, state: "firing", activeAt: AT, value: "0e+00" }],
    },
  },
  "GET /api/v1/targets?state=active": {
    status: "success",
    data: {
      activeTargets: [
        {
          discoveredLabels: {},
          labels: { job: "kafka", instance: "kafka-0" },
          scrapePool: "kafka",
          scrapeUrl: "http://127.0.9.31:9404/metrics",
          lastError: "",
          lastScrape: AT,
          lastScrapeDuration: 0.25,
          health: "up",
        },
      ],
    },
  },
  "GET /api/v2/alerts": [
    {
      labels: LABELS,
      annotations: {},
      startsAt: AT,
      endsAt: AT,
      status: { state: "active", inhibitedBy: [], silencedBy: [] },
    },
  ],
  "POST /api/v2/silences": { silenceID: "eaa48117" },
  "DELETE /api/v2/silence/eaa48117": null,
};

const asked: string[] = [];
let server: Server;
let address = "";
const { signal } = new AbortController();

beforeAll(async () => {
  server = createServer((request, response) => {
    const key = `${request.method ?? ""} ${request.url ?? ""}`;
    asked.push(key);
    const answer = ANSWERS[key];
    response.statusCode = answer === undefined ? 404 : 200;
    response.end(answer === null ? "" : JSON.stringify(answer ?? "none"));
  });
  await new Promise<void>((resolve) => {
    server.listen(0, "127.0.0.1", resolve);
  });
  address = `127.0.0.1:${String((server.address() as AddressInfo).port)}`;
});

afterAll(() => {
  server.close();
});

describe("Prometheus", () => {
  it("answers a query with samples", async () => {
    expect(await queryPrometheus(address, "up", signal)).toEqual([
      { labels: { __name__: "up", job: "kafka" }, value: 1, atEpochMs: 1795352126024 },
    ]);
  });

  it("answers a scalar, even an infinite one", async () => {
    expect(await queryPrometheus(address, "1/0", signal)).toEqual([
      { labels: {}, value: Infinity, atEpochMs: 1795352126015 },
    ]);
  });

  it("is not believed when its answer has another form", async () => {
    await expect(queryPrometheus(address, "broken", signal)).rejects.toThrow();
    await expect(queryPrometheus(address, "unknown", signal)).rejects.toThrow("answered 404");
  });

  it("tells alerts with the time since when", async () => {
    const [alert] = await prometheusAlerts(address, signal);
    expect(alert).toMatchObject({
      name: "DatabaseConnectionFailure",
      state: "firing",
      activeAtEpochMs: Date.parse(AT),
      value: 0,
    });
  });

  it("tells its targets and how long they took", async () => {
    expect(await prometheusTargets(address, signal)).toEqual([
      {
        job: "kafka",
        instance: "kafka-0",
        scrapeUrl: "http://127.0.9.31:9404/metrics",
        health: "up",
        lastError: "",
        lastScrapeMs: 250,
      },
    ]);
  });
});

describe("Alertmanager", () => {
  it("tells what it was told", async () => {
    const [alert] = await alertmanagerAlerts(address, signal);
    expect(alert).toMatchObject({ name: "DatabaseConnectionFailure", state: "active" });
  });

  it("takes a silence and gives it back", async () => {
    await silenceRoundTrip(address, signal);
    expect(asked.slice(-2)).toEqual(["POST /api/v2/silences", "DELETE /api/v2/silence/eaa48117"]);
  });
});

describe("a scrape by hand", () => {
  it("is the text, or says what came instead", async () => {
    expect(await scrapeText(address, "/api/v2/alerts", signal)).toContain("hangs");
    await expect(scrapeText(address, "/nothing", signal)).rejects.toThrow("answered 404");
  });
});
