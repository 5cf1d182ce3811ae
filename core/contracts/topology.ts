/** WHAT there is: services by name, as plain data. How a service behaves is in infra/components. */
import type { Isolation } from "./values.ts";

/** The seed's network zones, and one for those who watch and drive. */
export const ZONES = ["dmz", "application", "processing", "storage", "ops"] as const;
export type Zone = (typeof ZONES)[number];

/** Buildings with a power line each: what is in one is lost at one moment. A network zone has instances in all of them. */
export const AVAILABILITY_ZONES = ["az-a", "az-b", "az-c"] as const;
export type AvailabilityZone = (typeof AVAILABILITY_ZONES)[number];

export interface ServiceSpec {
  /** Key of the COMPONENTS table. */
  readonly component: string;
  readonly zone: Zone;
  readonly replicaCount: number;
  /** Service that clients go through to reach this one: a load balancer, an endpoint that follows the leader. */
  readonly entry?: string;
  /** Memory each instance may take at model size; the sum is checked before anything starts. */
  readonly memoryMiB: number;
  /** Gives each instance a file system of its own of this size, so that its disk can be full and no other's. */
  readonly volumeMiB?: number;
  /** Where each instance stands, by its number. Absent: spread by number (core/failure-domains.ts). */
  readonly availabilityZones?: readonly AvailabilityZone[];
  /** Preloads a library into each instance, so that its wall clock can be shifted while it runs. */
  readonly clock?: "shiftable";
  readonly dependsOn?: readonly string[];
  readonly config?: Readonly<Record<string, string | number | boolean>>;
  /**
   * Values of the component's own configuration that replace lakeproof's, by the names they have there. Only what the
   * component lists can be replaced: each is a way to lose or double changes.
   */
  readonly settings?: Readonly<Record<string, string>>;
}

export type Services = Readonly<Record<string, ServiceSpec>>;

export interface Topology<S extends Services = Services> {
  readonly name: string;
  readonly purpose: string;
  readonly services: S;
  /** What the local driver uses where the kernel allows; it falls back to loopback and says so. */
  readonly isolation: Isolation;
  /** Partitions of each of the two change topics. */
  readonly topicPartitionCount: number;
  /** The seed's capacity for this topology, for the report. */
  readonly capacity: { readonly rateEventsPerS: number; readonly queriesPerHour: number };
}
