/** Load and latency windows by what they are of. */
import type { EventOf, JournalReader } from "./contracts/journal.ts";

export interface LoadName {
  readonly workload: string;
  /** Query class; undefined for loads without classes. */
  readonly class: string | undefined;
}

type Windows = "load.window" | "latency.window";

/** By journal, kind and class: every objective and every chart asks, and a day has some hundred thousand windows. */
const SORTED = new WeakMap<JournalReader, Map<string, readonly EventOf<Windows>[]>>();

/** In the order of the journal. Exactly this class; undefined means windows without one. */
export function windowsOf<K extends Windows>(
  journal: JournalReader,
  kind: K,
  { workload, class: className }: LoadName,
): readonly EventOf<K>[] {
  let sorted = SORTED.get(journal);
  if (sorted === undefined) {
    sorted = new Map(
      (["load.window", "latency.window"] as const).flatMap((name) => [
        ...Map.groupBy<string, EventOf<Windows>>(journal.of(name), keyOf),
      ]),
    );
    SORTED.set(journal, sorted);
  }
  const key = keyOf({ kind, workload, ...(className === undefined ? {} : { class: className }) });
  return (sorted.get(key) ?? []) as unknown as readonly EventOf<K>[];
}

function keyOf(window: Pick<EventOf<Windows>, "kind" | "workload" | "class">): string {
  return window.class === undefined
    ? `${window.kind} ${window.workload}`
    : `${window.kind} ${window.workload} of ${window.class}`;
}
