/** Load and latency windows by what they are of. */
import type { EventList } from "./contracts/event-list.ts";
import type { EventOf, JournalReader } from "./contracts/journal.ts";
import { PickedEvents } from "./event-list.ts";

export interface LoadName {
  readonly workload: string;
  /** Query class; undefined for loads without classes. */
  readonly class: string | undefined;
}

type Windows = "load.window" | "latency.window";
type AnyWindow = EventOf<Windows>;

/** By journal, kind and class: every objective and every chart asks, and a day has some hundred thousand windows. */
const SORTED = new WeakMap<JournalReader, ReadonlyMap<string, EventList<AnyWindow>>>();

/** In the order of the journal. Exactly this class; undefined means windows without one. */
export function windowsOf<K extends Windows>(
  journal: JournalReader,
  kind: K,
  { workload, class: className }: LoadName,
): EventList<EventOf<K>> {
  const sorted =
    SORTED.get(journal) ??
    new Map([
      ...sortedOf<AnyWindow>(journal.of("load.window")),
      ...sortedOf<AnyWindow>(journal.of("latency.window")),
    ]);
  SORTED.set(journal, sorted);
  const key = keyOf({ kind, workload, ...(className === undefined ? {} : { class: className }) });
  return (sorted.get(key) ?? []) as unknown as EventList<EventOf<K>>;
}

function sortedOf<E extends AnyWindow>(windows: EventList<E>): readonly [string, EventList<E>][] {
  const indices = new Map<string, number[]>();
  let index = 0;
  for (const window of windows) {
    const key = keyOf(window);
    const own = indices.get(key);
    if (own === undefined) indices.set(key, [index]);
    else own.push(index);
    index += 1;
  }
  return [...indices].map(([key, own]) => [key, new PickedEvents(windows, own)]);
}

function keyOf(window: Pick<AnyWindow, "kind" | "workload" | "class">): string {
  return window.class === undefined
    ? `${window.kind} ${window.workload}`
    : `${window.kind} ${window.workload} of ${window.class}`;
}
