/** How long the blocks of a block bootstrap should be, from the series itself. */
import { requireFinite } from "./ranges.ts";

/** So many autocorrelations in a row without significance end the memory of the series. */
const QUIET_LAG_COUNT_MIN = 5;

/**
 * Block length for the moving-block bootstrap of a mean, by the automatic rule: the lag from which autocorrelations
 * are insignificant decides the width of a flat-top window, and that the length. At least 1, at most a third of n.
 *
 * @param series - in order of time, stationary, finite, at least 10 values
 * @returns whole; 1 for a constant series
 * @throws LakeproofError INTERNAL for fewer values, or one that is not finite
 * Source: Politis & White 2004, Econometric Reviews 23(1), with the correction of Patton, Politis & White 2009, ibid. 28(4).
 */
export function blockLengthOf(series: readonly number[]): number {
  requireFinite("series", series, 10);
  const n = series.length;
  const quietCount = Math.max(QUIET_LAG_COUNT_MIN, Math.ceil(Math.sqrt(Math.log10(n))));
  const lagMax = Math.min(n - 1, Math.ceil(Math.sqrt(n)) + quietCount);
  const covariances = autocovariances(series, lagMax);
  const own = covariances[0] ?? 0;
  const mean = series.reduce((sum, value) => sum + value, 0) / n;
  if (own <= (mean * 1e-12) ** 2) return 1;
  const limit = 2 * Math.sqrt(Math.log10(n) / n) * own;
  const width = Math.min(lagMax, 2 * Math.max(1, memoryOf(covariances, limit, quietCount)));
  let spread = 0;
  let longRun = own;
  for (let lag = 1; lag <= width; lag += 1) {
    const weight = Math.min(1, 2 * (1 - lag / width));
    const covariance = covariances[lag] ?? 0;
    spread += 2 * weight * lag * covariance;
    longRun += 2 * weight * covariance;
  }
  const length = Math.cbrt((2 * spread ** 2 * n) / ((4 / 3) * longRun ** 2));
  return Math.max(1, Math.ceil(Math.min(length, 3 * Math.sqrt(n), n / 3)));
}

/** Lags before the first run of insignificant ones; all that were looked at when there is no such run. */
function memoryOf(covariances: readonly number[], limit: number, quietCount: number): number {
  let quiet = 0;
  for (let lag = 1; lag < covariances.length; lag += 1) {
    quiet = Math.abs(covariances[lag] ?? 0) < limit ? quiet + 1 : 0;
    if (quiet === quietCount) return lag - quietCount;
  }
  return covariances.length;
}

function autocovariances(series: readonly number[], lagMax: number): readonly number[] {
  const n = series.length;
  const mean = series.reduce((sum, value) => sum + value, 0) / n;
  return Array.from({ length: lagMax + 1 }, (_, lag) => {
    let sum = 0;
    for (let index = lag; index < n; index += 1) {
      sum += ((series[index] ?? 0) - mean) * ((series[index - lag] ?? 0) - mean);
    }
    return sum / n;
  });
}
