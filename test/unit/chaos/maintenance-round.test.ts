/** A round of the lake's maintenance as a fault: where it makes sense, and what proves that it began. */
import { describe, expect, it } from "vitest";
import { FAULTS } from "../../../chaos/index.ts";
import type { Fault, FaultContext, LakeMaintenance } from "../../../core/contracts/fault.ts";
import { reachOf } from "../../../core/fault-plan.ts";
import { toleranceOf } from "../../../infra/tolerance.ts";
import { mini } from "../../../infra/topologies/index.ts";

const fault: Fault = FAULTS["maintenance-round"];

const reach = (service: string): ReturnType<typeof reachOf> =>
  reachOf(fault, {
    ...{ params: fault.params.parse({}), service, count: 1, services: mini.services, toleranceOf },
  });

it("is everyday work where there is a maintenance, and refused elsewhere", () => {
  expect(reach("lake-maintenance")).toEqual({
    ...{ faultClass: "W", takesOver: false, services: ["lake-maintenance"] },
  });
  expect(reach("trino").problem).toBe("trino does not maintain the lake");
});

describe("its evidence", () => {
  /** A maintenance by what it says each time it is asked; the last is said again. */
  const contextOf = (
    ...answers: readonly Awaited<ReturnType<LakeMaintenance["progress"]>>[]
  ): FaultContext<unknown> => {
    let asked = 0;
    const openMaintenance = (): LakeMaintenance => ({
      begin: () => Promise.resolve(),
      progress: () => {
        const answer = answers[Math.min(asked, answers.length - 1)];
        asked += 1;
        return answer === undefined
          ? Promise.reject(new Error("no answer"))
          : Promise.resolve(answer);
      },
    });
    const params = fault.params.parse({ startMsMax: 1000 });
    const known: Partial<FaultContext<unknown>> = {
      ...{ params, openMaintenance, signal: new AbortController().signal },
    };
    return known as FaultContext<unknown>;
  };
  const idle = { isWorking: false, endedCount: 7 };

  it("is a statement that is under way, or that ended meanwhile", async () => {
    const working = contextOf(idle, { isWorking: true, endedCount: 7 });
    await fault.inject(working);
    expect(await fault.evidence(working)).toMatch(/^a compaction or an expiry was under way /);
    const ended = contextOf(idle, { isWorking: false, endedCount: 9 });
    await fault.inject(ended);
    expect(await fault.evidence(ended)).toMatch(/^2 compactions or expiries had ended /);
    expect(await fault.evidenceAfter?.(ended)).toBe("2 compactions or expiries have ended since");
  });

  it("is missing where no statement began", async () => {
    const context = contextOf(idle);
    await fault.inject(context);
    expect(await fault.evidence(context)).toBeUndefined();
  });

  it("cannot be had where nobody maintains the lake", async () => {
    const { params, signal } = contextOf(idle);
    const known: Partial<FaultContext<unknown>> = { params, signal };
    const context = known as FaultContext<unknown>;
    await expect(Promise.resolve().then(() => fault.inject(context))).rejects.toThrow(
      "There is nobody who maintains the lake.",
    );
  });
});
