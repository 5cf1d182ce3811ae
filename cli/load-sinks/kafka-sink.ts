/** Kafka of a lab as a sink: change events straight into topics of their own, gone with each step. */
import { rmSync } from "node:fs";
import type { LoadSink, SinkStep, SinkWindow } from "../../core/contracts/load-sink.ts";
import { LakeproofError } from "../../core/errors.ts";
import { removeLoadTopics, runKafkaStep } from "../capacity/kafka-step.ts";
import { GRACE_MS, type StepLab } from "../capacity/step-runner.ts";

/** The raw journals of its steps go with it: only the figure is kept. */
export async function openKafkaSink(step: StepLab, workerCount: number): Promise<LoadSink> {
  await removeLoadTopics(step);
  let count = 0;
  return {
    run: async (wish: SinkStep, signal): Promise<SinkWindow> => {
      count += 1;
      const name = `calibrate-kafka-${String(count)}-${String(wish.ratePerS)}`;
      const ran = await runKafkaStep({ ...step, signal }, { name, ...wish, workerCount });
      const { seen, result } = ran;
      if (result === undefined) {
        throw new LakeproofError("CLIENT_FAILED", `Not offered: ${seen.blindBecause ?? ""}.`, {
          hint: "Make room on the disk of the lab.",
        });
      }
      return {
        dueCount: seen.dueCount,
        settledCount: seen.settledCount,
        failedCount: seen.failedCount,
        eventCount: (ran.achievedPerS * wish.windowMs) / 1000,
        latencyMsP99: result.latencyMs.p99 ?? wish.windowMs + GRACE_MS,
        busyRatio: result.busyRatioMedian,
        loopDelayMsP99: result.eventLoopDelayMsMedian,
      };
    },
    [Symbol.asyncDispose]: () => {
      rmSync(step.stepsDir, { recursive: true, force: true });
      return Promise.resolve();
    },
  };
}
