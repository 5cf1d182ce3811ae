/** Numbers taken at intervals: the probes of the pipeline, the generator's own health, memory and lag. */
import type { Unit } from "../../core/contracts/values.ts";
import { reasonOf } from "../../core/errors.ts";
import { host } from "../../core/host.ts";
import { alive } from "../../infra/drivers/local.ts";
import { cpuMs, rssBytes } from "../../infra/drivers/processes.ts";
import { PROBES } from "../../slo/probes/index.ts";
import type { Session } from "./session.ts";

export const GENERATOR_MEMORY_PROBE = "generator.rssBytes";
export const K6_MEMORY_PROBE = "k6.rssBytes";
const MEMORY_INTERVAL_MS = 10_000;
const OWN_INTERVAL_MS = 2000;

export function startSamplers(session: Session, loadPids: () => readonly number[]): Disposable {
  const timers = [
    ...Object.values(PROBES).map((probe) => {
      let busy = false;
      return host.every(probe.intervalMs, () => {
        if (busy) return;
        busy = true;
        const signal = host.deadline(probe.intervalMs, session.signal);
        void probe
          .sample(session.lab.endpoints, signal)
          .then(
            (value) => {
              sample(session, probe.name, value, probe.unit);
            },
            (error: unknown) => {
              const reason = reasonOf(error).slice(0, 200);
              session.journal.append({ kind: "probe.blind", probe: probe.name, reason });
            },
          )
          .finally(() => {
            busy = false;
          });
      });
    }),
    host.every(MEMORY_INTERVAL_MS, () => {
      journalMemory(session);
      const k6Bytes = loadPids().reduce((sum, pid) => sum + rssBytes(pid), 0);
      sample(session, GENERATOR_MEMORY_PROBE, host.rssBytes(), "bytes");
      sample(session, K6_MEMORY_PROBE, k6Bytes, "bytes");
    }),
    ownHealth(session, loadPids),
  ];
  return {
    [Symbol.dispose]: () => {
      for (const timer of timers) timer[Symbol.dispose]();
    },
  };
}

function sample(session: Session, probe: string, value: number, unit: Unit): void {
  session.journal.append({ kind: "sample.taken", probe, observed: { value, unit } });
}

export function journalMemory(session: Session): void {
  for (const { id } of session.lab.specs) {
    const instance = session.lab.driver.instance(id);
    if (instance === undefined || !alive(instance)) continue;
    const bytes = rssBytes(instance.pid);
    session.journal.append({ kind: "instance.memory", instanceId: id, rssBytes: bytes });
  }
}

/** Whether the generator had headroom: without it no latency it measured can be believed. */
function ownHealth(session: Session, loadPids: () => readonly number[]): Disposable {
  let lastCpuMs = host.cpuUsageMs();
  let lastK6Ms = 0;
  let lastMs = session.journal.nowMs();
  host.eventLoopDelayMsP99();
  return host.every(OWN_INTERVAL_MS, () => {
    const nowMs = session.journal.nowMs();
    const cpu = host.cpuUsageMs();
    const k6Ms = loadPids().reduce((sum, pid) => sum + cpuMs(pid), 0);
    const elapsedMs = nowMs - lastMs;
    sample(session, "generator.eventLoopDelayMsP99", host.eventLoopDelayMsP99(), "ms");
    sample(session, "generator.cpuRatio", (cpu - lastCpuMs) / elapsedMs, "ratio");
    sample(session, "k6.cpuRatio", Math.max(0, k6Ms - lastK6Ms) / elapsedMs, "ratio");
    sample(session, "kafka.lagEvents", lagOf(session), "events");
    lastCpuMs = cpu;
    lastK6Ms = k6Ms;
    lastMs = nowMs;
  });
}

/** Acknowledged changes that are not in Kafka yet. */
function lagOf(session: Session): number {
  const { acknowledged, kafka } = session;
  return Math.max(0, acknowledged.eventCount - (kafka.eventCount - kafka.duplicateCount));
}
