/** What a load over agents concludes: one sum without loss, and the name of whoever spoils it. */
import { describe, expect, it } from "vitest";
import { kafkaAgentsResult, type AgentOutcome } from "../../../../cli/load/kafka-agents-result.ts";
import { kafkaLoadText } from "../../../../cli/load/kafka-result.ts";
import { health, histogramOf, WORKER, type Worker } from "../../../fixtures/kafka-load.ts";

const FACTS = { rateEventsPerS: 200, durationMs: 10_000, seed: "1" };

function agent(
  number: number,
  worker: Partial<Worker> = {},
  rest: Partial<AgentOutcome> = {},
  busyRatio = 0.4,
): AgentOutcome {
  return {
    ...{ name: `agent ${String(number)} (ssh load${String(number)} npx)` },
    ...{ startLateMs: 0, clockErrorMs: 0.4 },
    outcome: {
      workers: [{ ...WORKER, digests: [{ lane: number - 1, digest: "{}" }], ...worker }],
      health: health(busyRatio),
      ...{ cpuMs: 20, rssBytesMax: 1e8 },
    },
    ...rest,
  };
}

function lost(number: number, reason: string): AgentOutcome {
  const { name, startLateMs, clockErrorMs } = agent(number);
  return { name, startLateMs, clockErrorMs, lost: `${name} ${reason}.` };
}

describe("a load over agents", () => {
  it("is the sum of its parts, percentiles of all samples among them", () => {
    const slow = agent(2, { latencyUs: histogramOf([300, 500]) });
    const result = kafkaAgentsResult([agent(1), slow], 2400, FACTS);
    expect(result).toMatchObject({
      ...{ verdict: "VALID", exitCode: 0, reasons: [] },
      ...{ workerCount: 2, acknowledgedRecords: 2400, recordsInTopics: 2400 },
      ...{ achievedEventsPerS: 200, offeredEventsPerS: 200, rssBytesMax: 2e8, cpuUsPerEvent: 20 },
      operations: { offered: 1000, ok: 1000, dropped: 0, unfinished: 0 },
    });
    // Of a thousand samples 490 are 20 ms, ten 40 ms and 500 300 ms: no mean of the parts' percentiles is any of these.
    expect(result.latencyMs.p50).toBeCloseTo(40, 0);
    expect(result.latencyMs.p99).toBeCloseTo(300, 0);
    expect(result.lanes.map(({ lane }) => lane)).toEqual([0, 1]);
    expect(result.agents?.map(({ lanes }) => lanes)).toEqual([
      [0, 2, 4, 6],
      [1, 3, 5, 7],
    ]);
    expect(result.agents?.map((part) => part.offeredEventsPerS)).toEqual([100, 100]);
    expect(kafkaLoadText(result)).toMatch(
      /agent 2 \(ssh load2 npx\) +lanes 1, 3, 5, 7: 500 of 500/,
    );
  });

  it("keeps threads of the same number apart", () => {
    const result = kafkaAgentsResult([agent(1, {}, {}, 0.2), agent(2, {}, {}, 0.8)], 2400, FACTS);
    expect(result.busyRatioMedian).toBeCloseTo(0.8);
  });

  const dropped = { operations: { ...WORKER.operations, ok: 480, dropped: 15, unfinished: 5 } };
  it.each<[string, AgentOutcome, RegExp]>([
    [
      "operations late",
      agent(2, { lagUs: histogramOf([10, 480], [150, 20]) }),
      /^agent 2 \(ssh load2 npx\): Operations left the generator late/,
    ],
    ["no headroom", agent(2, {}, {}, 0.97), /^agent 2 .*: A generator thread was busy 97\.0 %/],
    ["operations never started", agent(2, dropped), /^agent 2 .*15 dropped, 5 unfinished/],
    ["a late start", agent(2, {}, { startLateMs: 240 }), /^agent 2 .*came 240 ms late/],
  ])("is INVALID where one agent has %s, and names it", (_, troubled, text) => {
    const result = kafkaAgentsResult([agent(1), troubled], 2400, FACTS);
    expect(result).toMatchObject({ verdict: "INVALID", exitCode: 21 });
    expect(result.reasons).toHaveLength(1);
    expect(result.reasons[0]).toMatch(text);
  });

  it("is INVALID where an agent is lost, whatever the others could not do then", () => {
    const cut = agent(1, { operations: { ...WORKER.operations, ok: 100, unfinished: 400 } });
    const result = kafkaAgentsResult([cut, lost(2, "was silent for 10 s")], 1900, FACTS);
    expect(result).toMatchObject({ verdict: "INVALID", exitCode: 21 });
    // What the lost one wrote is in the topics too: more than was acknowledged is no doubling.
    expect(result.reasons).toEqual(["agent 2 (ssh load2 npx) was silent for 10 s."]);
    expect(result.agents?.[1]).toMatchObject({ figures: null });
    expect(kafkaLoadText(result)).toContain("INVALID: agent 2 (ssh load2 npx) was silent");
  });

  it("does not hide lost data behind a lost agent", () => {
    const result = kafkaAgentsResult([agent(1), lost(2, "ended (SIGKILL)")], 1199, FACTS);
    expect(result).toMatchObject({ verdict: "INVALID", exitCode: 13 });
    expect(result.reasons.join(" ")).toMatch(/lost\. agent 2/);
  });

  it("says so where nothing is left", () => {
    const result = kafkaAgentsResult([lost(1, "ended"), lost(2, "ended")], Number.NaN, FACTS);
    expect(result).toMatchObject({ verdict: "INVALID", exitCode: 21, recordsInTopics: null });
    expect(result.reasons).toHaveLength(2);
    expect(kafkaLoadText(result)).toContain("the topics could not be asked");
  });
});
