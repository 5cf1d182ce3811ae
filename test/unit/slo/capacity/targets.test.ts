import { describe, expect, it } from "vitest";
import { CAPACITY_STAGES } from "../../../../core/contracts/capacity.ts";
import { broker, dev } from "../../../../infra/topologies/index.ts";
import { missingFor, searchesOf, unitOfTarget } from "../../../../slo/capacity/targets.ts";
import { SEARCH } from "../../../fixtures/synthetic-stage.ts";

const TARGETS = [...CAPACITY_STAGES, "end-to-end"] as const;
const NO_WISH = { startRatePerS: undefined, ratePerSMax: undefined };

describe("what a target needs", () => {
  it("is all there in the whole pipeline", () => {
    expect(TARGETS.map((target) => missingFor(target, dev))).toEqual(TARGETS.map(() => undefined));
  });

  it("is there for Kafka alone where there is nothing but a broker", () => {
    const possible = TARGETS.filter((target) => missingFor(target, broker) === undefined);
    expect(possible).toEqual(["kafka"]);
    expect(missingFor("postgres", broker)).toBe("topology broker has no postgres");
  });
});

describe("where a search goes", () => {
  it("begins far up for Kafka, and never below what was asked for", () => {
    expect(searchesOf(SEARCH, NO_WISH).kafka.startRatePerS).toBeGreaterThan(SEARCH.startRatePerS);
    const high = { ...SEARCH, startRatePerS: 80_000 };
    expect(searchesOf(high, NO_WISH).kafka.startRatePerS).toBe(80_000);
  });

  it("is in queries for Trino: neither its rates nor its bounds are those of events", () => {
    const { trino } = searchesOf({ ...SEARCH, ratePerSMax: 1_000_000 }, NO_WISH);
    expect(trino.startRatePerS).toBeLessThan(10);
    expect(trino.ratePerSMin).toBeLessThan(trino.startRatePerS);
    expect(trino.ratePerSMax).toBeLessThan(1_000_000);
    expect(searchesOf(SEARCH, { startRatePerS: 7, ratePerSMax: 70 }).trino).toMatchObject({
      startRatePerS: 7,
      ratePerSMax: 70,
    });
    expect([unitOfTarget("trino"), unitOfTarget("kafka")]).toEqual(["queries/s", "events/s"]);
  });
});
