/**
 * Two faults at a time: every ordered pair that makes sense on a topology, and which of them a seed draws. Pure. The
 * order of all pairs is the same for every seed, so that seeds in a row draw them all and none twice.
 */
import type { Fault, FaultClass, FaultReach } from "./contracts/fault.ts";
import type { LeftOut, PairsPlan } from "./contracts/plan.ts";
import type { PairsWish, ScenarioFault } from "./contracts/scenario.ts";
import type { Services, ServiceSpec } from "./contracts/topology.ts";
import type { Capability, Json } from "./contracts/values.ts";
import { aimOf, takesAway, type AimPorts } from "./fault-aim.ts";
import { worstClass } from "./fault-overlap.ts";
import { reachOf } from "./fault-plan.ts";

const DEFAULTS = { firstHoldMs: 30_000, delayMs: 2000, secondHoldMs: 12_000 } as const;

/** The role that hurts most, where a kind of component has one: losing another instance is less news. */
const TELLING_ROLES = ["leader", "controller", "task", "master"];

export interface PairPorts extends AimPorts {
  readonly faults: Readonly<Record<string, Fault>>;
  readonly capabilities: ReadonlySet<Capability>;
  readonly rolesOf: (component: string) => readonly string[];
  /** True where faults of class X are wanted too. */
  readonly beyondDesign: boolean;
}

/** One fault on one instance of a service. */
export interface Single {
  readonly fault: Fault;
  readonly service: string;
  readonly reach: FaultReach;
}

export interface FaultPair {
  readonly first: Single;
  readonly second: Single;
  /** Of the union of what both take away. */
  readonly faultClass: FaultClass;
}

export interface PairCatalogue {
  /** Neighbours are about other services: any stretch of them goes through the topology. */
  readonly pairs: readonly FaultPair[];
  /** How many two services, or one with itself, there are pairs of: the first so many pairs have one of each. */
  readonly meetingCount: number;
  readonly leftOut: readonly LeftOut[];
}

/** Counts what is left out by its reason, with the first of each as an example. */
class Omissions {
  readonly #byReason = new Map<string, LeftOut>();

  add(what: LeftOut["what"], reason: string, example: string): void {
    const key = `${what} ${reason}`;
    const before = this.#byReason.get(key);
    const count = (before?.count ?? 0) + 1;
    this.#byReason.set(key, { what, reason, example: before?.example ?? example, count });
  }

  all(): readonly LeftOut[] {
    return [...this.#byReason.values()];
  }
}

export function pairCatalogue(services: Services, ports: PairPorts): PairCatalogue {
  const omissions = new Omissions();
  const singles = singlesOf(services, ports, omissions);
  const buckets = new Map<string, FaultPair[]>();
  for (const first of singles) {
    for (const second of singles) {
      const reason = problemOf(first, second, services);
      const faultClass = classOf(first, second, services, ports);
      if (reason !== undefined) {
        omissions.add("pair", reason, textOf(first, second));
      } else if (faultClass === "X" && !ports.beyondDesign) {
        omissions.add("pair", pastText(second.service, services, ports), textOf(first, second));
      } else {
        const key = [first.service, second.service].sort().join(" ");
        const bucket = buckets.get(key) ?? [];
        bucket.push({ first, second, faultClass });
        buckets.set(key, bucket);
      }
    }
  }
  return {
    pairs: dealt([...buckets].sort(byText)),
    meetingCount: buckets.size,
    leftOut: omissions.all(),
  };
}

function singlesOf(services: Services, ports: PairPorts, omissions: Omissions): readonly Single[] {
  return Object.entries(services).flatMap(([service, spec]) =>
    Object.values(ports.faults).flatMap((fault) => {
      if (fault.name === "none") return [];
      const reach = singleReach(fault, service, 1, services, ports);
      const reason = singleProblem(fault, spec, reach, ports);
      if (reason === undefined) return [{ fault, service, reach }];
      omissions.add("fault", reason, `${fault.name} on ${service}`);
      return [];
    }),
  );
}

/** Why a fault can be in no pair; undefined where it can. */
function singleProblem(
  fault: Fault,
  spec: ServiceSpec,
  reach: FaultReach,
  { capabilities, beyondDesign }: PairPorts,
): string | undefined {
  // Set up through another service's instances: nothing of it runs that could be hit.
  if (spec.memoryMiB === 0) return "the service has no process of its own";
  if (spec.zone === "ops" && spec.component !== "lake-maintenance") {
    return "the service only watches (zone ops)";
  }
  if (fault.hits !== undefined) return "it hits several services by itself";
  if (reach.problem !== undefined)
    return "the fault is about another kind of service, or about more than one instance";
  const missing = fault.needs.filter((need) => !capabilities.has(need));
  if (missing.length > 0) return `needs ${missing.join(", ")}, which cannot be done here`;
  if (reach.faultClass !== "X" || beyondDesign) return undefined;
  return "beyond the design by itself (class X); --beyond-design takes it";
}

/** Why two faults cannot be had together; undefined where they can. */
function problemOf(first: Single, second: Single, services: Services): string | undefined {
  if (first.fault.isOverAtOnce === true) {
    return "the first is over as soon as it is injected: nothing can begin while it lasts";
  }
  if (first.service !== second.service || (services[first.service]?.replicaCount ?? 0) > 1) {
    return undefined;
  }
  return first.fault.stopsTarget
    ? "the first has stopped the only instance there is"
    : "both are about the same instance, and the end of one would undo the other";
}

function classOf(first: Single, second: Single, services: Services, ports: PairPorts): FaultClass {
  const classWith = ({ fault, service }: Single, other: Single): FaultClass => {
    const otherIsLost = isLost(other, services, ports);
    const count = other.service === service && otherIsLost ? 2 : 1;
    // Who would go on without it has to be whole.
    const goOnWithout: AimPorts["goOnWithout"] = (spec, all) => {
      const names = ports.goOnWithout?.(spec, all) ?? [];
      return otherIsLost && names.includes(other.service) ? [] : names;
    };
    return singleReach(fault, service, count, services, { ...ports, goOnWithout }).faultClass;
  };
  return worstClass([classWith(first, second), classWith(second, first)]);
}

function pastText(service: string, services: Services, { toleranceOf }: PairPorts): string {
  const spec = services[service];
  const tolerated = spec === undefined ? 0 : toleranceOf(spec);
  const all = String(spec?.replicaCount ?? 0);
  return `both together hit 2 of ${all} ${service}, which bears ${String(tolerated)} (class X); --beyond-design takes it`;
}

/** Whether its instance is as good as gone for those who count how many are left. */
function isLost({ fault, service }: Single, services: Services, ports: PairPorts): boolean {
  return takesAway(fault, aimOf(service, fault.params.parse({}) as Json, 1, services, ports));
}

function singleReach(
  fault: Fault,
  service: string,
  count: number,
  services: Services,
  ports: PairPorts,
): FaultReach {
  return reachOf(fault, aimOf(service, fault.params.parse({}) as Json, count, services, ports));
}

function textOf(first: Single, second: Single): string {
  return `${first.fault.name} on ${first.service}, then ${second.fault.name} on ${second.service}`;
}

const byText = ([one]: readonly [string, unknown], [other]: readonly [string, unknown]): number =>
  one < other ? -1 : 1;

/** One of each two services in turn, as cards are dealt, so that any stretch goes through the whole topology. */
function dealt(
  buckets: readonly (readonly [string, readonly FaultPair[]])[],
): readonly FaultPair[] {
  const ordered = buckets.map(([, pairs]) => scattered(pairs));
  const roundCount = ordered.reduce((most, { length }) => Math.max(most, length), 0);
  return Array.from({ length: roundCount }, (_, round) =>
    scattered(ordered.flatMap((pairs) => pairs[round] ?? [])),
  ).flat();
}

/** In an order that has nothing to do with the tables' own, and is the same every time. */
function scattered(pairs: readonly FaultPair[]): readonly FaultPair[] {
  return pairs
    .map((pair) => ({ pair, key: hashOf(textOf(pair.first, pair.second)) }))
    .sort((one, other) => one.key - other.key)
    .map(({ pair }) => pair);
}

const FNV_OFFSET = 2_166_136_261;
const FNV_PRIME = 16_777_619;
const FINAL_PRIME = 2_246_822_519;

/** FNV-1a with a last mix, 32 bits: texts that differ at their ends only would else stay neighbours. */
function hashOf(text: string): number {
  let hash = FNV_OFFSET;
  for (const char of text) hash = Math.imul(hash ^ (char.codePointAt(0) ?? 0), FNV_PRIME);
  hash = Math.imul(hash ^ (hash >>> 15), FINAL_PRIME);
  return (hash ^ (hash >>> 13)) >>> 0;
}

export interface DrawnPairs {
  readonly faults: readonly ScenarioFault<Services>[];
  readonly pairs: PairsPlan;
}

/** `wish.count` from 1 to as many pairs as there are; the draw of a seed is its remainder by the number of draws. */
export function drawPairs(
  { pairs, meetingCount, leftOut }: PairCatalogue,
  seed: bigint,
  wish: PairsWish,
  { services, ports }: { readonly services: Services; readonly ports: PairPorts },
): DrawnPairs {
  const pairCount = pairs.length;
  const drawCount = Math.ceil(pairCount / wish.count);
  const from = Number(seed % BigInt(drawCount)) * wish.count;
  // The last draw is filled up from the beginning.
  const drawn = Array.from(
    { length: wish.count },
    (_, at) => pairs[(from + at) % pairCount],
  ).filter((pair) => pair !== undefined);
  return {
    faults: drawn.flatMap((pair) => entriesOf(pair, wish, services, ports)),
    pairs: {
      ...{ drawnCount: wish.count, pairCount, drawCount, leftOut },
      meetingDrawCount: Math.ceil(meetingCount / wish.count),
    },
  };
}

function entriesOf(
  { first, second }: FaultPair,
  wish: PairsWish,
  services: Services,
  { rolesOf }: PairPorts,
): readonly ScenarioFault<Services>[] {
  const { firstHoldMs, delayMs, secondHoldMs } = { ...DEFAULTS, ...wish };
  const isSame = first.service === second.service;
  // Whoever has the role after the first fault may be the instance that it hit.
  const targetOf = ({ service }: Single, ordinal: number): { readonly target?: string } => {
    if (isSame) return { target: `${service}-${String(ordinal)}` };
    const roles = rolesOf(services[service]?.component ?? "");
    const target = TELLING_ROLES.find((role) => roles.includes(role));
    return target === undefined ? {} : { target };
  };
  return [
    {
      ...{ fault: first.fault.name, service: first.service, holdMs: firstHoldMs },
      ...targetOf(first, 0),
    },
    {
      ...{ fault: second.fault.name, service: second.service, holdMs: secondHoldMs },
      ...targetOf(second, 1),
      after: { event: "fault-active", delayMs },
    },
  ];
}
