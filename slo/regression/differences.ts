/**
 * What a run stood on, what was under test and what was done to it, field by field: two runs are compared only
 * where these are the same, or where somebody said that they may differ.
 */
import { createHash } from "node:crypto";
import {
  DIFFERENCE_GROUPS,
  type Difference,
  type DifferenceGroup,
} from "../../core/contracts/comparison.ts";
import type { CapacityScenario } from "../../core/contracts/capacity.ts";
import type { Environment, JournalReader } from "../../core/contracts/journal.ts";
import type { Plan } from "../../core/contracts/plan.ts";

export type Fields = Readonly<Record<string, string>>;
export type Fingerprint = Readonly<Record<DifferenceGroup, Fields>>;

export function fingerprintOf({ plan, environment }: JournalReader): Fingerprint {
  const { versions, configDigests } = environment;
  const { scenario, bank, queries, canary, durations, topology } = plan;
  const { dashboards, apiCalls, users, script, mixed } = plan;
  const further = { dashboards, apiCalls, users, script, mixed };
  // Budgets, objectives and claims say how a run is judged, not what happens in it; the seed is chance.
  const faults = plan.faults.map(
    ({ id, fault, instanceId, count, takesOver, params, holdMs, faultClass }) => ({
      ...{ id, fault, instanceId, count, takesOver, params, holdMs, faultClass },
    }),
  );
  return {
    testbed: testbedOf(environment, plan),
    config: flat({ environment: { versions, configDigests }, plan: { topology } }),
    plan: flat({ plan: { scenario, bank, queries, ...further, canary, faults, durations } }),
  };
}

/**
 * The same of a capacity search. The rates it may offer at most are not of the plan: they are the generator's limit as it was
 * calibrated last, and a search that ends there is no point of a history.
 */
export function searchFingerprint(
  environment: Environment,
  plan: Plan,
  scenario: Omit<CapacityScenario, "purpose" | "topology" | "effectRatioMin">,
): Fingerprint {
  const { versions, configDigests } = environment;
  const { name, targets, windowMs, settleMs } = scenario;
  // An absent value is no field.
  const search = { ...scenario.search, ratePerSMax: undefined };
  const bank = { ...plan.bank, rateEventsPerS: undefined };
  return {
    testbed: testbedOf(environment, plan),
    config: flat({ environment: { versions, configDigests }, plan: { topology: plan.topology } }),
    plan: flat({
      plan: { scenario: name, targets, windowMs, settleMs, search, bank, canary: plan.canary },
    }),
  };
}

function testbedOf(environment: Environment, { driver, isolation }: Plan): Fields {
  const { cpuModel, cpuCount, memoryBytes, kernel, osName } = environment;
  const { nodeVersion, lakeproofVersion } = environment;
  // The kernel gives a few pages more or less from boot to boot.
  const memoryGiB = (memoryBytes / 2 ** 30).toFixed(1);
  const machine = { cpuModel, cpuCount, memoryGiB, kernel, osName, nodeVersion, lakeproofVersion };
  return flat({ environment: machine, plan: { driver, isolation } });
}

/** Differences of each run from the first, in the order of the groups. */
export function differencesOf(
  runs: readonly { readonly runId: string; readonly fingerprint: Fingerprint }[],
): readonly Difference[] {
  const [first, ...others] = runs;
  if (first === undefined) return [];
  return DIFFERENCE_GROUPS.flatMap((group) =>
    others.flatMap(({ runId, fingerprint }) =>
      changedFields(first.fingerprint[group], fingerprint[group]).map((changed) => ({
        group,
        runId,
        baseRunId: first.runId,
        ...changed,
      })),
    ),
  );
}

const ABSENT = "absent";

export function changedFields(
  base: Fields,
  other: Fields,
): readonly Pick<Difference, "field" | "value" | "baseValue">[] {
  return [...new Set([...Object.keys(base), ...Object.keys(other)])]
    .sort()
    .filter((field) => base[field] !== other[field])
    .map((field) => ({
      field,
      value: other[field] ?? ABSENT,
      baseValue: base[field] ?? ABSENT,
    }));
}

/** Short SHA-256 of the fields, whatever their order. */
export function digestOf(fields: Fields): string {
  const sorted = Object.entries(fields).sort(([a], [b]) => (a < b ? -1 : 1));
  return createHash("sha256").update(JSON.stringify(sorted)).digest("hex").slice(0, 8);
}

/** Every leaf of a JSON value by its path: "plan.queries.0.ratePerS" → "20". */
function flat(value: unknown, path = ""): Fields {
  if (typeof value !== "object" || value === null) {
    return value === undefined ? {} : { [path]: textOf(value) };
  }
  const entries = Object.entries(value);
  // An empty list is a value too: it differs from one that is not there.
  if (entries.length === 0)
    return path === "" ? {} : { [path]: Array.isArray(value) ? "[]" : "{}" };
  return Object.assign(
    {},
    ...entries.map(([key, inner]) => flat(inner, path === "" ? key : `${path}.${key}`)),
  ) as Fields;
}

function textOf(value: unknown): string {
  return typeof value === "string" ? value : JSON.stringify(value);
}
