/**
 * The shortest time in which a topology could have started, had there been a core for everyone: its longest
 * chain of dependencies, with the time that each service itself was measured to take.
 */

export interface CriticalPath {
  readonly criticalPathMs: number;
  /** Services from the first that starts to the last that gets ready. */
  readonly services: readonly string[];
}

/** One line for people: how long it took, and how far that is from what it could have been. */
export function readinessText(elapsedMs: number, critical: CriticalPath): string {
  const { criticalPathMs, services } = critical;
  const took = `ready in ${(elapsedMs / 1000).toFixed(1)} s`;
  if (criticalPathMs === 0) return took;
  const ratio = (elapsedMs / criticalPathMs).toFixed(2);
  const chain = `${(criticalPathMs / 1000).toFixed(1)} s (${services.join(" → ")})`;
  return `${took}, ${ratio} times its critical path of ${chain}`;
}

interface Depending {
  readonly dependsOn?: readonly string[];
}

/** `readyMs` holds each service's own time without any waiting; one that is missing counts as 0. */
export function criticalPath(
  services: Readonly<Record<string, Depending>>,
  readyMs: ReadonlyMap<string, number>,
): CriticalPath {
  const known = new Map<string, CriticalPath>();
  const pathTo = (service: string): CriticalPath => {
    const found = known.get(service);
    if (found !== undefined) return found;
    const before = longest((services[service]?.dependsOn ?? []).map(pathTo));
    const path = {
      criticalPathMs: before.criticalPathMs + (readyMs.get(service) ?? 0),
      services: [...before.services, service],
    };
    known.set(service, path);
    return path;
  };
  return longest(Object.keys(services).map(pathTo));
}

function longest(paths: readonly CriticalPath[]): CriticalPath {
  return paths.reduce(
    (longestSoFar, path) =>
      path.criticalPathMs > longestSoFar.criticalPathMs ? path : longestSoFar,
    { criticalPathMs: 0, services: [] },
  );
}
