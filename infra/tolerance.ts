/** How many instances of each kind may be gone at once while the rest does all of its work. */

type Tolerance = (replicaCount: number) => number;

const minority: Tolerance = (replicaCount) => Math.floor((replicaCount - 1) / 2);
const allButOne: Tolerance = (replicaCount) => replicaCount - 1;

const TOLERANCE: Readonly<Record<string, Tolerance>> = {
  patroni: minority,
  etcd: minority,
  "flink-zookeeper": minority,
  // Three copies of which two must confirm.
  kafka: (replicaCount) => (replicaCount < 3 ? 0 : 1),
  connect: allButOne,
  // One slot each, and one TaskManager more than the job needs.
  "flink-taskmanager": (replicaCount) => (replicaCount < 2 ? 0 : 1),
  // Two drives a node in sets of at most 16 with a parity of 4; at half the set a write needs one drive more.
  minio: (replicaCount) => (replicaCount < 4 ? 0 : replicaCount < 8 ? 1 : 2),
  "trino-worker": allButOne,
  superset: allButOne,
  metabase: allButOne,
  // A majority of the masters must be there to elect a replica.
  redis: (replicaCount) => minority(Math.floor(replicaCount / 2)),
};

export function toleranceOf(component: string, replicaCount: number): number {
  return Math.max(0, TOLERANCE[component]?.(replicaCount) ?? 0);
}
