/** When those who wait for a fault are told: once it bites, and once its way back begins. */
import { expect, it } from "vitest";
import { inject, type InjectionPorts } from "../../../chaos/index.ts";
import type { Fault, FaultContext, FaultEntry } from "../../../core/contracts/fault.ts";
import { planned } from "../../fixtures/planned-fault.ts";

/** What happened, in order: states as they were journalled, and who was told. */
async function told(changes: Partial<Fault>, takesOver = false): Promise<readonly string[]> {
  const events: string[] = [];
  const say =
    (event: string): (() => void) =>
    () => {
      events.push(event);
    };
  const entry: FaultEntry = {
    ...planned({ fault: "process-pause", service: "kafka", holdMs: 5000 }),
    takesOver,
  };
  const fault: Fault = {
    ...{ name: "own", purpose: "of a test", params: { parse: (value) => value }, paramsHelp: {} },
    ...{ needs: [], stopsTarget: true, undo: () => ({ kind: "nothing" }) },
    ...{ inject: () => Promise.resolve(), evidence: () => Promise.resolve("it bit") },
    recover: () => Promise.resolve(),
    ...changes,
  };
  const known: Partial<FaultContext<unknown>> = {
    ...{ id: "f1", instanceIds: ["kafka-0"], signal: new AbortController().signal },
  };
  const ports: InjectionPorts = {
    journal: {
      append: (event) => {
        if (event.kind === "fault.changed") events.push(event.state);
      },
      nowMs: () => 0,
    } as InjectionPorts["journal"],
    undoLog: {
      intend: () => undefined,
      undone: () => undefined,
    } as unknown as InjectionPorts["undoLog"],
    sleep: () => Promise.resolve().then(say("held")),
    onActive: say("told: active"),
    onHealing: say("told: healing"),
    delivered: () => Promise.resolve(1),
    deliveredEverywhere: () => Promise.resolve(1).finally(say("taken over")),
  };
  await inject(entry, fault, known as FaultContext<unknown>, ports);
  return events;
}

it("tells that it is in force after its evidence, and before anybody takes over", async () => {
  const begun = ["undo-written", "injecting", "active", "told: active"];
  const ended = ["held", "healing", "told: healing", "healed", "recovered"];
  expect(await told({})).toEqual([...begun, ...ended]);
  expect(await told({}, true)).toEqual([...begun, "taken over", ...ended]);
});

it("never tells so of a fault that could not be injected", async () => {
  const inject = (): Promise<void> => Promise.reject(new Error("no such process"));
  const evidence = (): Promise<string> => Promise.reject(new Error("nobody answers"));
  const undone = ["healing", "told: healing", "healed", "failed"];
  expect(await told({ inject })).toEqual(["undo-written", "injecting", ...undone]);
  expect(await told({ evidence })).toEqual(["undo-written", "injecting", ...undone]);
});
