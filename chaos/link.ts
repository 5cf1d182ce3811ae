/** The link that carries Connect's connection to PostgreSQL through a Toxiproxy, and how its faults reach it. */
import { connect } from "node:net";
import { Toxiproxy } from "toxiproxy-node-client";
import type { FaultContext, FaultReach, FaultTarget, Undo } from "../core/contracts/fault.ts";
import { host } from "../core/host.ts";

const PROXY = "connect-postgres";

/** A link has no others that could take over. `alsoHit`: kinds of component that may have to start again. */
export function linkReach<Params>(
  { service, services }: FaultTarget<Params>,
  faultClass: FaultReach["faultClass"],
  alsoHit: readonly string[] = [],
): FaultReach {
  const hit = Object.keys(services).filter((name) =>
    alsoHit.includes(services[name]?.component ?? ""),
  );
  const reach = { faultClass, takesOver: false, services: [service, ...hit] } as const;
  if (services[service]?.component === "toxiproxy") return reach;
  return { ...reach, problem: `${service} is no link: a fault of links is about a toxiproxy` };
}

export function undoToxic<Params>(context: FaultContext<Params>, toxic: string): Undo {
  return { kind: "remove-toxic", apiAddress: apiAddress(context), proxy: PROXY, toxic };
}

/** On what PostgreSQL sends to Connect. */
export async function addLatency<Params>(
  context: FaultContext<Params>,
  toxic: string,
  { latencyMs, jitterMs }: { readonly latencyMs: number; readonly jitterMs: number },
): Promise<void> {
  const proxy = await new Toxiproxy(`http://${apiAddress(context)}`).get(PROXY);
  await proxy.addToxic({
    name: toxic,
    type: "latency",
    stream: "downstream",
    toxicity: 1,
    attributes: { latency: latencyMs, jitter: jitterMs },
  });
}

export function takeToxic<Params>(context: FaultContext<Params>, toxic: string): Promise<void> {
  return removeToxic(apiAddress(context), PROXY, toxic);
}

/** Idempotent: a toxic that is not there is as good as removed. */
export async function removeToxic(apiAddress: string, proxy: string, toxic: string): Promise<void> {
  const response = await fetch(`http://${apiAddress}/proxies/${proxy}/toxics/${toxic}`, {
    method: "DELETE",
    signal: host.deadline(5000),
  });
  await response.body?.cancel();
}

/** One round trip over the link, and one beside it. Rejects when nobody answers within `limitMs`. */
export function linkRoundTripMs<Params>(
  context: FaultContext<Params>,
  limitMs = ROUND_TRIP_MS_MAX,
): Promise<number> {
  return roundTripMs(
    context.endpoints.address(serviceOf(context), "link"),
    limitMs,
    context.signal,
  );
}

export function directRoundTripMs<Params>(context: FaultContext<Params>): Promise<number> {
  return roundTripMs(context.endpoints.address("postgres"), ROUND_TRIP_MS_MAX, context.signal);
}

const ROUND_TRIP_MS_MAX = 90_000;

function serviceOf<Params>(context: FaultContext<Params>): string {
  return (context.instanceIds[0] ?? "").replace(/-\d+$/, "");
}

function apiAddress<Params>(context: FaultContext<Params>): string {
  return context.endpoints.address(serviceOf(context));
}

/** PostgreSQL answers an SSLRequest with one byte before anything else: the cheapest honest round trip. */
function roundTripMs(address: string, limitMs: number, signal: AbortSignal): Promise<number> {
  const [hostname = "", port] = address.split(":");
  return new Promise((resolve, reject) => {
    const socket = connect({ host: hostname, port: Number(port), signal });
    socket.setTimeout(limitMs, () => {
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
