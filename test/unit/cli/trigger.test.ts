/** When an event that a fault waits for lies between two looks at the job. */
import { expect, it } from "vitest";
import { hasHappened, type CheckpointCounts } from "../../../cli/run/trigger.ts";

const counts = (completed: number, inProgress: number, jobId = "job"): CheckpointCounts => ({
  ...{ jobId, completed, inProgress },
});

it.for([
  ["checkpoint-completed", counts(4, 1), counts(5, 0), true],
  ["checkpoint-completed", counts(4, 0), counts(4, 1), false],
  ["checkpoint-completed", counts(4, 1), counts(5, 1), true],
  ["checkpoint-started", counts(4, 0), counts(4, 1), true],
  ["checkpoint-started", counts(4, 1), counts(4, 1), false],
  // One ended and the next began between the looks.
  ["checkpoint-started", counts(4, 1), counts(5, 1), true],
  ["checkpoint-started", counts(4, 1), counts(5, 0), false],
  // A restarted job counts anew.
  ["checkpoint-completed", counts(4, 0), counts(5, 0, "other"), false],
] as const)("%s from %j to %j: %s", ([event, before, now, happened]) => {
  expect(hasHappened(event, before, now)).toBe(happened);
});
