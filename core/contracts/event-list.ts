/** How the events of a journal are held that are too many to be held as objects. */

/** Kinds that come by the second. */
export type FrequentKind =
  "load.window" | "latency.window" | "sample.taken" | "instance.memory" | "canary.seen";

/**
 * Events in the order of the journal, made when they are asked for, each time anew. Their fields are read from columns,
 * so an event cannot be copied by spreading, and two of them are the same when their fields are. Arrays are such lists.
 */
export interface EventList<E> extends Iterable<E>, Pick<readonly E[], "length"> {
  at(index: number): E | undefined;
  filter(keep: (event: E) => boolean): E[];
  map<T>(make: (event: E) => T): T[];
}
