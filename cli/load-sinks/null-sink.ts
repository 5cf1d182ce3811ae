/** The null sink on worker threads: each has its own lanes, as the generator would share them out. */
import { Worker } from "node:worker_threads";
import type { LoadSink, SinkStep, SinkWindow } from "../../core/contracts/load-sink.ts";
import { LakeproofError } from "../../core/errors.ts";
import type { NullLoadOptions } from "./null-load.ts";

export interface NullSinkOptions extends Omit<NullLoadOptions, "lane" | "laneCount"> {
  readonly threadCount: number;
}

/** Unbuilt and compiled, the worker lies beside this file under the same name. */
const WORKER = new URL(
  import.meta.url.endsWith(".ts") ? "./null-worker.ts" : "./null-worker.js",
  import.meta.url,
);

export function openNullSink({ threadCount, ...options }: NullSinkOptions): LoadSink {
  const workers = Array.from({ length: threadCount }, (_, lane) => {
    const workerData: NullLoadOptions = { ...options, lane, laneCount: threadCount };
    return new Worker(WORKER, { workerData });
  });
  return {
    run: async (step, signal) => {
      signal.throwIfAborted();
      const share = { ...step, ratePerS: step.ratePerS / threadCount };
      const windows = await Promise.all(workers.map((worker) => ask(worker, share, signal)));
      return together(windows);
    },
    [Symbol.asyncDispose]: async () => {
      await Promise.all(workers.map((worker) => worker.terminate()));
    },
  };
}

function ask(worker: Worker, step: SinkStep, signal: AbortSignal): Promise<SinkWindow> {
  return new Promise((resolve, reject) => {
    const settle = (act: () => void): void => {
      worker.removeAllListeners("message").removeAllListeners("error");
      signal.removeEventListener("abort", abort);
      act();
    };
    const abort = (): void => {
      settle(() => {
        reject(signal.reason as LakeproofError);
      });
    };
    worker.once("message", (window: SinkWindow) => {
      settle(() => {
        resolve(window);
      });
    });
    worker.once("error", (cause: Error) => {
      const message = `A thread of the generator died: ${cause.message}`;
      settle(() => {
        reject(new LakeproofError("INTERNAL", message, { hint: "Report it.", cause }));
      });
    });
    signal.addEventListener("abort", abort, { once: true });
    worker.postMessage(step);
  });
}

/** Counts add up; a latency and a headroom are those of the worst thread. */
function together(windows: readonly SinkWindow[]): SinkWindow {
  const sum = (count: (window: SinkWindow) => number): number =>
    windows.reduce((total, window) => total + count(window), 0);
  const most = (value: (window: SinkWindow) => number): number => Math.max(...windows.map(value));
  return {
    dueCount: sum((window) => window.dueCount),
    settledCount: sum((window) => window.settledCount),
    failedCount: sum((window) => window.failedCount),
    eventCount: sum((window) => window.eventCount),
    latencyMsP99: most((window) => window.latencyMsP99),
    busyRatio: most((window) => window.busyRatio),
    loopDelayMsP99: most((window) => window.loopDelayMsP99),
  };
}
