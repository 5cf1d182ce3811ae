/** The way of canaries with planted times: what each stage must say, and what must be left unknown. */
import { describe, expect, test } from "vitest";
import { canaryWays } from "../../../core/canary-ways.ts";
import type { JournalBody, JournalEvent, JournalReader } from "../../../core/contracts/journal.ts";
import type { StagedCanary } from "../../../core/contracts/lake-commits.ts";
import { freshnessStages } from "../../../core/freshness-stages.ts";
import { judge } from "../../../core/judge.ts";
import { healthyEvents, journalOf } from "../../../slo/checks/synthetic.ts";

const opening = healthyEvents().filter(
  ({ kind }) => kind === "run.started" || kind === "phase.entered",
);

const journal = (...bodies: readonly JournalBody[]): JournalReader =>
  journalOf([...opening, ...bodies.map((body): JournalEvent => ({ atMs: 0, ...body }))]);

type Body<K extends JournalBody["kind"]> = Partial<Extract<JournalBody, { kind: K }>>;

/** Due at 20 s, acknowledged 4 ms later, read 9 s later; the look before was 1.2 s earlier. */
function seen(change: Body<"canary.seen"> = {}): JournalBody {
  return {
    kind: "canary.seen",
    ...{ canary: 7, table: "users", partition: 2, intendedMs: 20_000, ackMs: 20_004.125 },
    ...{ lastMissMs: 27_800, visibleMs: 29_000.5 },
    ...change,
  };
}

function captured(change: Body<"canary.captured"> = {}): JournalBody {
  return {
    kind: "canary.captured",
    ...{ canary: 7, table: "users", partition: 2, offset: 900, seenMs: 20_604.75 },
    ...change,
  };
}

function checkpoint(
  checkpointId: number,
  triggeredAtMs: number,
  change: Body<"checkpoint.completed"> = {},
): JournalBody {
  const completedAtMs = triggeredAtMs + 900;
  return {
    kind: "checkpoint.completed",
    ...{ jobId: "j1", checkpointId, triggeredAtMs, completedAtMs, isSavepoint: false },
    ...change,
  };
}

function committed(
  checkpointId: number,
  committedAtMs: number,
  change: Body<"lake.committed"> = {},
): JournalBody {
  return {
    kind: "lake.committed",
    ...{ table: "users", snapshotId: `s${String(checkpointId)}`, committedAtMs },
    ...{ operation: "append", addedRecords: 800, jobId: "j1", checkpointId },
    ...change,
  };
}

const USUAL = [
  ...[captured(), checkpoint(4, 18_500), committed(4, 19_700)],
  ...[checkpoint(5, 26_500), committed(5, 27_900)],
];

function wayOf(...bodies: readonly JournalBody[]): StagedCanary {
  const [way] = canaryWays(journal(...bodies));
  if (way === undefined) expect.unreachable("no canary was seen");
  return way;
}

/** To the microsecond, in whole numbers. */
function expectWhole({ stageMs, unknownMs, freshnessMs }: StagedCanary): void {
  const us = (ms: number): number => Math.round(ms * 1000);
  const parts = Object.values(stageMs).reduce((sum, ms) => sum + us(ms), us(unknownMs));
  expect(parts).toBe(us(freshnessMs));
}

describe("the way of one canary", () => {
  test("every stage by its own two ends, and together the freshness", () => {
    const way = wayOf(seen(), ...USUAL);
    expect(way.stageMs).toEqual({
      write: 4.125,
      capture: 600.625,
      wait: 5895.25,
      commit: 1400,
      visible: 1100.5,
    });
    expect(way).toMatchObject({ freshnessMs: 9000.5, unknownMs: 0 });
    expectWhole(way);
  });

  test("nothing but the write without the rest of the story, and never 0", () => {
    const way = wayOf(seen());
    expect(way.stageMs).toEqual({ write: 4.125 });
    expect(way.unknownMs).toBe(8996.375);
    expectWhole(way);
  });

  test("another table's snapshot brought nothing", () => {
    const other = committed(5, 27_900, { table: "accounts" });
    expect(wayOf(seen(), captured(), checkpoint(5, 26_500), other).stageMs).toEqual({
      write: 4.125,
      capture: 600.625,
    });
  });

  test("a compaction brought nothing", () => {
    const compaction: JournalBody = {
      kind: "lake.committed",
      ...{ table: "users", snapshotId: "s5", committedAtMs: 27_900 },
      ...{ operation: "replace", addedRecords: 800 },
    };
    const way = wayOf(seen(), captured(), checkpoint(5, 26_500), compaction);
    expect(way.stageMs).toEqual({ write: 4.125, capture: 600.625 });
  });

  test("told by the checkpoint where two snapshots came between two looks", () => {
    // A slow look: it may have read either; but the first one's checkpoint was triggered before the row was in Kafka.
    const slow = seen({ lastMissMs: 20_000 });
    const way = wayOf(slow, ...USUAL);
    expect(way.stageMs.wait).toBe(5895.25);
    expectWhole(way);
  });

  test("unknown where two snapshots may have brought it", () => {
    const late = seen({ lastMissMs: 20_000, visibleMs: 37_500 });
    const way = wayOf(late, ...USUAL, checkpoint(6, 34_500), committed(6, 35_900));
    expect(way.stageMs).toEqual({ write: 4.125, capture: 600.625 });
    expectWhole(way);
  });

  test("a checkpoint nobody saw completed leaves two stages unknown", () => {
    const way = wayOf(seen(), captured(), committed(5, 27_900));
    expect(way.stageMs).toEqual({ write: 4.125, capture: 600.625, visible: 1100.5 });
    expect(way.unknownMs).toBe(7295.25);
    expectWhole(way);
  });

  test("another job's checkpoint of the same number is another", () => {
    const other = checkpoint(5, 26_000, { jobId: "j2" });
    expect(wayOf(seen(), captured(), other, committed(5, 27_900)).stageMs.wait).toBeUndefined();
  });

  test("nothing in Kafka: what lies on both sides of it is unknown", () => {
    const way = wayOf(seen(), checkpoint(5, 26_500), committed(5, 27_900));
    expect(way.stageMs).toEqual({ write: 4.125, commit: 1400, visible: 1100.5 });
    expectWhole(way);
  });

  test("it waited for nothing where it came between the trigger and the barrier", () => {
    const way = wayOf(
      seen(),
      captured({ seenMs: 26_800 }),
      checkpoint(5, 26_500),
      committed(5, 27_900),
    );
    expect(way.stageMs).toMatchObject({ wait: 0, commit: 1100 });
    expectWhole(way);
  });

  test("seen in Kafka long after the checkpoint that brought it: neither is believed", () => {
    const way = wayOf(
      seen(),
      captured({ seenMs: 28_500 }),
      checkpoint(5, 26_500),
      committed(5, 27_900),
    );
    expect(way.stageMs).toEqual({ write: 4.125 });
    expectWhole(way);
  });

  test("a snapshot from before its own checkpoint: neither clock is believed", () => {
    const way = wayOf(seen(), captured(), checkpoint(5, 28_900), committed(5, 27_900));
    expect(way.stageMs).toEqual({ write: 4.125, capture: 600.625 });
    expectWhole(way);
  });

  test("told twice by Kafka, the first time counts", () => {
    const again = captured({ seenMs: 28_000, offset: 950 });
    expect(wayOf(seen(), ...USUAL, again).stageMs.capture).toBe(600.625);
  });
});

describe("when it was committed", () => {
  test("by PostgreSQL's own time where no acknowledgement ever came", () => {
    const unknown = seen({ ackMs: 29_000.5 });
    expect(wayOf(unknown, ...USUAL).stageMs.write).toBeUndefined();
    const way = wayOf(unknown, captured({ sourceMs: 20_003 }), ...USUAL.slice(1));
    expect(way.stageMs).toMatchObject({ write: 3, capture: 601.75 });
    expectWhole(way);
  });

  test("by PostgreSQL's own time where Kafka had it before the client knew", () => {
    const way = wayOf(seen({ ackMs: 20_700 }), captured({ sourceMs: 20_003 }), ...USUAL.slice(1));
    expect(way.stageMs).toMatchObject({ write: 3, capture: 601.75 });
  });

  test("a time of PostgreSQL that is out of order is not believed", () => {
    const unknown = seen({ ackMs: 29_000.5 });
    const way = wayOf(unknown, captured({ sourceMs: 12_000 }), ...USUAL.slice(1));
    expect(way.stageMs.write).toBeUndefined();
    expect(way.stageMs.capture).toBeUndefined();
    expectWhole(way);
  });
});

describe("all canaries together", () => {
  /** Canary n due at 12 s + n seconds, in Kafka 0.5 s later, in the checkpoint at 26.5 s, read at 29 s. */
  const many = [0, 1, 2, 3].flatMap((canary) => {
    const intendedMs = 20_000 + canary * 1000;
    return [
      seen({ canary, intendedMs, ackMs: intendedMs + 10, visibleMs: 29_000 }),
      captured({ canary, seenMs: intendedMs + 510 }),
    ];
  });
  const lake = [checkpoint(5, 26_500), committed(5, 28_000)];

  test("quantiles, shares and the stage that takes most", () => {
    const found = freshnessStages(journal(...many, ...lake));
    expect(found).toMatchObject({
      ...{ canaryCount: 4, wholeCount: 4, longest: "wait", unknownShareRatio: 0 },
      ...{ freshnessMsMean: 7500, freshnessMsP50: 7000, freshnessMsP95: 9000 },
      checkpoints: { count: 1, durationMsP50: 900, durationMsMax: 900 },
    });
    expect(found?.stages).toEqual([
      figures("write", 10, 10, 10, 40),
      figures("capture", 500, 500, 500, 2000),
      figures("wait", 3990, 5990, 5990, 17_960),
      figures("commit", 1500, 1500, 1500, 6000),
      figures("visible", 1000, 1000, 1000, 4000),
    ]);
    expect(found?.examples.map(({ quantileRatio, way }) => [quantileRatio, way.canary])).toEqual([
      [0.5, 2],
      [0.95, 0],
      [1, 0],
    ]);
  });

  const figures = (
    stage: string,
    durationMsP50: number,
    durationMsP95: number,
    durationMsMax: number,
    sumMs: number,
  ): object => ({
    ...{ stage, knownCount: 4, durationMsP50, durationMsP95, durationMsMax },
    shareRatio: sumMs / 30_000,
  });

  test("no stage is called the longest where more than that is unknown", () => {
    const found = freshnessStages(journal(...many, checkpoint(5, 26_500)));
    expect(found?.longest).toBeUndefined();
    expect(found?.unknownShareRatio).toBeCloseTo(1 - 2040 / 30_000, 12);
    const wait = found?.stages.find(({ stage }) => stage === "wait");
    expect(wait).toEqual({ stage: "wait", knownCount: 0, shareRatio: 0 });
  });

  test("shares and what is unknown make the whole", () => {
    const found = freshnessStages(journal(...many, committed(5, 28_000)));
    const shares = found?.stages.reduce((sum, { shareRatio }) => sum + shareRatio, 0) ?? 0;
    expect(shares + (found?.unknownShareRatio ?? 0)).toBeCloseTo(1, 12);
  });

  test("only those whose whole way lay in steady time", () => {
    const warmup = seen({ canary: 90, intendedMs: 5000, ackMs: 5001, visibleMs: 11_000 });
    const faulted = seen({ canary: 91, intendedMs: 66_000, ackMs: 66_003, visibleMs: 96_000 });
    const faults = healthyEvents().filter(({ kind }) => kind === "fault.changed");
    const found = freshnessStages(journal(...many, ...lake, warmup, faulted, ...faults));
    expect(found?.canaryCount).toBe(4);
  });

  test("an older journal says nothing of it, and its judgement is as it was", () => {
    expect(freshnessStages(journalOf(healthyEvents()))).toBeUndefined();
    expect(judge(journalOf(healthyEvents()), [])).not.toHaveProperty("freshnessStages");
    expect(judge(journal(...many, ...lake), []).freshnessStages?.longest).toBe("wait");
  });
});
