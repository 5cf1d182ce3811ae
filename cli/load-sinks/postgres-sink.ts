/** PostgreSQL of a lab as a sink: the bank's own load path, into a database that nothing behind it reads. */
import { rmSync } from "node:fs";
import type { LoadSink, SinkStep, SinkWindow } from "../../core/contracts/load-sink.ts";
import { host } from "../../core/host.ts";
import { observeStep } from "../../slo/capacity/observe.ts";
import { dropOwnDatabase, makeOwnDatabase } from "../capacity/own-database.ts";
import { runStep, type StepLab } from "../capacity/step-runner.ts";

const CLEANUP_MS_MAX = 15_000;

/** The raw journals of its steps go with it: only the figure is kept. */
export async function openPostgresSink(step: StepLab): Promise<LoadSink> {
  const address = step.lab.endpoints.address("postgres");
  await makeOwnDatabase(address, step.signal);
  let count = 0;
  return {
    run: async (wish: SinkStep, signal): Promise<SinkWindow> => {
      count += 1;
      const name = `calibrate-${String(count)}-${String(wish.ratePerS)}`;
      const outcome = await runStep({ ...step, signal }, { name, target: "postgres", ...wish });
      const seen = observeStep(outcome.events, outcome.frame);
      return {
        dueCount: seen.dueCount,
        settledCount: seen.settledCount,
        failedCount: seen.failedCount,
        eventCount: (seen.achievedPerS * wish.windowMs) / 1000,
        latencyMsP99: seen.latencyMsP99,
        busyRatio: seen.generator?.cpuRatio ?? 0,
        loopDelayMsP99: seen.generator?.loopDelayMsP99 ?? 0,
      };
    },
    [Symbol.asyncDispose]: async () => {
      rmSync(step.stepsDir, { recursive: true, force: true });
      await dropOwnDatabase(address, host.deadline(CLEANUP_MS_MAX));
    },
  };
}
