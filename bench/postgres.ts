/**
 * Committed row changes a second, the bank's lanes beside pgbench with the very same statements on the same server.
 * Both drive as hard as they can over as many connections; the lanes make their transactions while they go, pgbench
 * finds them ready in files.
 */
import { spawn } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  dropOwnDatabase,
  makeOwnDatabase,
  CAPACITY_DATABASE,
} from "../cli/capacity/own-database.ts";
import { takeDown } from "../cli/heal.ts";
import { newLabState } from "../cli/lab.ts";
import { LakeproofError } from "../core/errors.ts";
import { buildDictionaries, openBankLane, type BankLane } from "../generators/bank.ts";
import { txnSql } from "../generators/sql.ts";
import { defaultCacheDir } from "../infra/artifacts/cache.ts";
import { openStore } from "../infra/artifacts/store.ts";
import { WriterConnection } from "../infra/clients/postgres.ts";
import { labDir } from "../infra/drivers/lab.ts";
import { provision } from "../infra/provision.ts";
import { dev } from "../infra/topologies/index.ts";
import type { Figure } from "./micro.ts";

const SUBNET = "127.77.11";
const SEED = 20_261_123n;
const LANE_COUNT = 4;
const USER_COUNT_PER_LANE = 500;
const TXN_COUNT_PER_LANE = 6000;
const POPULATE_CHANGES_MAX = 400;
const ROUND_COUNT = 3;
const LIMIT_MS = 300_000;
const BUCKET = 1;

export async function postgresFigures(): Promise<readonly Figure[]> {
  const store = openStore({ cacheDir: defaultCacheDir(), log: () => undefined });
  const artifacts = await store.ensure(["postgres"], AbortSignal.timeout(LIMIT_MS));
  const state = newLabState({
    ...{ topology: "bench", subnet: SUBNET, isolation: "loopback", held: false },
  });
  const scratchDir = mkdtempSync(join(tmpdir(), "lakeproof-bench-"));
  try {
    const lab = await provision({
      topology: { ...dev, services: { postgres: dev.services.postgres } },
      ...{ state, artifacts, onStep: () => undefined },
      signal: AbortSignal.timeout(LIMIT_MS),
    });
    const address = lab.endpoints.address("postgres");
    const pgbench = join(artifacts.postgres, "bin", "pgbench");
    const own: number[] = [];
    const reference: number[] = [];
    for (let round = 0; round < ROUND_COUNT; round += 1) {
      own.push(await byLanes(address));
      reference.push(await byPgbench(pgbench, address, scratchDir));
      process.stderr.write(`lanes ${own.join(", ")}; pgbench ${reference.join(", ")} changes/s\n`);
    }
    return [figureOf(median(own), median(reference))];
  } finally {
    await takeDown(state.id);
    rmSync(labDir(state.id), { recursive: true, force: true });
    rmSync(scratchDir, { recursive: true, force: true });
  }
}

function figureOf(own: number, reference: number): Figure {
  return {
    name: `committed row changes, ${String(LANE_COUNT)} connections`,
    value: `${String(own)} changes/s`,
    reference: `${String(reference)} changes/s (pgbench, the same transactions out of files)`,
    ratio: (own / reference).toFixed(2),
    aim: "≥ 1",
  };
}

function median(values: readonly number[]): number {
  return values.toSorted((one, other) => one - other)[Math.floor(values.length / 2)] ?? Number.NaN;
}

/** Lanes of the same seed make the same transactions each time. The opening state is written before the clock runs. */
async function opened(address: string): Promise<readonly BankLane[]> {
  await makeOwnDatabase(address, AbortSignal.timeout(LIMIT_MS));
  const dictionaries = buildDictionaries(SEED);
  const lanes = Array.from({ length: LANE_COUNT }, (_, lane) =>
    openBankLane({
      ...{ seed: SEED, lane, laneCount: LANE_COUNT, userCount: USER_COUNT_PER_LANE },
      ...{ dictionaries, profile: undefined },
    }),
  );
  const connection = new WriterConnection(address, CAPACITY_DATABASE);
  for (const lane of lanes) {
    for (;;) {
      const txn = lane.populate(BUCKET, POPULATE_CHANGES_MAX);
      if (txn === undefined) break;
      await applied(connection, txnSql(txn));
    }
  }
  await connection.client().then((client) => client.query("CHECKPOINT"));
  await connection.close();
  return lanes;
}

async function applied(connection: WriterConnection, sql: string): Promise<void> {
  const outcome = await connection.apply(sql);
  if (outcome === "ok") return;
  throw new LakeproofError("CLIENT_FAILED", `A transaction of the bench ended as ${outcome}.`, {
    hint: "Read the log of PostgreSQL.",
  });
}

async function byLanes(address: string): Promise<number> {
  const lanes = await opened(address);
  const works = lanes.map((lane) => ({
    lane,
    connection: new WriterConnection(address, CAPACITY_DATABASE),
  }));
  await Promise.all(works.map(({ connection }) => connection.client()));
  const start = performance.now();
  const changes = await Promise.all(
    works.map(async ({ lane, connection }) => {
      let count = 0;
      for (let txns = 0; txns < TXN_COUNT_PER_LANE; txns += 1) {
        const txn = lane.next(BUCKET);
        await applied(connection, txnSql(txn));
        count += txn.changes.length;
      }
      return count;
    }),
  );
  const seconds = (performance.now() - start) / 1000;
  await Promise.all(works.map(({ connection }) => connection.close()));
  await dropOwnDatabase(address, AbortSignal.timeout(LIMIT_MS));
  return Math.round(changes.reduce((sum, count) => sum + count, 0) / seconds);
}

/** One pgbench a lane, because a lane's transactions build on each other and must stay in order. */
async function byPgbench(pgbench: string, address: string, scratchDir: string): Promise<number> {
  const lanes = await opened(address);
  let count = 0;
  const files = lanes.map((lane, index) => {
    const lines: string[] = [];
    for (let txns = 0; txns < TXN_COUNT_PER_LANE; txns += 1) {
      const txn = lane.next(BUCKET);
      count += txn.changes.length;
      // One message to the server for each transaction, as the lanes send it.
      lines.push(oneMessage(txnSql(txn)));
    }
    const file = join(scratchDir, `lane-${String(index)}.sql`);
    writeFileSync(file, `${lines.join("\n")}\n`);
    return file;
  });
  const start = performance.now();
  await Promise.all(files.map((file) => runPgbench(pgbench, address, file)));
  const seconds = (performance.now() - start) / 1000;
  await dropOwnDatabase(address, AbortSignal.timeout(LIMIT_MS));
  return Math.round(count / seconds);
}

/** pgbench ends a message at a semicolon, unless a backslash stands before it. Texts of the bank hold none. */
function oneMessage(sql: string): string {
  return `${sql.replace(/;$/, "").replaceAll("\n", " ").replaceAll(";", "\\;")};`;
}

function runPgbench(pgbench: string, address: string, file: string): Promise<void> {
  const [hostName = "", port = ""] = address.split(":");
  const args = [
    ...["--host", hostName, "--port", port, "--username", "lakeproof"],
    ...["--no-vacuum", "--client", "1", "--transactions", "1", "--file", file, CAPACITY_DATABASE],
  ];
  const child = spawn(pgbench, args, { stdio: ["ignore", "ignore", "pipe"] });
  let said = "";
  child.stderr.on("data", (chunk: Buffer) => {
    said = (said + chunk.toString()).slice(-500);
  });
  return new Promise((done, failed) => {
    child.once("error", failed);
    child.once("exit", (code) => {
      if (code === 0) {
        done();
        return;
      }
      const hint = "Its last words are in the message.";
      failed(
        new LakeproofError("CLIENT_FAILED", `pgbench ended with ${String(code)}: ${said}`, {
          hint,
        }),
      );
    });
  });
}
