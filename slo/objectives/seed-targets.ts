/** Every target of the seed by its line, in its own words, with the objectives that stand for it here. */
import type { OBJECTIVES } from "./index.ts";

export type ObjectiveName = keyof typeof OBJECTIVES;

export interface SeedTarget {
  /** In seed/production-scaling-guide.md, counted from 1. */
  readonly line: number;
  readonly words: string;
  readonly objectives: readonly ObjectiveName[];
}

export const SEED_TARGETS = [
  { line: 26, words: "Throughput: 1K events/sec", objectives: ["rate.dev"] },
  { line: 41, words: "Users: 1000+ concurrent", objectives: ["users.concurrent"] },
  { line: 43, words: "Throughput: 100K+ events/sec", objectives: ["rate.production"] },
  { line: 44, words: "Queries: 10K+/hour", objectives: ["rate.queries-per-hour"] },
  { line: 262, words: "CDC lag > 1 minute", objectives: ["recovery.W"] },
  { line: 309, words: "Simple Queries (<10 rows): < 100ms", objectives: ["latency.simple"] },
  { line: 310, words: "Medium Queries (10-1K rows): < 1 second", objectives: ["latency.medium"] },
  { line: 311, words: "Complex Analytics: < 5 seconds", objectives: ["latency.complex"] },
  { line: 312, words: "Large Reports (>10K rows): < 30 seconds", objectives: ["latency.large"] },
  { line: 315, words: "Concurrent Users: 1000+", objectives: ["users.concurrent"] },
  { line: 316, words: "Queries per Second: 100+", objectives: ["rate.queries"] },
  { line: 317, words: "Dashboard Refreshes: 500+/minute", objectives: ["rate.refreshes"] },
  { line: 318, words: "API Calls: 1000+/minute", objectives: ["rate.api-calls"] },
  {
    line: 419,
    words: "System Uptime: > 99.9%",
    objectives: ["uptime", "uptime.projected", "recovery.B", "recovery.X"],
  },
  {
    line: 420,
    words: "Query Response Time: < 2 seconds (95th percentile)",
    objectives: ["latency.queries"],
  },
  { line: 421, words: "Data Freshness: < 30 seconds", objectives: ["freshness"] },
  { line: 422, words: "Error Rate: < 0.1%", objectives: ["errors.writes", "errors.queries"] },
  {
    line: 425,
    words: "User Adoption: > 80% of target users",
    objectives: ["business.adoption"],
  },
  { line: 426, words: "Dashboard Usage: > 500 views/day", objectives: ["business.views"] },
  { line: 427, words: "ROI: Break-even within 12 months", objectives: ["business.roi"] },
] as const satisfies readonly SeedTarget[];

/** Lines of the seed an objective stands for; none for one that was imported. */
export function seedLinesOf(objectiveId: string): readonly number[] {
  return SEED_TARGETS.filter(({ objectives }) =>
    (objectives as readonly string[]).includes(objectiveId),
  ).map(({ line }) => line);
}
