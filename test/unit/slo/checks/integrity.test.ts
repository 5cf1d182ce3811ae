import { describe, expect, it } from "vitest";
import type { EventOf, JournalEvent } from "../../../../core/contracts/journal.ts";
import type { Verdict } from "../../../../core/contracts/slo.ts";
import type { CheckName } from "../../../../slo/checks/index.ts";
import { healthyEvents } from "../../../../slo/checks/synthetic.ts";
import { verdictFor, without, type Events } from "../../../fixtures/verdicts.ts";

const HEALTHY = healthyEvents();
const CHANGE_CHECKS = ["no-lost-change", "no-duplicate", "no-reorder", "no-corruption"] as const;
const ALL_CHECKS = [
  ...CHANGE_CHECKS,
  "balance-constant",
  "postgres-state",
  "lake-state",
  "iceberg-metadata",
  "readers-agree",
] as const;

function integrity(check: CheckName, events: Events): Verdict {
  return verdictFor(check, `integrity.${check}`, events);
}

type Changes = EventOf<"ledger.changes">;

/** Edits or removes final rows of bucket 2, lane 1 at the named hops. */
function finalRows(hops: readonly string[], change: Partial<Changes> | undefined): Events {
  return HEALTHY.flatMap((event): readonly JournalEvent[] => {
    if (event.kind !== "ledger.changes" || event.when !== "final") return [event];
    if (!hops.includes(event.hop) || event.bucket !== 2 || event.lane !== 1) return [event];
    return change === undefined ? [] : [{ ...event, ...change }];
  });
}

function withoutHop(hop: string): Events {
  return HEALTHY.filter((event) => event.kind !== "ledger.changes" || event.hop !== hop);
}

describe("the differential", () => {
  it.each(ALL_CHECKS)("%s is proven on a healthy run, always claimed", (check) => {
    expect(integrity(check, HEALTHY)).toMatchObject({ status: "PROVEN", claimed: true });
  });

  it("says at how many fences the ledger was exact under load", () => {
    expect(integrity("no-lost-change", HEALTHY).because).toContain("exact at 5 of 5 fences");
  });

  it("names the first hop that lacks a change, with bucket, lane and counts", () => {
    const lost = { eventCount: 14_997, distinctCount: 14_997, fingerprintSum: "1" };
    const verdict = integrity("no-lost-change", finalRows(["iceberg", "reader"], lost));
    expect(verdict).toMatchObject({ status: "VIOLATED", exitCode: 13, observed: { value: 3 } });
    expect(verdict.because).toContain("3 lost between Kafka and Iceberg (Flink)");
    expect(verdict.because).toContain("bucket 2, lane 1, 15 000 acknowledged, 14 997 distinct");
    expect(verdict.details).toHaveLength(1);
  });

  it("names all carriers between two measured hops", () => {
    const lost = { eventCount: 14_999, distinctCount: 14_999 };
    const events = finalRows(["reader"], lost).filter(
      (event) => event.kind !== "ledger.changes" || event.hop !== "iceberg",
    );
    const { because } = integrity("no-lost-change", events);
    expect(because).toContain("between Kafka and the reader (Flink, Trino)");
  });

  it("takes a bucket that is absent at one hop for lost", () => {
    const verdict = integrity("no-lost-change", finalRows(["iceberg", "reader"], undefined));
    expect(verdict).toMatchObject({ status: "VIOLATED", observed: { value: 15_000 } });
  });

  it("finds an even number of duplicates, which an XOR would not", () => {
    const verdict = integrity("no-duplicate", finalRows(["kafka"], { eventCount: 15_002 }));
    expect(verdict).toMatchObject({ status: "VIOLATED", observed: { value: 2 } });
    expect(verdict.because).toContain("between PostgreSQL and Kafka (Debezium)");
    expect(integrity("no-lost-change", finalRows(["kafka"], { eventCount: 15_002 })).status).toBe(
      "PROVEN",
    );
  });

  it("tells a corrupted change from a lost one", () => {
    const events = finalRows(["kafka", "iceberg", "reader"], { fingerprintSum: "7" });
    expect(integrity("no-corruption", events).because).toContain("PostgreSQL and Kafka");
    expect(integrity("no-lost-change", events).status).toBe("PROVEN");
  });

  it("takes changes nobody acknowledged for phantoms", () => {
    const verdict = integrity("no-corruption", finalRows(["acknowledged"], undefined));
    expect(verdict.because).toContain("15 000 phantom");
  });

  it.each([
    ["lost", "no-lost-change"],
    ["duplicated", "no-duplicate"],
    ["reordered", "no-reorder"],
    ["delayed", "no-reorder"],
    ["corrupted", "no-corruption"],
    ["phantom", "no-corruption"],
    ["resurrected", "no-corruption"],
  ] as const)("gives a located %s change to %s", (anomaly, check) => {
    const place = { lane: 1, seq: 88, bucket: 2, detail: "offset 12" };
    const found: JournalEvent = {
      ...{ atMs: 167_000, kind: "ledger.anomaly", hop: "kafka", anomaly },
      ...place,
    };
    const verdict = integrity(check, [...HEALTHY, found]);
    expect(verdict).toMatchObject({ status: "VIOLATED", exitCode: 13, observed: { value: 1 } });
    expect(verdict.because).toContain("bucket 2, lane 1, seq 88: offset 12");
    const others = CHANGE_CHECKS.filter((other) => other !== check);
    const statuses = others.map((other) => integrity(other, [...HEALTHY, found]).status);
    expect(new Set(statuses)).toEqual(new Set(["PROVEN"]));
  });

  it.each(["acknowledged", "kafka", "reader"])("proves nothing without the ledger of %s", (hop) => {
    for (const check of CHANGE_CHECKS) {
      expect(integrity(check, withoutHop(hop))).toMatchObject({
        status: "INCONCLUSIVE",
        exitCode: 11,
      });
    }
  });

  it("proves nothing when a whole lane is absent everywhere", () => {
    const events = HEALTHY.filter((event) => event.kind !== "ledger.changes" || event.lane !== 1);
    expect(integrity("no-lost-change", events).because).toContain("only 1 of 2 lanes");
  });

  it("reports a difference at a fence without calling it a loss when the end is exact", () => {
    const events = HEALTHY.map((event) =>
      event.kind === "ledger.changes" && event.when === "during" && event.bucket === 3
        ? { ...event, distinctCount: 14_000 }
        : event,
    );
    const verdict = integrity("no-lost-change", events);
    expect(verdict.status).toBe("PROVEN");
    expect(verdict.because).toContain("exact at 4 of 5 fences");
    expect(verdict.details).toEqual([
      "bucket 3 was not exact at its fence under load; then active: f1 process-kill on trino-0",
    ]);
  });
});

describe("the state", () => {
  const state = (
    fits: (row: EventOf<"ledger.state">) => boolean,
    change: Partial<EventOf<"ledger.state">>,
  ): Events =>
    HEALTHY.map((event) =>
      event.kind === "ledger.state" && fits(event) ? { ...event, ...change } : event,
    );

  it.each([
    [{ rowCount: 1 }, "rowCount 1 instead of 304"],
    [{ fingerprintSum: "9" }, "fingerprintSum 9 instead of"],
    [{ balanceSum: "8" }, "balanceSum 8 instead of 10000001"],
  ])("compares PostgreSQL field by field: %j", (change, text) => {
    const events = state(
      (row) => row.hop === "postgres" && row.bucket === 4 && row.lane === 1,
      change,
    );
    const verdict = integrity("postgres-state", events);
    expect(verdict).toMatchObject({ status: "VIOLATED", exitCode: 13 });
    expect(verdict.because).toContain(text);
    expect(verdict.because).toContain("lane 1 after bucket 4");
  });

  it("takes a lane without any row in PostgreSQL for lost", () => {
    const events = HEALTHY.filter(
      (event) => event.kind !== "ledger.state" || event.hop !== "postgres" || event.lane !== 1,
    );
    expect(integrity("postgres-state", events).because).toContain("no rows at all");
  });

  it("finds one cent at any hop and names it", () => {
    const events = state((row) => row.hop === "reader" && row.bucket === 2 && row.lane === 0, {
      balanceSum: "10000001",
    });
    const verdict = integrity("balance-constant", events);
    expect(verdict).toMatchObject({ status: "VIOLATED", exitCode: 13 });
    expect(verdict.because).toContain("reader: lane 0 holds 10000001 cents after bucket 2");
  });

  it("tells how long transfers were torn under load, and decides nothing by it", () => {
    const look = (atMs: number, tornLanes: readonly number[]): JournalEvent => ({
      atMs,
      kind: "balances.seen",
      ...{ askedMs: atMs - 100, seenMs: atMs, laneCount: 2, tornLanes, differenceMax: "4500" },
    });
    const looks = [look(50_000, []), look(58_000, [1]), look(66_000, [])];
    const events = [...HEALTHY, ...looks].sort((a, b) => a.atMs - b.atMs);
    const verdict = integrity("balance-constant", events);
    expect(verdict.status).toBe("PROVEN");
    expect(verdict.details).toEqual([
      "Under load 1 of 3 looks (33.3 %) found one leg of a transfer without the other in some lane.",
      "1 torn windows of single lanes lasted at most 16.1 s (P50), 16.1 s (P95), 16.1 s (longest; at least 0 ms), with a look every 8 s.",
    ]);
  });

  it.each(["balance-constant", "postgres-state", "lake-state"] as const)(
    "%s proves nothing from states seen under load only",
    (check) => {
      const events = state(() => true, { when: "during" });
      expect(integrity(check, events).status).toBe("INCONCLUSIVE");
    },
  );
});

describe("a change that comes behind the fence of its bucket", () => {
  /** What was acknowledged when bucket 3 closed, beside what the reader saw then. */
  function atFence(seen: number): Events {
    return HEALTHY.flatMap((event): readonly JournalEvent[] => {
      if (event.kind !== "ledger.changes" || event.when !== "during") return [event];
      if (event.bucket !== 3 || event.lane !== 0) return [event];
      const closed = { ...event, hop: "acknowledged" } as const;
      return [closed, { ...event, distinctCount: seen, eventCount: seen }];
    });
  }

  it("is late where it is there in the end", () => {
    const verdict = integrity("no-reorder", atFence(14_998));
    expect(verdict).toMatchObject({ status: "VIOLATED", exitCode: 13, observed: { value: 2 } });
    expect(verdict.because).toContain("2 delayed on the way to the reader: bucket 3, lane 0");
    expect(integrity("no-reorder", atFence(15_000)).status).toBe("PROVEN");
  });

  it("is lost, not late, where it never comes", () => {
    const never = atFence(14_998).map((event) =>
      event.kind === "ledger.changes" &&
      event.when === "final" &&
      event.bucket === 3 &&
      event.lane === 0
        ? { ...event, ...(event.hop === "acknowledged" ? {} : { distinctCount: 14_998 }) }
        : event,
    );
    expect(integrity("no-reorder", never).status).toBe("PROVEN");
    expect(integrity("no-lost-change", never).status).toBe("VIOLATED");
  });
});

describe("the metadata", () => {
  const metadata = (change: Partial<EventOf<"ledger.metadata">>): Events =>
    HEALTHY.map((event) => (event.kind === "ledger.metadata" ? { ...event, ...change } : event));

  it.each([
    [{ addedRecords: 74_999 }, "snapshots add 74 999 records, Kafka holds 75 000"],
    [{ foreignSnapshots: ["8123 delete 1"] }, "snapshot 8123 delete 1 was not written by"],
    [
      { repeatedCommits: ["job a checkpoint 7"] },
      "job a checkpoint 7 was committed more than once",
    ],
    [
      { unequalCompactions: ["8124 replace +999 -1000"] },
      "users: compaction 8124 replace +999 -1000 did not keep the number of records",
    ],
  ])("finds %j", (change, text) => {
    const verdict = integrity("iceberg-metadata", metadata(change));
    expect(verdict).toMatchObject({ status: "VIOLATED", exitCode: 13 });
    expect(verdict.because).toContain(text);
  });

  it("says how many compactions there were, and what is known from totals only", () => {
    expect(integrity("iceberg-metadata", HEALTHY).because).toMatch(/4 compactions kept the number/);
    const verdict = integrity("iceberg-metadata", metadata({ expiredRecordCount: 1_500 }));
    expect(verdict.status).toBe("PROVEN");
    expect(verdict.because).toContain("3 000 of the records had expired");
  });

  it("takes a journal from before compactions as it is", () => {
    const events = metadata({}).map((event) => {
      if (event.kind !== "ledger.metadata") return event;
      const { compactionCount, unequalCompactions, expiredRecordCount, ...older } = event;
      expect([compactionCount, unequalCompactions, expiredRecordCount]).not.toContain(undefined);
      return older;
    });
    const verdict = integrity("iceberg-metadata", events);
    expect(verdict.status).toBe("PROVEN");
    expect(verdict.because).toMatch(/none is foreign or repeated\.$/);
  });

  it("proves nothing without snapshots", () => {
    const status = integrity("iceberg-metadata", without(HEALTHY, "ledger.metadata")).status;
    expect(status).toBe("INCONCLUSIVE");
    const empty = metadata({ addedRecords: 0, kafkaRecords: 0 });
    expect(integrity("iceberg-metadata", empty).status).toBe("INCONCLUSIVE");
  });
});

describe("repeats under at-least-once delivery", () => {
  const repeated = (...hops: readonly string[]): Events => finalRows(hops, { eventCount: 15_002 });
  const withBudget = (events: Events, budget: number): Events =>
    events.map((event) => {
      if (event.kind !== "run.started") return event;
      const faults = event.plan.faults.map((fault) => ({
        ...fault,
        duplicateEventCountMax: budget,
      }));
      return { ...event, plan: { ...event.plan, faults } };
    });

  it("are legal up to the budget of the injected faults, and said", () => {
    const events = withBudget(repeated("kafka", "iceberg", "reader"), 2);
    const verdict = integrity("no-duplicate", events);
    expect(verdict.status).toBe("PROVEN");
    expect(verdict.because).toContain("Kafka repeats 2 of them");
  });

  it("are a violation beyond it, with the places where most of them are", () => {
    const events = withBudget(repeated("kafka", "iceberg", "reader"), 0);
    const verdict = integrity("no-duplicate", events);
    expect(verdict.status).toBe("VIOLATED");
    expect(verdict.because).toContain("2 in bucket 2, lane 1");
  });

  it("are a violation where a later hop adds one of its own, whatever the budget", () => {
    const verdict = integrity("no-duplicate", withBudget(repeated("iceberg", "reader"), 1_000));
    expect(verdict.status).toBe("VIOLATED");
    expect(verdict.because).toContain("Kafka and Iceberg (Flink)");
  });
});
