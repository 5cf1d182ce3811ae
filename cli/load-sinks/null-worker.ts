/** One thread of the generator with nothing behind it: takes steps, sends back what each came to. */
import { parentPort, workerData } from "node:worker_threads";
import type { SinkStep } from "../../core/contracts/load-sink.ts";
import { openNullLoad, type NullLoadOptions } from "./null-load.ts";

const run = openNullLoad(workerData as NullLoadOptions);

parentPort?.on("message", (step: SinkStep) => {
  void run(step).then((window) => {
    parentPort?.postMessage(window);
  });
});
