/**
 * What people and programs do at the BI tier, and when: configuration, pauses, choices. No k6 import, so that
 * it can be tested; no import of the house, because k6 runs it unbuilt.
 */
import type { Choose } from "./mix.ts";

/** One chart of a dashboard, as its page asks for it. */
export interface ChartAsk {
  readonly path: string;
  readonly body: Readonly<Record<string, unknown>>;
}

export interface DashboardAsk {
  readonly id: number;
  readonly charts: readonly ChartAsk[];
}

export interface OpenBiConfig {
  readonly ratePerS: number;
  readonly rampMs: number;
  readonly maxVUs: number;
}

/** JSON in the environment variable LAKEPROOF_BI. */
export interface BiRunConfig {
  /** The load balancer, e.g. "http://10.77.4.2:3001". */
  readonly biUrl: string;
  readonly user: string;
  readonly password: string;
  /** Decimal text of a 64-bit seed. */
  readonly seed: string;
  readonly durationS: number;
  readonly boards: readonly DashboardAsk[];
  readonly dashboards?: OpenBiConfig & { readonly forceRatio: number };
  readonly apiCalls?: OpenBiConfig;
  readonly users?: {
    readonly count: number;
    readonly thinkMsMean: number;
    readonly rampMs: number;
  };
}

/** Throws a TypeError that lists every problem. */
export function readBiConfig(json: string | undefined): BiRunConfig {
  const config = parsed(json);
  const open = (["dashboards", "apiCalls"] as const).flatMap((name) => {
    const load = config[name];
    if (load === undefined) return [];
    return [
      ...(load.ratePerS > 0 ? [] : [`${name}.ratePerS is not above 0`]),
      ...(load.maxVUs > 0 ? [] : [`${name}.maxVUs is not above 0`]),
      ...(load.rampMs >= 0 ? [] : [`${name}.rampMs is below 0`]),
    ];
  });
  const boards = config.boards ?? [];
  const problems = [
    ...(/^https?:\/\/[^/]+$/.test(String(config.biUrl)) ? [] : ["biUrl is no http address"]),
    ...(Number(config.durationS) > 0 ? [] : ["durationS is not above 0"]),
    ...(boards.length > 0 && boards.every((board) => board.charts.length > 0)
      ? []
      : ["boards holds no dashboard, or one without charts"]),
    ...open,
    ...(config.users === undefined || (config.users.count > 0 && config.users.thinkMsMean > 0)
      ? []
      : ["users.count or users.thinkMsMean is not above 0"]),
  ];
  if (problems.length > 0) throw new TypeError(`LAKEPROOF_BI: ${problems.join("; ")}.`);
  return config as BiRunConfig;
}

function parsed(json: string | undefined): Partial<BiRunConfig> {
  try {
    const value: unknown = JSON.parse(json ?? "");
    return typeof value === "object" && value !== null ? value : {};
  } catch (cause) {
    throw new TypeError(
      "LAKEPROOF_BI must hold the JSON configuration of the load on the BI tier.",
      {
        cause,
      },
    );
  }
}

const THINK_MAX_RATIO = 10;
const THOUSANDTHS = 1_000_000;

/**
 * Exponential around the mean, as the pauses of people who know nothing of each other are. Cut at ten times
 * the mean: nobody is waited for longer. The cut takes 0.05 % off the mean.
 */
export function thinkMs(choose: Choose, meanMs: number): number {
  // In (0, 1]: the logarithm of 0 is no pause.
  const chance = (choose("think", THOUSANDTHS) + 1) / THOUSANDTHS;
  return Math.min(THINK_MAX_RATIO * meanMs, -Math.log(chance) * meanMs);
}

/** Somewhere in the first mean pause, so that a thousand people do not come through the door at once. */
export function firstThinkMs(choose: Choose, meanMs: number): number {
  return (choose("think", THOUSANDTHS) / THOUSANDTHS) * meanMs;
}

export type Action =
  | { readonly kind: "refresh"; readonly board: DashboardAsk; readonly force: boolean }
  | { readonly kind: "call"; readonly path: string };

export function refreshOf(
  choose: Choose,
  boards: readonly DashboardAsk[],
  forceRatio: number,
): Action {
  const board = boards[choose("board", boards.length)] ?? { id: 0, charts: [] };
  return { kind: "refresh", board, force: choose("force", 1000) < forceRatio * 1000 };
}

/** What programs ask of the API: lists, and one thing by its id. */
export function callOf(choose: Choose, boards: readonly DashboardAsk[]): Action {
  const board = boards[choose("board", boards.length)] ?? { id: 0, charts: [] };
  const list = "?q=(page:0,page_size:25)";
  const paths = [
    `/api/v1/dashboard/${list}`,
    `/api/v1/chart/${list}`,
    `/api/v1/dataset/${list}`,
    `/api/v1/dashboard/${String(board.id)}`,
    `/api/v1/dashboard/${String(board.id)}/charts`,
  ];
  return { kind: "call", path: paths[choose("call", paths.length)] ?? "" };
}

/** A person mostly looks at dashboards, and in between finds the way to the next. */
export function userActionOf(choose: Choose, boards: readonly DashboardAsk[]): Action {
  return choose("what", 100) < 60 ? refreshOf(choose, boards, 0.05) : callOf(choose, boards);
}

/** Undefined when it is a right answer to a chart: rows, and no error of its own. */
export function chartProblem(body: string | null): string | undefined {
  let answer: { readonly result?: readonly Readonly<Record<string, unknown>>[] };
  try {
    answer = JSON.parse(body ?? "") as typeof answer;
  } catch {
    return "no JSON";
  }
  const [first] = answer.result ?? [];
  if (first === undefined) return "no result";
  if (typeof first["error"] === "string" && first["error"] !== "") return first["error"];
  return Number(first["rowcount"]) > 0 ? undefined : "no rows";
}
