/** The board as lines of a terminal. Pure: the same board and size give the same lines. */
import { stripVTControlCharacters, styleText } from "node:util";
import { ageText } from "../run/data-age.ts";
import { clock } from "../run/event-lines.ts";
import type { Board, Budget, InstanceState, MenuItem, MenuState } from "./board.ts";

export interface Frame {
  readonly columns: number;
  readonly rows: number;
  readonly nowMs: number;
  /** What is being typed, behind what it answers. */
  readonly prompt: string;
  readonly typed: string;
  readonly colors: boolean;
}

type Style = Parameters<typeof styleText>[0];

interface Segment {
  readonly text: string;
  readonly style?: Style;
}

/** A shape goes with the colour, as in the report's map. */
const STATES: Readonly<Record<InstanceState, Segment>> = {
  absent: { text: "○", style: "gray" },
  up: { text: "●", style: "green" },
  mending: { text: "◐", style: "yellow" },
  hit: { text: "✘", style: "red" },
};
const MENU_STYLES: Readonly<Record<MenuState, Style>> = {
  free: "white",
  "under way": "red",
  mending: "yellow",
  recovered: "green",
  failed: "red",
};
const SEGMENTER = new Intl.Segmenter("en", { granularity: "grapheme" });
const BAR_WIDTH = 20;
const SERVICE_GAP = 3;
const LOG_ROWS_MIN = 4;
const KEYS_HELP = "help  ·  Esc ends the fault  ·  end finishes  ·  Ctrl-C stops the run";

/** At most `rows` lines, none longer than `columns`. */
export function drawBoard(board: Board, frame: Frame): readonly string[] {
  const fixed = [
    head(board, frame),
    [],
    ...serviceLines(board, frame.columns),
    [],
    figures(board, frame.nowMs),
    ...board.budgets.map(budgetLine),
    [],
    ...menuLines(board),
    [],
  ];
  const input = [
    [{ text: KEYS_HELP, style: "gray" as const }],
    [{ text: `${frame.prompt}> `, style: "bold" as const }, { text: `${frame.typed}▏` }],
  ];
  const logRows = Math.max(LOG_ROWS_MIN, frame.rows - fixed.length - input.length);
  const log = board.log.slice(-logRows).map((line): readonly Segment[] => [{ text: plain(line) }]);
  const gap = Array<readonly Segment[]>(Math.max(0, logRows - log.length)).fill([]);
  const lines = [...fixed, ...log, ...gap, ...input];
  return lines.slice(-frame.rows).map((line) => painted(line, frame));
}

function head(board: Board, { nowMs }: Frame): readonly Segment[] {
  const { scenario, gameDay } = board.plan;
  const since = board.measuredSinceMs;
  const leftMs = (gameDay?.lengthMsMax ?? 0) - (nowMs - (since ?? nowMs));
  const ends = since === undefined ? "" : `  ·  ends by itself in ${clock(Math.max(0, leftMs))}`;
  return [
    { text: "lakeproof game day", style: "bold" },
    { text: `  ·  ${scenario}  ·  ${board.phase} ${clock(nowMs)}${ends}` },
  ];
}

/** Services side by side, as many as fit. */
function serviceLines(board: Board, columns: number): readonly (readonly Segment[])[] {
  const lines: Segment[][] = [[]];
  let width = 0;
  for (const [service, instances] of board.services) {
    const needed = service.length + 1 + instances.size + SERVICE_GAP;
    if (width > 0 && width + needed > columns) {
      lines.push([]);
      width = 0;
    }
    width += needed;
    lines
      .at(-1)
      ?.push({ text: `${service} ` }, ...[...instances.values()].map((state) => STATES[state]), {
        text: " ".repeat(SERVICE_GAP),
      });
  }
  return lines;
}

function figures(board: Board, nowMs: number): readonly Segment[] {
  const { rateEventsPerS: offered } = board.plan.bank;
  const targetMs = board.plan.canary.freshnessTargetMs;
  const { failedRatio } = board;
  const ageMs = board.age.at(nowMs);
  const late = ageMs !== undefined && ageMs >= targetMs;
  return [
    { text: `${board.rateEventsPerS.toFixed(0)} of ${String(offered)} events/s   ` },
    {
      text: `freshness ${ageText(ageMs)} of ${String(targetMs / 1000)} s   `,
      style: late ? "red" : "reset",
    },
    { text: `lag ${board.lagEvents.toFixed(0)}   ` },
    {
      text: `failed in the last 10 s: ${(failedRatio * 100).toFixed(1)} %`,
      style: failedRatio > 0 ? "red" : "reset",
    },
  ];
}

function budgetLine({ title, badRatioMax, count, bad }: Budget): readonly Segment[] {
  const leftRatio = count === 0 ? 1 : Math.max(0, 1 - bad / (count * badRatioMax));
  const full = Math.round(leftRatio * BAR_WIDTH);
  const bar = "█".repeat(full) + "░".repeat(BAR_WIDTH - full);
  return [
    { text: `${title.padEnd(16)} ` },
    { text: bar, style: leftRatio === 0 ? "red" : leftRatio < 0.5 ? "yellow" : "green" },
    {
      text: ` ${(leftRatio * 100).toFixed(0)} % of its error budget left: ${String(bad)} bad of ${String(count)}`,
    },
  ];
}

function menuLines(board: Board): readonly (readonly Segment[])[] {
  const nameOf = ({ entry }: MenuItem): string => entry.composition ?? entry.fault;
  const nameWidth = Math.max(0, ...board.menu.map((item) => nameOf(item).length));
  const targetWidth = Math.max(0, ...board.menu.map(({ entry }) => entry.instanceId.length));
  return board.menu.map((item, index) => {
    const { entry, state, hypothesis } = item;
    const name = `${nameOf(item).padEnd(nameWidth)}  ${entry.instanceId.padEnd(targetWidth)}`;
    return [
      { text: `${String(index + 1).padStart(3)}  ` },
      { text: `${name}  class ${entry.faultClass}  `, style: MENU_STYLES[state] },
      { text: state === "free" ? effectOf(item) : `${state}  ${item.outcome}` },
      ...(hypothesis === undefined ? [] : [{ text: `  “${hypothesis}”`, style: "cyan" as const }]),
    ];
  });
}

/** What the plan expects of it. */
function effectOf({ entry }: MenuItem): string {
  const budget = `within ${(entry.recoveryBudgetMs / 1000).toFixed(0)} s`;
  return entry.takesOver ? `others take over ${budget}` : `back ${budget} of its end`;
}

/** Cut at the terminal's edge before it is coloured. */
function painted(line: readonly Segment[], { columns, colors }: Frame): string {
  let left = columns;
  let text = "";
  for (const segment of line) {
    const shown = charactersOf(segment.text).slice(0, left).join("");
    left -= charactersOf(shown).length;
    text +=
      colors && segment.style !== undefined && shown !== ""
        ? styleText(segment.style, shown, { validateStream: false })
        : shown;
  }
  return text;
}

/** What takes one place each; a terminal may still give some of them two. */
export function charactersOf(text: string): readonly string[] {
  return Array.from(SEGMENTER.segment(text), ({ segment }) => segment);
}

function plain(line: string): string {
  return stripVTControlCharacters(line);
}
