import { describe, expect, it } from "vitest";
import type { JournalEvent } from "../../../core/contracts/journal.ts";
import { tornFigures, tornWindows } from "../../../core/torn-windows.ts";
import { healthyEvents, journalOf } from "../../../slo/checks/synthetic.ts";

const STARTED = healthyEvents().slice(0, 1);

/** A look every 1000 ms that takes 200 ms, with the lanes that differed. */
function looks(...tornLanes: readonly (readonly number[])[]): readonly JournalEvent[] {
  const seen = tornLanes.map((lanes, index): JournalEvent => ({
    atMs: index * 1000 + 200,
    kind: "balances.seen",
    askedMs: index * 1000,
    seenMs: index * 1000 + 200,
    laneCount: 2,
    tornLanes: lanes,
    differenceMax: lanes.length === 0 ? "0" : String(100 * index),
  }));
  return [...STARTED, ...seen];
}

function windowsOf(...tornLanes: readonly (readonly number[])[]): ReturnType<typeof tornWindows> {
  return tornWindows(journalOf(looks(...tornLanes)).of("balances.seen"));
}

describe("tornWindows", () => {
  it("finds none where every sum was whole", () => {
    expect(windowsOf([], [], [])).toEqual([]);
  });

  it("bounds a single torn look by the whole ones beside it", () => {
    expect(windowsOf([], [1], [])).toEqual([
      { lane: 1, fromMs: 0, tornMsMin: 0, tornMsMax: 2200, isClosed: true },
    ]);
  });

  it("joins consecutive looks, and was surely torn between the first and the last of them", () => {
    expect(windowsOf([], [0], [0], [0], [])).toEqual([
      { lane: 0, fromMs: 0, tornMsMin: 1800, tornMsMax: 4200, isClosed: true },
    ]);
  });

  it("keeps lanes apart, and two windows of one lane", () => {
    const windows = windowsOf([], [0, 1], [1], [0], []);
    expect(windows.map(({ lane, tornMsMax }) => [lane, tornMsMax])).toEqual([
      [0, 2200],
      [1, 3200],
      [0, 2200],
    ]);
  });

  it("says of a window at either end of the looks that nobody saw all of it", () => {
    const windows = windowsOf([0], [], [0], [0]);
    expect(windows.map(({ isClosed, tornMsMax }) => [isClosed, tornMsMax])).toEqual([
      [false, 1200],
      [false, 2200],
    ]);
  });
});

describe("tornFigures", () => {
  it("is absent for a run that never looked", () => {
    expect(tornFigures(journalOf(STARTED))).toBeUndefined();
  });

  it("gives count, percentiles of the upper bounds, and the largest difference", () => {
    const events = looks([], [0], [], [1], [1], [1], [1], []);
    expect(tornFigures(journalOf(events))).toEqual({
      lookCount: 8,
      tornLookCount: 5,
      lookIntervalMsP50: 1000,
      windowCount: 2,
      openWindowCount: 0,
      tornWindowMsP50: 2200,
      tornWindowMsP95: 5200,
      tornWindowMsMax: 5200,
      tornWindowMsMin: 2800,
      differenceMax: "600",
    });
  });

  it("has no window, and no length, where no look was torn", () => {
    expect(tornFigures(journalOf(looks([], [])))).toMatchObject({
      tornLookCount: 0,
      windowCount: 0,
      tornWindowMsMax: 0,
    });
  });
});
