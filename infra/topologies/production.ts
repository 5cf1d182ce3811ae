/** The seed's production set-up in its counts, at model size. */
import { haTopology } from "./ha.ts";

export const production = haTopology({
  name: "production",
  purpose: "Every system of the specification in its production count, at model size.",
  topicPartitionCount: 10,
  capacity: { rateEventsPerS: 100_000, queriesPerHour: 10_000 },
  counts: {
    kafka: 5,
    connect: 2,
    taskManagers: 5,
    zookeepers: 3,
    minio: 8,
    minioDrivesPerNode: 2,
    trinoWorkers: 10,
    superset: 3,
  },
});
