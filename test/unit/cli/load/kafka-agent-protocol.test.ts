/** What an agent of a load into Kafka tells, and what is held against it. */
import { describe, expect, it } from "vitest";
import {
  parseKafkaEnd,
  parseKafkaEvent,
  readyProblem,
} from "../../../../cli/load/kafka-agent-protocol.ts";
import { mergeHistograms } from "../../../../core/histogram.ts";
import { WORKER } from "../../../fixtures/kafka-load.ts";

const READY = { planDigest: "abc", clusterId: "kraft-1", partitionCount: 6 };

describe("readyProblem", () => {
  it("has nothing against what the coordinator found too", () => {
    expect(readyProblem({ ...READY }, READY)).toBeUndefined();
  });

  it.each([
    [{ ...READY, clusterId: "kraft-2" }, /sees Kafka kraft-2, and here is kraft-1/],
    [{ ...READY, partitionCount: 3 }, /sees 3 partitions/],
    [{ ...READY, planDigest: "abd" }, /other operations from the same plan/],
    [null, /cannot be read/],
  ])("names what is different", (found, text) => {
    expect(readyProblem(found, READY)).toMatch(text);
  });
});

describe("an agent's words", () => {
  it("lose nothing on their way", () => {
    const end = { workers: [WORKER], cpuMs: 1.5, rssBytesMax: 7 };
    const read = parseKafkaEnd("agent 1", JSON.parse(JSON.stringify(end)));
    expect(read).toEqual(end);
    const counted: [number, number][] = [];
    mergeHistograms([read.workers[0]?.latencyUs ?? ""]).each((ms, count) => {
      counted.push([Math.round(ms), count]);
    });
    expect(counted).toEqual([
      [20, 490],
      [40, 10],
    ]);
  });

  it("are read as what they are, or not at all", () => {
    const observed = { value: 1, unit: "ratio" };
    const body = { kind: "sample.taken", probe: "generator.0.busyRatio", observed } as const;
    expect(parseKafkaEvent({ kind: "journal", body })).toEqual({ kind: "journal", body });
    expect(parseKafkaEvent({ kind: "journal", body: { kind: "run.ended" } })).toBeUndefined();
    expect(parseKafkaEvent("beat")).toBeUndefined();
    expect(() => parseKafkaEnd("agent 2 (x)", { workers: [{}] })).toThrow(/^agent 2 \(x\) gave/);
  });
});
