/**
 * The bank's profile: its defaults, what is allowed, and what follows from it by arithmetic, so that a plan
 * can say how many events a transaction carries before a single one is made.
 */
import type { BankProfile } from "./contracts/plan.ts";

/** Users of all lanes that the generators were tried with. */
export const USER_COUNT_MAX = 10_000_000;

/** More of the transfers on the merchants would leave no skew among the other accounts to speak of. */
const MERCHANT_TRANSFER_RATIO_MAX = 0.6;
/** Reached by 8 lanes at the default share; with more of them the default share is smaller. */
const MERCHANT_LANE_RATIO_MAX = 0.12;
const MERCHANT_EVENT_RATIO = 0.015;
const SUM_TOLERANCE = 1e-9;

/** Events of one operation of each kind; a salary adds one for each account it pays. */
const EVENTS = { transfer: 2, profile: 1, salary: 1, open: 2, close: 3, reopen: 2 } as const;
export type OperationKind = keyof typeof EVENTS;

/** The whole profile. The default share of a merchant shrinks where many lanes could not carry it. */
export function bankProfile(
  given: Partial<BankProfile> | undefined,
  laneCount: number,
): BankProfile {
  return {
    zipfExponent: 0.8,
    merchantCount: 1,
    merchantEventRatio: Math.min(MERCHANT_EVENT_RATIO, MERCHANT_LANE_RATIO_MAX / laneCount),
    insertRatio: 0.05,
    updateRatio: 0.9,
    deleteRatio: 0.05,
    reopenRatio: 0.4,
    transferRatio: 0.7,
    profileRatio: 0.25,
    salaryRatio: 0.05,
    salaryRunCount: 1,
    salaryAccountCountMin: 4,
    salaryAccountCountMax: 12,
    txnSizes: [{ operationCount: 1, txnRatio: 1 }],
    wideUserRatio: 0.01,
    wideAccountRatio: 0,
    wideBytes: 2048,
    payloadBytes: 16,
    entropyRatio: 1,
    ...given,
  };
}

/** Share of each kind among the operations: the only one that gives the declared shares of events. */
export function operationRatios(profile: BankProfile): Readonly<Record<OperationKind, number>> {
  const { insertRatio, deleteRatio, reopenRatio } = profile;
  const updating = {
    transfer: profile.transferRatio,
    profile: profile.profileRatio,
    salary: profile.salaryRatio,
  };
  const eventsPerUpdating =
    updating.transfer * EVENTS.transfer +
    updating.profile * EVENTS.profile +
    updating.salary * (EVENTS.salary + salaryAccountCountMean(profile));
  const perEvent = plainUpdateRatio(profile) / eventsPerUpdating;
  const counts = {
    transfer: updating.transfer * perEvent,
    profile: updating.profile * perEvent,
    salary: updating.salary * perEvent,
    open: insertRatio * (1 - reopenRatio),
    reopen: insertRatio * reopenRatio,
    close: deleteRatio,
  };
  const total = Object.values(counts).reduce((sum, count) => sum + count, 0);
  return {
    transfer: counts.transfer / total,
    profile: counts.profile / total,
    salary: counts.salary / total,
    open: counts.open / total,
    reopen: counts.reopen / total,
    close: counts.close / total,
  };
}

export function meanEventsPerTxn(profile: BankProfile): number {
  const operations = profile.txnSizes.reduce(
    (sum, size) => sum + size.operationCount * size.txnRatio,
    0,
  );
  return operations * eventsPerOperation(profile);
}

/** Share of one lane's transfers that pay one of the `merchants` kept in it; above 1 where that cannot be. */
export function merchantTransferRatio(
  profile: BankProfile,
  laneCount: number,
  merchants: number,
): number {
  const { transfer } = operationRatios(profile);
  if (merchants === 0) return 0;
  const laneRatio = profile.merchantEventRatio * laneCount * merchants;
  return (laneRatio * eventsPerOperation(profile)) / transfer;
}

/** Merchants are dealt out to the lanes in turn, so that each stays one row of one writer. */
export function merchantCountOf(profile: BankProfile, lane: number, laneCount: number): number {
  return Math.floor((profile.merchantCount + laneCount - 1 - lane) / laneCount);
}

function eventsPerOperation(profile: BankProfile): number {
  const ratios = operationRatios(profile);
  const kinds = Object.keys(EVENTS) as OperationKind[];
  return (
    kinds.reduce((sum, kind) => sum + ratios[kind] * EVENTS[kind], 0) +
    ratios.salary * salaryAccountCountMean(profile)
  );
}

function salaryAccountCountMean(profile: BankProfile): number {
  return (profile.salaryAccountCountMin + profile.salaryAccountCountMax) / 2;
}

/** Updates that belong to no opening (one beside each insert) and no closing (two beside each delete). */
function plainUpdateRatio({ insertRatio, updateRatio, deleteRatio }: BankProfile): number {
  return updateRatio - insertRatio - 2 * deleteRatio;
}

/** A customer has two accounts in the mean, and the generator keeps their number this close to what its mix makes of it. */
const ROWS_PER_USER = 3;
const ROW_COUNT_DRIFT = 0.05;

/** Users and accounts of all lanes that there may be at one moment, where as many accounts are closed as are opened. */
export function bankRowCountMax(bank: {
  readonly laneCount: number;
  readonly userCountPerLane: number;
}): number {
  const rows = bank.laneCount * bank.userCountPerLane * ROWS_PER_USER;
  return Math.ceil(rows * (1 + ROW_COUNT_DRIFT));
}

/** What is wrong with a profile, one sentence each. */
export function bankProfileProblems(profile: BankProfile, laneCount: number): readonly string[] {
  const problems = [...rangeProblems(profile), ...sumProblems(profile)];
  // What follows needs shares that are shares.
  if (problems.length > 0) return problems;
  if (plainUpdateRatio(profile) < 0) {
    return [
      "updateRatio must be at least insertRatio + 2 × deleteRatio: an opening updates the account that pays, a closing its heir and itself.",
    ];
  }
  const merchants = merchantCountOf(profile, 0, laneCount);
  const wanted = merchantTransferRatio(profile, laneCount, merchants);
  if (wanted <= MERCHANT_TRANSFER_RATIO_MAX) return [];
  const largest = (profile.merchantEventRatio * MERCHANT_TRANSFER_RATIO_MAX) / wanted;
  return [
    `merchantEventRatio is ${String(profile.merchantEventRatio)}: one of ${String(laneCount)} lanes can carry up to ${largest.toFixed(4)} with ${String(merchants)} merchant(s) in it.`,
  ];
}

function rangeProblems(profile: BankProfile): readonly string[] {
  const whole: readonly [keyof BankProfile, number, number][] = [
    ["merchantCount", 0, 64],
    ["salaryRunCount", 1, 1_000_000],
    ["salaryAccountCountMin", 1, 10_000],
    ["salaryAccountCountMax", profile.salaryAccountCountMin, 10_000],
    ["wideBytes", 0, 1_048_576],
    ["payloadBytes", 0, 65_536],
  ];
  const fractions: readonly [keyof BankProfile, number, number][] = [
    ["zipfExponent", 0.01, 3],
    ["merchantEventRatio", 0, 0.25],
    ["wideUserRatio", 0, 1],
    ["wideAccountRatio", 0, 1],
    ["entropyRatio", 0, 1],
    ["reopenRatio", 0, 1],
  ];
  const counts = profile.txnSizes.map((size) => size.operationCount);
  return [
    ...[...whole, ...fractions].flatMap(([field, least, most]) => {
      const value = Number(profile[field]);
      return value >= least && value <= most
        ? []
        : [`${field} is ${String(value)}: allowed are ${String(least)} to ${String(most)}.`];
    }),
    ...whole.flatMap(([field]) =>
      Number.isInteger(profile[field]) ? [] : [`${field} must be a whole number.`],
    ),
    ...(counts.every((count) => Number.isInteger(count) && count >= 1 && count <= 10_000)
      ? []
      : ["txnSizes: every operationCount must be a whole number from 1 to 10000."]),
  ];
}

function sumProblems(profile: BankProfile): readonly string[] {
  const sums: readonly [string, readonly number[]][] = [
    [
      "insertRatio, updateRatio and deleteRatio",
      [profile.insertRatio, profile.updateRatio, profile.deleteRatio],
    ],
    [
      "transferRatio, profileRatio and salaryRatio",
      [profile.transferRatio, profile.profileRatio, profile.salaryRatio],
    ],
    ["the txnRatio of all txnSizes", profile.txnSizes.map((size) => size.txnRatio)],
  ];
  return sums.flatMap(([fields, shares]) => {
    const sum = shares.reduce((total, share) => total + share, 0);
    const fits = shares.every((share) => share >= 0) && Math.abs(sum - 1) < SUM_TOLERANCE;
    return fits ? [] : [`${fields} must be at least 0 and add up to 1, not ${String(sum)}.`];
  });
}
