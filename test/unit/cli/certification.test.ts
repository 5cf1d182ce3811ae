/** What the release certification promises to prove, said by its plan before anything starts. */
import { describe, expect, it } from "vitest";
import { makePlan, planText } from "../../../cli/plan.ts";
import type { Plan } from "../../../core/contracts/plan.ts";
import { MACHINE_FEATURES, machineSupportFrom } from "../../../infra/drivers/machine/support.ts";
import { supportFrom } from "../../../infra/drivers/network-support.ts";
import { INJECTION_COUNT_MIN } from "../../../slo/maths/renewal-availability.ts";
import { SEED_TARGETS } from "../../../slo/objectives/seed-targets.ts";

const NETWORK = supportFrom(
  new Set(["drop", "half-open", "reset", "loss", "police", "classify", "htb", "tbf"]),
);
/** A machine that lets every file, processor and memory be disturbed, whatever this one lets. */
const MACHINE = machineSupportFrom(new Set(MACHINE_FEATURES), () => 2);

function planned(scenario: string, rate?: string): Plan {
  const options = { scenario, seed: "1", rate, subnet: "127.77.0" };
  return makePlan(options, "namespaces", NETWORK, MACHINE);
}

const whole = planned("certification");

describe("certification", () => {
  it("claims every target of the seed that a machine can be asked for, but the one that takes days", () => {
    const informational = new Set(
      whole.objectives.filter(({ sli }) => sli.kind === "informational").map(({ id }) => id),
    );
    const wanted = new Set(SEED_TARGETS.flatMap(({ objectives }): readonly string[] => objectives));
    const left = [...wanted].filter((id) => !informational.has(id) && !whole.claims.includes(id));
    expect(left.toSorted()).toEqual(["recovery.X", "uptime"]);
  });

  it("can prove all it claims, also when half of what is allowed is bad", () => {
    const claimed = whole.provable.filter((row) => row.claimed);
    expect(claimed.map(({ objectiveId }) => objectiveId).toSorted()).toEqual(
      whole.claims.toSorted(),
    );
    expect(claimed.filter((row) => !row.provable)).toEqual([]);
    const weak = claimed.filter(
      ({ sampleCountExpected, withBad }) =>
        withBad !== undefined && withBad.sampleCountNeeded > sampleCountExpected,
    );
    expect(weak).toEqual([]);
  });

  it("injects every kind often enough, and nothing beyond the design", () => {
    const kinds = Map.groupBy(whole.faults, ({ fault, service }) => `${fault}/${service}`);
    expect([...kinds.values()].filter((own) => own.length < INJECTION_COUNT_MIN)).toEqual([]);
    expect(new Set(whole.faults.map(({ faultClass }) => faultClass))).toEqual(new Set(["W", "B"]));
  });

  it("tells each kind of fault once, and how long it all takes", () => {
    const text = planText(whole);
    expect(text.match(/ 10 times$/gm)).toHaveLength(whole.faults.length / 10);
    expect(text).toMatch(/^length: about \d\.\d h /m);
  });

  it("proves less at a smaller rate, and says so", () => {
    const unproven = planned("certification", "1000").provable.filter(
      (row) => row.claimed && !row.provable,
    );
    expect(unproven.map(({ objectiveId }) => objectiveId)).toEqual(["rate.production"]);
  });
});

describe("certification-rehearsal", () => {
  it("has each of its faults once and the same loads, and claims nothing", () => {
    const small = planned("certification-rehearsal");
    const told = ({ faults }: Plan): readonly string[] =>
      faults.map(({ fault, instanceId, params }) => JSON.stringify([fault, instanceId, params]));
    expect(new Set(told(small))).toEqual(new Set(told(whole)));
    expect(told(small)).toHaveLength(whole.faults.length / 10);
    expect(small.queries.map(({ name }) => name)).toEqual(whole.queries.map(({ name }) => name));
    expect(small).toMatchObject({ claims: [], users: { count: 2 } });
  });
});
