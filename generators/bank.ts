/**
 * The bank: what one lane (one writer with its own rows) does, operation by operation. The same seed
 * gives the same operations whatever the timing and batching; only the bucket stamped on them differs.
 */
import { LakeproofError } from "../core/errors.ts";
import type { Txn, TxnKind } from "./bank-rows.ts";
import { LaneState } from "./bank-state.ts";
import type { LaneDigest } from "./bank-state.ts";
import { accountData, pickOne, userTexts } from "./bank-texts.ts";
import type { Dictionaries } from "./dictionaries.ts";
import { amountCents, WeightedChoice, Zipf } from "./distributions.ts";
import type { AmountShape } from "./distributions.ts";
import { Random, subSeed } from "./random.ts";

export type * from "./bank-rows.ts";
export type { LaneDigest } from "./bank-state.ts";
export { canaryTxn, fenceTxn } from "./control-rows.ts";
export { buildDictionaries } from "./dictionaries.ts";
export type { Dictionaries } from "./dictionaries.ts";

type OperationKind = Exclude<TxnKind, "populate" | "fence" | "canary">;

/** Share of each kind among the transactions, declared. Openings and closings also keep the count stable. */
export const BANK_MIX = [
  ["transfer", 0.55],
  ["profile", 0.2],
  ["salary", 0.04],
  ["open", 0.08],
  ["close", 0.08],
  ["reopen", 0.05],
] as const satisfies readonly (readonly [OperationKind, number])[];

/** Skew of transfers over the customers' accounts. A rank is hot until its account is closed. */
const ZIPF_EXPONENT = 0.8;
/** Share of transfers that pay the merchant, so that its account takes about 1.5 % of all changes. */
const MERCHANT_TRANSFER_RATIO = 0.06;
const HOUSE_BALANCE_CENTS = 10_000_000_000_000;
/** A bank user, then customers enough for two accounts beside the merchant's. */
const USER_COUNT_MIN = 4;
const ACCOUNTS_PER_USER_MAX = 3;
const SALARY_ACCOUNTS = { min: 4, max: 12 } as const;
const ACCOUNT_COUNT_DRIFT = 0.05;
const ACCOUNT_COUNT_MIN = 4;

const HOUSE_SLOT = 0;
const MERCHANT_SLOT = 1;
const FIXED_SLOT_COUNT = 2;

const DEPOSIT: AmountShape = { medianCents: 150_000, sigma: 1, maxCents: 50_000_000 };
const TRANSFER: AmountShape = { medianCents: 4_500, sigma: 1.2, maxCents: 5_000_000 };
const SALARY: AmountShape = { medianCents: 280_000, sigma: 0.5, maxCents: 5_000_000 };

const USER_STATUSES = ["active", "active", "active", "dormant", "blocked"] as const;

export interface BankLaneOptions {
  readonly seed: bigint;
  /** 0 … laneCount - 1. */
  readonly lane: number;
  readonly laneCount: number;
  /** Users of this lane, the bank itself among them. At least 4. */
  readonly userCount: number;
  readonly dictionaries: Dictionaries;
}

export interface BankLane {
  readonly lane: number;
  /** Decimal text of cents: the sum of balances after any transaction. */
  readonly balanceSumConstant: string;
  /**
   * Next piece of the opening state: whole users with their accounts, at most `changeCountMax`
   * changes but at least one user. Undefined when all are there.
   */
  populate(bucket: number, changeCountMax: number): Txn | undefined;
  /** Next transaction of the mix. Only after `populate` has returned undefined. */
  next(bucket: number): Txn;
  /** What the lane's rows must add up to after the last transaction. O(1). */
  digest(): LaneDigest;
  /** The last transaction definitely did not happen: rows as before, its sequence numbers used up. */
  rollbackLast(): void;
}

export function openBankLane(options: BankLaneOptions): BankLane {
  const problems = problemsOf(options);
  if (problems.length > 0) {
    throw new LakeproofError(
      "CONFIG_INVALID",
      `The bank cannot be opened: ${problems.join("; ")}.`,
      {
        hint: "Correct the bank part of the scenario.",
      },
    );
  }
  return new Lane(options);
}

/**
 * Change events a transaction of the mix carries on average, measured on a throw-away lane: turns a
 * rate in events into a rate in transactions.
 */
export function measureMeanEventsPerTxn(options: BankLaneOptions, txnCount = 5_000): number {
  const lane = openBankLane(options);
  while (lane.populate(0, 1_000) !== undefined);
  let eventCount = 0;
  for (let index = 0; index < txnCount; index += 1) eventCount += lane.next(0).changes.length;
  return eventCount / txnCount;
}

function problemsOf(options: BankLaneOptions): readonly string[] {
  const { lane, laneCount, userCount } = options;
  const laneOk = Number.isInteger(lane) && lane >= 0 && lane < laneCount;
  const userCountOk = Number.isInteger(userCount) && userCount >= USER_COUNT_MIN;
  return [
    ...(laneOk ? [] : [`lane ${String(lane)} is not one of ${String(laneCount)} lanes`]),
    ...(userCountOk
      ? []
      : [`${String(userCount)} users in a lane are fewer than ${String(USER_COUNT_MIN)}`]),
  ];
}

class Lane implements BankLane {
  readonly lane: number;
  readonly balanceSumConstant = String(HOUSE_BALANCE_CENTS);
  readonly #userCount: number;
  readonly #words: Dictionaries;
  readonly #state: LaneState;
  readonly #mix = new WeightedChoice<OperationKind>(BANK_MIX);
  readonly #zipf = new Zipf(ZIPF_EXPONENT);
  readonly #populationSeed: bigint;
  readonly #random: Random;
  #accountCountTarget = 0;

  constructor(options: BankLaneOptions) {
    const seed = subSeed(options.seed, "bank", "lane", options.lane);
    this.lane = options.lane;
    this.#userCount = options.userCount;
    this.#words = options.dictionaries;
    this.#state = new LaneState(options.lane, options.laneCount);
    this.#populationSeed = subSeed(seed, "population");
    this.#random = new Random(subSeed(seed, "operations"));
  }

  populate(bucket: number, changeCountMax: number): Txn | undefined {
    const state = this.#state;
    if (state.userCount >= this.#userCount) return undefined;
    state.begin("populate", bucket);
    while (state.userCount < this.#userCount) {
      // A stream per user keeps each user the same wherever the batches are cut.
      const random = new Random(subSeed(this.#populationSeed, state.userCount));
      const accountCount = random.between(1, ACCOUNTS_PER_USER_MAX);
      const changeCount = state.changeCount + accountCount + 2;
      if (state.changeCount > 0 && changeCount > changeCountMax) break;
      if (state.userCount === 0) this.#foundHouse(random);
      else this.#enrol(random, accountCount);
    }
    return state.commit();
  }

  next(bucket: number): Txn {
    const state = this.#state;
    if (state.userCount < this.#userCount) {
      throw new LakeproofError(
        "INTERNAL",
        `Lane ${String(this.lane)} has ${String(state.userCount)} of ${String(this.#userCount)} users.`,
        { hint: "Call populate until it returns undefined before the first next." },
      );
    }
    if (this.#accountCountTarget === 0) this.#accountCountTarget = state.accountCount;
    const kind = this.#possible(this.#mix.pick(this.#random));
    state.begin(kind, bucket);
    this.#operate(kind);
    return state.commit();
  }

  digest(): LaneDigest {
    return this.#state.digest();
  }

  rollbackLast(): void {
    this.#state.rollback();
  }

  #foundHouse(random: Random): void {
    const texts = userTexts(random, this.#words, 0);
    const { id } = this.#state.insertUser({ ...texts, status: "active" });
    this.#state.openAccount(id, {
      balance: HOUSE_BALANCE_CENTS,
      status: "active",
      data: accountData(random, this.#words, "found"),
    });
  }

  #enrol(random: Random, accountCount: number): void {
    const texts = userTexts(random, this.#words, this.#state.userCount);
    const { id } = this.#state.insertUser({ ...texts, status: "active" });
    let depositSum = 0;
    for (let index = 0; index < accountCount; index += 1) {
      const balance = amountCents(random, DEPOSIT);
      depositSum += balance;
      const data = accountData(random, this.#words, "open");
      this.#state.openAccount(id, { balance, status: "active", data });
    }
    this.#move(random, HOUSE_SLOT, -depositSum, "open");
  }

  /** The drawn kind, or another where the rows do not allow it or the number of accounts drifts. */
  #possible(drawn: OperationKind): OperationKind {
    const { accountCount, closedCount } = this.#state;
    const drift = Math.max(1, this.#accountCountTarget * ACCOUNT_COUNT_DRIFT);
    const countMin = Math.max(ACCOUNT_COUNT_MIN, this.#accountCountTarget - drift);
    const reviving = closedCount > 0 ? "reopen" : "open";
    if (drawn === "close") return accountCount <= countMin ? reviving : drawn;
    if (drawn !== "open" && drawn !== "reopen") return drawn;
    if (accountCount >= this.#accountCountTarget + drift) return "close";
    return drawn === "reopen" ? reviving : drawn;
  }

  #operate(kind: OperationKind): void {
    switch (kind) {
      case "transfer":
        this.#transfer();
        return;
      case "profile":
        this.#changeProfile();
        return;
      case "salary":
        this.#paySalaries();
        return;
      case "open":
      case "reopen":
        this.#open(kind);
        return;
      case "close":
        this.#close();
        return;
    }
  }

  #transfer(): void {
    const random = this.#random;
    const payer = this.#popularSlot();
    const payee =
      random.unit() < MERCHANT_TRANSFER_RATIO ? MERCHANT_SLOT : this.#popularSlotBeside(payer);
    const wanted = amountCents(random, TRANSFER);
    const amount = Math.min(wanted, this.#state.account(payer).balance);
    this.#move(random, payer, -amount, "transfer");
    this.#move(random, payee, amount, "transfer");
  }

  #changeProfile(): void {
    const random = this.#random;
    const ordinal = random.between(1, this.#userCount - 1);
    const texts = userTexts(random, this.#words, ordinal);
    this.#state.updateUser(ordinal, { ...texts, status: pickOne(random, USER_STATUSES) });
  }

  #paySalaries(): void {
    const random = this.#random;
    const customerCount = this.#state.accountCount - FIXED_SLOT_COUNT;
    const payeeCount = Math.min(
      customerCount,
      random.between(SALARY_ACCOUNTS.min, SALARY_ACCOUNTS.max),
    );
    const start = random.below(customerCount);
    const amounts = Array.from({ length: payeeCount }, () => amountCents(random, SALARY));
    const total = amounts.reduce((sum, amount) => sum + amount, 0);
    this.#move(random, HOUSE_SLOT, -total, "salary");
    for (const [index, amount] of amounts.entries()) {
      const slot = FIXED_SLOT_COUNT + ((start + index) % customerCount);
      this.#move(random, slot, amount, "salary");
    }
  }

  #open(kind: "open" | "reopen"): void {
    const random = this.#random;
    const balance = amountCents(random, DEPOSIT);
    this.#move(random, HOUSE_SLOT, -balance, kind);
    const content = { balance, status: "active", data: accountData(random, this.#words, kind) };
    if (kind === "reopen") {
      this.#state.reopenAccount(random.below(this.#state.closedCount), content);
      return;
    }
    const owner = this.#state.user(random.between(1, this.#userCount - 1));
    this.#state.openAccount(owner.id, content);
  }

  #close(): void {
    const random = this.#random;
    const slot = random.between(FIXED_SLOT_COUNT, this.#state.accountCount - 1);
    // The house goes first, so that the last update of the account is right before its delete.
    this.#move(random, HOUSE_SLOT, this.#state.account(slot).balance, "close");
    const data = accountData(random, this.#words, "close");
    this.#state.updateAccount(slot, { balance: 0, status: "closed", data });
    this.#state.deleteAccount(slot);
  }

  #move(random: Random, slot: number, amount: number, reason: string): void {
    const { balance, status } = this.#state.account(slot);
    const data = accountData(random, this.#words, reason);
    this.#state.updateAccount(slot, { balance: balance + amount, status, data });
  }

  #popularSlot(): number {
    const customerCount = this.#state.accountCount - FIXED_SLOT_COUNT;
    return FIXED_SLOT_COUNT - 1 + this.#zipf.sample(this.#random, customerCount);
  }

  #popularSlotBeside(taken: number): number {
    for (;;) {
      const slot = this.#popularSlot();
      if (slot !== taken) return slot;
    }
  }
}
