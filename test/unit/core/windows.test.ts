/** Operations are counted in the second of their intended start, with their whole wait. */
import { expect, it } from "vitest";
import type { JournalBody } from "../../../core/contracts/journal.ts";
import { recordedValues } from "../../../core/histogram.ts";
import { openWindows } from "../../../core/windows.ts";

it("journals whole seconds once and keeps the open one", () => {
  const windows = openWindows("queries", "simple", 100);
  const bodies: JournalBody[] = [];
  const append = (body: JournalBody): void => void bodies.push(body);
  windows.offered(100);
  windows.settled(100, "ok", 99, 0);
  windows.offered(900);
  windows.settled(900, "fail", 2500, 0);
  windows.dropped(1100, 3);
  windows.flush(1999, append);
  expect(bodies).toMatchObject([
    { kind: "load.window", fromMs: 0, offered: 2, ok: 1, failed: 1, unknown: 0, dropped: 0 },
    { kind: "latency.window", class: "simple", count: 2, overTarget: 1 },
  ]);
  const latency = bodies[1];
  if (latency?.kind !== "latency.window") throw new Error("no histogram");
  expect((recordedValues(latency.histogramUs).at(-1)?.valueMs ?? 0) / 2_500).toBeCloseTo(1, 2);
  bodies.length = 0;
  windows.flush(Infinity, append);
  windows.flush(Infinity, append);
  expect(bodies).toMatchObject([{ kind: "load.window", fromMs: 1000, offered: 3, dropped: 3 }]);
});
