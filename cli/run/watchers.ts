/**
 * What the lab's own watchers say while a run lasts: the stages' figures out of Prometheus, and what the lake's
 * maintenance did beside the stream. Nothing where the topology has neither.
 */
import { reasonOf } from "../../core/errors.ts";
import { host } from "../../core/host.ts";
import { queryPrometheus, scrapeText } from "../../infra/clients/prometheus.ts";
import {
  doneBetween,
  readMaintenance,
  type MaintenanceReading,
} from "../../infra/lake-maintenance/readings.ts";
import { STAGE_PROMQL, stageSamples } from "../../infra/monitoring/stages.ts";
import type { Session } from "./session.ts";

/** As often as Prometheus asks and evaluates. */
const INTERVAL_MS = 5000;

export function startWatchers(session: Session): Disposable {
  const { endpoints } = session.lab;
  const timers = [
    ...(endpoints.has("prometheus") ? [every(session, "prometheus", stages(session))] : []),
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
