/**
 * One load into a real broker over several agents: as many records as were acknowledged, the same operations as from
 * one agent, and no load that outlives its coordinator.
 */
import { spawn, type ChildProcess } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { agentCommands, type AgentCommand } from "../../cli/agents/commands.ts";
import { residueOf, takeDown } from "../../cli/heal.ts";
import { newLabState } from "../../cli/lab.ts";
import {
  runKafkaAgents,
  type KafkaAgentsOptions,
  type KafkaAgentsOutcome,
} from "../../cli/load/kafka-agents.ts";
import { kafkaAgentsResult } from "../../cli/load/kafka-agents-result.ts";
import { recordCount } from "../../cli/load/kafka-load.ts";
import type { KafkaLoadResult } from "../../cli/load/kafka-result.ts";
import { LANE_COUNT } from "../../cli/load/kafka-share.ts";
import type { JournalBody } from "../../core/contracts/journal.ts";
import type { LaneDigest } from "../../generators/bank.ts";
import { defaultCacheDir } from "../../infra/artifacts/cache.ts";
import { openStore } from "../../infra/artifacts/store.ts";
import type { LabState } from "../../infra/drivers/lab.ts";
import { provision, type Lab } from "../../infra/provision.ts";
import { broker } from "../../infra/topologies/index.ts";
import { digestsOf, readTopics, type TopicEvent } from "../fixtures/topic-ledger.ts";

const LAUNCHER = resolve(import.meta.dirname, "../../cli/lakeproof.js");
const RATE = { rateEventsPerS: 1000, durationMs: 8000 };
const WAIT_MS_MAX = 60_000;
/** Longer than any test waits. */
const LONG_S = "600";

let state: LabState;
let lab: Lab;
let dir: string;
let addresses: readonly string[];

beforeAll(async () => {
  dir = mkdtempSync(join(tmpdir(), "lakeproof-agents-"));
  const store = openStore({ cacheDir: defaultCacheDir(), log: () => undefined });
  const artifacts = await store.ensure(
    ["kafka", "java17", "jmx-exporter"],
    AbortSignal.timeout(500_000),
  );
  state = newLabState({
    ...{ topology: "test", subnet: "127.77.23", isolation: "loopback", held: false },
    logsDir: join(dir, "logs"),
  });
  lab = await provision({
    ...{ topology: broker, state, artifacts, onStep: () => undefined },
    signal: AbortSignal.timeout(120_000),
  });
  addresses = lab.endpoints.addresses("kafka");
});

afterAll(async () => {
  try {
    await takeDown(state.id);
    expect(residueOf(state.id)).toEqual([]);
  } finally {
    rmSync(dir, { recursive: true, force: true });
  }
});

function here(count: number): readonly AgentCommand[] {
  return agentCommands({ agents: String(count), agent: [] }, "load-agent", LANE_COUNT);
}

function load(changed: Partial<KafkaAgentsOptions>): Promise<KafkaAgentsOutcome> {
  return runKafkaAgents({
    ...{ addresses, commands: here(2), seed: 23n, ...RATE, warmupMs: 2000 },
    ...{ arrivals: "poisson", userCount: 10_000, lingerMs: 20, dropMs: 600_000, graceMs: 60_000 },
    signal: AbortSignal.timeout(300_000),
    journal: () => undefined,
    onSecond: () => undefined,
    ...changed,
  });
}

function resultOf({ agents, grownBy }: KafkaAgentsOutcome): KafkaLoadResult {
  return kafkaAgentsResult(agents, grownBy, { ...RATE, seed: "23" });
}

/** What was added to each partition after so many records of it. */
function addedAfter(
  before: readonly TopicEvent[],
  all: readonly TopicEvent[],
): readonly TopicEvent[] {
  const key = ({ table, partition }: TopicEvent): string => `${table}/${String(partition)}`;
  const known = Map.groupBy(before, key);
  return [...Map.groupBy(all, key)].flatMap(([place, events]) =>
    events.slice(known.get(place)?.length ?? 0),
  );
}

/** Every change of every lane in the lane's own order. */
function operationsOf(events: readonly TopicEvent[]): readonly string[] {
  return events
    .toSorted((one, other) => one.lane - other.lane || one.seq - other.seq)
    .map(({ lane, seq, table, op, id, fp }) =>
      [lane, seq, table, op, String(id), String(fp)].join(" "),
    );
}

describe("a load over agents", () => {
  it("makes of one seed the same operations with one agent and with two, and all are in the topics", async () => {
    const alone = await load({ commands: here(1) });
    const first = await readTopics(addresses, broker.topicPartitionCount);
    const bodies: JournalBody[] = [];
    const shared = await load({
      workerCount: 2,
      journal: (body) => {
        bodies.push(body);
      },
    });
    const second = addedAfter(first, await readTopics(addresses, broker.topicPartitionCount));

    const [one, two] = [resultOf(alone), resultOf(shared)];
    for (const [result, events] of [
      [one, first],
      [two, second],
    ] as const) {
      expect(result.reasons, JSON.stringify(result.agents)).toEqual([]);
      expect(result.recordsInTopics).toBe(result.acknowledgedRecords);
      expect(events).toHaveLength(result.acknowledgedRecords);
      const { offered, ok } = result.operations;
      expect(ok).toBe(offered);
    }
    expect(two.operations).toEqual(one.operations);
    expect(two.lanes).toEqual(one.lanes);
    expect(operationsOf(second)).toEqual(operationsOf(first));
    expect(digestsOf(second)).toEqual(
      two.lanes.map(({ lane, digest }) => ({ lane, ...(JSON.parse(digest) as LaneDigest) })),
    );

    // Both agents took part, with threads of their own, and all that was done is in one journal.
    expect(two.agents?.map(({ lanes }) => lanes)).toEqual([
      [0, 2, 4, 6],
      [1, 3, 5, 7],
    ]);
    expect(two.workerCount).toBe(4);
    const windows = bodies.flatMap((body) => (body.kind === "load.window" ? [body] : []));
    const inWindows = windows.reduce((sum, { ok }) => sum + ok, 0);
    expect(inWindows).toBeGreaterThanOrEqual(two.operations.ok);
    const probes = new Set(
      bodies.flatMap((body) => (body.kind === "sample.taken" ? body.probe : [])),
    );
    expect(probes).toContain("agent.1.generator.0.busyRatio");
    expect(probes).toContain("agent.2.generator.1.busyRatio");
  });

  it("is INVALID by the name of the agent that was lost, and ends with it", async () => {
    const [first, second] = here(2);
    if (first === undefined || second === undefined) return;
    const pidFile = join(dir, "pid");
    const mortal = {
      name: "agent 2 (mortal)",
      argv: ["bash", "-c", `echo $$ > ${pidFile}; exec "$@"`, "bash", ...second.argv],
    };
    const began = performance.now();
    let hasDied = false;
    const outcome = await load({
      ...{ commands: [first, mortal], durationMs: 120_000 },
      onSecond: (elapsedMs) => {
        if (hasDied || elapsedMs < 4000) return;
        hasDied = true;
        process.kill(Number(readFileSync(pidFile, "utf8")), "SIGKILL");
      },
    });
    expect(performance.now() - began).toBeLessThan(60_000);
    const result = resultOf(outcome);
    expect(result).toMatchObject({ verdict: "INVALID", exitCode: 21 });
    expect(result.reasons).toEqual([
      expect.stringMatching(/^agent 2 \(mortal\) ended \(SIGKILL\)/),
    ]);
    expect(result.agents?.[0]?.figures?.operations.ok).toBeGreaterThan(0);
    expect(result.recordsInTopics).toBeGreaterThanOrEqual(result.acknowledgedRecords);
  });

  it("sends nothing where an agent is refused", async () => {
    const before = await recordCount(addresses);
    const other = { name: "agent 3 (ssh load1)", argv: ["false"] };
    await expect(load({ commands: [...here(2), other] })).rejects.toMatchObject({
      ...{ code: "AGENT_REFUSED", exitCode: 2 },
      message: expect.stringMatching(/^agent 3 \(ssh load1\) ended \(exit code 1\)/) as string,
    });
    expect(await recordCount(addresses)).toBe(before);
  });
});

describe("the command", () => {
  function started(): ChildProcess {
    const argv = [LAUNCHER, "load", "kafka", "--agents", "2", "--rate", "1000"];
    return spawn(
      process.execPath,
      [
        ...argv,
        ...["--users", "10000", "--duration", LONG_S, "--warmup", "0"],
        ...["--bootstrap", addresses.join(","), "--out", join(dir, "loads")],
      ],
      { stdio: "ignore" },
    );
  }

  async function untilLoading(): Promise<void> {
    const before = await recordCount(addresses);
    await expect
      .poll(() => recordCount(addresses), { timeout: WAIT_MS_MAX, interval: 500 })
      .toBeGreaterThan(before + 1000);
  }

  async function expectNoLoad(): Promise<void> {
    const before = await recordCount(addresses);
    await sleep(3000);
    expect(await recordCount(addresses)).toBe(before);
  }

  it("leaves no agent behind when it is killed", async () => {
    const child = started();
    await untilLoading();
    const ended = new Promise((done) => child.once("exit", done));
    child.kill("SIGKILL");
    await ended;
    // The end of their standard input tells the agents.
    await sleep(3000);
    await expectNoLoad();
  });

  it("leaves no agent behind when it is stopped, and says so by its exit code", async () => {
    const child = started();
    await untilLoading();
    const code = new Promise((done) => child.once("exit", done));
    child.kill("SIGINT");
    expect(await code).toBe(130);
    await expectNoLoad();
  });

  it("leaves no agent behind when it hangs", async () => {
    const child = started();
    await untilLoading();
    child.kill("SIGSTOP");
    try {
      // Ten beats, and what was under way.
      await sleep(15_000);
      await expectNoLoad();
    } finally {
      const ended = new Promise((done) => child.once("exit", done));
      child.kill("SIGCONT");
      // Both of its agents are gone by then.
      expect(await ended).toBe(21);
    }
  });
});
