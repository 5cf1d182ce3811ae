/**
 * Queries whose right answer is known: over buckets that are settled, nothing is written any more. Statement,
 * what is made of its rows, and what the books must say, side by side. No import, as k6 runs it unbuilt.
 */

type ClassName = "simple" | "medium" | "complex" | "large";

/** Which settled buckets one query asks for, both ends included; without a lane for all lanes. */
export interface DigestRange {
  readonly bucketMin: number;
  readonly bucketMax: number;
  readonly lane?: number;
}

export interface DigestConfig {
  /** Every so many-th query of each class; 0 or absent: none. */
  readonly everyByClass: Readonly<Partial<Record<ClassName, number>>>;
  readonly bucketMs: number;
  /** First bucket of this run's load. */
  readonly bucketMin: number;
  /** Change events in one bucket at the planned rate. */
  readonly eventsPerBucket: number;
  readonly laneCount: number;
}

/** Buckets end when the wall clock says so; this much later they should have reached the lake. */
const SETTLE_MS = 40_000;
/** Rows the class promises at least, with room for a load that varies. */
const MEDIUM_CELLS_MIN = 12;
const LARGE_ROWS_MIN = 12_000;
const LARGE_BUCKETS_MAX = 30;
const FENCE_LANE = 10_000;

export function isDigestTurn(config: DigestConfig, name: ClassName, iteration: number): boolean {
  const every = config.everyByClass[name] ?? 0;
  return every > 0 && iteration % every === every - 1;
}

/** Undefined while the run is too young to have settled buckets. */
export function digestRange(
  config: DigestConfig,
  name: ClassName,
  epochMs: number,
  lane: number,
): DigestRange | undefined {
  const bucketMax = Math.floor((epochMs - SETTLE_MS) / config.bucketMs) - 1;
  if (bucketMax < config.bucketMin) return undefined;
  const last = (count: number): DigestRange => ({
    bucketMin: Math.max(config.bucketMin, bucketMax - count + 1),
    bucketMax,
  });
  switch (name) {
    case "simple":
      return { ...last(1), lane };
    case "medium":
      return last(Math.ceil(MEDIUM_CELLS_MIN / config.laneCount));
    case "complex":
      return { bucketMin: config.bucketMin, bucketMax };
    case "large":
      return last(
        Math.min(LARGE_BUCKETS_MAX, Math.ceil(LARGE_ROWS_MIN / config.eventsPerBucket) + 1),
      );
  }
}

/** Trino SQL. Copies that at-least-once delivery left are folded, as in the books. */
export function digestStatement(name: ClassName, range: DigestRange): string {
  const where =
    (range.lane === undefined ? `lane < ${String(FENCE_LANE)}` : `lane = ${String(range.lane)}`) +
    ` AND bucket BETWEEN ${String(range.bucketMin)} AND ${String(range.bucketMax)}`;
  const from = (columns: string): string =>
    ["users", "accounts"]
      .map((table) => `SELECT ${columns} FROM iceberg.raw_data.${table} WHERE ${where}`)
      .join(" UNION ALL ");
  if (name === "complex") return balancesStatement(where);
  if (name === "large") {
    return `SELECT DISTINCT lane, seq, bucket, CAST(fp AS VARCHAR) FROM (${from("lane, seq, bucket, fp")})`;
  }
  return `SELECT lane, bucket, count(*), CAST(sum(CAST(fp AS DECIMAL(38, 0))) AS VARCHAR) FROM (
SELECT DISTINCT lane, bucket, seq, fp FROM (${from("lane, bucket, seq, fp")})) GROUP BY lane, bucket`;
}

/** What the accounts held after the last bucket: transfers move money and never make any. */
function balancesStatement(where: string): string {
  return `SELECT lane, CAST(sum(CAST(balance AS DECIMAL(38, 0))) AS VARCHAR) FROM (
SELECT id, lane, max_by(op, seq) AS op, max_by(balance, seq) AS balance
FROM iceberg.raw_data.accounts WHERE ${where} GROUP BY id, lane) WHERE op <> 'd' GROUP BY lane`;
}

/** A running digest over the pages of one answer. */
export interface Digester {
  add(rows: readonly (readonly unknown[])[]): void;
  text(): string;
}

export function digester(name: ClassName): Digester {
  const cells = new Map<string, { count: bigint; sum: bigint }>();
  const add = (key: string, count: bigint, sum: bigint): void => {
    const cell = cells.get(key) ?? { count: 0n, sum: 0n };
    cells.set(key, { count: cell.count + count, sum: cell.sum + sum });
  };
  const take = (row: readonly unknown[]): void => {
    const [lane = "", ...rest] = row.map(String);
    switch (name) {
      case "simple":
      case "medium":
        add(`${lane}/${rest[0] ?? ""}`, BigInt(rest[1] ?? 0), BigInt(rest[2] ?? 0));
        return;
      case "complex":
        add(lane, 0n, BigInt(rest[0] ?? 0));
        return;
      case "large":
        add(`${lane}/${rest[1] ?? ""}`, 1n, BigInt(rest[2] ?? 0));
    }
  };
  return {
    add: (rows) => {
      for (const row of rows) take(row);
    },
    text: () => digestText([...cells].map(([key, cell]) => ({ key, ...cell }))),
  };
}

/** One cell of the books: a lane in a bucket, or the balance of a lane. */
export interface DigestCell {
  readonly key: string;
  readonly count: bigint;
  readonly sum: bigint;
}

/** "0/171/3=12:345 …", in the order of the keys: equal texts mean equal answers. */
export function digestText(cells: readonly DigestCell[]): string {
  return cells
    .map(({ key, count, sum }) => `${key}=${String(count)}:${String(sum)}`)
    .sort()
    .join(" ");
}
