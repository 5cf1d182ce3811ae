/**
 * Mini with a file system of its own for each PostgreSQL server, so that its disk, and with it its WAL, can be full. A
 * topology of its own, because volumes need root and a loop device, and mini is to run without.
 */
import { haTopology } from "./ha.ts";
import { MINI_COUNTS } from "./mini.ts";

export const miniVolumes = haTopology({
  name: "mini-volumes",
  purpose: "Mini with a volume of its own for each PostgreSQL server: for full disks. Needs root.",
  topicPartitionCount: 4,
  capacity: { rateEventsPerS: 1000, queriesPerHour: 100 },
  counts: MINI_COUNTS,
  // max_wal_size is 1 GiB: smaller, a busy server would fill it by itself. What is not written takes no room.
  postgresVolumeMiB: 2048,
});
