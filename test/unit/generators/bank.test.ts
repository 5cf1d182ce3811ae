/** The bank lane by lane: same seed same operations, contiguous sequences, and a ledger that adds up. */
import { beforeAll, describe, expect, it } from "vitest";
import { bankProfile, meanEventsPerTxn, operationRatios } from "../../../core/bank-profile.ts";
import { LakeproofError } from "../../../core/errors.ts";
import { seqOf } from "../../../generators/bank-rows.ts";
import type { AccountRow, Change, Txn, UserRow } from "../../../generators/bank-rows.ts";
import {
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
    const { balanceSum } = lane.digest();
    for (let index = 0; index < 1_500; index += 1) {
      replay.apply(lane.next(index));
      const digest = lane.digest();
      expect(digest.balanceSum).toBe(balanceSum);
      if (index % 50 === 0) expect(digest).toEqual(replay.digest());
    }
    expect(lane.digest()).toEqual(replay.digest());
  });

  it("never overdraws a customer and has one user in a hundred at 2 KiB, within four deviations", () => {
    const lane = openBankLane(options({ userCount: 5_000 }));
    const changes = changesOf([...populated(lane, 500), ...operated(lane, 3_000)]);
    const rows = changes.map(({ row }) => row);
    const balances = rows.flatMap((row) => ("balance" in row ? [row.balance] : []));
    expect(Math.min(...balances)).toBe(0);
    const wide = new Set(rows.filter((row) => row.data.length > 2_000).map((row) => row.id));
    // 50 ± 4 × √50 of 5000.
    expect(Math.abs(wide.size - 50)).toBeLessThan(28);
    expect(rows.every((row) => typeof JSON.parse(row.data) === "object")).toBe(true);
  });

  it("holds in the end exactly the rows that a replay of its changes holds", () => {
    const lane = openBankLane(options());
    const replay = new Replay();
    for (const txn of [...populated(lane), ...operated(lane, 3_000)]) replay.apply(txn);
    const rows = [...lane.rows()];
    const keyOf = (row: UserRow | AccountRow): string =>
      `${"email" in row ? "users" : "accounts"}/${String(row.id)}`;
    expect(new Map(rows.map((row) => [keyOf(row), row]))).toEqual(replay.rows);
    expect(rows).toHaveLength(replay.rows.size);
  });

  it("populates whole users within the limit", () => {
    const lane = openBankLane(options());
    const sizes = populated(lane, 20).map((txn) => txn.changes.length);
    expect(Math.max(...sizes)).toBeLessThanOrEqual(20);
    expect(Math.min(...sizes.slice(0, -1))).toBeGreaterThan(20 - 4);
  });
});

describe("the mix", () => {
  it("keeps the declared shares of operations and events within 1 %, and the number of accounts", () => {
    const lane = openBankLane(options({ userCount: 400 }));
    populated(lane, 1_000);
    const rowCount = lane.digest().rowCount;
    const txns = operated(lane, 40_000);
    const share = (...kinds: readonly string[]): number =>
      txns.filter(({ kind }) => kinds.includes(kind)).length / txns.length;
    const declared = operationRatios(bankProfile(undefined, 8));
    for (const kind of ["transfer", "profile", "salary"] as const) {
      expect(Math.abs(share(kind) - declared[kind])).toBeLessThan(0.01);
    }
    expect(Math.abs(share("open", "reopen") - share("close"))).toBeLessThan(0.01);
    expect(share("reopen")).toBeGreaterThan(0.03);
    expect(Math.abs(lane.digest().rowCount / rowCount - 1)).toBeLessThan(0.06);
    const changes = changesOf(txns);
    const eventShare = (op: string): number =>
      changes.filter((change) => change.op === op).length / changes.length;
    expect(Math.abs(eventShare("c") - 0.05)).toBeLessThan(0.01);
    expect(Math.abs(eventShare("u") - 0.9)).toBeLessThan(0.01);
    expect(Math.abs(eventShare("d") - 0.05)).toBeLessThan(0.01);
  });

  it("closes an account by heir, update to closed, delete, and opens the same id again", () => {
    const lane = openBankLane(options());
    populated(lane);
    const txns = operated(lane, 2_000);
    const close = txns.find(({ kind }) => kind === "close");
    expect(close?.changes.map(({ op }) => op)).toEqual(["u", "u", "d"]);
    const [heir, closed, deleted] = close?.changes ?? [];
    expect(heir?.row.id).not.toBe(closed?.row.id);
    expect(closed?.row).toMatchObject({ status: "closed", balance: 0 });
    expect(deleted).toMatchObject({ row: closed?.row, id: closed?.row.id, seq: close?.seqMax });
    const reopened = txns.filter(({ kind }) => kind === "reopen").flatMap(({ changes }) => changes);
    const inserts = reopened.filter(({ op }) => op === "c");
    const deletes = changesOf(txns).filter(({ op }) => op === "d");
    const ownerOf = new Map(deletes.map(({ row }) => [row.id, "userId" in row ? row.userId : 0]));
    expect(inserts.length).toBeGreaterThan(0);
    for (const { row } of inserts) {
      expect("userId" in row ? row.userId : undefined).toBe(ownerOf.get(row.id));
    }
  });

  it("works in the smallest lane", () => {
    const lane = openBankLane(options({ userCount: 4, laneCount: 3 }));
    const replay = new Replay();
    for (const txn of [...populated(lane), ...operated(lane, 2_000)]) replay.apply(txn);
    expect(lane.digest()).toEqual(replay.digest());
  });

  it("carries the mean number of events that is measured beforehand and that follows from the profile, within 3 %", () => {
    const mean = measureMeanEventsPerTxn(options());
    const lane = openBankLane(options({ lane: 5 }));
    populated(lane);
    const txns = operated(lane, 20_000);
    const measured = changesOf(txns).length / txns.length;
    expect(Math.abs(measured / mean - 1)).toBeLessThan(0.03);
    expect(Math.abs(measured / meanEventsPerTxn(bankProfile(undefined, 8)) - 1)).toBeLessThan(0.03);
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
    expect(rolledBack).toEqual(
      new Set(["populate", "transfer", "profile", "salary", "open", "close", "reopen"]),
    );
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

  it("names what is wrong with a profile", () => {
    expect(() => openBankLane(options({ profile: { zipfExponent: 0 } }))).toThrow(
      "zipfExponent is 0",
    );
    expect(() =>
      openBankLane(options({ lane: 0, userCount: 4, profile: { merchantCount: 9 } })),
    ).toThrow("2 merchants are too many for 4 users");
  });

  it("does not operate before it is populated", () => {
    const lane = openBankLane(options());
    lane.populate(0, 1);
    expect(() => lane.next(0)).toThrow("Lane 2 has 1 of 60 users");
  });
});
