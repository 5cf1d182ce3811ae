/** What is done to a lab so that each alert has a reason to fire: one fault an alert, on nodes that come back. */
import type { ServiceSpec } from "../../core/contracts/topology.ts";
import { ALERT_RULES, detectionOf, type AlertName } from "./alerts/index.ts";

export interface Drill {
  readonly alert: AlertName;
  /** Kind of component whose instances are killed. */
  readonly component: string;
  readonly role?: string;
  /** Of so many instances, how many go. */
  readonly lost: (replicaCount: number) => number;
}

const one = (): number => 1;

export const DRILLS: readonly Drill[] = [
  // Without the connector nothing can be fresh: that its lag cannot be told must alert as well as a high one.
  { alert: "CdcLagAboveOneMinute", component: "connect", lost: (count) => count },
  { alert: "FlinkJobFailure", component: "flink-taskmanager", lost: one },
  { alert: "DatabaseConnectionFailure", component: "patroni", role: "leader", lost: one },
  { alert: "MinioDegraded", component: "minio", lost: one },
  { alert: "TrinoCoordinatorDown", component: "trino", lost: one },
  { alert: "BiBelowTwoInstances", component: "superset", lost: (count) => count - 1 },
];

/** The service of the topology that the drill hits; undefined where the alert has no object here. */
export function drilledService(
  drill: Drill,
  services: Readonly<Record<string, ServiceSpec>>,
): string | undefined {
  const found = Object.entries(services).find(
    ([, { component, replicaCount }]) =>
      component === drill.component && drill.lost(replicaCount) > 0,
  );
  return found?.[0];
}

/** Seconds in which even the slowest of the alert's rules has noticed: one that is silent by then has failed. */
export function detectionSMax(alert: AlertName): number {
  const rules = ALERT_RULES.filter((rule) => rule.alert === alert);
  return Math.max(...rules.map((rule) => detectionOf(rule).maxS));
}
