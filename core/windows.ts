/** Per-second accounts of one workload, counted in the second of the intended start. */
import type { JournalBody } from "./contracts/journal.ts";
import type { QueryClassName } from "./contracts/plan.ts";
import type { Outcome } from "./contracts/values.ts";
import { encodeHistogram, newHistogram, recordMs, type Histogram } from "./histogram.ts";

const WINDOW_MS = 1000;

interface Window {
  offered: number;
  ok: number;
  failed: number;
  unknown: number;
  dropped: number;
  events: number;
  count: number;
  overTarget: number;
  histogram: Histogram | undefined;
}

export interface WorkloadWindows {
  offered(intendedMs: number): void;
  dropped(intendedMs: number, count: number): void;
  /** `latencyMs` counts from the intended start, whatever the outcome. */
  settled(intendedMs: number, outcome: Outcome, latencyMs: number, events: number): void;
  /** Journals every window that ends before `untilMs` and forgets it. */
  flush(untilMs: number, append: (body: JournalBody) => void): void;
}

export function openWindows(
  workload: string,
  queryClass: QueryClassName | undefined,
  targetMs: number | undefined,
): WorkloadWindows {
  const windows = new Map<number, Window>();
  const at = (intendedMs: number): Window => {
    const index = Math.floor(intendedMs / WINDOW_MS);
    let window = windows.get(index);
    if (window === undefined) {
      window = emptyWindow();
      windows.set(index, window);
    }
    return window;
  };
  return {
    offered: (intendedMs) => void (at(intendedMs).offered += 1),
    dropped: (intendedMs, count) => {
      const window = at(intendedMs);
      window.offered += count;
      window.dropped += count;
    },
    settled: (intendedMs, outcome, latencyMs, events) => {
      const window = at(intendedMs);
      if (outcome === "ok") {
        window.ok += 1;
        window.events += events;
      } else if (outcome === "fail") window.failed += 1;
      else window.unknown += 1;
      window.histogram ??= newHistogram();
      recordMs(window.histogram, latencyMs);
      window.count += 1;
      if (targetMs !== undefined && latencyMs >= targetMs) window.overTarget += 1;
    },
    flush: (untilMs, append) => {
      for (const [index, window] of [...windows].sort((a, b) => a[0] - b[0])) {
        if ((index + 1) * WINDOW_MS > untilMs) continue;
        windows.delete(index);
        for (const body of journalled(workload, queryClass, targetMs, index, window)) append(body);
      }
    },
  };
}

function emptyWindow(): Window {
  return {
    offered: 0,
    ok: 0,
    failed: 0,
    unknown: 0,
    dropped: 0,
    events: 0,
    count: 0,
    overTarget: 0,
    histogram: undefined,
  };
}

function journalled(
  workload: string,
  queryClass: QueryClassName | undefined,
  targetMs: number | undefined,
  index: number,
  window: Window,
): readonly JournalBody[] {
  const where = {
    workload,
    ...(queryClass === undefined ? {} : { class: queryClass }),
    fromMs: index * WINDOW_MS,
    windowMs: WINDOW_MS,
  };
  const { offered, ok, failed, unknown, dropped, events } = window;
  const load: JournalBody = {
    kind: "load.window",
    ...where,
    ...{ offered, ok, failed, unknown, dropped, events },
  };
  if (window.histogram === undefined) return [load];
  return [
    load,
    {
      kind: "latency.window",
      ...where,
      count: window.count,
      histogramUs: encodeHistogram(window.histogram),
      ...(targetMs === undefined ? {} : { overTarget: window.overTarget }),
    },
  ];
}
