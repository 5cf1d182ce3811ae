/** Two readers, one lake: a wrong reader is named and is not taken for lost data. */
import { describe, expect, it } from "vitest";
import type { EventOf, JournalEvent } from "../../../../core/contracts/journal.ts";
import type { CheckName } from "../../../../slo/checks/index.ts";
import { healthyEvents } from "../../../../slo/checks/synthetic.ts";
import { verdictFor, without, type Events } from "../../../fixtures/verdicts.ts";

const HEALTHY = healthyEvents();
const DATA_CHECKS = ["no-lost-change", "no-duplicate", "no-corruption"] as const;

function verdict(check: CheckName, events: Events): ReturnType<typeof verdictFor> {
  return verdictFor(check, `integrity.${check}`, events);
}

function finalRow(hop: string, change: Partial<EventOf<"ledger.changes">>): Events {
  return HEALTHY.map((event) =>
    event.kind === "ledger.changes" &&
    event.when === "final" &&
    event.hop === hop &&
    event.bucket === 2 &&
    event.lane === 1
      ? { ...event, ...change }
      : event,
  );
}

function differing(table: string): JournalEvent {
  return {
    atMs: 166_800,
    kind: "readers.differ",
    question: "changes",
    ...{ table, bucket: 2, lane: 1, trino: "few", files: "many" },
    detail: "seq 88: 0× in Trino's answer, 1× in the files",
  };
}

describe.each([
  ["lost", { eventCount: 14_999, distinctCount: 14_999, fingerprintSum: "1" }],
  ["doubled", { eventCount: 15_001 }],
  ["altered", { fingerprintSum: "42" }],
  ["invented", { eventCount: 15_001, distinctCount: 15_001 }],
] as const)("a row %s by one reader", (_, change) => {
  it.each([
    ["reader", "Trino is wrong about"],
    ["iceberg", "the reader of the files is wrong about"],
  ])("at the hop %s names that reader and is no finding about the data", (hop, culprit) => {
    const events = [...finalRow(hop, change), differing("users")];
    const found = verdict("readers-agree", events);
    expect(found).toMatchObject({ status: "VIOLATED", exitCode: 13 });
    expect(found.because).toContain(`${culprit} users, bucket 2, lane 1`);
    expect(found.because).toContain("seq 88");
    for (const check of DATA_CHECKS) expect(verdict(check, events).status).toBe("PROVEN");
  });
});

describe("a row that both readers lack", () => {
  it("is lost, and the readers agree", () => {
    const lost = { eventCount: 14_999, distinctCount: 14_999, fingerprintSum: "1" };
    const events = finalRow("reader", lost).map((event) =>
      event.kind === "ledger.changes" &&
      event.hop === "iceberg" &&
      event.bucket === 2 &&
      event.lane === 1
        ? { ...event, ...lost }
        : event,
    );
    expect(verdict("readers-agree", events).status).toBe("PROVEN");
    expect(verdict("no-lost-change", events).because).toContain(
      "between Kafka and Iceberg (Flink)",
    );
  });
});

describe("rows in the end", () => {
  const withFilesState = (change: Partial<EventOf<"ledger.state">>): Events =>
    HEALTHY.flatMap((event): Events => {
      if (event.kind !== "ledger.state" || event.hop !== "reader") return [event];
      return [event, { ...event, hop: "iceberg", ...(event.lane === 1 ? change : {}) }];
    });

  it("of two readers that agree are proven", () => {
    expect(verdict("readers-agree", withFilesState({})).status).toBe("PROVEN");
    expect(verdict("balance-constant", withFilesState({})).status).toBe("PROVEN");
  });

  it("about which they differ are no finding about the bank", () => {
    const events = withFilesState({ balanceSum: "5" });
    expect(verdict("readers-agree", events).because).toContain("differ in the rows of lane 1");
    expect(verdict("balance-constant", events).status).not.toBe("VIOLATED");
    expect(verdict("lake-state", events).status).toBe("INCONCLUSIVE");
  });
});

describe("a lake that cannot be read twice", () => {
  const oneReader = HEALTHY.filter(
    (event) => event.kind !== "ledger.changes" || event.hop !== "iceberg",
  );

  it("is damaged where a file is, with the file's name", () => {
    const reason = "s3a://lake/data/7.parquet is not there";
    const events: Events = [...oneReader, { atMs: 166_000, kind: "lake.damaged", reason }];
    const found = verdict("readers-agree", events);
    expect(found.status).toBe("VIOLATED");
    expect(found.because).toContain(reason);
  });

  it("proves nothing where the files could not be asked, with the reason", () => {
    const blind = { atMs: 166_000, kind: "probe.blind", probe: "lake.files" } as const;
    const found = verdict("readers-agree", [...oneReader, { ...blind, reason: "ECONNREFUSED" }]);
    expect(found).toMatchObject({ status: "INCONCLUSIVE", claimed: true });
    expect(found.because).toContain("ECONNREFUSED");
  });

  it("claims nothing for a journal from before there was a second reader", () => {
    expect(verdict("readers-agree", oneReader)).toMatchObject({
      ...{ status: "INCONCLUSIVE", claimed: false },
    });
    expect(verdict("no-lost-change", oneReader).status).toBe("PROVEN");
    const cut = without(HEALTHY, "ledger.changes");
    expect(verdict("readers-agree", cut)).toMatchObject({ status: "INCONCLUSIVE", claimed: true });
  });
});
