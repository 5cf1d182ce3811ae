/** Latency on the link between Connect and PostgreSQL, by a toxic in the Toxiproxy that carries it. */
import { connect } from "node:net";
import { Toxiproxy } from "toxiproxy-node-client";
import { z } from "zod";
import type { Endpoints } from "../core/contracts/component.ts";
import type { Fault, FaultContext } from "../core/contracts/fault.ts";
import { host } from "../core/host.ts";

const Params = z.strictObject({
  latencyMs: z.number().int().min(1).max(60_000).default(250),
  jitterMs: z.number().int().min(0).max(60_000).default(0),
});
type Params = z.infer<typeof Params>;

const PROXY = "connect-postgres";
const TOXIC = "lakeproof-latency";
/** Share of the configured latency that a measured round trip must show. */
const EVIDENCE_RATIO = 0.8;

export const linkLatency: Fault<Params> = {
  name: "link-latency",
  purpose: "Delays everything PostgreSQL sends to Connect.",
  params: Params,
  paramsHelp: {
    latencyMs: "delay of each packet towards Connect, 1 to 60000, default 250",
    jitterMs: "uniform jitter around it, default 0",
  },
  needs: ["linkLatency"],
  stopsTarget: false,
  reach: ({ service, services }) => {
    const reach = { faultClass: "W", takesOver: false, services: [service] } as const;
    if (services[service]?.component === "toxiproxy") return reach;
    return {
      ...reach,
      problem: `${service} is no link: the one that link-latency slows is a toxiproxy`,
    };
  },
  undo: (context) => ({
    kind: "remove-toxic",
    apiAddress: apiAddress(context),
    proxy: PROXY,
    toxic: TOXIC,
  }),
  inject: async (context) => {
    const proxy = await new Toxiproxy(`http://${apiAddress(context)}`).get(PROXY);
    await proxy.addToxic({
      name: TOXIC,
      type: "latency",
      stream: "downstream",
      toxicity: 1,
      attributes: { latency: context.params.latencyMs, jitter: context.params.jitterMs },
    });
  },
  evidence: async (context) => {
    const slowMs = await roundTripMs(linkAddress(context.endpoints, context), context.signal);
    const directMs = await roundTripMs(context.endpoints.address("postgres"), context.signal);
    const leastMs = (context.params.latencyMs - context.params.jitterMs) * EVIDENCE_RATIO;
    if (slowMs - directMs < leastMs) return undefined;
    return `a PostgreSQL round trip takes ${slowMs.toFixed(0)} ms over the link, ${directMs.toFixed(1)} ms beside it`;
  },
  recover: async (context) => {
    await removeToxic(apiAddress(context), PROXY, TOXIC);
  },
  evidenceAfter: async (context) => {
    const restoredMs = await roundTripMs(linkAddress(context.endpoints, context), context.signal);
    if (restoredMs >= context.params.latencyMs * EVIDENCE_RATIO) return undefined;
    return `a round trip over the link takes ${restoredMs.toFixed(1)} ms again`;
  },
};

/** Idempotent: a toxic that is not there is as good as removed. */
export async function removeToxic(apiAddress: string, proxy: string, toxic: string): Promise<void> {
  const response = await fetch(`http://${apiAddress}/proxies/${proxy}/toxics/${toxic}`, {
    method: "DELETE",
    signal: host.deadline(5000),
  });
  await response.body?.cancel();
}

function serviceOf(context: FaultContext<Params>): string {
  return (context.instanceIds[0] ?? "").replace(/-\d+$/, "");
}

function apiAddress(context: FaultContext<Params>): string {
  return context.endpoints.address(serviceOf(context));
}

function linkAddress(endpoints: Endpoints, context: FaultContext<Params>): string {
  return endpoints.address(serviceOf(context), "link");
}

/** PostgreSQL answers an SSLRequest with one byte before anything else: the cheapest honest round trip. */
function roundTripMs(address: string, signal: AbortSignal): Promise<number> {
  const [hostname = "", port] = address.split(":");
  return new Promise((resolve, reject) => {
    const socket = connect({ host: hostname, port: Number(port), signal });
    socket.setTimeout(90_000, () => {
      socket.destroy(new DOMException(`${address} did not answer`, "TimeoutError"));
    });
    let sentMs = 0;
    socket.once("connect", () => {
      const request = Buffer.alloc(8);
      request.writeInt32BE(8, 0);
      request.writeInt32BE(80877103, 4);
      sentMs = host.monotonicMs();
      socket.write(request);
    });
    socket.once("data", () => {
      resolve(host.monotonicMs() - sentMs);
      socket.destroy();
    });
    socket.once("error", reject);
  });
}
