/** Those who watch: what Prometheus cannot see, what it warns of, and what Alertmanager was told. */
import { z } from "zod";
import type { ComponentContext } from "../../../core/contracts/component.ts";
import { requestJson } from "../../clients/http.ts";
import {
  alertmanagerAlerts,
  prometheusAlerts,
  prometheusTargets,
  type PrometheusAlert,
  type PrometheusTarget,
  type ToldAlert,
} from "../../clients/prometheus.ts";
import { plural } from "../../lint/figures.ts";
import { listed, okIf, worstOf, type HealthCheck, type HealthFinding } from "../finding.ts";

const NAMED_COUNT_MAX = 5;

const Status = z.object({ cluster: z.object({ status: z.string() }) });

export function judgeTargets(targets: readonly PrometheusTarget[]): HealthFinding {
  const down = targets.filter(({ health }) => health === "down");
  const unknown = targets.filter(({ health }) => health === "unknown");
  return {
    check: "targets",
    status: okIf(targets.length > 0 && down.length === 0, targets.length === 0 ? "bad" : "warn"),
    observed: `${String(targets.length - down.length - unknown.length)} of ${plural(targets.length, "target")} up${down.length === 0 ? "" : `; down: ${few(down.map(({ job, instance, lastError }) => `${job}/${instance} (${lastError.slice(0, 80)})`))}`}`,
    expected: "all up",
    hint: "An instance that is up and not scraped has lost its metrics port or exporter: read its log.",
  };
}

export function judgeAlerts(alerts: readonly PrometheusAlert[]): HealthFinding {
  const firing = alerts.filter(({ state }) => state === "firing");
  const pending = alerts.filter(({ state }) => state === "pending");
  const critical = firing.filter(({ labels }) => labels["severity"] === "critical");
  return {
    check: "active alerts",
    status: worstOf([okIf(critical.length === 0), okIf(firing.length === 0, "warn")]),
    observed: `${plural(firing.length, "alert")} firing${firing.length === 0 ? "" : ` (${few(firing.map(alertText))})`}, ${String(pending.length)} pending`,
    expected: "none firing",
    hint: "Each alert names its runbook in its annotations; critical ones come first.",
  };
}

export function judgeAlertmanager(
  status: string,
  alerts: readonly ToldAlert[],
): readonly HealthFinding[] {
  const active = alerts.filter(({ state }) => state !== "suppressed");
  const silenced = alerts.length - active.length;
  return [
    {
      check: "cluster status",
      // Alone it forms no cluster, and calls that disabled.
      status: okIf(status === "ready" || status === "disabled", "warn"),
      observed: status,
      expected: "ready, or disabled where it is alone",
      hint: "Read its log: it has not settled with its peers.",
    },
    {
      check: "alerts told",
      status: okIf(active.length === 0, "warn"),
      observed: `${String(active.length)} active${active.length === 0 ? "" : ` (${few(active.map(alertText))})`}, ${String(silenced)} silenced`,
      expected: "0 active",
      hint: "Work through them; a silence only hides the noise.",
    },
  ];
}

function alertText(alert: {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
}): string {
  const about = alert.labels["instance"] ?? alert.labels["service"];
  return about === undefined ? alert.name : `${alert.name} ${about}`;
}

function few(words: readonly string[]): string {
  const rest = words.length - NAMED_COUNT_MAX;
  return listed([
    ...words.slice(0, NAMED_COUNT_MAX),
    ...(rest > 0 ? [`${String(rest)} more`] : []),
  ]);
}

const targets: HealthCheck = async (context, _instances, signal) => [
  judgeTargets(await prometheusTargets(own(context), signal)),
];

const alerts: HealthCheck = async (context, _instances, signal) => [
  judgeAlerts(await prometheusAlerts(own(context), signal)),
];

const told: HealthCheck = async (context, _instances, signal) => {
  const [status, all] = await Promise.all([
    requestJson(`http://${own(context)}/api/v2/status`, { signal }),
    alertmanagerAlerts(own(context), signal),
  ]);
  return judgeAlertmanager(Status.parse(status).cluster.status, all);
};

function own(context: ComponentContext): string {
  return context.endpoints.address(context.service);
}

export const prometheusChecks: Readonly<Record<string, HealthCheck>> = {
  targets,
  "active alerts": alerts,
};
export const alertmanagerChecks: Readonly<Record<string, HealthCheck>> = { alerts: told };
