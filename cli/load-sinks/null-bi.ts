/**
 * Nothing behind the load on the BI tier: as much of Superset's API as that load asks for, answered at once with as
 * much as a page of a small dashboard gets.
 */
import type { RequestListener } from "node:http";
import type { DashboardAsk } from "../../generators/k6/bi-mix.ts";

const LOGIN = "/api/v1/security/login";
const CHART_DATA = "/api/v1/chart/data";
const ROW_COUNT = 50;
const LIST_COUNT = 25;

/** What the load believes to be there: two dashboards of three charts. */
export const NULL_BOARDS: readonly DashboardAsk[] = [1, 2].map((id) => ({
  id,
  charts: [1, 2, 3].map((chart) => ({
    path: CHART_DATA,
    body: { datasource: { id: chart, type: "table" }, queries: [{ row_limit: ROW_COUNT }] },
  })),
}));

export function nullBi(): RequestListener {
  const rows = Array.from({ length: ROW_COUNT }, (_, row) => ({
    bucket: row,
    status: `status ${String(row)}`,
    "SUM(balance)": row * 1000,
  }));
  const chart = JSON.stringify({ result: [{ rowcount: ROW_COUNT, error: null, data: rows }] });
  const list = JSON.stringify({
    count: LIST_COUNT,
    result: Array.from({ length: LIST_COUNT }, (_, id) => ({ id, name: `number ${String(id)}` })),
  });
  return (request, response) => {
    const path = (request.url ?? "").split("?")[0] ?? "";
    const answer = (status: number, body: string): void => {
      response.writeHead(status, { "content-type": "application/json" }).end(body);
    };
    request.resume();
    if (path === LOGIN && request.method === "POST") answer(200, '{"access_token":"nothing"}');
    else if (request.headers.authorization === undefined) answer(401, "{}");
    else if (path === CHART_DATA && request.method === "POST") answer(200, chart);
    else if (/^\/api\/v1\/(dashboard|chart|dataset)\//.test(path)) answer(200, list);
    else answer(404, "{}");
  };
}
