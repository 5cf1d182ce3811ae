/** Who may start when. */
import { expect, it } from "vitest";
import { StartGate } from "../../../infra/start-gate.ts";

const never = new AbortController().signal;

it("admits by weight, and earlier services first", async () => {
  const gate = new StartGate(2);
  const entered: string[] = [];
  const enter = async (name: string, weight: number, rank: number): Promise<Disposable> => {
    const pass = await gate.enter(weight, rank, never);
    entered.push(name);
    return pass;
  };
  const first = await enter("a", 1, 5);
  const second = await enter("b", 1, 5);
  const late = enter("late", 1, 9);
  const early = enter("early", 1, 1);
  await enter("free", 0, 9);
  expect(entered).toEqual(["a", "b", "free"]);
  first[Symbol.dispose]();
  await early;
  expect(entered).toEqual(["a", "b", "free", "early"]);
  second[Symbol.dispose]();
  await late;
  expect(entered.at(-1)).toBe("late");
});

it("lets what is heavier than the whole gate in when it is empty", async () => {
  const gate = new StartGate(1);
  using _pass = await gate.enter(5, 0, never);
  const stop = new AbortController();
  const waiting = gate.enter(1, 0, stop.signal);
  stop.abort(new DOMException("stopped", "AbortError"));
  await expect(waiting).rejects.toThrow("stopped");
});
