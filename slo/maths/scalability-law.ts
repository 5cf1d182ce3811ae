/**
 * Universal Scalability Law: throughput over load with contention (waiting for each other) and coherency (agreeing with
 * each other). A peak is reported only where the measurements go past it; a peak beyond them is a guess.
 */
import { CONFIDENCE } from "./clopper-pearson.ts";
import { requireFinite, requireOpenRatio, requireThat, requireWhole } from "./ranges.ts";

export interface LoadPoint {
  /** Users, nodes, slots or concurrent queries, above 0. Several points at one load are repeats. */
  readonly load: number;
  /** Throughput held there, above 0, any one unit. */
  readonly throughput: number;
}

/** X(N) = λN / (1 + σ(N−1) + κN(N−1)). */
export interface ScalabilityLaw {
  /** λ: throughput of one unit of load. */
  readonly lambda: number;
  /** σ: contention, 0 or more. */
  readonly sigma: number;
  /** κ: coherency, 0 or more. */
  readonly kappa: number;
}

export interface Interval {
  readonly lower: number;
  readonly upper: number;
}

export interface ScalabilityFit extends ScalabilityLaw {
  readonly lambdaInterval: Interval;
  readonly sigmaInterval: Interval;
  readonly kappaInterval: Interval;
  /** Root mean square of the relative residuals, with the degrees of freedom that the fit left. */
  readonly residualRatio: number;
  readonly loadMax: number;
  /** Highest mean throughput measured at any load: proven to be reached, unlike a fitted one. */
  readonly throughputMaxMeasured: number;
  /**
   * N* = √((1−σ)/κ) and X(N*). Absent unless the highest load lies beyond the upper end of N*'s interval and throughput was
   * measured to fall there. Then print "at least throughputMaxMeasured, peak not reached".
   */
  readonly peak?: {
    readonly load: number;
    readonly loadInterval: Interval;
    readonly throughput: number;
    readonly throughputInterval: Interval;
  };
}

export interface ScalabilityOptions {
  /** Uniform in [0, 1), from a seeded generator. */
  readonly random: () => number;
  /** Default 1 000. */
  readonly resampleCount?: number;
  /** Two-sided. Default 0.95. */
  readonly confidence?: number;
}

/** Three parameters: with three loads the curve goes through every point and nothing is left to tell the noise. */
const LOAD_COUNT_MIN = 4;

/**
 * Fits the law by weighted least squares of N/X on 1, N−1 and N(N−1), weights (X/N)², which suits relative noise; σ and κ
 * are held at 0 or above. Intervals by residual bootstrap (percentile) of the relative residuals.
 *
 * @param points - at least four different loads, in any order
 * @throws LakeproofError INTERNAL for fewer loads, values not above 0, or options out of range
 * Source: Gunther 2007, Guerrilla Capacity Planning, ch. 5; residual bootstrap: Efron & Tibshirani 1993, ch. 9.
 */
export function fitScalabilityLaw(
  points: readonly LoadPoint[],
  options: ScalabilityOptions,
): ScalabilityFit {
  const { random, resampleCount = 1000, confidence = CONFIDENCE } = options;
  check(points, resampleCount, confidence);
  const law = fit(points);
  const fitted = points.map(({ load }) => throughputAt(law, load));
  const freedom = Math.max(1, points.length - 3);
  const relative = points.map(({ throughput }, index) => throughput / (fitted[index] ?? 1) - 1);
  const mean = relative.reduce((sum, one) => sum + one, 0) / points.length;
  // Residuals of a fit are smaller than the noise, because the curve bends towards its points.
  const inflation = Math.sqrt(points.length / freedom);
  const noise = relative.map((one) => (one - mean) * inflation);
  const laws = Array.from({ length: resampleCount }, () =>
    fit(
      points.map(({ load }, index) => {
        const drawn = noise[Math.floor(random() * noise.length)] ?? 0;
        return { load, throughput: (fitted[index] ?? 0) * Math.max(0.01, 1 + drawn) };
      }),
    ),
  );
  const interval = (of: (one: ScalabilityLaw) => number): Interval =>
    percentiles(laws.map(of), confidence);
  const squares = relative.reduce((sum, one) => sum + one * one, 0);
  const measured = meansByLoad(points);
  const peak = peakWithin(law, measured, interval);
  return {
    ...law,
    lambdaInterval: interval((one) => one.lambda),
    sigmaInterval: interval((one) => one.sigma),
    kappaInterval: interval((one) => one.kappa),
    residualRatio: Math.sqrt(squares / freedom),
    loadMax: Math.max(...measured.keys()),
    throughputMaxMeasured: Math.max(...measured.values()),
    ...(peak === undefined ? {} : { peak }),
  };
}

/** Throughput that the law gives at a load above 0. */
export function throughputAt({ lambda, sigma, kappa }: ScalabilityLaw, load: number): number {
  return (lambda * load) / (1 + sigma * (load - 1) + kappa * load * (load - 1));
}

/** N* of the law, Infinity when it has none, 0 when more load only ever lowers throughput. */
function peakLoad({ sigma, kappa }: ScalabilityLaw): number {
  if (sigma >= 1) return 0;
  return kappa === 0 ? Infinity : Math.sqrt((1 - sigma) / kappa);
}

function check(points: readonly LoadPoint[], resampleCount: number, confidence: number): void {
  requireWhole("resampleCount", resampleCount, 1);
  requireOpenRatio("confidence", confidence);
  const loads = points.map((point) => point.load);
  const throughputs = points.map((point) => point.throughput);
  requireFinite("loads", loads);
  requireFinite("throughputs", throughputs);
  requireThat(
    loads.every((load) => load > 0) && throughputs.every((throughput) => throughput > 0),
    "A load or a throughput is not above zero.",
    "Leave out loads at which nothing was held.",
  );
  const loadCount = new Set(loads).size;
  requireThat(
    loadCount >= LOAD_COUNT_MIN,
    `The ladder has ${String(loadCount)} different loads.`,
    `Measure at least ${String(LOAD_COUNT_MIN)} loads.`,
  );
}

/** Least squares with σ, κ ≥ 0: of the solutions with none, one or both of them at 0, the best that is allowed. */
function fit(points: readonly LoadPoint[]): ScalabilityLaw {
  const candidates = [
    [true, true],
    [true, false],
    [false, true],
    [false, false],
  ].map(([withSigma, withKappa]) => leastSquares(points, withSigma === true, withKappa === true));
  let best: { readonly law: ScalabilityLaw; readonly error: number } | undefined;
  for (const law of candidates) {
    if (law === undefined || !(law.lambda > 0) || law.sigma < 0 || law.kappa < 0) continue;
    const error = points.reduce(
      (sum, { load, throughput }) => sum + (throughput / throughputAt(law, load) - 1) ** 2,
      0,
    );
    if (best === undefined || error < best.error) best = { law, error };
  }
  requireThat(
    best !== undefined,
    "No scalability law fits the ladder.",
    "Look at the throughputs: one of them must be out of range.",
  );
  return best.law;
}

/** Weighted by (X/N)², each row of N/X = a + b(N−1) + cN(N−1) becomes 1 = (a + b(N−1) + cN(N−1))·X/N. */
function leastSquares(
  points: readonly LoadPoint[],
  withSigma: boolean,
  withKappa: boolean,
): ScalabilityLaw | undefined {
  const rows = points.map(({ load, throughput }) => {
    const weight = throughput / load;
    return [
      weight,
      ...(withSigma ? [weight * (load - 1)] : []),
      ...(withKappa ? [weight * load * (load - 1)] : []),
    ];
  });
  const solved = solveForOnes(rows);
  if (solved === undefined) return undefined;
  const [a = 0, second = 0, third = 0] = solved;
  const b = withSigma ? second : 0;
  const c = withKappa ? (withSigma ? third : second) : 0;
  return { lambda: 1 / a, sigma: b / a, kappa: c / a };
}

/**
 * Solves rows·x ≈ 1 by modified Gram–Schmidt: the columns grow as 1, N and N², and normal equations would square that.
 */
function solveForOnes(rows: readonly (readonly number[])[]): readonly number[] | undefined {
  const width = rows[0]?.length ?? 0;
  const columns = Array.from({ length: width }, (_, at) => rows.map((row) => row[at] ?? 0));
  const upper: number[][] = [];
  const target: number[] = [];
  let rest = rows.map(() => 1);
  for (const [at, column] of columns.entries()) {
    const size = Math.sqrt(dot(column, column));
    if (!(size > 0)) return undefined;
    const unit = column.map((value) => value / size);
    const coefficients = [size];
    for (let later = at + 1; later < width; later += 1) {
      const other = columns[later] ?? [];
      const along = dot(unit, other);
      coefficients.push(along);
      columns[later] = other.map((value, row) => value - along * (unit[row] ?? 0));
    }
    const along = dot(unit, rest);
    target.push(along);
    rest = rest.map((value, row) => value - along * (unit[row] ?? 0));
    upper.push(coefficients);
  }
  const solution = new Array<number>(width).fill(0);
  for (let at = width - 1; at >= 0; at -= 1) {
    const [diagonal = 1, ...others] = upper[at] ?? [];
    const known = others.reduce(
      (sum, value, step) => sum + value * (solution[at + 1 + step] ?? 0),
      0,
    );
    solution[at] = ((target[at] ?? 0) - known) / diagonal;
  }
  return solution;
}

function dot(a: readonly number[], b: readonly number[]): number {
  return a.reduce((sum, value, index) => sum + value * (b[index] ?? 0), 0);
}

function meansByLoad(points: readonly LoadPoint[]): ReadonlyMap<number, number> {
  const groups = Map.groupBy(points, (point) => point.load);
  return new Map(
    Array.from(groups, ([load, group]) => [
      load,
      group.reduce((sum, point) => sum + point.throughput, 0) / group.length,
    ]),
  );
}

function peakWithin(
  law: ScalabilityLaw,
  measured: ReadonlyMap<number, number>,
  interval: (of: (one: ScalabilityLaw) => number) => Interval,
): ScalabilityFit["peak"] {
  const loadMax = Math.max(...measured.keys());
  const loadInterval = interval(peakLoad);
  const falls = (measured.get(loadMax) ?? Infinity) < Math.max(...measured.values());
  if (!falls || !(loadInterval.upper < loadMax) || !(peakLoad(law) > 0)) return undefined;
  return {
    load: peakLoad(law),
    loadInterval,
    throughput: throughputAt(law, peakLoad(law)),
    throughputInterval: interval((one) =>
      throughputAt(one, Math.min(loadMax, Math.max(peakLoad(one), Math.min(...measured.keys())))),
    ),
  };
}

/** Nearest-rank percentiles on the safe side; Infinity is a value here. */
function percentiles(values: readonly number[], confidence: number): Interval {
  const sorted = [...values].sort((a, b) => (a < b ? -1 : a > b ? 1 : 0));
  const tail = (1 - confidence) / 2;
  const lowerRank = Math.max(1, Math.floor((sorted.length + 1) * tail));
  return {
    lower: sorted[lowerRank - 1] ?? NaN,
    upper: sorted[sorted.length - lowerRank] ?? NaN,
  };
}
