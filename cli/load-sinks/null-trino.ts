/**
 * Nothing behind the query load: as much of Trino's statement protocol as a client sees, answered at once with as many
 * rows as each class gets.
 */
import type { RequestListener } from "node:http";
import { LARGE_ROW_COUNT, QUERY_CLASSES, type QueryClassName } from "../../generators/k6/mix.ts";

const STATEMENT = "/v1/statement";

/** As many rows and columns as the class's statement gives on a filled lake. */
const SHAPES: Readonly<Record<QueryClassName, readonly [rowCount: number, columnCount: number]>> = {
  simple: [5, 7],
  medium: [200, 8],
  complex: [4, 5],
  large: [LARGE_ROW_COUNT, 10],
};

function rowsOf(name: QueryClassName): readonly (readonly unknown[])[] {
  const [rowCount, columnCount] = SHAPES[name];
  return Array.from({ length: rowCount }, (_, row) =>
    Array.from({ length: columnCount }, (__, column) =>
      column % 3 === 1 ? `text of column ${String(column)}` : row * 1000 + column,
    ),
  );
}

/** Taken, then all rows, then nothing more: three requests, the fewest of a statement with rows. */
export function nullTrino(): RequestListener {
  const data = new Map(QUERY_CLASSES.map((name) => [name, JSON.stringify(rowsOf(name))]));
  return (request, response) => {
    const base = `http://${request.headers.host ?? ""}${STATEMENT}`;
    const [, , , known, page] = (request.url ?? "").split("/");
    const source = String(request.headers["x-trino-source"] ?? "").replace("lakeproof-", "");
    const name = QUERY_CLASSES.find((one) => one === (known ?? source));
    request.resume();
    if (name === undefined) {
      response.writeHead(404).end();
      return;
    }
    response.writeHead(200, { "content-type": "application/json" });
    if (known === undefined) response.end(`{"id":"0","nextUri":"${base}/${name}/1"}`);
    else if (page === "1") {
      response.end(`{"id":"0","nextUri":"${base}/${name}/2","data":${data.get(name) ?? "[]"}}`);
    } else response.end('{"id":"0"}');
  };
}
