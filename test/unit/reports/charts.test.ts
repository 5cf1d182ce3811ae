import { describe, expect, test } from "vitest";
import { downsample, segments } from "../../../reports/charts/downsample.ts";
import { linearScale, logScale, timeTicks } from "../../../reports/charts/scale.ts";
import { renderChart } from "../../../reports/charts/chart.ts";
import type { ChartSpec, Frame } from "../../../reports/charts/spec.ts";

const line = (count: number, y: (index: number) => number): { xMs: number; y: number }[] =>
  Array.from({ length: count }, (_, index) => ({ xMs: index * 1000, y: y(index) }));

describe("downsample", () => {
  test("keeps the one spike and the one dip of a long series", () => {
    const points = line(14_400, (index) => (index === 7001 ? 999 : index === 9003 ? -5 : 1));
    const few = downsample(points, 300);
    expect(few.length).toBeLessThanOrEqual(600);
    expect(few.filter((point) => point.y === 999)).toEqual([{ xMs: 7_001_000, y: 999 }]);
    expect(few.filter((point) => point.y === -5)).toEqual([{ xMs: 9_003_000, y: -5 }]);
    expect(few.map((point) => point.xMs)).toEqual(
      few.map((point) => point.xMs).sort((a, b) => a - b),
    );
  });

  test("leaves a short series alone, also an empty one", () => {
    const points = line(600, (index) => index);
    expect(downsample(points, 300)).toBe(points);
    expect(downsample([], 300)).toEqual([]);
  });
});

test("segments break where nobody measured", () => {
  const points = [...line(5, () => 1), { xMs: 20_000, y: 1 }, { xMs: 21_000, y: 1 }];
  expect(segments(points).map((part) => part.length)).toEqual([5, 2]);
  expect(segments([])).toEqual([]);
});

test("points of one instant do not break the lines between instants", () => {
  // A commit every five seconds that brings four canaries into sight: most gaps are none.
  const commits = Array.from({ length: 6 }, (_, index) => index * 5000);
  const falls = commits.flatMap((xMs) => [6, 4, 3, 2, 1].map((y) => ({ xMs, y })));
  expect(segments(falls).map((part) => part.length)).toEqual([30]);
  const later = [60_000, 65_000].flatMap((xMs) => [6, 1].map((y) => ({ xMs, y })));
  expect(segments([...falls, ...later]).map((part) => part.length)).toEqual([30, 4]);
});

test("points that all lie at one instant are one part", () => {
  expect(segments([6, 3, 1].map((y) => ({ xMs: 5000, y })))).toHaveLength(1);
});

describe("scales", () => {
  test("a linear scale starts at zero and ends at a round number", () => {
    const scale = linearScale([3, 46]);
    expect(scale.ticks).toEqual([0, 20, 40, 60]);
    expect(scale.position(30)).toBe(0.5);
    expect(scale.position(1000)).toBe(1);
  });

  test("a scale of nothing or of zeros still has a height", () => {
    expect(linearScale([]).max).toBe(1);
    expect(linearScale([0, Number.NaN]).position(0)).toBe(0);
    expect(logScale([0, -1]).ticks.length).toBeGreaterThan(1);
    expect(logScale([5]).max).toBeGreaterThan(5);
  });

  test("a logarithmic scale gives each decade the same room", () => {
    const scale = logScale([1, 10_000]);
    expect(scale.ticks).toEqual([1, 10, 100, 1000, 10_000]);
    expect(scale.position(100)).toBeCloseTo(0.5, 10);
    expect(scale.position(0)).toBe(0);
  });

  test("time ticks are round, inside and not more than asked for", () => {
    expect(timeTicks(64_000, 400_000, 12)).toEqual(
      Array.from({ length: 11 }, (_, index) => 90_000 + index * 30_000),
    );
    expect(timeTicks(5, 5, 12)).toEqual([]);
    expect(timeTicks(0, 30 * 86_400_000, 12).length).toBeLessThanOrEqual(13);
  });
});

describe("renderChart", () => {
  const frame: Frame = {
    fromMs: 0,
    toMs: 100_000,
    windows: [{ label: "f1", fromMs: 20_000, healedMs: 30_000, toMs: 45_000 }],
  };
  const spec: ChartSpec = {
    id: "c",
    title: "Age",
    description: "How old.",
    unit: "s",
    scale: "linear",
    series: [{ name: "one", points: line(100, (index) => index), shape: "line", colour: 0 }],
    format: String,
    target: { value: 30, label: "target 30" },
    heightPx: 100,
  };

  test("shades the fault while it is active and, lighter, while it recovers", () => {
    const { markup } = renderChart(spec, frame);
    expect(markup).toContain('<rect class="hold" x="20%" y="0" width="10%"');
    expect(markup).toContain('<rect class="mend" x="30%" y="0" width="15%"');
    expect(markup).toContain(">f1</text>");
    expect(markup).toContain(">target 30</text>");
  });

  test("has a table twin with the range of each stretch", () => {
    const { markup } = renderChart(spec, frame);
    expect(markup).toMatch(/<th scope="row">0:10<\/th>\s*<td>10 to 14<\/td>/);
  });

  test("draws what was never seen as a triangle at its age", () => {
    const { markup } = renderChart({ ...spec, censored: [{ xMs: 50_000, y: 60 }] }, frame);
    expect(markup).toMatch(/<text class="tri" x="50%" y="[\d.]+" dy=".35em">▷<\/text>/);
  });

  test("says so when there are no samples, or none that are numbers", () => {
    const points = [{ xMs: 1000, y: Number.NaN }];
    const empty = { ...spec, series: [{ name: "one", points, shape: "line", colour: 0 } as const] };
    expect(renderChart(empty, frame).markup).toContain("no samples");
  });
});
