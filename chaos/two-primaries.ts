/** Who took writes when, as looks from outside have it: pure, so that it can be tried on any history. */

/** One look at all servers of a service. */
export interface Look {
  /** When it was over, ms since the fault. */
  readonly atMs: number;
  /** Those that answered as a primary. */
  readonly primaryIds: readonly string[];
}

/** What was seen of one primary that should be none any more. */
export interface Reign {
  /** The last look at which it answered as a primary; undefined where none did. */
  readonly untilMs?: number;
  /** Who did so at the same look. Absent while nobody did. */
  readonly beside?: { readonly id: string; readonly sinceMs: number; readonly untilMs: number };
}

export function reignOf(oldId: string, looks: readonly Look[]): Reign {
  const own = looks.filter(({ primaryIds }) => primaryIds.includes(oldId));
  const untilMs = own.at(-1)?.atMs;
  const shared = own.filter(({ primaryIds }) => primaryIds.length > 1);
  const [first] = shared;
  const id = first?.primaryIds.find((other) => other !== oldId);
  return {
    ...(untilMs === undefined ? {} : { untilMs }),
    ...(first === undefined || id === undefined
      ? {}
      : { beside: { id, sinceMs: first.atMs, untilMs: shared.at(-1)?.atMs ?? first.atMs } }),
  };
}

/** "postgres-0 answered as a primary until 58.2 s after it, from 24.1 s on beside postgres-1". */
export function reignText(oldId: string, { untilMs, beside }: Reign): string {
  if (untilMs === undefined) return `${oldId} never answered as a primary after it`;
  const also =
    beside === undefined
      ? "with no other beside it"
      : `from ${seconds(beside.sinceMs)} to ${seconds(beside.untilMs)} beside ${beside.id}`;
  return `${oldId} answered as a primary until ${seconds(untilMs)} after it, ${also}`;
}

/** "24.1 s". */
export function seconds(ms: number): string {
  return `${(ms / 1000).toFixed(1)} s`;
}
