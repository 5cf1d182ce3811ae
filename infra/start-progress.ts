/** How long a start still takes: what is left of its processor time, over how fast that has been spent so far. */

/** Processor seconds from start to ready on the reference machine, by kind of component; the configuration of those without processes. */
const TYPICAL_CPU_S: Readonly<Record<string, number>> = {
  trino: 14,
  "trino-worker": 11,
  kafka: 10,
  connect: 9,
  "flink-jobmanager": 10,
  "flink-taskmanager": 8,
  "flink-sql-gateway": 6,
  "flink-zookeeper": 3,
  superset: 14,
  metabase: 40,
  lakehouse: 40,
  "superset-content": 6,
  debezium: 5,
  minio: 2,
  patroni: 2,
  "lake-maintenance": 2,
  prometheus: 2,
};
const OTHERS_CPU_S = 0.5;
/** What is believed of the machine before it has shown: as much as so many seconds of its own. */
const BELIEVED_MS = 15_000;

export interface StartStep {
  readonly id: string;
  readonly component: string;
}

export class StartProgress {
  readonly totalCount: number;
  #doneCount = 0;
  readonly #leftMs: Map<string, number>;
  #spentMs = 0;
  readonly #coreCount: number;

  constructor(steps: readonly StartStep[], coreCount: number) {
    this.totalCount = steps.length;
    this.#coreCount = coreCount;
    this.#leftMs = new Map(
      steps.map(({ id, component }) => [id, (TYPICAL_CPU_S[component] ?? OTHERS_CPU_S) * 1000]),
    );
  }

  get doneCount(): number {
    return this.#doneCount;
  }

  done(id: string): void {
    const ms = this.#leftMs.get(id);
    if (ms === undefined) return;
    this.#leftMs.delete(id);
    this.#doneCount += 1;
    this.#spentMs += ms;
  }

  /** Milliseconds. */
  remainingMs(elapsedMs: number): number {
    const leftMs = [...this.#leftMs.values()].reduce((sum, ms) => sum + ms, 0);
    const cores = (this.#spentMs + BELIEVED_MS * this.#coreCount) / (elapsedMs + BELIEVED_MS);
    return leftMs / cores;
  }
}
