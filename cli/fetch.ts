/** `lakeproof fetch`: obtains every binary, jar and wheel of a topology into the cache, and nothing else. */
import { host } from "../core/host.ts";
import { obtainArtifacts } from "./lab.ts";
import { topologyNamed } from "./up.ts";

export interface FetchOptions {
  readonly topology: string;
  readonly json: boolean;
}

export async function fetchArtifacts(options: FetchOptions): Promise<number> {
  const topology = topologyNamed(options.topology);
  const startedMs = host.monotonicMs();
  const stop = new AbortController();
  for (const signal of ["SIGINT", "SIGTERM"] as const) {
    host.onSignal(signal, () => {
      stop.abort(new DOMException(`Stopped by ${signal}; run it again to go on.`, "AbortError"));
    });
  }
  const paths = await obtainArtifacts(topology.services, topology.isolation, stop.signal);
  const seconds = ((host.monotonicMs() - startedMs) / 1000).toFixed(1);
  if (options.json)
    host.out(`${JSON.stringify({ schema: "lakeproof.fetch/1", paths }, null, 2)}\n`);
  else host.out(`${String(Object.keys(paths).length)} artifacts are there (${seconds} s).\n`);
  return 0;
}
