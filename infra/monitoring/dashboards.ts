/** The boards as Grafana imports them: JSON with the data source as a variable, so that any Prometheus fits. */
import type { Json } from "../../core/contracts/values.ts";
import { BI_BOARD } from "./dashboards/bi.ts";
import { CDC_BOARD } from "./dashboards/cdc.ts";
import { LAKE_BOARD } from "./dashboards/lake.ts";
import {
  type Board,
  type BoardName,
  type Panel,
  SEED_BOARDS,
  type Thresholds,
} from "./dashboards/panel.ts";
import { TIMINGS } from "./timings.ts";

export const BOARDS: Readonly<Record<BoardName, Board>> = {
  cdc: CDC_BOARD,
  lake: LAKE_BOARD,
  bi: BI_BOARD,
};

/** Of Grafana 11; 12 migrates it on import. */
const SCHEMA_VERSION = 39;
const GRID_WIDTH = 24;
const PANEL_WIDTH = 8;
const PANEL_HEIGHT = 8;
const DATA_SOURCE = { type: "prometheus", uid: "${datasource}" } as const;

/** File name → text, one a board. */
export function dashboardFiles(): Readonly<Record<string, string>> {
  return Object.fromEntries(
    Object.values(BOARDS).map((board) => [
      `lakeproof-${board.name}.json`,
      `${JSON.stringify(dashboardJson(board), null, 2)}\n`,
    ]),
  );
}

function dashboardJson(board: Board): Readonly<Record<string, Json>> {
  return {
    uid: `lakeproof-${board.name}`,
    title: board.title,
    description: board.description,
    tags: ["lakeproof"],
    schemaVersion: SCHEMA_VERSION,
    version: 1,
    editable: true,
    timezone: "utc",
    refresh: `${String(TIMINGS.scrapeIntervalS)}s`,
    time: { from: "now-15m", to: "now" },
    templating: {
      list: [
        {
          name: "datasource",
          label: "Prometheus",
          type: "datasource",
          query: "prometheus",
          refresh: 1,
          regex: "",
          hide: 0,
          includeAll: false,
          multi: false,
          options: [],
          current: {},
        },
      ],
    },
    annotations: { list: [] },
    links: [],
    panels: panelsJson(board),
  };
}

/** A row for each of the seed's items, its panels three abreast below it. */
function panelsJson(board: Board): readonly Json[] {
  const panels: Json[] = [];
  let y = 0;
  for (const item of SEED_BOARDS[board.name]) {
    panels.push({
      id: panels.length + 1,
      type: "row",
      title: item,
      collapsed: false,
      panels: [],
      gridPos: { x: 0, y, w: GRID_WIDTH, h: 1 },
    });
    y += 1;
    const own = board.panels.filter((panel) => panel.item === item);
    const abreast = GRID_WIDTH / PANEL_WIDTH;
    own.forEach((panel, index) => {
      const x = (index % abreast) * PANEL_WIDTH;
      const row = Math.floor(index / abreast);
      panels.push(panelJson(panel, panels.length + 1, x, y + row * PANEL_HEIGHT));
    });
    y += Math.ceil(own.length / abreast) * PANEL_HEIGHT;
  }
  return panels;
}

function panelJson(panel: Panel, id: number, x: number, y: number): Json {
  return {
    id,
    type: panel.kind,
    title: panel.title,
    description: panel.description,
    datasource: DATA_SOURCE,
    gridPos: { x, y, w: PANEL_WIDTH, h: PANEL_HEIGHT },
    targets: panel.queries.map(({ promql, legend }, index) => ({
      refId: String.fromCharCode("A".charCodeAt(0) + index),
      datasource: DATA_SOURCE,
      expr: promql,
      legendFormat: legend,
      ...(panel.kind === "timeseries"
        ? { range: true, instant: false, format: "time_series" }
        : {
            range: false,
            instant: true,
            format: panel.kind === "table" ? "table" : "time_series",
          }),
    })),
    fieldConfig: {
      defaults: {
        unit: panel.unit,
        thresholds: { mode: "absolute", steps: stepsOf(panel.thresholds) },
        ...(panel.kind === "timeseries" ? { custom: lines(panel.thresholds) } : {}),
      },
      overrides: [],
    },
    options: optionsOf(panel),
  };
}

function stepsOf(thresholds: Thresholds | undefined): readonly Json[] {
  if (thresholds === undefined) return [{ color: "green", value: null }];
  const { orange, red, moreIsBetter } = thresholds;
  if (moreIsBetter === true) {
    return [
      { color: "red", value: null },
      ...(orange === undefined ? [] : [{ color: "orange", value: red }]),
      { color: "green", value: orange ?? red },
    ];
  }
  return [
    { color: "green", value: null },
    ...(orange === undefined ? [] : [{ color: "orange", value: orange }]),
    { color: "red", value: red },
  ];
}

function lines(thresholds: Thresholds | undefined): Json {
  return {
    drawStyle: "line",
    lineWidth: 1,
    fillOpacity: 5,
    // A gap is what a pause looks like: it must not be drawn over.
    spanNulls: false,
    showPoints: "never",
    thresholdsStyle: { mode: thresholds === undefined ? "off" : "line" },
  };
}

function optionsOf(panel: Panel): Json {
  switch (panel.kind) {
    case "timeseries":
      return {
        legend: { displayMode: "list", placement: "bottom", showLegend: true, calcs: [] },
        tooltip: { mode: "multi", sort: "desc" },
      };
    case "stat":
      return {
        reduceOptions: { calcs: ["lastNotNull"], fields: "", values: false },
        colorMode: "value",
        graphMode: "none",
        textMode: "value_and_name",
      };
    case "table":
      return { showHeader: true, cellHeight: "sm" };
  }
}
