/** A server on loopback that answers at once, on a thread of its own beside k6. */
import { createServer, type RequestListener } from "node:http";
import type { AddressInfo } from "node:net";
import { isMainThread, parentPort, Worker, workerData } from "node:worker_threads";
import { LakeproofError } from "../../core/errors.ts";
import { nullBi } from "./null-bi.ts";
import { nullTrino } from "./null-trino.ts";

const KIND = "null-server";
const LISTENERS = { trino: nullTrino, bi: nullBi } satisfies Record<string, () => RequestListener>;
/** k6 keeps its connections through the pauses of a low rate. */
const KEEP_ALIVE_MS = 120_000;

export interface NullServer extends AsyncDisposable {
  /** "http://127.0.0.1:40123". */
  readonly url: string;
}

/** Resolves when it listens, on a port of its own choosing. */
export async function startNullServer(speaks: keyof typeof LISTENERS): Promise<NullServer> {
  const worker = new Worker(new URL(import.meta.url), { workerData: { kind: KIND, speaks } });
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

const given = workerData as {
  readonly kind?: string;
  readonly speaks?: keyof typeof LISTENERS;
} | null;
if (!isMainThread && given?.kind === KIND) {
  const server = createServer(LISTENERS[given.speaks ?? "trino"]());
  server.keepAliveTimeout = KEEP_ALIVE_MS;
  server.listen(0, "127.0.0.1", () => {
    parentPort?.postMessage((server.address() as AddressInfo).port);
  });
}
