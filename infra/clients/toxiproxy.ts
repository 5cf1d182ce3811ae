/** Toxiproxy's own client library, opened by address. */
import { Toxiproxy, type Proxy } from "toxiproxy-node-client";

export function openToxiproxy(address: string, signal: AbortSignal): Toxiproxy {
  signal.throwIfAborted();
  return new Toxiproxy(`http://${address}`);
}

export async function linkOf(client: Toxiproxy, name: string): Promise<Proxy | undefined> {
  const all = await client.getAll();
  return all[name];
}
