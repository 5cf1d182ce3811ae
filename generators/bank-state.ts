/**
 * The rows of one lane as they must stand in the database, and the transaction being built on them.
 * Every step leaves its own undo behind, so that a transaction known not to have happened is taken back.
 */
import { LakeproofError } from "../core/errors.ts";
import { seqOf } from "./bank-rows.ts";
import type { AccountRow, Change, Txn, TxnKind, UserRow } from "./bank-rows.ts";
import { ExactSum } from "../core/exact-sum.ts";
import { fingerprintAccount, fingerprintUser } from "./fingerprint.ts";

export interface LaneDigest {
  readonly rowCount: number;
  /** Decimal text of the exact sum of the fingerprints of all user and account rows. */
  readonly fingerprintSum: string;
  /** Decimal text of the sum of all balances in cents. */
  readonly balanceSum: string;
}

/** What an account that was closed leaves behind, so that the same id can be opened again. */
export interface ClosedAccount {
  readonly id: number;
  readonly userId: number;
}

type UserContent = Pick<UserRow, "email" | "name" | "status" | "data">;
type AccountContent = Pick<AccountRow, "balance" | "status" | "data">;

export class LaneState {
  readonly #lane: number;
  readonly #laneCount: number;
  readonly #users: UserRow[] = [];
  /** Open accounts by slot; closing fills the hole with the last one. */
  readonly #accounts: AccountRow[] = [];
  readonly #closed: ClosedAccount[] = [];
  readonly #fingerprints = new ExactSum();
  #accountOrdinalNext = 0;
  #balanceSum = 0;
  #seq = 0;
  #kind: TxnKind = "populate";
  #bucket = 0;
  #changes: Change[] = [];
  #undos: (() => void)[] = [];

  constructor(lane: number, laneCount: number) {
    this.#lane = lane;
    this.#laneCount = laneCount;
  }

  get userCount(): number {
    return this.#users.length;
  }
  get accountCount(): number {
    return this.#accounts.length;
  }
  get closedCount(): number {
    return this.#closed.length;
  }
  /** Changes of the transaction begun last. */
  get changeCount(): number {
    return this.#changes.length;
  }

  user(ordinal: number): UserRow {
    return present(this.#users[ordinal], "user", ordinal);
  }
  account(slot: number): AccountRow {
    return present(this.#accounts[slot], "account slot", slot);
  }

  begin(kind: TxnKind, bucket: number): void {
    this.#kind = kind;
    this.#bucket = bucket;
    this.#changes = [];
    this.#undos = [];
  }

  commit(): Txn {
    const changes = this.#changes;
    const first = present(changes[0], "change", 0);
    return { kind: this.#kind, changes, seqMin: seqOf(first), seqMax: this.#seq };
  }

  /** Takes back the transaction begun last. Its sequence numbers stay used up. */
  rollback(): void {
    if (this.#undos.length === 0) {
      throw new LakeproofError("INTERNAL", `Lane ${String(this.#lane)} has nothing to roll back.`, {
        hint: "Roll back each transaction at most once, before the next one is asked for.",
      });
    }
    for (const undo of this.#undos.reverse()) undo();
    this.#undos = [];
  }

  insertUser(content: UserContent): UserRow {
    const row = this.#userRow(this.#laneId(this.#users.length), content);
    this.#users.push(row);
    this.#undos.push(() => void this.#users.pop());
    this.#appear(row, 0);
    this.#changes.push({ table: "users", op: "c", row });
    return row;
  }

  updateUser(ordinal: number, content: UserContent): void {
    const before = this.user(ordinal);
    const row = this.#userRow(before.id, content);
    this.#users[ordinal] = row;
    this.#undos.push(() => void (this.#users[ordinal] = before));
    this.#vanish(before, 0);
    this.#appear(row, 0);
    this.#changes.push({ table: "users", op: "u", row });
  }

  /** A new account under an id never used before. */
  openAccount(userId: number, content: AccountContent): void {
    const id = this.#laneId(this.#accountOrdinalNext);
    this.#accountOrdinalNext += 1;
    this.#undos.push(() => void (this.#accountOrdinalNext -= 1));
    this.#insertAccount({ id, userId }, content);
  }

  /** A new account under the id of a closed one, and with its owner. */
  reopenAccount(closedIndex: number, content: AccountContent): void {
    const closed = present(this.#closed[closedIndex], "closed account", closedIndex);
    removeAt(this.#closed, closedIndex);
    this.#undos.push(() => {
      restoreAt(this.#closed, closedIndex, closed);
    });
    this.#insertAccount(closed, content);
  }

  updateAccount(slot: number, content: AccountContent): void {
    const before = this.account(slot);
    const row = this.#accountRow(before, content);
    this.#accounts[slot] = row;
    this.#undos.push(() => void (this.#accounts[slot] = before));
    this.#vanish(before, before.balance);
    this.#appear(row, row.balance);
    this.#changes.push({ table: "accounts", op: "u", row });
  }

  /** Only after an update of the same account in the same transaction: see `Deletion`. */
  deleteAccount(slot: number): void {
    const row = this.account(slot);
    const seq = this.#nextSeq();
    if (row.seq !== seq - 1) {
      throw new LakeproofError(
        "INTERNAL",
        `Account ${String(row.id)} would be deleted at ${String(seq)}, but was last changed at ${String(row.seq)}.`,
        { hint: "Update the account right before deleting it." },
      );
    }
    const closed = { id: row.id, userId: row.userId };
    removeAt(this.#accounts, slot);
    this.#closed.push(closed);
    this.#undos.push(() => {
      this.#closed.pop();
      restoreAt(this.#accounts, slot, row);
    });
    this.#vanish(row, row.balance);
    this.#changes.push({ table: "accounts", op: "d", id: row.id, row, seq });
  }

  digest(): LaneDigest {
    return {
      rowCount: this.#users.length + this.#accounts.length,
      fingerprintSum: this.#fingerprints.text(),
      balanceSum: String(this.#balanceSum),
    };
  }

  #insertAccount(identity: ClosedAccount, content: AccountContent): void {
    const row = this.#accountRow(identity, content);
    this.#accounts.push(row);
    this.#undos.push(() => void this.#accounts.pop());
    this.#appear(row, row.balance);
    this.#changes.push({ table: "accounts", op: "c", row });
  }

  #userRow(id: number, content: UserContent): UserRow {
    const { email, name, status, data } = content;
    const row = { id, email, name, status, data, lane: this.#lane, seq: this.#nextSeq() };
    return { ...row, bucket: this.#bucket, fp: fingerprintUser(row) };
  }

  #accountRow(identity: ClosedAccount, content: AccountContent): AccountRow {
    const { id, userId } = identity;
    const { balance, status, data } = content;
    const row = { id, userId, balance, status, data, lane: this.#lane, seq: this.#nextSeq() };
    return { ...row, bucket: this.#bucket, fp: fingerprintAccount(row) };
  }

  #appear(row: { readonly fp: number }, balance: number): void {
    this.#fingerprints.add(row.fp);
    this.#balanceSum += balance;
    this.#undos.push(() => {
      this.#fingerprints.subtract(row.fp);
      this.#balanceSum -= balance;
    });
  }

  #vanish(row: { readonly fp: number }, balance: number): void {
    this.#fingerprints.subtract(row.fp);
    this.#balanceSum -= balance;
    this.#undos.push(() => {
      this.#fingerprints.add(row.fp);
      this.#balanceSum += balance;
    });
  }

  #nextSeq(): number {
    this.#seq += 1;
    return this.#seq;
  }

  #laneId(ordinal: number): number {
    return this.#lane + 1 + ordinal * this.#laneCount;
  }
}

function present<T>(value: T | undefined, what: string, index: number): T {
  if (value !== undefined) return value;
  throw new LakeproofError("INTERNAL", `There is no ${what} ${String(index)} in this lane.`, {
    hint: "This is a defect of the bank generator: report the seed and the lane.",
  });
}

/** Constant time: the last item takes the place of the one removed. */
function removeAt(items: unknown[], index: number): void {
  const last = present(items.pop(), "item", index);
  if (index < items.length) items[index] = last;
}

/** The exact opposite of `removeAt`. */
function restoreAt<T>(items: T[], index: number, item: T): void {
  const moved = items[index];
  if (moved !== undefined) items.push(moved);
  items[index] = item;
}
