/** When a fault that waits for another one to be in force is injected, and when it is not. */
import { expect, it } from "vitest";
import { activeOf, begin, isInForceAfter, type Injected } from "../../../../cli/run/under-way.ts";
import type { FaultEntry } from "../../../../core/contracts/fault.ts";
import { planned } from "../../../fixtures/planned-fault.ts";

interface Played {
  readonly injected: Injected;
  readonly activate: () => void;
  readonly heal: () => void;
  readonly end: () => void;
  readonly fail: (error: Error) => void;
}

/** A fault whose life is told by hand. */
function played(id = "f1"): Played {
  const { promise, resolve, reject } = Promise.withResolvers<undefined>();
  const told: { onActive?: () => void; onHealing?: () => void } = {};
  const injected = begin(id, (ports) => {
    Object.assign(told, ports);
    return promise;
  });
  return {
    injected,
    activate: () => told.onActive?.(),
    heal: () => told.onHealing?.(),
    end: () => {
      resolve(undefined);
    },
    fail: reject,
  };
}

const noDelay = (): Promise<void> => Promise.resolve();
const never = (): Promise<void> => new Promise(() => undefined);

/** What it says by now; undefined while it waits. */
async function saysNow(answer: Promise<boolean>): Promise<boolean | undefined> {
  const later = new Promise<undefined>((resolve) => {
    setImmediate(() => {
      resolve(undefined);
    });
  });
  return Promise.race([answer, later]);
}

it("waits until the other is in force", async () => {
  const { injected, activate } = played();
  const answer = isInForceAfter(injected, noDelay);
  expect(await saysNow(answer)).toBeUndefined();
  activate();
  expect(await answer).toBe(true);
});

it("is told at once where it is in force already", async () => {
  const { injected, activate } = played();
  activate();
  expect(await isInForceAfter(injected, noDelay)).toBe(true);
});

it("gives up where the other is being undone already, or fails before it bites", async () => {
  const healing = played();
  healing.activate();
  healing.heal();
  expect(await isInForceAfter(healing.injected, noDelay)).toBe(false);
  const failing = played();
  const answer = isInForceAfter(failing.injected, noDelay);
  failing.fail(new Error("it did not bite"));
  expect(await answer).toBe(false);
  await expect(failing.injected.done).rejects.toThrow("it did not bite");
});

it("gives up where the other ends within the delay", async () => {
  const { injected, activate, heal } = played();
  activate();
  const answer = isInForceAfter(injected, never);
  expect(await saysNow(answer)).toBeUndefined();
  heal();
  expect(await answer).toBe(false);
});

it("gives up where the other ends without a word", async () => {
  const { injected, end } = played();
  end();
  expect(await isInForceAfter(injected, noDelay)).toBe(false);
});

it("is about the fault that is named, and never about another that happens to be under way", async () => {
  const entry = planned({ fault: "process-kill", service: "kafka", holdMs: 5000 });
  const after = { event: "fault-active" } as const;
  const faults: readonly FaultEntry[] = [
    entry,
    { ...entry, id: "f2", after },
    { ...entry, id: "f3", after },
    { ...entry, id: "f4", after: { ...after, fault: "f1" } },
  ];
  const [, second, third, fourth] = faults as [FaultEntry, FaultEntry, FaultEntry, FaultEntry];
  const one = played("f1").injected;
  expect(activeOf(second, faults, [one])).toBe(one);
  expect(activeOf(fourth, faults, [one])).toBe(one);
  // f2 was not injected, and f3 waits for it.
  expect(activeOf(third, faults, [one])).toBeUndefined();
  expect(await isInForceAfter(activeOf(third, faults, [one]), noDelay)).toBe(false);
});
