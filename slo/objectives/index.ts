/** The seed's targets as data. One objective more is one entry more. */
import type { Objective } from "../../core/contracts/slo.ts";
import { BUSINESS_OBJECTIVES } from "./business.ts";
import { DERIVED_OBJECTIVES } from "./derived.ts";

const KPIS = 'seed/production-scaling-guide.md, "Key Performance Indicators"';
const QUERY_PERFORMANCE = "seed/production-scaling-guide.md §7.1, Response Time Targets";
const QUERY_THROUGHPUT = "seed/production-scaling-guide.md §7.1, Throughput Targets";
const PRODUCTION_CAPACITY = "seed/production-scaling-guide.md §1.1, Production Setup, Capacity";
const DEV_CAPACITY = "seed/production-scaling-guide.md §1.1, Development Setup, Capacity";

/** The seed gives its 95th percentile for all queries; its classes are read the same way. */
const P95_BAD_RATIO_MAX = 0.05;
const ONE_PER_MILLE = 0.001;

export const OBJECTIVES = {
  freshness: {
    id: "freshness",
    title: "Committed rows are readable through Trino within 30 s (p95)",
    source: `${KPIS}: Data Freshness < 30 seconds`,
    window: "steady",
    sli: { kind: "freshness" },
    threshold: { value: 30_000, unit: "ms" },
    badRatioMax: P95_BAD_RATIO_MAX,
  },
  "errors.writes": {
    id: "errors.writes",
    title: "Fewer than 0.1 % of bank transactions fail",
    source: `${KPIS}: Error Rate < 0.1%`,
    window: "whole",
    sli: { kind: "errors", workload: "bank" },
    threshold: { value: ONE_PER_MILLE, unit: "ratio" },
    badRatioMax: ONE_PER_MILLE,
  },
  "errors.queries": {
    id: "errors.queries",
    title: "Fewer than 0.1 % of queries fail",
    source: `${KPIS}: Error Rate < 0.1%`,
    window: "steady",
    sli: { kind: "errors", workload: "queries" },
    threshold: { value: ONE_PER_MILLE, unit: "ratio" },
    badRatioMax: ONE_PER_MILLE,
  },
  "latency.queries": {
    id: "latency.queries",
    title: "Queries of all classes answer within 2 s (p95)",
    source: `${KPIS}: Query Response Time < 2 seconds (95th percentile)`,
    window: "steady",
    sli: { kind: "latency", workload: "queries" },
    threshold: { value: 2_000, unit: "ms" },
    badRatioMax: P95_BAD_RATIO_MAX,
  },
  "latency.simple": latencyOf("simple", 100, "Simple Queries (<10 rows): < 100ms"),
  "latency.medium": latencyOf("medium", 1_000, "Medium Queries (10-1K rows): < 1 second"),
  "latency.complex": latencyOf("complex", 5_000, "Complex Analytics: < 5 seconds"),
  "latency.large": latencyOf("large", 30_000, "Large Reports (>10K rows): < 30 seconds"),
  uptime: {
    id: "uptime",
    title: "Writes and queries are up in more than 99.9 % of all 10 s slices",
    source: `${KPIS}: System Uptime > 99.9%`,
    window: "whole",
    sli: { kind: "uptime", sliceMs: 10_000 },
    threshold: { value: 0.999, unit: "ratio" },
    badRatioMax: ONE_PER_MILLE,
  },
  "rate.dev": {
    id: "rate.dev",
    title: "1K change events/s are committed and held",
    source: `${DEV_CAPACITY}: Throughput 1K events/sec`,
    window: "whole",
    sli: { kind: "rate", workload: "bank", unit: "eventsPerS" },
    threshold: { value: 1_000, unit: "eventsPerS" },
    badRatioMax: 0,
  },
  "rate.production": {
    id: "rate.production",
    title: "100K+ change events/s are committed and held",
    source: `${PRODUCTION_CAPACITY}: Throughput 100K+ events/sec`,
    window: "whole",
    sli: { kind: "rate", workload: "bank", unit: "eventsPerS" },
    threshold: { value: 100_000, unit: "eventsPerS" },
    badRatioMax: 0,
  },
  "users.concurrent": {
    id: "users.concurrent",
    title: "1000+ concurrent users",
    source: `${QUERY_THROUGHPUT}: Concurrent Users 1000+`,
    window: "whole",
    sli: { kind: "users", workload: "users" },
    threshold: { value: 1_000, unit: "count" },
    badRatioMax: 0,
  },
  "rate.queries": rateOf(
    "rate.queries",
    "100+ queries/s",
    `${QUERY_THROUGHPUT}: Queries per Second 100+`,
    "queries",
    100,
  ),
  "rate.refreshes": rateOf(
    "rate.refreshes",
    "500+ dashboard refreshes/min",
    `${QUERY_THROUGHPUT}: Dashboard Refreshes 500+/minute`,
    "dashboards",
    500 / 60,
  ),
  "rate.api-calls": rateOf(
    "rate.api-calls",
    "1000+ API calls/min",
    `${QUERY_THROUGHPUT}: API Calls 1000+/minute`,
    "api-calls",
    1_000 / 60,
  ),
  "rate.queries-per-hour": rateOf(
    "rate.queries-per-hour",
    "10K+ queries/h",
    `${PRODUCTION_CAPACITY}: Queries 10K+/hour`,
    "queries",
    10_000 / 3_600,
  ),
  ...DERIVED_OBJECTIVES,
  ...BUSINESS_OBJECTIVES,
} satisfies Record<string, Objective>;

function latencyOf(queryClass: string, thresholdMs: number, target: string): Objective {
  return {
    id: `latency.${queryClass}`,
    title: `${queryClass.charAt(0).toUpperCase()}${queryClass.slice(1)} queries answer within ${String(thresholdMs)} ms (p95)`,
    source: `${QUERY_PERFORMANCE}: ${target}`,
    window: "steady",
    sli: { kind: "latency", workload: "queries", class: queryClass },
    threshold: { value: thresholdMs, unit: "ms" },
    badRatioMax: P95_BAD_RATIO_MAX,
  };
}

function rateOf(
  id: string,
  title: string,
  source: string,
  workload: string,
  operationsPerS: number,
): Objective {
  return {
    id,
    title,
    source,
    window: "whole",
    sli: { kind: "rate", workload, unit: "operationsPerS" },
    threshold: { value: operationsPerS, unit: "operationsPerS" },
    badRatioMax: 0,
  };
}
