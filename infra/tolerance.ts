/** How many instances of each kind may be gone at once while the rest does all of its work. */

import type { ServiceSpec, Services } from "../core/contracts/topology.ts";
import { drivesPerNodeOf } from "./components/minio.ts";
import { isFailsafe } from "./components/patroni.ts";
import {
  defaultParityOf,
  evenPool,
  hostsThatMayGo,
  setDriveCountOf,
  writeLossOf,
} from "./erasure.ts";

/** What of a service decides. */
type Sized = Pick<ServiceSpec, "component" | "replicaCount" | "config">;
type Tolerance = (replicaCount: number, service: Sized) => number;

const minority = (replicaCount: number): number => Math.floor((replicaCount - 1) / 2);
const allButOne = (replicaCount: number): number => replicaCount - 1;

const TOLERANCE: Readonly<Record<string, Tolerance>> = {
  patroni: minority,
  etcd: minority,
  "flink-zookeeper": minority,
  // Three copies of which two must confirm.
  kafka: (replicaCount) => (replicaCount < 3 ? 0 : 1),
  connect: allButOne,
  // One slot each, and one TaskManager more than the job needs.
  "flink-taskmanager": (replicaCount) => (replicaCount < 2 ? 0 : 1),
  minio: (replicaCount, { config }) => nodesThatMayGo(replicaCount, drivesPerNodeOf(config ?? {})),
  "trino-worker": allButOne,
  // The load balancer asks each for its health.
  waf: allButOne,
  superset: allButOne,
  metabase: allButOne,
  // A majority of the masters must be there to elect a replica.
  redis: (replicaCount) => minority(Math.floor(replicaCount / 2)),
};

export function toleranceOf(service: Sized): number {
  return Math.max(0, TOLERANCE[service.component]?.(service.replicaCount, service) ?? 0);
}

/**
 * Services that go on while more of this one is gone than it bears, as long as nothing of theirs is gone as well: Patroni's
 * leader in its failsafe mode. Empty where nobody does.
 */
export function goOnWithout(service: Sized, services: Services): readonly string[] {
  if (service.component !== "etcd") return [];
  const users = Object.entries(services).filter(([, { component }]) => component === "patroni");
  return users.every(([, { settings = {} }]) => isFailsafe(settings))
    ? users.map(([name]) => name)
    : [];
}

/** Drives of an object store of which reads and writes bear the loss, whichever they are; 0 for all else. */
export function drivesThatMayGo(service: Sized): number {
  if (service.component !== "minio") return 0;
  const driveCount = service.replicaCount * drivesPerNodeOf(service.config ?? {});
  const setDriveCount = setDriveCountOf(driveCount, service.replicaCount);
  return Math.max(0, writeLossOf(setDriveCount, defaultParityOf(setDriveCount)));
}

/** For writes, which lose their quorum no later than reads. */
function nodesThatMayGo(nodeCount: number, drivesPerNode: number): number {
  const setDriveCount = setDriveCountOf(nodeCount * drivesPerNode, nodeCount);
  const writeLoss = writeLossOf(setDriveCount, defaultParityOf(setDriveCount));
  return hostsThatMayGo(evenPool(nodeCount, drivesPerNode), setDriveCount, writeLoss);
}
