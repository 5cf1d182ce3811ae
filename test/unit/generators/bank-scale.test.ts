/** The bank at scale: the declared distributions with their tolerances, lanes shared by workers, ten million users. */
import { setImmediate } from "node:timers/promises";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { deflateRawSync } from "node:zlib";
import { compressionsAlgorithms } from "@platformatic/kafka";
import { describe, expect, it } from "vitest";
import type { BankProfile } from "../../../core/contracts/plan.ts";
import { seqOf } from "../../../generators/bank-rows.ts";
import type { AccountRow, Change, Txn, UserRow } from "../../../generators/bank-rows.ts";
import { buildDictionaries, lanesOfWorker, openBankLane } from "../../../generators/bank.ts";
import type { BankLane, BankLaneOptions } from "../../../generators/bank.ts";
import { verifyFingerprint } from "../../../generators/envelope.ts";

const dictionaries = buildDictionaries(1n);

const open = (profile: Partial<BankProfile>, changed: Partial<BankLaneOptions> = {}): BankLane =>
  openBankLane({
    seed: 42n,
    lane: 0,
    laneCount: 1,
    userCount: 10_000,
    dictionaries,
    opening: "implied",
    profile,
    ...changed,
  });

const operated = (lane: BankLane, txnCount: number): readonly Txn[] =>
  Array.from({ length: txnCount }, () => lane.next(1));

const changesOf = (txns: readonly Txn[]): readonly Change[] => txns.flatMap((txn) => txn.changes);

/** Nothing but transfers between customers, so that every payer is a draw of the skew. */
const TRANSFERS: Partial<BankProfile> = {
  insertRatio: 0,
  updateRatio: 1,
  deleteRatio: 0,
  transferRatio: 1,
  profileRatio: 0,
  salaryRatio: 0,
  merchantCount: 0,
  payloadBytes: 0,
};

/** Slope of log(count) over log(rank) by weighted least squares; a count's own variance is its weight. */
function slopeOf(counts: readonly number[]): number {
  let [weights, x, y, xx, xy] = [0, 0, 0, 0, 0];
  for (const [index, count] of counts.entries()) {
    const rank = Math.log(index + 1);
    const height = Math.log(count);
    weights += count;
    x += count * rank;
    y += count * height;
    xx += count * rank * rank;
    xy += count * rank * height;
  }
  return (weights * xy - x * y) / (weights * xx - x * x);
}

describe("the skew of accounts", () => {
  it.each([0.8, 0.99, 1.2])(
    "has a rank-frequency slope of -%d over the first hundred ranks, within 0.03",
    (zipfExponent) => {
      const lane = open({ ...TRANSFERS, zipfExponent });
      const counts = new Array<number>(100).fill(0);
      for (const { changes } of operated(lane, 60_000)) {
        // Customers' accounts begin behind the house's, hottest first.
        const rank = (changes[0]?.row.id ?? 0) - 2;
        if (rank < counts.length) counts[rank] = (counts[rank] ?? 0) + 1;
      }
      expect(Math.abs(slopeOf(counts) + zipfExponent)).toBeLessThan(0.03);
    },
  );
});

describe("merchants", () => {
  it("carry 1.5 % of all lanes' changes on one key each, within 0.2 %", () => {
    const laneCount = 4;
    const profile = { merchantCount: 2, merchantEventRatio: 0.015 };
    const lanes = Array.from({ length: laneCount }, (_, lane) =>
      open(profile, { lane, laneCount }),
    );
    const perKey = new Map<string, number>();
    let eventCount = 0;
    for (const change of lanes.flatMap((lane) => changesOf(operated(lane, 15_000)))) {
      const key = `${change.table}/${String(change.row.id)}`;
      perKey.set(key, (perKey.get(key) ?? 0) + 1);
      eventCount += 1;
    }
    // Account 1 of lanes 0 and 1.
    for (const key of ["accounts/5", "accounts/6"]) {
      expect(Math.abs((perKey.get(key) ?? 0) / eventCount - 0.015)).toBeLessThan(0.002);
    }
    const others = [...perKey].filter(([key]) => key !== "accounts/5" && key !== "accounts/6");
    expect(Math.max(...others.map(([, count]) => count)) / eventCount).toBeLessThan(0.01);
  });
});

describe("the mix", () => {
  it("makes a quarter of the changes inserts where that is declared, within 1 %, and grows by it", () => {
    const profile = {
      insertRatio: 0.25,
      updateRatio: 0.7,
      deleteRatio: 0.05,
      merchantEventRatio: 0.01,
    };
    const lane = open(profile, { userCount: 3_000 });
    const changes = changesOf(operated(lane, 40_000));
    const share = (op: string): number =>
      changes.filter((change) => change.op === op).length / changes.length;
    expect(Math.abs(share("c") - 0.25)).toBeLessThan(0.01);
    expect(Math.abs(share("u") - 0.7)).toBeLessThan(0.01);
    expect(Math.abs(share("d") - 0.05)).toBeLessThan(0.01);
    const ids = changes.filter(({ op }) => op === "c").map(({ row }) => row.id);
    const again = ids.length - new Set(ids).size;
    expect(again).toBeGreaterThan(0);
  });

  it("commits operations together in the declared sizes, within 1 % of the transactions", () => {
    const lane = open({
      ...TRANSFERS,
      txnSizes: [
        { operationCount: 1, txnRatio: 0.7 },
        { operationCount: 3, txnRatio: 0.2 },
        { operationCount: 50, txnRatio: 0.1 },
      ],
    });
    const txns = operated(lane, 10_000);
    const share = (eventCount: number): number =>
      txns.filter(({ changes }) => changes.length === eventCount).length / txns.length;
    // A transfer is two events.
    expect(Math.abs(share(2) - 0.7)).toBeLessThan(0.014);
    expect(Math.abs(share(6) - 0.2)).toBeLessThan(0.012);
    expect(Math.abs(share(100) - 0.1)).toBeLessThan(0.01);
    expect(
      txns.every(({ kind, changes }) => (changes.length === 2) === (kind === "transfer")),
    ).toBe(true);
    const [last] = changesOf(txns).slice(-1);
    expect(last === undefined ? 0 : seqOf(last)).toBe(txns.at(-1)?.seqMax);
  });

  it("pays salaries in runs, and as many of them as one by one, within 30 %", () => {
    const runsOf = (salaryRunCount: number): { share: number; runs: readonly number[] } => {
      const txns = operated(open({ salaryRunCount }), 60_000);
      const runs: number[] = [];
      for (const [index, { kind }] of txns.entries()) {
        if (kind !== "salary") continue;
        if (txns[index - 1]?.kind === "salary") runs.push((runs.pop() ?? 0) + 1);
        else runs.push(1);
      }
      const share = runs.reduce((sum, run) => sum + run, 0) / txns.length;
      return { share, runs };
    };
    const single = runsOf(1);
    const burst = runsOf(10);
    expect(burst.runs.slice(0, -1).every((run) => run % 10 === 0)).toBe(true);
    expect(single.runs.filter((run) => run === 1).length).toBeGreaterThan(single.runs.length * 0.9);
    // Some 235 runs of ten: one deviation is 6.5 % of the share.
    expect(Math.abs(burst.share / single.share - 1)).toBeLessThan(0.3);
  });
});

describe("payloads", () => {
  const textOf = (entropyRatio: number): Buffer => {
    const lane = open({ ...TRANSFERS, payloadBytes: 600, entropyRatio });
    const refs = changesOf(operated(lane, 500)).map(
      ({ row }) => (JSON.parse(row.data) as { readonly ref: string }).ref,
    );
    expect(refs.every((ref) => ref.length === 600)).toBe(true);
    return Buffer.from(refs.join(""));
  };

  it.each([0, 0.25, 0.5, 1])(
    "of entropy %d shrink to that share of 6 bits a character with zlib and of 8 with lz4, within 3 %",
    (entropyRatio) => {
      const text = textOf(entropyRatio);
      const zlib = deflateRawSync(text).length / text.length;
      // 64 symbols have 6 bits; lz4 has no entropy coding and keeps what does not repeat.
      expect(Math.abs(zlib - entropyRatio * 0.75)).toBeLessThan(0.03);
      const lz4 = compressionsAlgorithms.lz4.compressSync(text).length / text.length;
      expect(Math.abs(lz4 - entropyRatio)).toBeLessThan(0.03);
    },
  );

  it("are wide in one row of a hundred, of the declared size, and the same in every version", () => {
    const lane = open({ wideUserRatio: 0.01, wideAccountRatio: 0.01, wideBytes: 8 * 1024 });
    const notes = new Map<string, string>();
    const rows = new Set<string>();
    for (const { table, row } of changesOf(operated(lane, 20_000))) {
      const key = `${table}/${String(row.id)}`;
      rows.add(key);
      const { note } = JSON.parse(row.data) as { readonly note?: string };
      if (note === undefined) continue;
      expect(note).toHaveLength(8 * 1024);
      expect(notes.get(key) ?? note).toBe(note);
      notes.set(key, note);
    }
    // About 15,000 rows: 1 % within 5 deviations.
    const deviation = Math.sqrt(0.01 / rows.size);
    expect(Math.abs(notes.size / rows.size - 0.01)).toBeLessThan(5 * deviation);
  });
});

describe("workers", () => {
  it("make the same operations of every lane, however many of them share the lanes", () => {
    const laneCount = 7;
    const run = (workerCount: number): ReadonlyMap<number, string> => {
      const digests = new Map<number, string>();
      for (let worker = 0; worker < workerCount; worker += 1) {
        const lanes = lanesOfWorker(worker, workerCount, laneCount).map((lane) =>
          open({}, { lane, laneCount, userCount: 300 }),
        );
        // In turns within a worker, as its event loop would have it.
        for (let step = 0; step < 400; step += 1) for (const lane of lanes) lane.next(step % 3);
        for (const lane of lanes) digests.set(lane.lane, JSON.stringify(lane.digest()));
      }
      return new Map([...digests].sort(([one], [other]) => one - other));
    };
    const alone = run(1);
    expect([...alone.keys()]).toEqual([0, 1, 2, 3, 4, 5, 6]);
    for (const workerCount of [2, 3, 7, 9]) expect(run(workerCount)).toEqual(alone);
  });

  it("go on after a crash where the one before stood, given what became of its transactions", () => {
    const failed = (index: number): boolean => index % 7 === 3;
    const step = (lane: BankLane, index: number): Txn => {
      const txn = lane.next(index);
      if (failed(index)) lane.rollbackLast();
      return txn;
    };
    const through = open({}, { userCount: 300 });
    const whole = Array.from({ length: 600 }, (_, index) => step(through, index));
    const resumed = open({}, { userCount: 300 });
    for (let index = 0; index < 350; index += 1) step(resumed, index);
    const rest = Array.from({ length: 250 }, (_, index) => step(resumed, 350 + index));
    expect(rest).toEqual(whole.slice(350));
    expect(resumed.digest()).toEqual(through.digest());
  });
});

describe("an implied population", () => {
  it("adds up, over the rows touched, to what a fold over the changes alone gives", () => {
    const lane = open({}, { userCount: 2_000, beforeImages: true });
    const rows = new Map<string, UserRow | AccountRow>();
    for (let index = 0; index < 5_000; index += 1) {
      const txn = lane.next(index);
      if (index % 11 === 5) {
        lane.rollbackLast();
        continue;
      }
      for (const change of txn.changes) {
        const key = `${change.table}/${String(change.row.id)}`;
        const known = rows.get(key);
        if (change.op === "c") expect(known).toBeUndefined();
        else if (change.op === "d") expect(change.row).toEqual(known);
        else if (known !== undefined) expect(change.before).toEqual(known);
        else expect(change.before).toMatchObject({ seq: 0, bucket: 0 });
        if (change.op === "u" && change.before !== undefined) {
          expect(verifyFingerprint(change.before)).toBe(true);
        }
        if (change.op === "d") rows.delete(key);
        else rows.set(key, change.row);
      }
    }
    const left = [...lane.rows()].map((row): [string, UserRow | AccountRow] => [
      `${"email" in row ? "users" : "accounts"}/${String(row.id)}`,
      row,
    ]);
    expect(new Map(left)).toEqual(rows);
    expect(left).toHaveLength(rows.size);
    const sum = left.reduce((total, [, row]) => total + BigInt(row.fp), 0n);
    expect(lane.digest()).toEqual({
      rowCount: rows.size,
      fingerprintSum: sum.toString(),
      balanceSum: "0",
    });
  });

  it("of ten million users opens at once and costs memory only for what is touched", async () => {
    const beforeBytes = await keptBufferBytes();
    const userCount = 10_000_000;
    const lane = open({}, { userCount });
    operated(lane, 5_000);
    const afterBytes = await keptBufferBytes();
    // Half a byte an ordinal in each table of users, of up to three accounts each, and in the lists over them;
    // a table that has to grow doubles. Rows of 24 bytes for all 30 million would be 720 MB.
    expect(afterBytes - beforeBytes).toBeLessThan(6 * userCount);
    expect(lane.digest().rowCount).toBeGreaterThan(5_000);
  });
});

/** Without what other tests and the growing of tables threw away: that goes when the collector likes. */
async function keptBufferBytes(): Promise<number> {
  setFlagsFromString("--expose-gc");
  const collect = runInNewContext("gc") as () => void;
  for (let round = 0; round < 3; round += 1) {
    collect();
    // The buffers themselves are freed behind the collection.
    await setImmediate();
  }
  return process.memoryUsage().arrayBuffers;
}
