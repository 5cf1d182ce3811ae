/** What the instances of each kind of component take together. Pure. */

export interface InstanceFigures {
  readonly component: string;
  readonly rssBytes: number;
  /** Undefined where it was not measured. */
  readonly readyCpuMs: number | undefined;
}

export interface ComponentSum {
  readonly component: string;
  readonly instanceCount: number;
  readonly rssBytes: number;
  readonly readyCpuMs: number;
}

/** The largest in memory first. */
export function sumByComponent(all: readonly InstanceFigures[]): readonly ComponentSum[] {
  return [...Map.groupBy(all, ({ component }) => component)]
    .map(([component, own]) => ({
      component,
      instanceCount: own.length,
      rssBytes: own.reduce((sum, { rssBytes }) => sum + rssBytes, 0),
      readyCpuMs: own.reduce((sum, { readyCpuMs }) => sum + (readyCpuMs ?? 0), 0),
    }))
    .toSorted((a, b) => b.rssBytes - a.rssBytes);
}
