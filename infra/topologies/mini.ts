/** The production wiring at the smallest counts that still survive the loss of any one node. */
import { haTopology, type HaCounts } from "./ha.ts";

export const MINI_COUNTS: HaCounts = {
  kafka: 3,
  connect: 2,
  taskManagers: 2,
  zookeepers: 1,
  minio: 4,
  minioDrivesPerNode: 2,
  trinoWorkers: 2,
  superset: 2,
};

export const mini = haTopology({
  name: "mini",
  purpose: "Highly available at the smallest counts: for nightly runs and for people.",
  topicPartitionCount: 4,
  capacity: { rateEventsPerS: 1000, queriesPerHour: 100 },
  counts: MINI_COUNTS,
});
