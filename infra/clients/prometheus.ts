/** Prometheus, Alertmanager and exporters over HTTP: queries, alerts, targets, and a scrape by hand. */
import { z } from "zod";
import { LakeproofError } from "../../core/errors.ts";
import { host } from "../../core/host.ts";
import { untilAborted } from "../../core/until-aborted.ts";
import { requestJson } from "./http.ts";

/** A sample's value is a text, so that NaN and the infinities survive JSON. */
const Value = z.tuple([z.number(), z.string()]);
const Labels = z.record(z.string(), z.string());

const QueryAnswer = z.object({
  data: z.discriminatedUnion("resultType", [
    z.object({
      resultType: z.literal("vector"),
      result: z.array(z.object({ metric: Labels, value: Value })),
    }),
    z.object({ resultType: z.literal("scalar"), result: Value }),
  ]),
});

const AlertsAnswer = z.object({
  data: z.object({
    alerts: z.array(
      z.object({
        labels: Labels,
        annotations: Labels,
        state: z.enum(["pending", "firing"]),
        activeAt: z.string(),
        value: z.string(),
      }),
    ),
  }),
});

const TargetsAnswer = z.object({
  data: z.object({
    activeTargets: z.array(
      z.object({
        labels: Labels,
        scrapeUrl: z.string(),
        health: z.enum(["up", "down", "unknown"]),
        lastError: z.string(),
        lastScrapeDuration: z.number(),
      }),
    ),
  }),
});

const AlertmanagerAlerts = z.array(
  z.object({
    labels: Labels,
    annotations: Labels,
    startsAt: z.string(),
    endsAt: z.string(),
    status: z.object({ state: z.enum(["unprocessed", "active", "suppressed"]) }),
  }),
);

export interface PrometheusSample {
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
  readonly atEpochMs: number;
}

export interface PrometheusAlert {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
  readonly state: "pending" | "firing";
  /** When the expression first held without a break; it fires `for` later. */
  readonly activeAtEpochMs: number;
  readonly value: number;
}

export interface PrometheusTarget {
  readonly job: string;
  readonly instance: string;
  readonly scrapeUrl: string;
  readonly health: "up" | "down" | "unknown";
  readonly lastError: string;
  readonly lastScrapeMs: number;
}

/** Value of an instant query now; a scalar is one sample without labels. */
export async function queryPrometheus(
  address: string,
  promql: string,
  signal: AbortSignal,
): Promise<readonly PrometheusSample[]> {
  const url = `http://${address}/api/v1/query?query=${encodeURIComponent(promql)}`;
  const { data } = QueryAnswer.parse(await requestJson(url, { signal }));
  if (data.resultType === "scalar") return [sampleOf({}, data.result)];
  return data.result.map(({ metric, value }) => sampleOf(metric, value));
}

function sampleOf(
  labels: Readonly<Record<string, string>>,
  [atEpochS, value]: z.infer<typeof Value>,
): PrometheusSample {
  return { labels, value: numberOf(value), atEpochMs: Math.round(atEpochS * 1000) };
}

/** Prometheus writes the infinities as +Inf and -Inf. */
function numberOf(text: string): number {
  return Number(text.replace("Inf", "Infinity"));
}

/** Alerts whose expression holds now: pending ones wait for their `for`. */
export async function prometheusAlerts(
  address: string,
  signal: AbortSignal,
): Promise<readonly PrometheusAlert[]> {
  const answer = AlertsAnswer.parse(
    await requestJson(`http://${address}/api/v1/alerts`, { signal }),
  );
  return answer.data.alerts.map((alert) => ({
    name: alert.labels["alertname"] ?? "",
    labels: alert.labels,
    annotations: alert.annotations,
    state: alert.state,
    activeAtEpochMs: Date.parse(alert.activeAt),
    value: numberOf(alert.value),
  }));
}

export async function prometheusTargets(
  address: string,
  signal: AbortSignal,
): Promise<readonly PrometheusTarget[]> {
  const answer = TargetsAnswer.parse(
    await requestJson(`http://${address}/api/v1/targets?state=active`, { signal }),
  );
  return answer.data.activeTargets.map((target) => ({
    job: target.labels["job"] ?? "",
    instance: target.labels["instance"] ?? "",
    scrapeUrl: target.scrapeUrl,
    health: target.health,
    lastError: target.lastError,
    lastScrapeMs: target.lastScrapeDuration * 1000,
  }));
}

export interface ToldAlert {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
  readonly startsAtEpochMs: number;
  readonly endsAtEpochMs: number;
  readonly state: "unprocessed" | "active" | "suppressed";
}

/** What Alertmanager has been told: the end of the way an alert takes before a person sees it. */
export async function alertmanagerAlerts(
  address: string,
  signal: AbortSignal,
): Promise<readonly ToldAlert[]> {
  const url = `http://${address}/api/v2/alerts`;
  return AlertmanagerAlerts.parse(await requestJson(url, { signal })).map((alert) => ({
    name: alert.labels["alertname"] ?? "",
    labels: alert.labels,
    annotations: alert.annotations,
    startsAtEpochMs: Date.parse(alert.startsAt),
    endsAtEpochMs: Date.parse(alert.endsAt),
    state: alert.status.state,
  }));
}

/** Puts a silence in force for a minute and takes it back: a real use that mutes nothing. */
export async function silenceRoundTrip(address: string, signal: AbortSignal): Promise<void> {
  const base = `http://${address}/api/v2`;
  const nowEpochMs = host.epochMs();
  const answer = await requestJson(`${base}/silences`, {
    method: "POST",
    body: {
      matchers: [{ name: "alertname", value: "LakeproofProbe", isRegex: false, isEqual: true }],
      startsAt: new Date(nowEpochMs).toISOString(),
      endsAt: new Date(nowEpochMs + 60_000).toISOString(),
      createdBy: "lakeproof",
      comment: "readiness",
    },
    signal,
  });
  const { silenceID } = z.object({ silenceID: z.string() }).parse(answer);
  await requestJson(`${base}/silence/${silenceID}`, { method: "DELETE", signal });
}

/** What a target or an exporter answers to a scrape, as text. */
export async function scrapeText(
  address: string,
  path: string,
  signal: AbortSignal,
): Promise<string> {
  const url = `http://${address}${path}`;
  const response = await untilAborted(fetch(url, { signal }), signal);
  const text = await untilAborted(response.text(), signal);
  if (response.ok) return text;
  throw new LakeproofError(
    "CLIENT_FAILED",
    `GET ${url} answered ${String(response.status)}: ${text.slice(0, 200)}`,
    { hint: "Read the instance's log." },
  );
}
