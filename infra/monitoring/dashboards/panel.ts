/** What a panel is, before Grafana's form of it. */

/** The items of the seed's three boards, in its words and order. */
export const SEED_BOARDS = {
  cdc: ["Kafka lag monitoring", "Flink job status", "CDC event rates", "Error rates and alerts"],
  lake: [
    "Trino query performance",
    "Iceberg table statistics",
    "MinIO throughput",
    "Storage utilization",
  ],
  bi: ["User session metrics", "Dashboard usage", "Query response times", "Cache hit rates"],
} as const;
export type BoardName = keyof typeof SEED_BOARDS;
export type SeedItem<Name extends BoardName = BoardName> = (typeof SEED_BOARDS)[Name][number];

/** Grafana's ids of the units used here. */
export type GrafanaUnit =
  "short" | "ms" | "s" | "bytes" | "Bps" | "eps" | "ops" | "reqps" | "percentunit";

export interface Query {
  readonly promql: string;
  /** `{{label}}` is put in by Grafana. */
  readonly legend: string;
}

/** Green below the first, or, where more is better, red below the first and green above the last. */
export interface Thresholds {
  readonly orange?: number;
  readonly red: number;
  readonly moreIsBetter?: boolean;
}

export interface Panel {
  readonly title: string;
  /** The seed's item it belongs to; items are the rows of a board. */
  readonly item: SeedItem;
  readonly kind: "timeseries" | "stat" | "table";
  readonly unit: GrafanaUnit;
  readonly queries: readonly Query[];
  /** What it shows and where it differs from what the seed names. */
  readonly description: string;
  readonly thresholds?: Thresholds;
}

export interface Board {
  readonly name: BoardName;
  readonly title: string;
  readonly description: string;
  readonly panels: readonly Panel[];
}

/** The seed's targets that a panel can show a line for. A test holds them against slo/objectives. */
export const TARGETS = {
  freshnessS: 30,
  cdcLagS: 60,
  queryTimeMsP95: 2000,
  errorRatio: 0.001,
} as const;
