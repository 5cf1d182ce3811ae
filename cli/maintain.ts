/** Hidden: the process behind the lake-maintenance service. Compacts and expires until it is told to stop. */
import { readFileSync } from "node:fs";
import { createServer, type Server } from "node:http";
import { z } from "zod";
import { LakeproofError, reasonOf } from "../core/errors.ts";
import { host } from "../core/host.ts";
import { isAborted } from "../core/until-aborted.ts";
import { requestJson } from "../infra/clients/http.ts";
import { openTrino, type TrinoClient } from "../infra/clients/trino.ts";
import {
  parseMaintenanceConfig,
  type MaintenanceConfig,
} from "../infra/lake-maintenance/config.ts";
import { MaintenanceMetrics } from "../infra/lake-maintenance/metrics.ts";
import {
  expireSnapshotsSql,
  lookOf,
  lookSql,
  MAINTENANCE_RUN_PATH,
  MAINTENANCE_SOURCE,
  mayExpire,
  type Operation,
  optimizeSql,
  outcomeOf,
  type TableLook,
} from "../infra/lake-maintenance/statements.ts";

const Info = z.object({ starting: z.boolean() });
const ASK_INTERVAL_MS = 1000;
const ASK_TIMEOUT_MS = 5000;
/** For the cancellation of a running statement to leave the house; far below the two seconds a stop may take. */
const FAREWELL_MS = 300;

export async function maintain(configPath: string): Promise<number> {
  const config = parseMaintenanceConfig(readFileSync(configPath, "utf8"));
  const stopping = new AbortController();
  for (const signal of ["SIGTERM", "SIGINT"] as const) {
    host.onSignal(signal, () => {
      stopping.abort(new DOMException("stopped", "AbortError"));
    });
  }
  const metrics = new MaintenanceMetrics();
  const maintenance = new Maintenance(config, metrics, stopping.signal);
  const server = await serve(config, metrics, () => {
    maintenance.runNow();
  });
  try {
    await maintenance.run();
  } finally {
    server.close();
    server.closeAllConnections();
  }
  await host.sleep(FAREWELL_MS);
  return 0;
}

function serve(
  { listen }: MaintenanceConfig,
  metrics: MaintenanceMetrics,
  runNow: () => void,
): Promise<Server> {
  const server = createServer((request, response) => {
    const pages: Readonly<Record<string, () => string>> = {
      "GET /metrics": () => metrics.text(),
      "GET /health": () => "ok\n",
      [`POST ${MAINTENANCE_RUN_PATH}`]: () => {
        runNow();
        return "";
      },
    };
    const page = pages[`${request.method ?? ""} ${request.url ?? ""}`];
    response.writeHead(page === undefined ? 404 : 200, {
      "content-type": "text/plain; version=0.0.4; charset=utf-8",
    });
    response.end(page?.() ?? "not found\n");
  });
  return new Promise((resolve, reject) => {
    server.once("error", (error) => {
      const where = `${listen.host}:${String(listen.port)}`;
      reject(
        new LakeproofError("LAB_BUSY", `Cannot listen on ${where}: ${reasonOf(error)}`, {
          hint: "See what has the port with `ss -ltnp`.",
          cause: error,
        }),
      );
    });
    server.listen(listen.port, listen.host, () => {
      resolve(server);
    });
  });
}

class Maintenance {
  readonly #config: MaintenanceConfig;
  readonly #metrics: MaintenanceMetrics;
  readonly #signal: AbortSignal;
  readonly #trino: TrinoClient;
  /** Aborted by whoever wants the next round at once. */
  #asking = new AbortController();

  constructor(config: MaintenanceConfig, metrics: MaintenanceMetrics, signal: AbortSignal) {
    this.#config = config;
    this.#metrics = metrics;
    this.#signal = signal;
    this.#trino = openTrino(config.trino, MAINTENANCE_SOURCE);
  }

  /** The next round begins at once, or right after the one that is under way. */
  runNow(): void {
    this.#asking.abort();
  }

  /** Returns when it is told to stop; nothing that Trino does or fails to do ends it. */
  async run(): Promise<void> {
    await this.#untilAnswered();
    const startMs = host.monotonicMs();
    const intervalMs = this.#config.intervalS * 1000;
    while (!isAborted(this.#signal)) {
      // A round that took longer than the interval is not made up for.
      const passedCount = Math.floor((host.monotonicMs() - startMs) / intervalMs);
      await this.#sleepUntil(startMs + (passedCount + 1) * intervalMs, this.#asking.signal);
      this.#asking = new AbortController();
      for (const table of this.#config.tables) await this.#maintain(table);
    }
  }

  async #untilAnswered(): Promise<void> {
    const url = `http://${this.#config.trino}/v1/info`;
    while (!isAborted(this.#signal)) {
      const signal = host.deadline(ASK_TIMEOUT_MS, this.#signal);
      const answer = Info.safeParse(await requestJson(url, { signal }).catch(() => undefined));
      if (answer.data?.starting === false) {
        this.#metrics.answered();
        return;
      }
      await this.#sleepUntil(host.monotonicMs() + ASK_INTERVAL_MS);
    }
  }

  async #sleepUntil(dueMs: number, waking?: AbortSignal): Promise<void> {
    const over = waking === undefined ? this.#signal : AbortSignal.any([this.#signal, waking]);
    await host.sleep(Math.max(0, dueMs - host.monotonicMs()), over).catch(() => undefined);
  }

  async #maintain(table: string): Promise<void> {
    const before = await this.#look(table);
    if (before === undefined) return;
    const optimized = await this.#do(table, "optimize", (epochMs) =>
      optimizeSql(table, this.#config, epochMs),
    );
    const after = await this.#look(table);
    if (after === undefined) return;
    if (optimized !== undefined) {
      this.#metrics.compacted(table, before, after);
      const counts = `${String(before.fileCount)} → ${String(after.fileCount)} files`;
      this.#say(`${table}: ${counts}, ${String(after.snapshotCount)} snapshots`);
    }
    if (mayExpire(after, this.#config)) {
      await this.#do(table, "expire_snapshots", () => expireSnapshotsSql(table, this.#config));
      return;
    }
    this.#say(`${table}: expires nothing, the stream's newest snapshot is too old to be safe`);
    const skipped = { outcome: "skipped", durationMs: 0, endedAtEpochMs: host.epochMs() } as const;
    this.#metrics.done({ table, operation: "expire_snapshots", ...skipped });
  }

  async #look(table: string): Promise<TableLook | undefined> {
    const rows = await this.#do(table, "look", () => lookSql(table));
    if (rows === undefined) return undefined;
    const look = lookOf(rows);
    this.#metrics.saw(table, look);
    return look;
  }

  /** The statement's rows, or nothing when it failed or was stopped; counted either way but when stopped. */
  async #do(
    table: string,
    operation: Operation,
    sqlAt: (epochMs: number) => string,
  ): Promise<readonly (readonly unknown[])[] | undefined> {
    if (isAborted(this.#signal)) return undefined;
    const startMs = host.monotonicMs();
    const deadline = host.deadline(this.#config.statementTimeoutS * 1000, this.#signal);
    const ended = (): { durationMs: number; endedAtEpochMs: number } => ({
      durationMs: host.monotonicMs() - startMs,
      endedAtEpochMs: host.epochMs(),
    });
    this.#metrics.began(table, operation);
    try {
      const rows = await this.#trino.query(sqlAt(host.epochMs()), deadline);
      this.#metrics.done({ table, operation, outcome: "ok", ...ended() });
      return rows;
    } catch (error) {
      if (isAborted(this.#signal)) return undefined;
      const reason = reasonOf(error);
      const outcome = outcomeOf(reason);
      this.#metrics.done({ table, operation, outcome, ...ended() });
      this.#say(`${table} ${operation}: ${outcome}: ${reason}`);
      return undefined;
    }
  }

  #say(text: string): void {
    host.out(`${new Date(host.epochMs()).toISOString()} ${text}\n`);
  }
}
