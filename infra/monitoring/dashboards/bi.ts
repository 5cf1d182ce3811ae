/** The seed's third board, for whichever BI program stands behind the load balancer. */
import { type Board, type Panel, TARGETS } from "./panel.ts";

const CHART_DATA = 'action="ChartDataRestApi.data"';

const SESSIONS: readonly Panel[] = [
  {
    title: "Sessions",
    item: "User session metrics",
    kind: "timeseries",
    unit: "short",
    queries: [
      {
        promql: 'sum(haproxy_frontend_current_sessions{proxy="bi"})',
        legend: "open at the load balancer",
      },
      { promql: "max(lakeproof_superset_active_users)", legend: "users in the last 5 min" },
    ],
    description:
      "Neither Superset nor Metabase exports who is logged in: connections are HAProxy's count, users come from Superset's action log.",
  },
  {
    title: "Requests per second",
    item: "User session metrics",
    kind: "timeseries",
    unit: "reqps",
    queries: [
      {
        promql: 'sum(rate(haproxy_frontend_http_requests_total{proxy="bi"}[1m]))',
        legend: "requests",
      },
      {
        promql: 'sum(rate(haproxy_frontend_sessions_total{proxy="bi"}[1m]))',
        legend: "new sessions",
      },
    ],
    description: "At the load balancer, both with and without TLS.",
  },
  {
    title: "Healthy instances",
    item: "User session metrics",
    kind: "timeseries",
    unit: "short",
    queries: [
      {
        promql: 'min(sum by (instance) (haproxy_server_status{proxy="bi_servers",state="UP"}))',
        legend: "by the load balancer",
      },
      {
        promql: 'sum(probe_success{job=~"superset|metabase"})',
        legend: "by their health page",
      },
    ],
    description: "The seed alerts below two.",
    thresholds: { orange: 2, red: 1, moreIsBetter: true },
  },
];

const USAGE: readonly Panel[] = [
  {
    title: "Dashboards in use",
    item: "Dashboard usage",
    kind: "timeseries",
    unit: "ops",
    queries: [
      {
        promql:
          "topk(10, sum by (dashboard_id) (rate(lakeproof_superset_dashboard_calls_total[5m])))",
        legend: "dashboard {{dashboard_id}}",
      },
    ],
    description:
      "Calls in Superset's action log that name a dashboard. Metabase has no such metric; of it only HAProxy's figures are known.",
  },
  {
    title: "Charts drawn per second",
    item: "Dashboard usage",
    kind: "timeseries",
    unit: "ops",
    queries: [
      {
        promql: `sum(rate(lakeproof_superset_action_calls_total{${CHART_DATA}}[1m]))`,
        legend: "chart queries",
      },
    ],
    description: "Each asks the cache first, and Trino when that has no answer.",
  },
];

const TIMES: readonly Panel[] = [
  {
    title: "Answer time at the load balancer",
    item: "Query response times",
    kind: "timeseries",
    unit: "s",
    queries: [
      {
        promql: 'max(haproxy_backend_response_time_average_seconds{proxy="bi_servers"})',
        legend: "until the first byte",
      },
      {
        promql: 'max(haproxy_backend_total_time_average_seconds{proxy="bi_servers"})',
        legend: "whole",
      },
    ],
    description:
      "Averages over HAProxy's last 1024 requests: it keeps no quantiles. The harness measures those from outside.",
    thresholds: { red: TARGETS.queryTimeMsP95 / 1000 },
  },
  {
    title: "Time of a chart query",
    item: "Query response times",
    kind: "timeseries",
    unit: "ms",
    queries: [
      {
        promql: `sum(rate(lakeproof_superset_action_duration_milliseconds_total{${CHART_DATA}}[5m])) / (sum(rate(lakeproof_superset_action_calls_total{${CHART_DATA}}[5m])) > 0)`,
        legend: "average",
      },
    ],
    description: "Inside Superset, cache hits included: the mean of five minutes.",
    thresholds: { red: TARGETS.queryTimeMsP95 },
  },
  {
    title: "Answers by status",
    item: "Query response times",
    kind: "timeseries",
    unit: "reqps",
    queries: [
      {
        promql:
          'sum by (code) (rate(haproxy_backend_http_responses_total{proxy="bi_servers"}[1m]))',
        legend: "{{code}}",
      },
    ],
    description: "5xx are errors that users see.",
  },
  {
    title: "Time of a health page",
    item: "Query response times",
    kind: "timeseries",
    unit: "s",
    queries: [
      {
        promql: 'max by (instance) (probe_duration_seconds{job=~"superset|metabase"})',
        legend: "{{instance}}",
      },
    ],
    description: "An instance whose workers are all busy answers this late too.",
  },
];

const CACHE: readonly Panel[] = [
  {
    title: "Share of look-ups the cache answers",
    item: "Cache hit rates",
    kind: "timeseries",
    unit: "percentunit",
    queries: [
      {
        promql:
          "sum(rate(redis_keyspace_hits_total[1m])) / (sum(rate(redis_keyspace_hits_total[1m])) + sum(rate(redis_keyspace_misses_total[1m])) > 0)",
        legend: "hits",
      },
    ],
    description:
      "Of all Redis nodes together. Superset uses Redis; Metabase keeps its cache in its own database and shows nothing here.",
  },
  {
    title: "Look-ups per second",
    item: "Cache hit rates",
    kind: "timeseries",
    unit: "ops",
    queries: [
      { promql: "sum(rate(redis_keyspace_hits_total[1m]))", legend: "hits" },
      { promql: "sum(rate(redis_keyspace_misses_total[1m]))", legend: "misses" },
      { promql: "sum(rate(redis_evicted_keys_total[1m]))", legend: "evictions" },
    ],
    description: "Evictions beside misses: the cache is too small.",
  },
  {
    title: "Memory of the cache",
    item: "Cache hit rates",
    kind: "timeseries",
    unit: "percentunit",
    queries: [
      {
        promql: "max by (instance) (redis_memory_used_bytes / (redis_memory_max_bytes > 0))",
        legend: "{{instance}}",
      },
    ],
    description: "Of what each node may take.",
    thresholds: { orange: 0.9, red: 1 },
  },
  {
    title: "Redis nodes",
    item: "Cache hit rates",
    kind: "timeseries",
    unit: "short",
    queries: [
      { promql: "sum(redis_up)", legend: "up" },
      { promql: "sum(redis_connected_clients)", legend: "clients" },
    ],
    description: "Masters and replicas.",
  },
];

export const BI_BOARD: Board = {
  name: "bi",
  title: "BI Analytics",
  description:
    "The seed's Metabase Analytics. Superset stands in where no Metabase jar is named; what only one of them can tell says so.",
  panels: [...SESSIONS, ...USAGE, ...TIMES, ...CACHE],
};
