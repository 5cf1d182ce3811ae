/** The bank lane by lane: same seed same operations, contiguous sequences, and a ledger that adds up. */
import { beforeAll, describe, expect, it } from "vitest";
import { LakeproofError } from "../../../core/errors.ts";
import { seqOf } from "../../../generators/bank-rows.ts";
import type { AccountRow, Change, Txn, UserRow } from "../../../generators/bank-rows.ts";
import {
  BANK_MIX,
  buildDictionaries,
  measureMeanEventsPerTxn,
  openBankLane,
} from "../../../generators/bank.ts";
import type { BankLane, BankLaneOptions, Dictionaries } from "../../../generators/bank.ts";
import { verifyFingerprint } from "../../../generators/envelope.ts";
import { Random } from "../../../generators/random.ts";

let dictionaries: Dictionaries;
beforeAll(() => {
  dictionaries = buildDictionaries(1n);
});

const options = (changed: Partial<BankLaneOptions> = {}): BankLaneOptions => ({
  seed: 42n,
  lane: 2,
  laneCount: 8,
  userCount: 60,
  dictionaries,
  ...changed,
});

function populated(lane: BankLane, changeCountMax = 100): readonly Txn[] {
  const txns: Txn[] = [];
  for (let txn = lane.populate(0, changeCountMax); txn; txn = lane.populate(0, changeCountMax)) {
    txns.push(txn);
  }
  return txns;
}

function operated(lane: BankLane, txnCount: number, bucketOf = (index: number) => index): Txn[] {
  return Array.from({ length: txnCount }, (_, index) => lane.next(bucketOf(index)));
}

const changesOf = (txns: readonly Txn[]): readonly Change[] => txns.flatMap((txn) => txn.changes);

/** What a database holds after the changes; throws where a change does not fit the rows. */
class Replay {
  readonly rows = new Map<string, UserRow | AccountRow>();

  apply(txn: Txn): void {
    for (const change of txn.changes) {
      const id = change.op === "d" ? change.id : change.row.id;
      const key = `${change.table}/${String(id)}`;
      const before = this.rows.get(key);
      if ((before === undefined) !== (change.op === "c"))
        throw new RangeError(`${key} ${change.op}`);
      if (change.op === "d") {
        expect(change.row).toEqual(before);
        this.rows.delete(key);
      } else {
        this.rows.set(key, change.row);
      }
    }
  }

  digest(): ReturnType<BankLane["digest"]> {
    const rows = [...this.rows.values()];
    const balances = rows.map((row) => ("balance" in row ? BigInt(row.balance) : 0n));
    const sum = (values: readonly bigint[]): string =>
      values.reduce((total, value) => total + value, 0n).toString();
    return {
      rowCount: rows.length,
      fingerprintSum: sum(rows.map((row) => BigInt(row.fp))),
      balanceSum: sum(balances),
    };
  }
}

describe("determinism", () => {
  const withoutBucket = (change: Change): unknown => ({
    ...change,
    row: { ...change.row, bucket: 0 },
  });

  it("gives the same operations for the same seed, whatever the batches and buckets", () => {
    const small = openBankLane(options());
    const large = openBankLane(options());
    const populatedSmall = populated(small, 1);
    const populatedLarge = populated(large, 1_000_000);
    expect(populatedSmall).toHaveLength(60);
    expect(populatedLarge).toHaveLength(1);
    expect(changesOf(populatedSmall)).toEqual(changesOf(populatedLarge));
    const first = changesOf(operated(small, 500, (index) => index)).map(withoutBucket);
    const second = changesOf(operated(large, 500, (index) => index * 7)).map(withoutBucket);
    expect(first).toEqual(second);
    expect(small.digest()).toEqual(large.digest());
  });

  it("gives other operations for another seed or lane", () => {
    const run = (changed: Partial<BankLaneOptions>): string => {
      const lane = openBankLane(options(changed));
      populated(lane);
      operated(lane, 50);
      return lane.digest().fingerprintSum;
    };
    expect(new Set([run({}), run({ seed: 43n }), run({ lane: 3 })]).size).toBe(3);
  });

  it("builds the same dictionaries for the same seed, with text beyond ASCII in them", () => {
    expect(buildDictionaries(1n)).toEqual(dictionaries);
    expect(buildDictionaries(2n)).not.toEqual(dictionaries);
    const words = [...dictionaries.lastNames, ...dictionaries.firstNames].map(({ text }) => text);
    expect(words.some((word) => /[^ -~]/.test(word))).toBe(true);
    expect(dictionaries.firstNames.every(({ slug }) => /^[a-z]+$/.test(slug))).toBe(true);
  });
});

describe("a lane", () => {
  it("numbers all its changes from 1 without gap, and stamps lane, bucket and ids of its own", () => {
    const lane = openBankLane(options());
    const txns = [...populated(lane), ...operated(lane, 1_000, () => 9)];
    const changes = changesOf(txns);
    expect(changes.map(seqOf)).toEqual(changes.map((_, index) => index + 1));
    for (const txn of txns) {
      const seqs = txn.changes.map(seqOf);
      expect([txn.seqMin, txn.seqMax]).toEqual([seqs[0], seqs.at(-1)]);
    }
    expect(changes.every(({ row }) => row.lane === 2 && (row.id - 3) % 8 === 0)).toBe(true);
    expect(changes.every(({ row }) => verifyFingerprint(row))).toBe(true);
    expect(new Set(changes.map(({ row }) => row.bucket))).toEqual(new Set([0, 9]));
  });

  it("agrees with a replay of its changes and keeps the balance constant after every transaction", () => {
    const lane = openBankLane(options());
    const replay = new Replay();
    for (const txn of populated(lane)) replay.apply(txn);
    expect(lane.digest()).toEqual(replay.digest());
    for (let index = 0; index < 1_500; index += 1) {
      replay.apply(lane.next(index));
      const digest = lane.digest();
      expect(digest.balanceSum).toBe(lane.balanceSumConstant);
      if (index % 50 === 0) expect(digest).toEqual(replay.digest());
    }
    expect(lane.digest()).toEqual(replay.digest());
  });

  it("never overdraws a customer and has one user in a hundred at about 2 KB", () => {
    const lane = openBankLane(options({ userCount: 210 }));
    const rows = changesOf([...populated(lane, 50), ...operated(lane, 3_000)]).map(
      ({ row }) => row,
    );
    const balances = rows.flatMap((row) => ("balance" in row ? [row.balance] : []));
    expect(Math.min(...balances)).toBe(0);
    const wide = rows.filter((row) => row.data.length > 2_000);
    expect(new Set(wide.map((row) => row.id)).size).toBe(3);
    expect(rows.every((row) => typeof JSON.parse(row.data) === "object")).toBe(true);
  });

  it("populates whole users within the limit", () => {
    const lane = openBankLane(options());
    const sizes = populated(lane, 20).map((txn) => txn.changes.length);
    expect(Math.max(...sizes)).toBeLessThanOrEqual(20);
    expect(Math.min(...sizes.slice(0, -1))).toBeGreaterThan(20 - 5);
  });
});

describe("the mix", () => {
  it("keeps its shares within 1.5 %, a stable number of accounts and a merchant at 1.5 %", () => {
    const lane = openBankLane(options({ userCount: 400 }));
    populated(lane, 1_000);
    const rowCount = lane.digest().rowCount;
    const txns = operated(lane, 40_000);
    const share = (...kinds: readonly string[]): number =>
      txns.filter(({ kind }) => kinds.includes(kind)).length / txns.length;
    const declared = new Map<string, number>(BANK_MIX);
    for (const kind of ["transfer", "profile", "salary"]) {
      expect(Math.abs(share(kind) - (declared.get(kind) ?? 0))).toBeLessThan(0.015);
    }
    expect(Math.abs(share("open", "close", "reopen") - 0.21)).toBeLessThan(0.015);
    expect(share("reopen")).toBeGreaterThan(0.03);
    expect(Math.abs(share("close") - share("open", "reopen"))).toBeLessThan(0.015);
    expect(Math.abs(lane.digest().rowCount / rowCount - 1)).toBeLessThan(0.06);
    const changes = changesOf(txns);
    const merchantId = 2 + 1 + 8;
    const merchant = changes.filter(
      ({ table, row }) => table === "accounts" && row.id === merchantId,
    );
    expect(Math.abs(merchant.length / changes.length - 0.015)).toBeLessThan(0.003);
  });

  it("closes an account by house, update to closed, delete, and opens the same id again", () => {
    const lane = openBankLane(options());
    populated(lane);
    const txns = operated(lane, 2_000);
    const close = txns.find(({ kind }) => kind === "close");
    expect(close?.changes.map(({ op }) => op)).toEqual(["u", "u", "d"]);
    const [house, closed, deleted] = close?.changes ?? [];
    expect(house?.row.id).toBe(3);
    expect(closed?.row).toMatchObject({ status: "closed", balance: 0 });
    expect(deleted).toMatchObject({ row: closed?.row, id: closed?.row.id, seq: close?.seqMax });
    const reopened = txns.filter(({ kind }) => kind === "reopen").flatMap(({ changes }) => changes);
    const ids = reopened.filter(({ op }) => op === "c").map(({ row }) => row.id);
    const closedIds = new Set(changesOf(txns).flatMap((c) => (c.op === "d" ? [c.id] : [])));
    expect(ids.length).toBeGreaterThan(0);
    expect(ids.every((id) => closedIds.has(id))).toBe(true);
  });

  it("works in the smallest lane", () => {
    const lane = openBankLane(options({ userCount: 4, laneCount: 3 }));
    const replay = new Replay();
    for (const txn of [...populated(lane), ...operated(lane, 2_000)]) replay.apply(txn);
    expect(lane.digest()).toEqual(replay.digest());
  });

  it("carries the mean number of events that is measured beforehand, within 3 %", () => {
    const mean = measureMeanEventsPerTxn(options());
    const lane = openBankLane(options({ lane: 5 }));
    populated(lane);
    const txns = operated(lane, 20_000);
    expect(Math.abs(changesOf(txns).length / txns.length / mean - 1)).toBeLessThan(0.03);
  });
});

describe("rollbackLast", () => {
  it("takes back any kind of transaction and leaves its sequence numbers used up", () => {
    const lane = openBankLane(options());
    const replay = new Replay();
    const dice = new Random(3n);
    const rolledBack = new Set<string>();
    let seqExpected = 1;
    const settle = (txn: Txn, before: unknown): void => {
      expect(txn.seqMin).toBe(seqExpected);
      seqExpected = txn.seqMax + 1;
      if (dice.unit() < 0.5) {
        replay.apply(txn);
        return;
      }
      lane.rollbackLast();
      rolledBack.add(txn.kind);
      expect(lane.digest()).toEqual(before);
    };
    for (;;) {
      const before = lane.digest();
      const txn = lane.populate(0, 10);
      if (txn === undefined) break;
      settle(txn, before);
    }
    expect(lane.digest()).toEqual(replay.digest());
    for (let index = 0; index < 2_000; index += 1) {
      const before = lane.digest();
      settle(lane.next(index), before);
    }
    expect(lane.digest()).toEqual(replay.digest());
    expect(rolledBack).toEqual(new Set(["populate", ...BANK_MIX.map(([kind]) => kind)]));
  });

  it("is refused twice in a row and before the first transaction", () => {
    const lane = openBankLane(options());
    expect(() => {
      lane.rollbackLast();
    }).toThrow(LakeproofError);
    lane.populate(0, 10);
    lane.rollbackLast();
    expect(() => {
      lane.rollbackLast();
    }).toThrow("nothing to roll back");
  });
});

describe("refusals", () => {
  it("lists every problem of the options", () => {
    expect(() => openBankLane(options({ lane: 8, userCount: 3 }))).toThrow(
      /lane 8 is not one of 8 lanes; 3 users/,
    );
  });

  it("does not operate before it is populated", () => {
    const lane = openBankLane(options());
    lane.populate(0, 1);
    expect(() => lane.next(0)).toThrow("Lane 2 has 1 of 60 users");
  });
});
