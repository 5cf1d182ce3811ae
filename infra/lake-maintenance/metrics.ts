/** What the maintenance of the lake counts, as Prometheus reads it. Values in, text out. */
import type { MaintenanceOutcome } from "../../core/contracts/journal.ts";
import type { Operation, TableLook } from "./statements.ts";

export interface Done {
  readonly table: string;
  readonly operation: Operation;
  readonly outcome: MaintenanceOutcome;
  readonly durationMs: number;
  readonly endedAtEpochMs: number;
}

type Labels = Readonly<Record<string, string>>;

interface Family {
  readonly name: string;
  readonly type: "counter" | "gauge" | "summary";
  readonly help: string;
}

const PREFIX = "lakeproof_maintenance";

const FAMILIES: readonly Family[] = [
  family("up", "gauge", "1 once Trino has answered"),
  family("runs_total", "counter", "Statements by table, operation and how they ended"),
  family("duration_seconds", "summary", "How long statements took that were not skipped"),
  family("running", "gauge", "1 while a statement of the operation is under way"),
  family("last_start_timestamp_seconds", "gauge", "When the last that ended so began"),
  family("last_end_timestamp_seconds", "gauge", "When the last that ended so ended"),
  family("last_success_timestamp_seconds", "gauge", "When the operation last succeeded"),
  family("files", "gauge", "Data files of the table's current snapshot"),
  family("file_bytes", "gauge", "Bytes of these files"),
  family("snapshots", "gauge", "Snapshots the table remembers"),
  family("compacted_files", "gauge", "Files before and after the last compaction"),
];

function family(name: string, type: Family["type"], help: string): Family {
  return { name: `${PREFIX}_${name}`, type, help };
}

export class MaintenanceMetrics {
  /** Full name with labels → value. */
  readonly #values = new Map<string, number>([[`${PREFIX}_up`, 0]]);

  answered(): void {
    this.#values.set(`${PREFIX}_up`, 1);
  }

  began(table: string, operation: Operation): void {
    this.#set("running", { table, operation }, 1);
  }

  done({ table, operation, outcome, durationMs, endedAtEpochMs }: Done): void {
    const how = { table, operation, outcome };
    this.#set("running", { table, operation }, 0);
    this.#add("runs_total", how, 1);
    this.#set("last_start_timestamp_seconds", how, (endedAtEpochMs - durationMs) / 1000);
    this.#set("last_end_timestamp_seconds", how, endedAtEpochMs / 1000);
    if (outcome !== "skipped") {
      this.#add("duration_seconds_sum", { table, operation }, durationMs / 1000);
      this.#add("duration_seconds_count", { table, operation }, 1);
    }
    if (outcome === "ok") {
      this.#set("last_success_timestamp_seconds", { table, operation }, endedAtEpochMs / 1000);
    }
  }

  saw(table: string, look: TableLook): void {
    this.#set("files", { table }, look.fileCount);
    this.#set("file_bytes", { table }, look.fileBytes);
    this.#set("snapshots", { table }, look.snapshotCount);
  }

  compacted(table: string, before: TableLook, after: TableLook): void {
    this.#set("compacted_files", { table, when: "before" }, before.fileCount);
    this.#set("compacted_files", { table, when: "after" }, after.fileCount);
  }

  text(): string {
    return FAMILIES.map(({ name, type, help }) => {
      const belongs = new RegExp(`^${name}(_sum|_count)?(\\{|$)`);
      const lines = [...this.#values]
        .filter(([series]) => belongs.test(series))
        .map(([series, value]) => `${series} ${String(value)}\n`);
      return `# HELP ${name} ${help}\n# TYPE ${name} ${type}\n${lines.join("")}`;
    }).join("");
  }

  #add(name: string, labels: Labels, value: number): void {
    this.#set(name, labels, (this.#values.get(seriesOf(name, labels)) ?? 0) + value);
  }

  #set(name: string, labels: Labels, value: number): void {
    this.#values.set(seriesOf(name, labels), value);
  }
}

/** Labels are names of ours, without a character that would need escaping. */
function seriesOf(name: string, labels: Labels): string {
  const text = Object.entries(labels).map(([label, value]) => `${label}="${value}"`);
  return `${PREFIX}_${name}{${text.join(",")}}`;
}
