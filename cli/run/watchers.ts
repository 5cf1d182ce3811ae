/**
 * What the lab's own watchers say while a run lasts: the stages' figures out of Prometheus, and what the lake's
 * maintenance did beside the stream. Nothing where the topology has neither.
 */
import { reasonOf } from "../../core/errors.ts";
import { host } from "../../core/host.ts";
import { prometheusAlerts, queryPrometheus, scrapeText } from "../../infra/clients/prometheus.ts";
import {
  doneBetween,
  readMaintenance,
  type MaintenanceReading,
} from "../../infra/lake-maintenance/readings.ts";
import { STAGE_PROMQL, stageSamples } from "../../infra/monitoring/stages.ts";
import { ALERT_PREFIX, ALERTS_PROBE } from "../../slo/checks/evidence/noticed.ts";
import type { Session } from "./session.ts";

/** As often as Prometheus asks and evaluates. */
const INTERVAL_MS = 5000;

export function startWatchers(session: Session): Disposable {
  const { endpoints } = session.lab;
  const timers = [
    ...(endpoints.has("prometheus")
      ? [
          every(session, "prometheus", stages(session)),
          every(session, ALERTS_PROBE, alerts(session)),
        ]
      : []),
    ...(endpoints.has("lake-maintenance")
      ? [every(session, "lake-maintenance", maintenance(session))]
      : []),
  ];
  return {
    [Symbol.dispose]: () => {
      for (const timer of timers) timer[Symbol.dispose]();
    },
  };
}

/** One look at a time; one that fails is journalled as blindness. */
function every(
  session: Session,
  probe: string,
  look: (signal: AbortSignal) => Promise<void>,
): Disposable {
  let busy = false;
  return host.every(INTERVAL_MS, () => {
    if (busy) return;
    busy = true;
    void look(host.deadline(INTERVAL_MS, session.signal))
      .catch((error: unknown) => {
        const reason = reasonOf(error).slice(0, 200);
        session.journal.append({ kind: "probe.blind", probe, reason });
      })
      .finally(() => {
        busy = false;
      });
  });
}

function stages({ lab, journal }: Session): (signal: AbortSignal) => Promise<void> {
  return async (signal) => {
    const address = lab.endpoints.address("prometheus");
    const answer = await queryPrometheus(address, STAGE_PROMQL, signal);
    for (const { probe, value, unit } of stageSamples(answer)) {
      journal.append({ kind: "sample.taken", probe, observed: { value, unit } });
    }
  };
}

/** How many fire, and each that does by its name. */
function alerts({ lab, journal }: Session): (signal: AbortSignal) => Promise<void> {
  const sample = (probe: string, value: number): void => {
    journal.append({ kind: "sample.taken", probe, observed: { value, unit: "count" } });
  };
  return async (signal) => {
    const all = await prometheusAlerts(lab.endpoints.address("prometheus"), signal);
    const firing = all.filter(({ state }) => state === "firing");
    sample(ALERTS_PROBE, firing.length);
    for (const [name, own] of Map.groupBy(firing, (alert) => alert.name)) {
      sample(`${ALERT_PREFIX}${name}`, own.length);
    }
  };
}

function maintenance({
  lab,
  journal,
  startedAtEpochMs,
}: Session): (signal: AbortSignal) => Promise<void> {
  // What was done before the run is not the run's.
  let before: MaintenanceReading | undefined;
  return async (signal) => {
    const address = lab.endpoints.address("lake-maintenance", "metrics");
    const now = readMaintenance(await scrapeText(address, "/metrics", signal));
    if (before !== undefined) {
      for (const done of doneBetween(before, now, startedAtEpochMs)) {
        journal.append({ kind: "lake.maintained", ...done });
      }
    }
    before = now;
  };
}
