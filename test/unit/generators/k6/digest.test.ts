/** Queries with a known answer: which buckets, which statement, and a digest that no wrong answer shares. */
import { describe, expect, it } from "vitest";
import { expectedDigest, type Books } from "../../../../cli/run/books.ts";
import { ChangeLedger } from "../../../../core/ledger.ts";
import {
  digester,
  digestRange,
  digestStatement,
  isDigestTurn,
  type DigestConfig,
} from "../../../../generators/k6/digest.ts";

const config: DigestConfig = {
  everyByClass: { simple: 4, large: 2, medium: 0 },
  bucketMs: 10_000,
  bucketMin: 100,
  eventsPerBucket: 3_000,
  laneCount: 4,
};

describe("whose turn it is", () => {
  it("is every so many-th iteration's, never the first, and nobody's at 0 or unsaid", () => {
    const turns = (name: "simple" | "medium" | "complex" | "large"): readonly number[] =>
      Array.from({ length: 9 }, (_, index) => index).filter((index) =>
        isDigestTurn(config, name, index),
      );
    expect(turns("simple")).toEqual([3, 7]);
    expect(turns("large")).toEqual([1, 3, 5, 7]);
    expect(turns("medium")).toEqual([]);
    expect(turns("complex")).toEqual([]);
  });
});

describe("which buckets are asked for", () => {
  it("none while the run is too young", () => {
    // Bucket 100 ends at 1,010 s; 40 s later it counts as settled.
    expect(digestRange(config, "simple", 1_049_999, 2)).toBeUndefined();
    expect(digestRange(config, "simple", 1_050_000, 2)).toEqual({
      bucketMin: 100,
      bucketMax: 100,
      lane: 2,
    });
  });

  it("as many as the class promises rows, and never those before the run", () => {
    const at = 1_000_000 + 40_000 + 20 * 10_000;
    expect(digestRange(config, "medium", at, 0)).toEqual({ bucketMin: 117, bucketMax: 119 });
    expect(digestRange(config, "complex", at, 0)).toEqual({ bucketMin: 100, bucketMax: 119 });
    // 12,000 rows at 3,000 a bucket, and one more because a load varies.
    expect(digestRange(config, "large", at, 0)).toEqual({ bucketMin: 115, bucketMax: 119 });
    expect(digestRange({ ...config, eventsPerBucket: 10 }, "large", at, 0)).toEqual({
      bucketMin: 100,
      bucketMax: 119,
    });
  });
});

describe("digestStatement", () => {
  it("bounds lane and buckets, and folds copies", () => {
    const simple = digestStatement("simple", { bucketMin: 7, bucketMax: 7, lane: 3 });
    expect(simple).toContain("lane = 3 AND bucket BETWEEN 7 AND 7");
    expect(simple).toContain("DISTINCT");
    expect(digestStatement("medium", { bucketMin: 5, bucketMax: 7 })).toContain("lane < 10000");
  });
});

/** Changes with fingerprints that no small mistake leaves alone. */
function changes(): readonly (readonly [lane: number, seq: number, bucket: number, fp: number])[] {
  return Array.from({ length: 60 }, (_, index) => {
    const lane = index % 3;
    return [lane, index + 1, 5 + Math.floor(index / 20), 2 ** 47 - index * 7919];
  });
}

function booksOf(): Books {
  const ledger = new ChangeLedger();
  for (const [lane, seq, bucket, fp] of changes()) {
    ledger.observe(lane, seq, bucket, fp, ledger.partition("users/0"), 0);
  }
  // At-least-once: one change came twice, and counts once.
  const [lane, seq, bucket, fp] = changes()[0] ?? [0, 0, 0, 0];
  ledger.observe(lane, seq, bucket, fp, ledger.partition("users/0"), 1);
  return {
    bucketMin: 5,
    wholeInLakeAtMs: () => 0,
    totals: (one) => ledger.totals(one),
    balances: () => [
      { lane: 1, balanceSum: "-500" },
      { lane: 0, balanceSum: "9007199254740993" },
    ],
  };
}

describe("an answer beside the books", () => {
  const range = { bucketMin: 5, bucketMax: 7 };
  const large = changes().map(([lane, seq, bucket, fp]) => [lane, seq, bucket, String(fp)]);

  it("is equal for a right answer, whatever its order and its pages", () => {
    const digest = digester("large");
    digest.add(large.slice(40));
    digest.add(large.slice(0, 40));
    expect(digest.text()).toBe(expectedDigest(booksOf(), "large", range));
  });

  it("is equal for sums made by the engine, for one lane or all", () => {
    const cells = booksOf().totals(6);
    const rows = cells.map((cell) => [
      ...[cell.lane, cell.bucket, cell.distinctCount, cell.fingerprintSum],
    ]);
    const all = digester("medium");
    all.add(rows);
    expect(all.text()).toBe(expectedDigest(booksOf(), "medium", { bucketMin: 6, bucketMax: 6 }));
    const one = digester("simple");
    one.add(rows.filter(([lane]) => lane === 1));
    const oneLane = { bucketMin: 6, bucketMax: 6, lane: 1 };
    expect(one.text()).toBe(expectedDigest(booksOf(), "simple", oneLane));
  });

  it.each([
    ["one row missing", large.slice(1)],
    ["one row of another's place", [...large.slice(1), [1, 999, 5, String(2 ** 47)]]],
    ["one copy too many", [...large, large[3] ?? []]],
    ["one fingerprint off by one", [[0, 1, 5, String(2 ** 47 - 1)], ...large.slice(1)]],
    ["one row in the next bucket", [[0, 1, 6, String(2 ** 47)], ...large.slice(1)]],
  ])("differs for %s", (_, rows) => {
    const digest = digester("large");
    digest.add(rows);
    expect(digest.text()).not.toBe(expectedDigest(booksOf(), "large", range));
  });

  it("holds balances beyond what a number can", () => {
    const digest = digester("complex");
    digest.add([
      [0, "9007199254740993"],
      [1, "-500"],
    ]);
    expect(digest.text()).toBe(expectedDigest(booksOf(), "complex", range));
    const off = digester("complex");
    off.add([
      [0, "9007199254740992"],
      [1, "-500"],
    ]);
    expect(off.text()).not.toBe(expectedDigest(booksOf(), "complex", range));
  });
});
