/**
 * Nothing behind the query load: a server on loopback that speaks as much of Trino's statement protocol as a client
 * sees and answers at once, with as many rows as each class gets. On a thread of its own, beside k6.
 */
import { createServer, type RequestListener } from "node:http";
import type { AddressInfo } from "node:net";
import { isMainThread, parentPort, Worker, workerData } from "node:worker_threads";
import { LakeproofError } from "../../core/errors.ts";
import { LARGE_ROW_COUNT, QUERY_CLASSES, type QueryClassName } from "../../generators/k6/mix.ts";

const KIND = "null-trino";
const STATEMENT = "/v1/statement";
/** k6 keeps its connections through the pauses of a low rate. */
const KEEP_ALIVE_MS = 120_000;

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

export interface NullTrino extends AsyncDisposable {
  /** "http://127.0.0.1:40123". */
  readonly url: string;
}

/** Resolves when it listens, on a port of its own choosing. */
export async function startNullTrino(): Promise<NullTrino> {
  const worker = new Worker(new URL(import.meta.url), { workerData: { kind: KIND } });
  const port = await new Promise<number>((resolve, reject) => {
    worker.once("message", resolve);
    worker.once("error", (cause: unknown) => {
      const hint = "Report it.";
      reject(new LakeproofError("INTERNAL", "The null server did not start.", { hint, cause }));
    });
  });
  return {
    url: `http://127.0.0.1:${String(port)}`,
    [Symbol.asyncDispose]: async () => {
      await worker.terminate();
    },
  };
}

const given = workerData as { readonly kind?: string } | null;
if (!isMainThread && given?.kind === KIND) {
  const server = createServer(nullTrino());
  server.keepAliveTimeout = KEEP_ALIVE_MS;
  server.listen(0, "127.0.0.1", () => {
    parentPort?.postMessage((server.address() as AddressInfo).port);
  });
}
