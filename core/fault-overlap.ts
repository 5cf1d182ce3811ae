/**
 * Faults that are in force at the same time (`after: fault-active`): who begins while whom lasts, what they take away
 * together, and what that adds to their budgets.
 */
import type { Fault, FaultClass, FaultEntry, FaultTrigger } from "./contracts/fault.ts";
import type { Scenario } from "./contracts/scenario.ts";
import { LEASE_MS_MAX, leaseMsOf } from "./lease.ts";

type Faults = Scenario["faults"];

/** Gravest last. */
const CLASSES: readonly FaultClass[] = ["W", "B", "X"];

export function worstClass(classes: readonly FaultClass[]): FaultClass {
  return classes.reduce(
    (worst, one) => (CLASSES.indexOf(one) > CLASSES.indexOf(worst) ? one : worst),
    "W",
  );
}

/** True where it begins before those that are under way have recovered. */
export function joinsOthers(after: FaultTrigger | undefined): boolean {
  return after?.event === "recovery-started" || after?.event === "fault-active";
}

/**
 * Index of the fault that has to be in force when this one begins. Undefined where there is none: it waits for
 * something else, or names nothing that stands before it.
 */
export function activeIndexOf(
  faults: readonly Pick<Faults[number], "after">[],
  index: number,
): number | undefined {
  const after = faults[index]?.after;
  if (after?.event !== "fault-active") return undefined;
  const [, place] = /^f([1-9]\d{0,5})$/.exec(after.fault ?? `f${String(index)}`) ?? [];
  const found = Number(place) - 1;
  return found >= 0 && found < index ? found : undefined;
}

/** Indices of all that are in force together with this one, itself among them, in the order of the list. */
export function togetherWith(
  faults: readonly Pick<Faults[number], "after">[],
  index: number,
): readonly number[] {
  const first = (at: number): number => {
    const before = activeIndexOf(faults, at);
    return before === undefined ? at : first(before);
  };
  const root = first(index);
  return faults.flatMap((_, at) => (first(at) === root ? [at] : []));
}

/** Indices of those that last at the same time, or are on their way back: not itself. */
export function inForceWith(
  faults: readonly Pick<Faults[number], "after">[],
  index: number,
): readonly number[] {
  const breaksInto = (at: number): boolean => faults[at]?.after?.event === "recovery-started";
  return [
    ...togetherWith(faults, index).filter((at) => at !== index),
    ...(breaksInto(index) ? [index - 1] : []),
    ...(breaksInto(index + 1) ? [index + 1] : []),
  ];
}

/** One fault's aim: instances by id where they are known, else how many. */
interface Aim {
  readonly ids: readonly string[];
  readonly unknownCount: number;
}

function instancesOf({ service, target }: Faults[number], count: number): Aim {
  if (target?.startsWith(`${service}-`) === true) return { ids: [target], unknownCount: 0 };
  if (target !== undefined) return { ids: [], unknownCount: count };
  const ids = Array.from({ length: count }, (_, at) => `${service}-${String(at)}`);
  return { ids, unknownCount: 0 };
}

/**
 * Instances of its service that are hit at once by all that are in force with it, itself among them. A role may be any
 * instance, so that it counts as one more; what takes nothing away counts for nobody but itself.
 */
export function hitTogetherCount(
  faults: Faults,
  index: number,
  facts: {
    /** Of a fault by its index: how many instances it is aimed at. */
    readonly countAt: (index: number) => number;
    readonly takesAwayAt: (index: number) => boolean;
  },
): number {
  const service = faults[index]?.service;
  const aims = togetherWith(faults, index).flatMap((at) => {
    const entry = faults[at];
    if (entry === undefined || entry.service !== service) return [];
    return at === index || facts.takesAwayAt(at) ? [instancesOf(entry, facts.countAt(at))] : [];
  });
  const known = new Set(aims.flatMap(({ ids }) => ids));
  return known.size + aims.reduce((sum, { unknownCount }) => sum + unknownCount, 0);
}

export function activeProblems(
  faults: Faults,
  index: number,
  where: string,
  facts: {
    readonly countAt: (index: number) => number;
    readonly faultAt: (index: number) => Pick<Fault, "stopsTarget" | "isOverAtOnce"> | undefined;
  },
): readonly string[] {
  const entry = faults[index];
  const { after } = entry ?? {};
  if (entry === undefined || after === undefined) return [];
  if (after.event !== "fault-active") {
    if (after.fault === undefined) return [];
    return [`${where}.after.fault is ${JSON.stringify(after.fault)}: only fault-active has it.`];
  }
  if (index === 0) return [`${where}.after.event is fault-active: there is no fault before it.`];
  const at = activeIndexOf(faults, index);
  const first = at === undefined ? undefined : faults[at];
  if (at === undefined || first === undefined) {
    const range = index === 1 ? "f1" : `f1 to f${String(index)}`;
    return [`${where}.after.fault is ${JSON.stringify(after.fault)}: allowed are ${range}.`];
  }
  const name = `f${String(at + 1)}`;
  const between = faults.slice(at + 1, index).findIndex((one) => !joinsOthers(one.after));
  const problems: string[] = [];
  if (between >= 0) {
    const waiting = `f${String(at + 2 + between)}`;
    problems.push(
      `${where}.after.fault is ${name}: it is over by then, because ${waiting} waits until all before it has recovered.`,
    );
  }
  if (facts.faultAt(at)?.isOverAtOnce === true) {
    problems.push(`${where}.after: ${first.fault} (${name}) is over as soon as it is injected.`);
  }
  if ((after.delayMs ?? 0) >= first.holdMs) {
    problems.push(
      `${where}.after.delayMs is ${String(after.delayMs ?? 0)}: ${name} lasts ${String(first.holdMs)} ms, less is allowed.`,
    );
  }
  const gone =
    first.service === entry.service && facts.faultAt(at)?.stopsTarget === true
      ? instancesOf(first, facts.countAt(at)).ids
      : [];
  const both = instancesOf(entry, facts.countAt(index)).ids.filter((id) => gone.includes(id));
  if (both.length > 0) {
    problems.push(
      `${where} hits ${both.join(", ")}, which ${name} (${first.fault}) has stopped: give it another target.`,
    );
  }
  return problems;
}

/**
 * What lasts at the same time is judged as one loss: each has the class of all of them together, and a recovery may
 * take as long as the others last and are recovered from.
 */
export function withOverlaps(
  entries: readonly (FaultEntry | undefined)[],
  faults: Faults,
): readonly (FaultEntry | undefined)[] {
  return entries.map((entry, index) => {
    const others = togetherWith(faults, index)
      .filter((at) => at !== index)
      .flatMap((at) => entries[at] ?? []);
    if (entry === undefined || others.length === 0) return entry;
    const moreMs = others.map(
      ({ after, holdMs, recoveryBudgetMs }) => (after?.delayMs ?? 0) + holdMs + recoveryBudgetMs,
    );
    const recoveryBudgetMs = moreMs.reduce((sum, ms) => sum + ms, entry.recoveryBudgetMs);
    const terms = others.map(
      ({ id }, at) => ` + ${id} at the same time ${String((moreMs[at] ?? 0) / 1000)} s`,
    );
    const longer: FaultEntry = {
      ...entry,
      faultClass: worstClass([entry, ...others].map(({ faultClass }) => faultClass)),
      recoveryBudgetMs,
      recoveryBudgetFormula: `${entry.recoveryBudgetFormula}${terms.join("")}`,
    };
    if (entry.leaseMs === undefined) return longer;
    // What others have not taken over by the time the kernel ends it is beyond any budget.
    return { ...longer, leaseMs: Math.min(LEASE_MS_MAX, leaseMsOf(longer)) };
  });
}
