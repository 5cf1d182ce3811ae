/**
 * The bank: what one lane (one writer with its own rows) does, operation by operation. The same seed
 * gives the same operations whatever the timing, the batching and the number of workers that share the
 * lanes; only the bucket stamped on them differs.
 */
import {
  bankProfile,
  bankProfileProblems,
  merchantCountOf,
  merchantTransferRatio,
  operationRatios,
} from "../core/bank-profile.ts";
import type { OperationKind } from "../core/bank-profile.ts";
import type { BankProfile } from "../core/contracts/plan.ts";
import { LakeproofError } from "../core/errors.ts";
import { Population } from "./bank-population.ts";
import type { AccountRow, Txn, UserRow } from "./bank-rows.ts";
import { LaneState } from "./bank-state.ts";
import type { LaneDigest, Reason } from "./bank-state.ts";
import type { Dictionaries } from "./dictionaries.ts";
import { amountCents, WeightedChoice, Zipf } from "./distributions.ts";
import type { AmountShape } from "./distributions.ts";
import { Random, streamKey, subSeed } from "./random.ts";
import type { StreamKey } from "./random.ts";

export type * from "./bank-rows.ts";
export type { LaneDigest } from "./bank-state.ts";
export { canaryTxn, fenceTxn } from "./control-rows.ts";
export { buildDictionaries } from "./dictionaries.ts";
export type { Dictionaries } from "./dictionaries.ts";

const HOUSE_BALANCE_CENTS = 10_000_000_000_000;
/** A bank user, then customers enough for two accounts beside a merchant's. */
const USER_COUNT_MIN = 4;
/** The number of accounts stays this close to what the declared mix makes of it. */
const ACCOUNT_COUNT_DRIFT = 0.05;
/** Accounts beside the fixed ones that are never closed: a transfer needs two. */
const FREE_ACCOUNT_COUNT_MIN = 2;

const HOUSE_SLOT = 0;

const DEPOSIT: AmountShape = { medianCents: 150_000, sigma: 1, maxCents: 50_000_000 };
const TRANSFER: AmountShape = { medianCents: 4_500, sigma: 1.2, maxCents: 5_000_000 };
const SALARY: AmountShape = { medianCents: 280_000, sigma: 0.5, maxCents: 5_000_000 };

/**
 * How the population comes to be. written: `populate` inserts it, with deposits that limit what customers
 * can pay. implied: it is taken to be there from the start, untouched rows with sequence 0 and balance 0, and
 * the first change of a row is an update; accounts run on credit, so that the balances of the rows touched
 * always add up to 0.
 */
export type Opening = "written" | "implied";

export interface BankLaneOptions {
  readonly seed: bigint;
  /** 0 … laneCount - 1. */
  readonly lane: number;
  readonly laneCount: number;
  /** Users of this lane, the bank itself among them. At least 4. */
  readonly userCount: number;
  readonly dictionaries: Dictionaries;
  /** What differs from the default profile. */
  readonly profile?: Partial<BankProfile> | undefined;
  /** Default: written. */
  readonly opening?: Opening;
  /** True: updates carry the row as it was, as the connector reports it. Default false: it costs a row each. */
  readonly beforeImages?: boolean;
}

export interface BankLane {
  readonly lane: number;
  /**
   * Next piece of the opening state, inserts only: whole users with their accounts, at most `changeCountMax`
   * changes but at least one user. Undefined when all are there.
   */
  populate(bucket: number, changeCountMax: number): Txn | undefined;
  /** Next transaction of the mix. Only after `populate` has returned undefined. Keeps the sum of all balances. */
  next(bucket: number): Txn;
  /** What the lane's rows must add up to after the last transaction. O(1). */
  digest(): LaneDigest;
  /** Every row that must be in the table after the last transaction, if it was ever written. */
  rows(): Generator<UserRow | AccountRow>;
  /** The last transaction definitely did not happen: rows as before, its sequence numbers used up. */
  rollbackLast(): void;
}

export function openBankLane(options: BankLaneOptions): BankLane {
  const problems = problemsOf(options);
  if (problems.length > 0) {
    throw new LakeproofError(
      "CONFIG_INVALID",
      `The bank cannot be opened: ${problems.join("; ")}.`,
      { hint: "Correct the bank part of the scenario." },
    );
  }
  return new Lane(options);
}

/** Lanes are the unit of determinism: workers share them out, and no operation depends on how. */
export function lanesOfWorker(
  worker: number,
  workerCount: number,
  laneCount: number,
): readonly number[] {
  return Array.from({ length: laneCount }, (_, lane) => lane).filter(
    (lane) => lane % workerCount === worker,
  );
}

/**
 * Change events a transaction of the mix carries on average, measured on a throw-away lane: turns a
 * rate in events into a rate in transactions.
 */
export function measureMeanEventsPerTxn(options: BankLaneOptions, txnCount = 5_000): number {
  const lane = openBankLane({ ...options, opening: "implied", beforeImages: false });
  let eventCount = 0;
  for (let index = 0; index < txnCount; index += 1) eventCount += lane.next(0).changes.length;
  return eventCount / txnCount;
}

function problemsOf(options: BankLaneOptions): readonly string[] {
  const { lane, laneCount, userCount } = options;
  const laneOk = Number.isInteger(lane) && lane >= 0 && lane < laneCount;
  const userCountOk = Number.isInteger(userCount) && userCount >= USER_COUNT_MIN;
  const profile = bankProfile(options.profile, laneCount);
  // Every customer has an account at least; the bank's own user stands for the house.
  const fixedCountMax = userCount - 1 - FREE_ACCOUNT_COUNT_MIN;
  const merchants = laneOk ? merchantCountOf(profile, lane, laneCount) : 0;
  return [
    ...(laneOk ? [] : [`lane ${String(lane)} is not one of ${String(laneCount)} lanes`]),
    ...(userCountOk
      ? []
      : [`${String(userCount)} users in a lane are fewer than ${String(USER_COUNT_MIN)}`]),
    ...(userCountOk && merchants > fixedCountMax
      ? [`${String(merchants)} merchants are too many for ${String(userCount)} users in a lane`]
      : []),
    ...bankProfileProblems(profile, laneCount),
  ];
}

class Lane implements BankLane {
  readonly lane: number;
  readonly #population: Population;
  readonly #state: LaneState;
  readonly #profile: BankProfile;
  readonly #implied: boolean;
  readonly #kinds: WeightedChoice<OperationKind>;
  readonly #sizes: WeightedChoice<number>;
  readonly #zipf: Zipf;
  readonly #random: Random;
  readonly #deposits: Random;
  readonly #depositKey: StreamKey;
  readonly #merchants: number;
  readonly #merchantTransferRatio: number;
  /** Slots that are never closed: the house, then the merchants. */
  readonly #fixedSlotCount: number;
  /** Accounts an operation adds in the mean. */
  readonly #growthPerOperation: number;
  #operationCount = 0;
  #salariesLeft = 0;

  constructor(options: BankLaneOptions) {
    const { lane, laneCount, userCount } = options;
    const seed = subSeed(options.seed, "bank", "lane", lane);
    const profile = bankProfile(options.profile, laneCount);
    const ratios = operationRatios(profile);
    this.lane = lane;
    this.#profile = profile;
    this.#implied = options.opening === "implied";
    this.#population = new Population(userCount, streamKey(seed, "population"));
    this.#state = new LaneState({
      seed,
      lane,
      laneCount,
      population: this.#population,
      words: options.dictionaries,
      profile,
      implied: this.#implied,
      beforeImages: options.beforeImages ?? false,
    });
    // A run of salaries begins that much less often than a single one would.
    const salary = ratios.salary / profile.salaryRunCount;
    this.#kinds = new WeightedChoice(
      Object.entries({ ...ratios, salary }) as [OperationKind, number][],
    );
    this.#sizes = new WeightedChoice(
      profile.txnSizes.map(({ operationCount, txnRatio }) => [operationCount, txnRatio]),
    );
    this.#zipf = new Zipf(profile.zipfExponent);
    this.#random = new Random(subSeed(seed, "operations"));
    this.#deposits = new Random(0n);
    this.#depositKey = streamKey(seed, "deposits");
    this.#merchants = merchantCountOf(profile, lane, laneCount);
    this.#merchantTransferRatio = merchantTransferRatio(profile, laneCount, this.#merchants);
    this.#fixedSlotCount = 1 + this.#merchants;
    this.#growthPerOperation = ratios.open + ratios.reopen - ratios.close;
  }

  populate(bucket: number, changeCountMax: number): Txn | undefined {
    const state = this.#state;
    const { userCount } = this.#population;
    if (state.userCount >= userCount) return undefined;
    state.begin("populate", bucket);
    while (state.userCount < userCount) {
      const user = state.userCount;
      const accountCount = this.#population.accountCountOf(user);
      const changeCount = state.changeCount + 1 + accountCount;
      if (state.changeCount > 0 && changeCount > changeCountMax) break;
      this.#enrol(user, accountCount);
    }
    return state.commit();
  }

  next(bucket: number): Txn {
    const state = this.#state;
    const { userCount } = this.#population;
    if (state.userCount < userCount) {
      throw new LakeproofError(
        "INTERNAL",
        `Lane ${String(this.lane)} has ${String(state.userCount)} of ${String(userCount)} users.`,
        { hint: "Call populate until it returns undefined before the first next." },
      );
    }
    const operationCount = this.#sizes.pick(this.#random);
    const first = this.#nextKind();
    state.begin(operationCount === 1 ? first : "batch", bucket);
    this.#operate(first);
    for (let index = 1; index < operationCount; index += 1) this.#operate(this.#nextKind());
    return state.commit();
  }

  digest(): LaneDigest {
    return this.#state.digest();
  }

  rows(): Generator<UserRow | AccountRow> {
    return this.#state.rows();
  }

  rollbackLast(): void {
    this.#state.rollback();
  }

  #enrol(user: number, accountCount: number): void {
    this.#state.insertUser();
    if (user === 0) {
      this.#state.openAccount(HOUSE_BALANCE_CENTS, "found");
      return;
    }
    // A stream per user keeps each user the same wherever the batches are cut.
    this.#deposits.restart(this.#depositKey, user, 0);
    for (let index = 0; index < accountCount; index += 1) {
      this.#state.openAccount(amountCents(this.#deposits, DEPOSIT), "open");
    }
  }

  #nextKind(): OperationKind {
    this.#operationCount += 1;
    if (this.#salariesLeft > 0) {
      this.#salariesLeft -= 1;
      return "salary";
    }
    const kind = this.#possible(this.#kinds.pick(this.#random));
    if (kind === "salary") this.#salariesLeft = this.#profile.salaryRunCount - 1;
    return kind;
  }

  /** The drawn kind, or another where the rows do not allow it or the number of accounts drifts. */
  #possible(drawn: OperationKind): OperationKind {
    if (drawn !== "close" && drawn !== "open" && drawn !== "reopen") return drawn;
    const { accountCount, closedCount } = this.#state;
    const declared =
      this.#population.accountCount + this.#operationCount * this.#growthPerOperation;
    const drift = Math.max(1, declared * ACCOUNT_COUNT_DRIFT);
    const countMin = Math.max(this.#fixedSlotCount + FREE_ACCOUNT_COUNT_MIN, declared - drift);
    const reviving = closedCount > 0 ? "reopen" : "open";
    if (drawn === "close") return accountCount <= countMin ? reviving : drawn;
    if (accountCount >= Math.max(countMin + 1, declared + drift)) return "close";
    return drawn === "reopen" ? reviving : drawn;
  }

  #operate(kind: OperationKind): void {
    switch (kind) {
      case "transfer":
        this.#transfer();
        return;
      case "profile":
        this.#state.updateUser(this.#random.between(1, this.#population.userCount - 1));
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
      random.unit() < this.#merchantTransferRatio
        ? random.between(1, this.#merchants)
        : this.#popularSlotBeside(payer);
    const amount = this.#affordable(payer, amountCents(random, TRANSFER));
    this.#move(payer, -amount, "transfer");
    this.#move(payee, amount, "transfer");
  }

  #paySalaries(): void {
    const random = this.#random;
    const customerCount = this.#state.accountCount - this.#fixedSlotCount;
    const { salaryAccountCountMin, salaryAccountCountMax } = this.#profile;
    const payeeCount = Math.min(
      customerCount,
      random.between(salaryAccountCountMin, salaryAccountCountMax),
    );
    const start = random.below(customerCount);
    const amounts = Array.from({ length: payeeCount }, () => amountCents(random, SALARY));
    const total = amounts.reduce((sum, amount) => sum + amount, 0);
    this.#move(HOUSE_SLOT, -total, "salary");
    for (const [index, amount] of amounts.entries()) {
      this.#move(this.#fixedSlotCount + ((start + index) % customerCount), amount, "salary");
    }
  }

  /** The first deposit comes from another account: a single cash desk would be hotter than any merchant. */
  #open(kind: "open" | "reopen"): void {
    const random = this.#random;
    const wanted = amountCents(random, DEPOSIT);
    const payer = this.#popularSlot();
    const balance = this.#affordable(payer, wanted);
    this.#move(payer, -balance, kind);
    if (kind === "open") this.#state.openAccount(balance, kind);
    else this.#state.reopenAccount(random.below(this.#state.closedCount), balance);
  }

  #close(): void {
    const slot = this.#random.between(this.#fixedSlotCount, this.#state.accountCount - 1);
    // The heir goes first, so that the last update of the account is right before its delete.
    this.#move(this.#popularSlotBeside(slot), this.#state.balanceAt(slot), "close");
    this.#state.updateAccount(slot, 0, "close");
    this.#state.deleteAccount(slot);
  }

  #affordable(slot: number, wanted: number): number {
    return this.#implied ? wanted : Math.min(wanted, this.#state.balanceAt(slot));
  }

  #move(slot: number, amount: number, reason: Reason): void {
    this.#state.updateAccount(slot, this.#state.balanceAt(slot) + amount, reason);
  }

  #popularSlot(): number {
    const customerCount = this.#state.accountCount - this.#fixedSlotCount;
    return this.#fixedSlotCount - 1 + this.#zipf.sample(this.#random, customerCount);
  }

  #popularSlotBeside(taken: number): number {
    for (;;) {
      const slot = this.#popularSlot();
      if (slot !== taken) return slot;
    }
  }
}
