/** Which pairs of faults there are, which can never be, and what a seed draws of them. */
import { describe, expect, it } from "vitest";
import { FAULTS } from "../../../chaos/index.ts";
import { rolesOf } from "../../../cli/pairs.ts";
import type { FaultClass } from "../../../core/contracts/fault.ts";
import type { Services } from "../../../core/contracts/topology.ts";
import {
  drawPairs,
  pairCatalogue,
  type DrawnPairs,
  type FaultPair,
  type PairCatalogue,
  type PairPorts,
} from "../../../core/fault-pairs.ts";
import { capabilitiesOf } from "../../../infra/drivers/local.ts";
import { clockProblem } from "../../../infra/clock/shiftable.ts";
import { drivesThatMayGo, goOnWithout, toleranceOf } from "../../../infra/tolerance.ts";
import { mini } from "../../../infra/topologies/index.ts";
import { plannedAll, support, wholeMachine } from "../../fixtures/planned-fault.ts";

const PORTS: PairPorts = {
  ...{ faults: FAULTS, capabilities: capabilitiesOf(support, wholeMachine), beyondDesign: false },
  ...{ rolesOf, toleranceOf, drivesThatMayGo, clockProblem, goOnWithout },
};
/** Small enough to look at all of it. */
const SMALL: Services = {
  kafka: mini.services.kafka,
  minio: mini.services.minio,
  trino: mini.services.trino,
  debezium: mini.services.debezium,
  prometheus: mini.services.prometheus,
};
const FEW: PairPorts = {
  ...PORTS,
  faults: {
    "process-kill": FAULTS["process-kill"],
    "half-open": FAULTS["half-open"],
    "bandwidth-cap": FAULTS["bandwidth-cap"],
    "rolling-restart": FAULTS["rolling-restart"],
    none: FAULTS.none,
  },
};

const nameOf = ({ first, second }: FaultPair): string =>
  `${first.fault.name} ${first.service}, ${second.fault.name} ${second.service}`;

function draw(catalogue: PairCatalogue, seed: bigint, count: number): DrawnPairs {
  return drawPairs(catalogue, seed, { count }, { services: mini.services, ports: PORTS });
}

const drawnNames = ({ faults }: DrawnPairs): readonly string[] =>
  faults.flatMap(({ fault, service }, at) => {
    const next = faults[at + 1];
    return at % 2 === 1 || next === undefined
      ? []
      : [`${fault} ${service}, ${next.fault} ${next.service}`];
  });

describe("the catalogue of pairs", () => {
  const small = pairCatalogue(SMALL, FEW);
  const names = small.pairs.map(nameOf);
  const classOf = (name: string): FaultClass | undefined =>
    small.pairs.find((pair) => nameOf(pair) === name)?.faultClass;

  it("has both orders, because what comes first is another pair", () => {
    expect(names).toContain("process-kill kafka, half-open minio");
    expect(names).toContain("half-open minio, process-kill kafka");
    expect(new Set(names).size).toBe(names.length);
  });

  it("gives each the class of the union of its losses", () => {
    expect(classOf("process-kill kafka, process-kill minio")).toBe("W");
    expect(classOf("process-kill kafka, half-open minio")).toBe("B");
    // A broker that is slow is still there: with the one that is gone that is no second loss.
    expect(classOf("bandwidth-cap kafka, bandwidth-cap kafka")).toBe("B");
    expect(classOf("process-kill kafka, bandwidth-cap kafka")).toBe("B");
    // One broker is within the design, and two are not.
    expect(names).not.toContain("process-kill kafka, half-open kafka");
    const beyond = pairCatalogue(SMALL, { ...FEW, beyondDesign: true }).pairs;
    const both = beyond.find((pair) => nameOf(pair) === "process-kill kafka, half-open kafka");
    expect(both?.faultClass).toBe("X");
  });

  const leftOut = (what: "fault" | "pair", reason: RegExp): readonly (number | string)[] => {
    const found = small.leftOut.filter((one) => one.what === what && reason.test(one.reason));
    return found.flatMap(({ count, example }) => [count, example]);
  };

  it("leaves out what cannot be in any pair, and says why", () => {
    expect(leftOut("fault", /class X/)).toEqual([3, "process-kill on trino"]);
    expect(leftOut("fault", /no process of its own/)).toEqual([4, "process-kill on debezium"]);
    expect(leftOut("fault", /only watches/)).toEqual([4, "process-kill on prometheus"]);
    expect(small.leftOut.some(({ example }) => example.includes("none"))).toBe(false);
    const without = { ...FEW, capabilities: new Set(["kill", "restart"] as const) };
    expect(pairCatalogue(SMALL, without).leftOut).toContainEqual({
      ...{ what: "fault", count: 3, example: "half-open on kafka" },
      reason: "needs networkCut, which cannot be done here",
    });
  });

  it("leaves out what cannot be together, and says why", () => {
    expect(leftOut("pair", /hit 2 of 3 kafka, which bears 1 \(class X\)/)).toEqual([
      6,
      "process-kill on kafka, then process-kill on kafka",
    ]);
    expect(leftOut("pair", /over as soon as it is injected/)[1]).toMatch(/^rolling-restart on/);
    expect(leftOut("pair", /the same instance/)).toEqual([
      1,
      "bandwidth-cap on trino, then bandwidth-cap on trino",
    ]);
    const beyond = pairCatalogue(SMALL, { ...FEW, beyondDesign: true });
    expect(beyond.pairs.map(nameOf)).not.toContain("process-kill trino, bandwidth-cap trino");
    const gone = beyond.leftOut.find(({ reason }) => reason.includes("stopped the only instance"));
    expect(gone?.example).toMatch(/^process-kill on trino, then /);
  });

  it("accounts for every two faults that can be in a pair", () => {
    // kafka and minio have four each, trino its band-width.
    const singleCount = 4 + 4 + 1;
    const leftOutCount = small.leftOut
      .filter(({ what }) => what === "pair")
      .reduce((sum, { count }) => sum + count, 0);
    expect(small.pairs.length + leftOutCount).toBe(singleCount ** 2);
  });
});

const whole = pairCatalogue(mini.services, PORTS);

describe("a draw", () => {
  it("is the same for the same seed, and another for the next", () => {
    expect(draw(whole, 7n, 6)).toEqual(draw(whole, 7n, 6));
    const [one, other] = [draw(whole, 7n, 6), draw(whole, 8n, 6)].map(drawnNames);
    expect(one?.filter((name) => other?.includes(name))).toEqual([]);
  });

  it("comes to every pair when seeds follow each other, and to none twice before that", () => {
    const { pairs, pairCount, drawCount } = { pairs: whole.pairs, ...draw(whole, 0n, 500).pairs };
    expect(pairCount).toBe(pairs.length);
    expect(drawCount).toBe(Math.ceil(pairCount / 500));
    const nights = Array.from({ length: drawCount }, (_, night) =>
      drawnNames(draw(whole, BigInt(night + 3 * drawCount), 500)),
    ).flat();
    expect(new Set(nights).size).toBe(pairCount);
    // Only the last draw is filled up from the beginning.
    expect(nights.length - pairCount).toBeLessThan(500);
    expect(new Set(nights.slice(0, pairCount)).size).toBe(pairCount);
  });

  it("lets every two services meet before any two meet again", () => {
    const { meetingDrawCount } = draw(whole, 0n, 6).pairs;
    const meetings = (count: number): Set<string> =>
      new Set(
        whole.pairs
          .slice(0, count)
          .map(({ first, second }) => [first.service, second.service].sort().join(" ")),
      );
    expect(meetings(whole.meetingCount).size).toBe(whole.meetingCount);
    expect(meetings(whole.pairs.length).size).toBe(whole.meetingCount);
    expect(meetingDrawCount).toBe(Math.ceil(whole.meetingCount / 6));
    expect(meetingDrawCount).toBeLessThan(100);
  });

  it("has nothing that a plan within the design refuses", () => {
    const isSame = ({ first, second }: FaultPair): boolean => first.service === second.service;
    const pairs = [...whole.pairs.filter(isSame), ...whole.pairs.slice(0, 300)];
    const { faults } = draw({ ...whole, pairs }, 0n, pairs.length);
    const [first] = faults;
    if (first === undefined) throw new Error("nothing was drawn");
    const entries = plannedAll(first, support, mini, wholeMachine, false, { faults });
    expect(entries.filter((_, at) => at % 2 === 0).map(({ faultClass }) => faultClass)).toEqual(
      pairs.map(({ faultClass }) => faultClass),
    );
  });

  it("begins the second while the first lasts, on another instance where it is the same service", () => {
    const ordered: PairCatalogue = {
      ...{ leftOut: [], meetingCount: 2 },
      pairs: whole.pairs.filter((pair) =>
        [
          "process-kill postgres, process-kill connect",
          "drive-loss minio, drive-loss minio",
        ].includes(nameOf(pair)),
      ),
    };
    const wish = { count: 2, firstHoldMs: 20_000, delayMs: 1000, secondHoldMs: 5000 };
    const { faults } = drawPairs(ordered, 0n, wish, { services: mini.services, ports: PORTS });
    const after = { event: "fault-active", delayMs: 1000 };
    expect(faults).toHaveLength(4);
    expect(faults).toEqual(
      expect.arrayContaining([
        { fault: "process-kill", service: "postgres", target: "leader", holdMs: 20_000 },
        { fault: "process-kill", service: "connect", target: "task", holdMs: 5000, after },
        { fault: "drive-loss", service: "minio", target: "minio-0", holdMs: 20_000 },
        { fault: "drive-loss", service: "minio", target: "minio-1", holdMs: 5000, after },
      ]),
    );
  });
});
