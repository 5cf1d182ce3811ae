/** Superset's REST interface: login, what a dashboard is made of, and what its page asks for when it is refreshed. */
import { z } from "zod";
import { LakeproofError, reasonOf } from "../../core/errors.ts";
import { untilAborted } from "../../core/until-aborted.ts";

/** One query of a chart, in the terms of Superset's chart data interface. */
export interface ChartQuery {
  readonly columns: readonly unknown[];
  readonly metrics: readonly unknown[];
  readonly orderby?: readonly unknown[];
  readonly row_limit: number;
}

export interface ChartSpec {
  readonly name: string;
  /** Superset's name of the kind of drawing, e.g. "table". */
  readonly vizType: string;
  readonly query: ChartQuery;
}

interface DatabaseSpec {
  readonly name: string;
  readonly uri: string;
  /** What the query engine sees as the source of the queries: it decides their resource group. */
  readonly source: string;
}

/** What one chart of a refreshed dashboard answered. */
interface ChartAnswer {
  readonly chartId: number;
  readonly rowCount: number;
  readonly cached: boolean;
}

/** The body that the page of a dashboard posts for one chart; a load generator may repeat it. */
interface ChartRequest {
  readonly chartId: number;
  readonly path: string;
  readonly body: Readonly<Record<string, unknown>>;
}

export interface SupersetClient {
  /** Every later call carries what this one got. */
  login(signal: AbortSignal): Promise<void>;
  databaseNames(signal: AbortSignal): Promise<readonly string[]>;
  /** Each of these creates what is not there by that name, and returns its id. */
  ensureDatabase(spec: DatabaseSpec, signal: AbortSignal): Promise<number>;
  ensureDataset(
    databaseId: number,
    schema: string,
    table: string,
    signal: AbortSignal,
  ): Promise<number>;
  ensureChart(datasetId: number, spec: ChartSpec, signal: AbortSignal): Promise<number>;
  ensureDashboard(title: string, chartIds: readonly number[], signal: AbortSignal): Promise<number>;
  dashboards(signal: AbortSignal): Promise<ReadonlyMap<string, number>>;
  /** `force` passes by the cache, as the page's own "refresh" does. */
  chartRequests(
    dashboardId: number,
    force: boolean,
    signal: AbortSignal,
  ): Promise<readonly ChartRequest[]>;
  chartData(request: ChartRequest, signal: AbortSignal): Promise<ChartAnswer>;
}

export async function supersetHealth(address: string, signal: AbortSignal): Promise<void> {
  const response = await untilAborted(fetch(`http://${address}/health`, { signal }), signal);
  const text = await untilAborted(response.text(), signal);
  if (response.status === 200 && text.trim() === "OK") return;
  throw failed(`GET /health answered ${String(response.status)}: ${text.slice(0, 100)}`);
}

const Login = z.object({ access_token: z.string() });
const Csrf = z.object({ result: z.string() });
const Created = z.object({ id: z.number() });
const Databases = z.object({
  result: z.array(z.object({ id: z.number(), database_name: z.string() })),
});
const Datasets = z.object({
  result: z.array(
    z.object({ id: z.number(), table_name: z.string(), schema: z.string().nullish() }),
  ),
});
const Charts = z.object({ result: z.array(z.object({ id: z.number(), slice_name: z.string() })) });
const Dashboards = z.object({
  result: z.array(z.object({ id: z.number(), dashboard_title: z.string() })),
});
const ChartOfDashboard = z.object({ result: z.array(z.object({ id: z.number() })) });
const Chart = z.object({ result: z.object({ query_context: z.string() }) });
const ChartData = z.object({
  result: z.array(
    z.object({
      rowcount: z.number(),
      is_cached: z.boolean().nullish(),
      status: z.string().optional(),
      error: z.string().nullish(),
    }),
  ),
});

/** One page of a list that holds all there is in a lab. */
const ALL = "?q=(page:0,page_size:100)";

export function openSuperset(address: string, user: string, password: string): SupersetClient {
  return new RestClient(address, user, password);
}

class RestClient implements SupersetClient {
  readonly #base: string;
  readonly #credentials: Readonly<Record<string, unknown>>;
  #headers: Readonly<Record<string, string>> = {};

  constructor(address: string, username: string, password: string) {
    this.#base = `http://${address}/api/v1`;
    this.#credentials = { username, password, provider: "db", refresh: false };
  }

  async login(signal: AbortSignal): Promise<void> {
    this.#headers = {};
    const { body } = await this.#send("POST", "/security/login", signal, this.#credentials);
    const authorization = `Bearer ${Login.parse(body).access_token}`;
    this.#headers = { authorization };
    // Asked for where the configuration protects against forgery, and carried in vain elsewhere.
    const csrf = await this.#send("GET", "/security/csrf_token/", signal);
    this.#headers = {
      authorization,
      cookie: csrf.cookie,
      referer: this.#base,
      "x-csrftoken": Csrf.parse(csrf.body).result,
    };
  }

  async databaseNames(signal: AbortSignal): Promise<readonly string[]> {
    const { result } = Databases.parse(await this.#get(`/database/${ALL}`, signal));
    return result.map(({ database_name: name }) => name);
  }

  async ensureDatabase(spec: DatabaseSpec, signal: AbortSignal): Promise<number> {
    const { result } = Databases.parse(await this.#get(`/database/${ALL}`, signal));
    const known = result.find(({ database_name: name }) => name === spec.name);
    if (known !== undefined) return known.id;
    const extra = { engine_params: { connect_args: { source: spec.source } } };
    return this.#create("/database/", signal, {
      database_name: spec.name,
      sqlalchemy_uri: spec.uri,
      expose_in_sqllab: true,
      extra: JSON.stringify(extra),
    });
  }

  async ensureDataset(
    databaseId: number,
    schema: string,
    table: string,
    signal: AbortSignal,
  ): Promise<number> {
    const { result } = Datasets.parse(await this.#get(`/dataset/${ALL}`, signal));
    const known = result.find((one) => one.table_name === table && one.schema === schema);
    if (known !== undefined) return known.id;
    return this.#create("/dataset/", signal, { database: databaseId, schema, table_name: table });
  }

  async ensureChart(datasetId: number, spec: ChartSpec, signal: AbortSignal): Promise<number> {
    const { result } = Charts.parse(await this.#get(`/chart/${ALL}`, signal));
    const known = result.find(({ slice_name: name }) => name === spec.name);
    if (known !== undefined) return known.id;
    return this.#create("/chart/", signal, chartBody(datasetId, spec));
  }

  async ensureDashboard(
    title: string,
    chartIds: readonly number[],
    signal: AbortSignal,
  ): Promise<number> {
    const id =
      (await this.dashboards(signal)).get(title) ??
      (await this.#create("/dashboard/", signal, { dashboard_title: title, published: true }));
    // Only an update ties the charts to the dashboard: what a creation says of them is stored and not read.
    const positions = layout(title, chartIds);
    const body = { json_metadata: JSON.stringify({ positions }) };
    await this.#send("PUT", `/dashboard/${String(id)}`, signal, body);
    return id;
  }

  async dashboards(signal: AbortSignal): Promise<ReadonlyMap<string, number>> {
    const { result } = Dashboards.parse(await this.#get(`/dashboard/${ALL}`, signal));
    return new Map(result.map(({ id, dashboard_title: title }) => [title, id]));
  }

  async chartRequests(
    dashboardId: number,
    force: boolean,
    signal: AbortSignal,
  ): Promise<readonly ChartRequest[]> {
    const path = `/dashboard/${String(dashboardId)}/charts`;
    const { result } = ChartOfDashboard.parse(await this.#get(path, signal));
    return Promise.all(
      result.map(async ({ id: chartId }): Promise<ChartRequest> => {
        const chart = Chart.parse(await this.#get(`/chart/${String(chartId)}`, signal));
        const context = JSON.parse(chart.result.query_context) as Record<string, unknown>;
        return {
          chartId,
          path: `/api/v1/chart/data?dashboard_id=${String(dashboardId)}`,
          body: { ...context, force },
        };
      }),
    );
  }

  async chartData(request: ChartRequest, signal: AbortSignal): Promise<ChartAnswer> {
    const path = request.path.replace(/^\/api\/v1/, "");
    const { body } = await this.#send("POST", path, signal, request.body);
    const [answer] = ChartData.parse(body).result;
    if (answer === undefined || (answer.error ?? "") !== "") {
      throw failed(`chart ${String(request.chartId)}: ${answer?.error ?? "no result"}`);
    }
    return {
      chartId: request.chartId,
      rowCount: answer.rowcount,
      cached: answer.is_cached === true,
    };
  }

  async #get(path: string, signal: AbortSignal): Promise<unknown> {
    return (await this.#send("GET", path, signal)).body;
  }

  async #create(path: string, signal: AbortSignal, body: unknown): Promise<number> {
    return Created.parse((await this.#send("POST", path, signal, body)).body).id;
  }

  async #send(
    method: "GET" | "POST" | "PUT",
    path: string,
    signal: AbortSignal,
    body?: unknown,
  ): Promise<{ readonly body: unknown; readonly cookie: string }> {
    const url = `${this.#base}${path}`;
    const pending = fetch(url, {
      method,
      headers: { "content-type": "application/json", ...this.#headers },
      signal,
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    const response = await untilAborted(pending, signal).catch((error: unknown) => {
      const cause = error instanceof Error ? (error.cause ?? error) : error;
      throw failed(`${method} ${path}: ${reasonOf(cause)}`);
    });
    const text = await untilAborted(response.text(), signal);
    if (!response.ok) {
      throw failed(`${method} ${path} answered ${String(response.status)}: ${text.slice(0, 500)}`);
    }
    const cookies = response.headers.getSetCookie().map((cookie) => cookie.split(";")[0] ?? "");
    return { body: JSON.parse(text) as unknown, cookie: cookies.join("; ") };
  }
}

/** The query is kept with the chart, so that whoever refreshes it needs no browser to work it out. */
function chartBody(datasetId: number, spec: ChartSpec): Readonly<Record<string, unknown>> {
  const formData = {
    datasource: `${String(datasetId)}__table`,
    viz_type: spec.vizType,
    query_mode: "aggregate",
    groupby: spec.query.columns,
    metrics: spec.query.metrics,
    metric: spec.query.metrics[0],
    row_limit: spec.query.row_limit,
  };
  const queryContext = {
    datasource: { id: datasetId, type: "table" },
    force: false,
    queries: [{ filters: [], extras: {}, ...spec.query }],
    form_data: formData,
    result_format: "json",
    result_type: "full",
  };
  return {
    slice_name: spec.name,
    viz_type: spec.vizType,
    datasource_id: datasetId,
    datasource_type: "table",
    params: JSON.stringify(formData),
    query_context: JSON.stringify(queryContext),
  };
}

/** All charts side by side in one row of the page's twelve columns. */
function layout(
  title: string,
  chartIds: readonly number[],
): Readonly<Record<string, Readonly<Record<string, unknown>> | string>> {
  const width = Math.max(1, Math.floor(12 / chartIds.length));
  const keys = chartIds.map((id) => `CHART-${String(id)}`);
  const charts = chartIds.map((id, index) => {
    const parents = ["ROOT_ID", "GRID_ID", "ROW-1"];
    const meta = { chartId: id, width, height: 50 };
    const key = keys[index] ?? "";
    return [key, { type: "CHART", id: key, children: [], parents, meta }] as const;
  });
  return {
    DASHBOARD_VERSION_KEY: "v2",
    ROOT_ID: { type: "ROOT", id: "ROOT_ID", children: ["GRID_ID"] },
    GRID_ID: { type: "GRID", id: "GRID_ID", children: ["ROW-1"], parents: ["ROOT_ID"] },
    HEADER_ID: { type: "HEADER", id: "HEADER_ID", meta: { text: title } },
    "ROW-1": {
      type: "ROW",
      id: "ROW-1",
      children: keys,
      parents: ["ROOT_ID", "GRID_ID"],
      meta: { background: "BACKGROUND_TRANSPARENT" },
    },
    ...Object.fromEntries(charts),
  };
}

function failed(message: string): LakeproofError {
  return new LakeproofError("CLIENT_FAILED", `Superset: ${message}`, {
    hint: "Read the logs of its instances, logs/superset-*.log.",
  });
}
