/** The drives of a MinIO command line: pools, hosts, erasure sets. */

export interface Drive {
  readonly host: string;
}

/** Drives in the order MinIO deals them into erasure sets. */
export type Pool = readonly Drive[];

const RANGE = /\{(\d+|[a-z])\.\.\.(\d+|[a-z])\}/;

function rangeOf(from: string, to: string): readonly string[] {
  if (/\d/.test(from)) {
    const start = Number(from);
    const length = Math.max(0, Number(to) - start + 1);
    const width = from.startsWith("0") ? from.length : 0;
    return Array.from({ length }, (_, index) => String(start + index).padStart(width, "0"));
  }
  const start = from.charCodeAt(0);
  const length = Math.max(0, to.charCodeAt(0) - start + 1);
  return Array.from({ length }, (_, index) => String.fromCharCode(start + index));
}

/** The leftmost range varies fastest, so that neighbouring drives are on different hosts. */
function expand(text: string): readonly string[] {
  const found = RANGE.exec(text);
  if (found === null) return [text];
  const [whole, from = "", to = ""] = found;
  const before = text.slice(0, found.index);
  const rests = expand(text.slice(found.index + whole.length));
  return rests.flatMap((rest) => rangeOf(from, to).map((word) => `${before}${word}${rest}`));
}

function driveOf(volume: string): Drive {
  const found = /^https?:\/\/([^/]+)/.exec(volume);
  return { host: found?.[1] ?? "this machine" };
}

/** Each argument with a range is a pool; arguments without one are a single pool together. */
export function poolsOf(volumes: readonly string[]): readonly Pool[] {
  const ranged = volumes.filter((volume) => RANGE.test(volume));
  const plain = volumes.filter((volume) => !RANGE.test(volume));
  return [...ranged.map((volume) => expand(volume)), ...(plain.length === 0 ? [] : [plain])].map(
    (list) => list.map(driveOf),
  );
}

const SET_SIZE_MAX = 16;

/** The largest number of drives up to 16 that divides the pool evenly and deals every host the same share. */
export function setSizeOf(pool: Pool): number {
  const hostCount = new Set(pool.map(({ host }) => host)).size;
  for (let setSize = Math.min(SET_SIZE_MAX, pool.length); setSize > 1; setSize -= 1) {
    const even = setSize % hostCount === 0 || hostCount % setSize === 0;
    if (pool.length % setSize === 0 && even) return setSize;
  }
  return 1;
}

/** MinIO's default parity by drives in a set. */
export function defaultParity(setSize: number): number {
  if (setSize <= 1) return 0;
  if (setSize <= 3) return 1;
  if (setSize <= 5) return 2;
  return setSize <= 7 ? 3 : 4;
}

/** How many hosts may be gone, whichever they are, while no set misses more than so many drives. */
export function hostsThatMayGo(pool: Pool, setSize: number, driveCountMax: number): number {
  let worst = Number.POSITIVE_INFINITY;
  for (let from = 0; from < pool.length; from += setSize) {
    const perHost = new Map<string, number>();
    for (const { host } of pool.slice(from, from + setSize)) {
      perHost.set(host, (perHost.get(host) ?? 0) + 1);
    }
    let gone = 0;
    let left = driveCountMax;
    for (const driveCount of [...perHost.values()].sort((a, b) => b - a)) {
      if (driveCount > left) break;
      left -= driveCount;
      gone += 1;
    }
    worst = Math.min(worst, gone);
  }
  return worst === Number.POSITIVE_INFINITY ? 0 : worst;
}
