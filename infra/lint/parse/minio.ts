/** The drives of a MinIO command line, as pools. */
import type { Pool, PoolDrive } from "../../erasure.ts";

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

function driveOf(volume: string): PoolDrive {
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
