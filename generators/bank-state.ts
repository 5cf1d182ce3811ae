/**
 * The rows of one lane as they must stand in the database, and the transaction being built on them. Kept as
 * numbers in pages; the texts of a row are made when it changes. Every step leaves its own undo behind, so
 * that a transaction known not to have happened is taken back.
 */
import type { BankProfile } from "../core/contracts/plan.ts";
import { LakeproofError } from "../core/errors.ts";
import { ExactSum } from "../core/exact-sum.ts";
import type { Population } from "./bank-population.ts";
import { seqOf } from "./bank-rows.ts";
import type { AccountRow, Change, Txn, TxnKind, UserRow } from "./bank-rows.ts";
import { BankTexts } from "./bank-texts.ts";
import type { Dictionaries } from "./dictionaries.ts";
import { fingerprintAccount, fingerprintUser } from "./fingerprint.ts";
import { emptyRow, OrdinalList, RowPages } from "./paged.ts";
import type { RowState } from "./paged.ts";
import { STEPS, UndoLog } from "./undo-log.ts";
import type { UndoStep } from "./undo-log.ts";

export interface LaneDigest {
  /** Rows that were written and not deleted since. */
  readonly rowCount: number;
  /** Decimal text of the exact sum of the fingerprints of all user and account rows. */
  readonly fingerprintSum: string;
  /** Decimal text of the sum of all balances in cents. */
  readonly balanceSum: string;
}

/** Why an account is as it is; stored by position, so new ones go to the end. */
const REASONS = ["open", "found", "transfer", "salary", "close", "reopen"] as const;
export type Reason = (typeof REASONS)[number];

/** 2^32 changes of one lane: at 25,000 a second, two days. */
const SEQ_MAX = 0xffff_ffff;

export interface LaneStateOptions {
  readonly seed: bigint;
  readonly lane: number;
  readonly laneCount: number;
  readonly population: Population;
  readonly words: Dictionaries;
  readonly profile: BankProfile;
  /** True: the rows of the population are in the table, as versions that no change made. */
  readonly implied: boolean;
  /** True: an update carries the row as it was. */
  readonly beforeImages: boolean;
}

export class LaneState {
  readonly #options: LaneStateOptions;
  readonly #texts: BankTexts;
  readonly #users: RowPages;
  readonly #accounts: RowPages;
  /** Ordinals of the open accounts by slot; closing fills the hole with the last one. */
  readonly #open: OrdinalList;
  readonly #closed: number[] = [];
  readonly #fingerprints = new ExactSum();
  #userCount: number;
  #accountOrdinalNext: number;
  #rowCount = 0;
  #balanceSum = 0;
  #seq = 0;
  #kind: TxnKind = "populate";
  #bucket = 0;
  #changes: Change[] = [];
  readonly #undo = new UndoLog();

  constructor(options: LaneStateOptions) {
    const { population, implied } = options;
    this.#options = options;
    this.#texts = new BankTexts(options.seed, options.words, options.profile);
    this.#users = new RowPages(population.userCount);
    this.#accounts = new RowPages(population.accountCount);
    this.#open = new OrdinalList(implied ? population.accountCount : 0);
    this.#userCount = implied ? population.userCount : 0;
    this.#accountOrdinalNext = this.#open.length;
  }

  get userCount(): number {
    return this.#userCount;
  }
  get accountCount(): number {
    return this.#open.length;
  }
  get closedCount(): number {
    return this.#closed.length;
  }
  /** Changes of the transaction begun last. */
  get changeCount(): number {
    return this.#changes.length;
  }

  balanceAt(slot: number): number {
    this.#accounts.read(this.#ordinalAt(slot), scratch);
    return scratch.balance;
  }

  begin(kind: TxnKind, bucket: number): void {
    this.#kind = kind;
    this.#bucket = bucket;
    this.#changes = [];
    this.#undo.clear();
  }

  commit(): Txn {
    const changes = this.#changes;
    const [first] = changes;
    if (first === undefined) throw this.#defect("An empty transaction would be committed");
    return { kind: this.#kind, changes, seqMin: seqOf(first), seqMax: this.#seq };
  }

  /** Takes back the transaction begun last. Its sequence numbers stay used up. */
  rollback(): void {
    if (this.#undo.stepCount === 0) {
      throw new LakeproofError(
        "INTERNAL",
        `Lane ${String(this.#options.lane)} has nothing to roll back.`,
        { hint: "Roll back each transaction at most once, before the next one is asked for." },
      );
    }
    while (this.#undo.stepCount > 0) this.#takeBack(this.#undo.pop());
  }

  /** The next user of the population. */
  insertUser(): void {
    const ordinal = this.#userCount;
    this.#userCount += 1;
    this.#undo.push(STEPS.enrolled, 0, NO_ROW);
    const row = this.#userRow(ordinal, this.#nextSeq(), this.#bucket, 0);
    this.#replaceUser(ordinal, row);
    this.#changes.push({ table: "users", op: "c", row });
  }

  updateUser(ordinal: number): void {
    const before = this.#options.beforeImages ? this.#userAt(ordinal) : undefined;
    const row = this.#userRow(ordinal, this.#nextSeq(), this.#bucket, 0);
    this.#replaceUser(ordinal, row);
    this.#changes.push(
      before === undefined
        ? { table: "users", op: "u", row }
        : { table: "users", op: "u", row, before },
    );
  }

  /** A new account under an id never used before. */
  openAccount(balance: number, reason: Reason): void {
    const ordinal = this.#accountOrdinalNext;
    this.#accountOrdinalNext += 1;
    this.#undo.push(STEPS.numbered, 0, NO_ROW);
    this.#insertAccount(ordinal, balance, reason);
  }

  /** A new account under the id of a closed one, and with its owner. */
  reopenAccount(closedIndex: number, balance: number): void {
    const ordinal = this.#closed[closedIndex];
    if (ordinal === undefined)
      throw this.#defect(`There is no closed account ${String(closedIndex)}`);
    const last = this.#closed.pop() ?? ordinal;
    if (closedIndex < this.#closed.length) this.#closed[closedIndex] = last;
    this.#undo.push(STEPS.revived, closedIndex, { ...NO_ROW, seq: ordinal });
    this.#insertAccount(ordinal, balance, "reopen");
  }

  updateAccount(slot: number, balance: number, reason: Reason): void {
    const ordinal = this.#ordinalAt(slot);
    const before = this.#options.beforeImages ? this.#accountAt(ordinal) : undefined;
    const row = this.#accountRow(ordinal, this.#nextSeq(), this.#bucket, balance, reason, 0);
    this.#replaceAccount(ordinal, row, balance, REASONS.indexOf(reason));
    this.#changes.push(
      before === undefined
        ? { table: "accounts", op: "u", row }
        : { table: "accounts", op: "u", row, before },
    );
  }

  /** Only after an update of the same account in the same transaction: see `Deletion`. */
  deleteAccount(slot: number): void {
    const ordinal = this.#ordinalAt(slot);
    const row = this.#accountAt(ordinal);
    const seq = this.#nextSeq();
    if (row.seq !== seq - 1) {
      throw this.#defect(
        `Account ${String(row.id)} would be deleted at ${String(seq)}, but was last changed at ${String(row.seq)}`,
      );
    }
    this.#open.removeAt(slot);
    this.#closed.push(ordinal);
    this.#undo.push(STEPS.closed, slot, { ...NO_ROW, seq: ordinal });
    this.#replaceAccount(ordinal, NO_ROW, 0, 0);
    this.#changes.push({ table: "accounts", op: "d", id: row.id, row, seq });
  }

  digest(): LaneDigest {
    return {
      rowCount: this.#rowCount,
      fingerprintSum: this.#fingerprints.text(),
      balanceSum: String(this.#balanceSum),
    };
  }

  /** Every row that was written and is there, users first. */
  *rows(): Generator<UserRow | AccountRow> {
    for (let ordinal = 0; ordinal < this.#userCount; ordinal += 1) {
      this.#users.read(ordinal, scratch);
      if (scratch.seq > 0) yield this.#userAt(ordinal);
    }
    for (let slot = 0; slot < this.#open.length; slot += 1) {
      const ordinal = this.#open.at(slot);
      this.#accounts.read(ordinal, scratch);
      if (scratch.seq > 0) yield this.#accountAt(ordinal);
    }
  }

  #insertAccount(ordinal: number, balance: number, reason: Reason): void {
    const row = this.#accountRow(ordinal, this.#nextSeq(), this.#bucket, balance, reason, 0);
    this.#open.push(ordinal);
    this.#undo.push(STEPS.opened, 0, NO_ROW);
    this.#replaceAccount(ordinal, row, balance, REASONS.indexOf(reason));
    this.#changes.push({ table: "accounts", op: "c", row });
  }

  #replaceUser(ordinal: number, row: UserRow): void {
    this.#users.read(ordinal, gone);
    this.#undo.push(STEPS.user, ordinal, gone);
    come.seq = row.seq;
    come.bucket = row.bucket;
    come.fp = row.fp;
    come.balance = 0;
    come.reason = 0;
    this.#users.write(ordinal, come);
    this.#count();
  }

  /** Puts a version in the place of the one before, in the pages and in the sums. */
  #replaceAccount(
    ordinal: number,
    row: { readonly seq: number; readonly bucket: number; readonly fp: number },
    balance: number,
    reason: number,
  ): void {
    this.#accounts.read(ordinal, gone);
    this.#undo.push(STEPS.account, ordinal, gone);
    come.seq = row.seq;
    come.bucket = row.bucket;
    come.fp = row.fp;
    come.balance = balance;
    come.reason = reason;
    this.#accounts.write(ordinal, come);
    this.#count();
  }

  #takeBack({ kind, place, row }: UndoStep): void {
    switch (kind) {
      case STEPS.user:
      case STEPS.account: {
        const pages = kind === STEPS.user ? this.#users : this.#accounts;
        pages.read(place, gone);
        Object.assign(come, row);
        pages.write(place, come);
        this.#count();
        return;
      }
      case STEPS.enrolled:
        this.#userCount -= 1;
        return;
      case STEPS.numbered:
        this.#accountOrdinalNext -= 1;
        return;
      case STEPS.opened:
        this.#open.pop();
        return;
      case STEPS.closed:
        this.#closed.pop();
        this.#open.restoreAt(place, row.seq);
        return;
      case STEPS.revived: {
        const moved = this.#closed[place];
        if (moved !== undefined) this.#closed.push(moved);
        this.#closed[place] = row.seq;
      }
    }
  }

  /** From the row in `gone` to the row in `come`. */
  #count(): void {
    this.#fingerprints.subtract(gone.fp);
    this.#fingerprints.add(come.fp);
    this.#balanceSum += come.balance - gone.balance;
    this.#rowCount += Number(come.seq > 0) - Number(gone.seq > 0);
  }

  #userAt(ordinal: number): UserRow {
    this.#users.read(ordinal, scratch);
    return this.#userRow(ordinal, scratch.seq, scratch.bucket, scratch.fp);
  }

  #accountAt(ordinal: number): AccountRow {
    this.#accounts.read(ordinal, scratch);
    const { seq, bucket, fp, balance } = scratch;
    const reason = REASONS[scratch.reason] ?? REASONS[0];
    return this.#accountRow(ordinal, seq, bucket, balance, reason, fp);
  }

  /** `fp` 0: not known yet. */
  #userRow(ordinal: number, seq: number, bucket: number, fp: number): UserRow {
    const { lane } = this.#options;
    const { email, name, status, data } = this.#texts.user(ordinal, seq);
    const id = this.#idOf(ordinal);
    const row = { id, email, name, status, data, lane, seq, bucket, fp };
    if (fp === 0) row.fp = fingerprintUser(row);
    return row;
  }

  /** `fp` 0: not known yet. */
  #accountRow(
    ordinal: number,
    seq: number,
    bucket: number,
    balance: number,
    reason: Reason,
    fp: number,
  ): AccountRow {
    const { lane, population } = this.#options;
    const id = this.#idOf(ordinal);
    const userId = this.#idOf(population.ownerOf(ordinal));
    const status = reason === "close" ? "closed" : "active";
    const data = this.#texts.accountData(ordinal, seq, reason);
    const row = { id, userId, balance, status, data, lane, seq, bucket, fp };
    if (fp === 0) row.fp = fingerprintAccount(row);
    return row;
  }

  #ordinalAt(slot: number): number {
    if (slot >= 0 && slot < this.#open.length) return this.#open.at(slot);
    throw this.#defect(`There is no account slot ${String(slot)}`);
  }

  #idOf(ordinal: number): number {
    return this.#options.lane + 1 + ordinal * this.#options.laneCount;
  }

  #nextSeq(): number {
    this.#seq += 1;
    if (this.#seq > SEQ_MAX) throw this.#defect("All sequence numbers are used up");
    return this.#seq;
  }

  #defect(what: string): LakeproofError {
    return new LakeproofError("INTERNAL", `${what} (lane ${String(this.#options.lane)}).`, {
      hint: "This is a defect of the bank generator: report the seed and the lane.",
    });
  }
}

const NO_ROW: Readonly<RowState> = emptyRow();
// The row being looked at, and the two of a replacement. One of each for all lanes, because nothing holds on to them.
const scratch = emptyRow();
const gone = emptyRow();
const come = emptyRow();
