/** WHAT there is: services by name, as plain data. How a service behaves is in infra/components. */

export interface ServiceSpec {
  /** Key of the COMPONENTS table. */
  readonly component: string;
  readonly replicaCount: number;
  /** Memory each instance may take at model size; the sum is checked before anything starts. */
  readonly memoryMiB: number;
  readonly dependsOn?: readonly string[];
  readonly config?: Readonly<Record<string, string | number | boolean>>;
}

export type Services = Readonly<Record<string, ServiceSpec>>;

export interface Topology<S extends Services = Services> {
  readonly name: string;
  readonly purpose: string;
  readonly services: S;
  /** Partitions of each of the two change topics. */
  readonly topicPartitionCount: number;
  /** The seed's capacity for this topology, for the report. */
  readonly capacity: { readonly rateEventsPerS: number; readonly queriesPerHour: number };
}
