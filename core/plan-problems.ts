/** What a scenario says outside of its faults that no run can do, each as one line with the allowed values. */
import { arrivalProblems } from "./arrival-shape.ts";
import { bankProfile, bankProfileProblems, USER_COUNT_MAX } from "./bank-profile.ts";
import type { Fault } from "./contracts/fault.ts";
import type { BankPlan, FaultRate } from "./contracts/plan.ts";
import type { Scenario } from "./contracts/scenario.ts";
import type { Objective } from "./contracts/slo.ts";

/** What names are known. */
interface Known {
  readonly faults: Readonly<Record<string, Fault>>;
  readonly objectives: readonly Objective[];
  readonly nearest: (word: string, known: readonly string[]) => string;
}

/** Often enough that each class is checked in a run of minutes, seldom enough that the class stays what it is. */
export const DIGEST_EVERY = 4;
/** Pause between two looks at the lake where a scenario does not say it. */
export const READ_INTERVAL_MS = 1000;

export function readIntervalMsOf({ readIntervalMs }: Scenario): number {
  return readIntervalMs ?? READ_INTERVAL_MS;
}

export function numberProblems(scenario: Scenario): readonly string[] {
  const limits: readonly [string, number, number, number][] = [
    ["bank.laneCount", scenario.bank.laneCount, 1, 64],
    ["bank.userCountPerLane", scenario.bank.userCountPerLane, 4, 10_000_000],
    ["bank.rateEventsPerS", scenario.bank.rateEventsPerS, 1, 1_000_000],
    ["bank.bucketMs", scenario.bank.bucketMs, 1000, 60_000],
    ["canaryRatePerS", scenario.canaryRatePerS, 0.1, 100],
    ["readIntervalMs", readIntervalMsOf(scenario), 100, 60_000],
    ["warmupMs", scenario.warmupMs, 0, 3_600_000],
    ["controlMs", scenario.controlMs, 1000, 86_400_000],
    ["quietMs", scenario.quietMs, 0, 3_600_000],
    ["drainMsMax", scenario.drainMsMax, 1000, 3_600_000],
    ...scenario.queries.map((query): [string, number, number, number] => [
      `queries.${query.name}.ratePerS`,
      query.ratePerS,
      0.01,
      10_000,
    ]),
    ...scenario.queries.map((query): [string, number, number, number] => [
      `queries.${query.name}.digestEvery`,
      query.digestEvery ?? DIGEST_EVERY,
      0,
      1_000_000,
    ]),
  ];
  return limits
    .filter(([, value, least, most]) => !(value >= least && value <= most))
    .map(
      ([field, value, least, most]) =>
        `${field} is ${String(value)}: allowed are ${String(least)} to ${String(most)}.`,
    );
}

/** Of the bank's load and of each class of queries. */
export function shapeProblems({ bank, queries }: Scenario): readonly string[] {
  return [
    ...arrivalProblems(bank.arrivals, "bank.arrivals"),
    ...queries.flatMap(({ name, arrivals = "uniform" }) =>
      arrivalProblems(arrivals, `queries.${name}.arrivals`),
    ),
  ];
}

export function bankProblems(bank: BankPlan): readonly string[] {
  const userCount = bank.laneCount * bank.userCountPerLane;
  const profile = bankProfile(bank.profile, bank.laneCount);
  return [
    ...(userCount <= USER_COUNT_MAX
      ? []
      : [`bank has ${String(userCount)} users: allowed are up to ${String(USER_COUNT_MAX)}.`]),
    ...bankProfileProblems(profile, bank.laneCount).map((problem) => `bank.profile: ${problem}`),
  ];
}

const COUNT_PER_MONTH_MAX = 1_000_000;

/** A kind that is not injected is allowed: its term then has no bound, and nothing is proven without it. */
export function rateProblems(
  rates: readonly FaultRate[],
  scenario: Scenario,
  ports: Known,
): readonly string[] {
  return rates.flatMap(({ fault, service, countPerMonth }) => {
    const where = `faultRates ${fault}/${service}`;
    const names = [
      ["fault", fault, Object.keys(ports.faults)],
      ["service", service, Object.keys(scenario.topology.services)],
    ] as const;
    return [
      ...names
        .filter(([, name, known]) => !known.includes(name))
        .map(
          ([field, name, known]) =>
            `${where}: ${field} is ${JSON.stringify(name)}: did you mean ${ports.nearest(name, known)}? Known: ${known.join(", ")}.`,
        ),
      ...(countPerMonth >= 0 && countPerMonth <= COUNT_PER_MONTH_MAX
        ? []
        : [
            `${where}: countPerMonth is ${String(countPerMonth)}: allowed are 0 to ${String(COUNT_PER_MONTH_MAX)}.`,
          ]),
    ];
  });
}

export function claimProblems(scenario: Scenario, ports: Known): readonly string[] {
  const known = ports.objectives
    .filter(({ sli }) => sli.kind !== "informational")
    .map((objective) => objective.id);
  return scenario.claims
    .filter((claim) => !known.includes(claim))
    .map(
      (claim) =>
        `claims names ${JSON.stringify(claim)}: did you mean ${ports.nearest(claim, known)}? Known: ${known.join(", ")}.`,
    );
}
