/**
 * The generator is killed in the middle of its load and started again from what it had written down, into PostgreSQL
 * and straight into Kafka: at the end every row is as the seed says, and no change is lost or doubled.
 */
import { spawn, type ChildProcess } from "node:child_process";
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, expect, it } from "vitest";
import { residueOf, takeDown } from "../../cli/heal.ts";
import { newLabState } from "../../cli/lab.ts";
import { readLaneJournals, type LaneHistory } from "../../cli/load/lane-journal.ts";
import { BANK_DATABASE } from "../../core/bank-schema.ts";
import { buildDictionaries, openBankLane, type BankLane } from "../../generators/bank.ts";
import type { LaneDigest } from "../../generators/bank.ts";
import { resumeLane } from "../../generators/resume.ts";
import { defaultCacheDir } from "../../infra/artifacts/cache.ts";
import { openStore } from "../../infra/artifacts/store.ts";
import { withPostgres } from "../../infra/clients/postgres.ts";
import type { LabState } from "../../infra/drivers/lab.ts";
import { provision, type Lab } from "../../infra/provision.ts";
import { broker, dev } from "../../infra/topologies/index.ts";
import { laneDigest } from "../../slo/probes/postgres.ts";
import { lakeproof } from "../e2e/lab.ts";
import { GENERATED } from "../fixtures/generated-bank.ts";
import { digestsOf, expectEveryChangeOnce, readTopics } from "../fixtures/topic-ledger.ts";

const GENERATOR = fileURLToPath(new URL("../fixtures/postgres-generator.ts", import.meta.url));
const WAIT_MS_MAX = 60_000;
/** Longer than any part of it is left alone. */
const LONG_MS = 120_000;

const topology = {
  ...broker,
  services: { kafka: broker.services.kafka, postgres: dev.services.postgres },
};

let dir = "";
let state: LabState;
let lab: Lab;

beforeAll(async () => {
  dir = mkdtempSync(join(tmpdir(), "lakeproof-restart-"));
  const store = openStore({ cacheDir: defaultCacheDir(), log: () => undefined });
  const artifacts = await store.ensure(
    ["kafka", "java17", "jmx-exporter", "postgres"],
    AbortSignal.timeout(1_500_000),
  );
  const logsDir = join(dir, "logs");
  state = newLabState({
    ...{ topology: "test", subnet: "127.77.22", isolation: "loopback", held: false, logsDir },
  });
  const signal = AbortSignal.timeout(180_000);
  lab = await provision({ topology, state, artifacts, signal, onStep: () => undefined });
});

afterAll(async () => {
  try {
    await takeDown(state.id);
    expect(residueOf(state.id)).toEqual([]);
  } finally {
    rmSync(dir, { recursive: true, force: true });
  }
});

/** Transactions that a history calls so. */
function countOf(history: LaneHistory, outcome: string): number {
  const steps = [...history.steps.values()].flat().filter((step) => step.outcome === outcome);
  return steps.reduce((sum, { txnCount }) => sum + txnCount, 0);
}

/** Waits until so many transactions more are acknowledged than `before`. */
async function untilAcknowledged(journalDir: string, before: number, more: number): Promise<void> {
  const acknowledged = (): number => {
    if (!readdirSync(journalDir).some((name) => name.startsWith("lanes-"))) return 0;
    try {
      return countOf(readLaneJournals(journalDir), "ok");
    } catch {
      // Its first line is being written.
      return 0;
    }
  };
  await expect
    .poll(acknowledged, { timeout: WAIT_MS_MAX, interval: 100 })
    .toBeGreaterThan(before + more);
}

async function killed(child: ChildProcess): Promise<void> {
  const ended = new Promise((resolve) => {
    child.once("exit", (_, signal) => {
      resolve(signal);
    });
  });
  child.kill("SIGKILL");
  expect(await ended).toBe("SIGKILL");
}

/** The target answers nobody any more, so that nobody knows what becomes of what is under way. */
async function killedWhileSilent(child: ChildProcess, instanceId: string): Promise<void> {
  await lab.driver.act(instanceId, "pause");
  try {
    await sleep(700);
    await killed(child);
  } finally {
    await lab.driver.act(instanceId, "resume");
  }
}

function postgresGenerator(journalDir: string, durationMs: number): ChildProcess {
  const address = lab.endpoints.address("postgres");
  return spawn(process.execPath, [GENERATOR, address, journalDir, String(durationMs)], {
    stdio: ["ignore", "pipe", "inherit"],
  });
}

async function outputOf(child: ChildProcess): Promise<string> {
  let text = "";
  child.stdout?.on("data", (chunk: Buffer) => {
    text += chunk.toString();
  });
  const code = await new Promise((resolve) => child.once("close", resolve));
  expect(code).toBe(0);
  return text;
}

/** What the seed and the journals say, and nothing else. */
function laneFromSeed(history: LaneHistory, lane: number): BankLane {
  const { seed, laneCount, userCountPerLane: userCount } = GENERATED;
  const dictionaries = buildDictionaries(seed);
  const bank = openBankLane({ seed, lane, laneCount, userCount, dictionaries });
  while (bank.populate(0, 1000) !== undefined);
  expect(resumeLane(bank, history.steps.get(lane) ?? [], new Set())).toEqual([]);
  return bank;
}

interface Seen {
  readonly id: string;
  readonly balance: string;
  readonly seq: string;
  readonly fp: string;
}

async function accountsOf(lane: number): Promise<readonly Seen[]> {
  const signal = AbortSignal.timeout(30_000);
  return withPostgres(lab.endpoints.address("postgres"), BANK_DATABASE, signal, async (client) => {
    const found = await client.query<Seen>(
      `SELECT id::text, balance::text, seq::text, fp::text FROM bank.accounts WHERE lane = $1 ORDER BY bank.accounts.id`,
      [lane],
    );
    return found.rows;
  });
}

function digestSeen(lane: number): Promise<LaneDigest> {
  const signal = AbortSignal.timeout(30_000);
  const address = lab.endpoints.address("postgres");
  return withPostgres(address, BANK_DATABASE, signal, (client) => laneDigest(client, lane));
}

it("PostgreSQL holds what the seed says, whatever instant its generator was killed at", async () => {
  const journalDir = join(dir, "postgres");
  mkdirSync(journalDir);
  const history = (): LaneHistory => readLaneJournals(journalDir);

  const first = postgresGenerator(journalDir, LONG_MS);
  await untilAcknowledged(journalDir, 0, 300);
  await killed(first);

  const second = postgresGenerator(journalDir, LONG_MS);
  await untilAcknowledged(journalDir, countOf(history(), "ok"), 300);
  await killedWhileSilent(second, "postgres-0");
  // One a lane at the most, and at least one of four that could not be answered.
  expect(countOf(history(), "unknown")).toBeGreaterThan(0);
  expect(countOf(history(), "unknown")).toBeLessThanOrEqual(GENERATED.laneCount);

  // Refused transactions use up sequence numbers: whoever goes on has to know of them.
  const third = postgresGenerator(journalDir, LONG_MS);
  await untilAcknowledged(journalDir, countOf(history(), "ok"), 300);
  await lab.driver.act("postgres-0", "kill");
  await sleep(1000);
  await lab.restart("postgres-0", AbortSignal.timeout(60_000));
  await untilAcknowledged(journalDir, countOf(history(), "ok"), 300);
  await killed(third);
  expect(countOf(history(), "fail")).toBeGreaterThan(0);

  const last = await outputOf(postgresGenerator(journalDir, 5000));
  const whole = history();
  expect(whole.partCount).toBe(4);
  expect(countOf(whole, "unknown")).toBe(0);
  const said = last.trimEnd().split("\n");
  expect(said).toHaveLength(GENERATED.laneCount);
  for (const line of said) {
    const { lane, ...digest } = JSON.parse(line) as LaneDigest & { readonly lane: number };
    expect(await digestSeen(lane)).toEqual(digest);
    const bank = laneFromSeed(whole, lane);
    expect(bank.digest()).toEqual(digest);
    const expected = [...bank.rows()]
      .flatMap((row) => ("balance" in row ? [row] : []))
      .sort((a, b) => a.id - b.id)
      .map(({ id, balance, seq, fp }) => ({
        ...{ id: String(id), balance: String(balance), seq: String(seq), fp: String(fp) },
      }));
    expect(await accountsOf(lane)).toEqual(expected);
  }
});

it("Kafka holds every change once, whatever instant its generator was killed at", async () => {
  const addresses = lab.endpoints.addresses("kafka");
  const outDir = join(dir, "kafka");
  mkdirSync(outDir);
  const load = (...args: readonly string[]): ReturnType<typeof lakeproof> =>
    lakeproof([
      ...["load", "kafka", "--bootstrap", addresses.join(","), "--rate", "1500", "--warmup", "0"],
      ...["--users", "4000", "--out", outDir, ...args],
    ]);

  const first = load("--duration", "120", "--seed", "23");
  await expect.poll(() => readdirSync(outDir), { timeout: WAIT_MS_MAX }).toHaveLength(1);
  const loadDir = join(outDir, readdirSync(outDir)[0] ?? "");
  await untilAcknowledged(loadDir, 0, 1000);
  await killed(first.child);
  expect(await first.ended).toBe("SIGKILL");

  const second = load("--duration", "120", "--resume", loadDir, "--workers", "2");
  await untilAcknowledged(loadDir, countOf(readLaneJournals(loadDir), "ok"), 1000);
  await killedWhileSilent(second.child, "kafka-0");
  expect(countOf(readLaneJournals(loadDir), "unknown")).toBeGreaterThan(0);

  const last = load("--duration", "6", "--resume", loadDir);
  // A machine that is busy makes the latencies worthless, not the ledger.
  expect([0, 21], last.stderr()).toContain(await last.ended);
  const result = JSON.parse(readFileSync(join(loadDir, "result.json"), "utf8")) as {
    readonly recordsInTopics: number;
    readonly acknowledgedRecords: number;
    readonly lanes: readonly { readonly lane: number; readonly digest: string }[];
  };
  expect(result.recordsInTopics).toBe(result.acknowledgedRecords);
  const events = await readTopics(addresses, broker.topicPartitionCount);
  expect(events.length).toBeGreaterThan(result.acknowledgedRecords);
  expectEveryChangeOnce(events, 8, broker.topicPartitionCount);
  const expected = result.lanes.map(({ lane, digest }) => ({
    lane,
    ...(JSON.parse(digest) as LaneDigest),
  }));
  expect(digestsOf(events)).toEqual(expected);
});
