/** The three boards: all of the seed's items, in a form Grafana imports. */
import { describe, expect, it, test } from "vitest";
import { z } from "zod";
import { BOARDS, dashboardFiles } from "../../../../infra/monitoring/dashboards.ts";
import { SEED_BOARDS, TARGETS } from "../../../../infra/monitoring/dashboards/panel.ts";
import { OBJECTIVES } from "../../../../slo/objectives/index.ts";

const Grid = z.object({ x: z.number(), y: z.number(), w: z.number(), h: z.number() });
const Step = z.object({ color: z.string(), value: z.number().nullable() });
const Panel = z.object({
  id: z.number(),
  type: z.enum(["row", "timeseries", "stat", "table"]),
  title: z.string(),
  description: z.string().optional(),
  gridPos: Grid,
  datasource: z.object({ type: z.string(), uid: z.string() }).optional(),
  targets: z
    .array(z.object({ refId: z.string(), expr: z.string(), legendFormat: z.string() }))
    .optional(),
  fieldConfig: z
    .object({
      defaults: z.object({ unit: z.string(), thresholds: z.object({ steps: z.array(Step) }) }),
    })
    .optional(),
});
const Dashboard = z.object({
  uid: z.string(),
  title: z.string(),
  schemaVersion: z.number(),
  templating: z.object({
    list: z.array(z.object({ name: z.string(), type: z.string(), query: z.string() })),
  }),
  panels: z.array(Panel),
});

const files = Object.entries(dashboardFiles()).map(
  ([name, text]) => [name, Dashboard.parse(JSON.parse(text))] as const,
);

describe("the seed's boards", () => {
  it("are three files", () => {
    expect(files.map(([name]) => name)).toEqual([
      "lakeproof-cdc.json",
      "lakeproof-lake.json",
      "lakeproof-bi.json",
    ]);
  });

  test.for(Object.values(BOARDS))("$title has a row and panels for each of its items", (board) => {
    const [, dashboard] = files.find(([name]) => name === `lakeproof-${board.name}.json`) ?? [];
    const rows = dashboard?.panels.filter(({ type }) => type === "row").map(({ title }) => title);
    expect(rows).toEqual([...SEED_BOARDS[board.name]]);
    for (const item of SEED_BOARDS[board.name]) {
      expect(board.panels.filter((panel) => panel.item === item).length).toBeGreaterThan(1);
    }
    const items: readonly string[] = SEED_BOARDS[board.name];
    expect(board.panels.filter((panel) => !items.includes(panel.item))).toEqual([]);
  });

  it("show the targets of the objectives", () => {
    expect(TARGETS.freshnessS * 1000).toBe(OBJECTIVES.freshness.threshold.value);
    expect(TARGETS.queryTimeMsP95).toBe(OBJECTIVES["latency.queries"].threshold.value);
    expect(TARGETS.errorRatio).toBe(OBJECTIVES["errors.queries"].threshold.value);
  });
});

describe.for(files)("%s", ([, dashboard]) => {
  const panels = dashboard.panels.filter(({ type }) => type !== "row");

  it("takes its data source from a variable", () => {
    expect(dashboard.templating.list).toMatchObject([
      { name: "datasource", type: "datasource", query: "prometheus" },
    ]);
    expect(panels.filter(({ datasource }) => datasource?.uid !== "${datasource}")).toEqual([]);
  });

  it("has panels with their own id, a text, queries and a unit", () => {
    expect(new Set(dashboard.panels.map(({ id }) => id)).size).toBe(dashboard.panels.length);
    for (const panel of panels) {
      expect(panel.description).toMatch(/\.$/);
      expect(panel.targets).not.toEqual([]);
      expect(panel.fieldConfig?.defaults.unit).not.toBe("");
      const refs = panel.targets?.map(({ refId }) => refId) ?? [];
      expect(new Set(refs).size).toBe(refs.length);
    }
  });

  it("has thresholds that rise", () => {
    for (const panel of panels) {
      const [first, ...rest] = panel.fieldConfig?.defaults.thresholds.steps ?? [];
      expect(first?.value).toBeNull();
      const values = rest.map(({ value }) => value ?? Number.NaN);
      expect(values).toEqual(values.toSorted((left, right) => left - right));
    }
  });

  it("lays its panels side by side, none on top of another", () => {
    const taken = new Set<string>();
    for (const { gridPos } of dashboard.panels) {
      for (let x = gridPos.x; x < gridPos.x + gridPos.w; x += 1) {
        for (let y = gridPos.y; y < gridPos.y + gridPos.h; y += 1) {
          expect(taken.has(`${String(x)},${String(y)}`)).toBe(false);
          taken.add(`${String(x)},${String(y)}`);
          expect(x).toBeLessThan(24);
        }
      }
    }
  });
});
