/**
 * Who can tell whether the network is disturbed: nodes that reach a listening port before the fault and are asked
 * again during it and after it. A connection that never worked would prove nothing.
 */
import type { FaultContext } from "../core/contracts/fault.ts";
import type { Attempt, Network, NetworkFlow, NetworkNode } from "../core/contracts/network.ts";
import { host } from "../core/host.ts";

const CLIENT_COUNT_MAX = 4;
const SERVER_COUNT_MAX = 4;
const RETRY_MS = 250;
const BACK_MS_MAX = 15_000;

/** One node and the addresses that answered it, with how long that took. */
export interface Witness {
  readonly nodeId: string;
  readonly addresses: readonly string[];
  readonly elapsedMs: readonly number[];
}

export interface Answer extends Attempt {
  readonly nodeId: string;
  readonly address: string;
  /** How long the same took before the fault. */
  readonly beforeMs: number;
}

/** Asks now; those that are answered become the witnesses. */
export async function findWitnesses<Params>(
  context: FaultContext<Params>,
  network: Network,
  flows: readonly NetworkFlow[],
): Promise<readonly Witness[]> {
  const found = await Promise.all(
    [...candidates(context, flows)].map(async ([nodeId, addresses]): Promise<Witness> => {
      const attempts = await network.attempt(nodeId, addresses, context.signal);
      const good = addresses.flatMap((address, index) => {
        const attempt = attempts[index];
        return attempt?.result === "connected" ? [{ address, ms: attempt.elapsedMs }] : [];
      });
      return {
        nodeId,
        addresses: good.map(({ address }) => address),
        elapsedMs: good.map(({ ms }) => ms),
      };
    }),
  );
  return found.filter(({ addresses }) => addresses.length > 0);
}

/**
 * Clients with addresses to try: nodes of different services, the harness first, because it is let through
 * everywhere.
 */
function candidates<Params>(
  context: FaultContext<Params>,
  flows: readonly NetworkFlow[],
): ReadonlyMap<string, readonly string[]> {
  const instances = new Map(context.endpoints.all().map((instance) => [instance.id, instance]));
  const tries = new Map<string, string[]>();
  const addPair = (client: NetworkNode, server: NetworkNode): void => {
    const port = Object.values(instances.get(server.id)?.ports ?? {})[0];
    if (port === undefined) return;
    const addresses = tries.get(client.id) ?? [];
    const address = `${server.host}:${String(port)}`;
    if (addresses.length < SERVER_COUNT_MAX && !addresses.includes(address))
      addresses.push(address);
    tries.set(client.id, addresses);
  };
  // To the targets first: they are what the fault is about.
  const aimed = flows.filter(({ from }) => context.instanceIds.includes(from.id));
  for (const { from, to } of [...aimed, ...flows]) addPair(to, from);
  for (const { from, to } of flows) addPair(from, to);
  const serviceOf = (nodeId: string): string => instances.get(nodeId)?.service ?? "";
  const harnessFirst = [...tries].sort(
    ([a], [b]) => Number(instances.has(a)) - Number(instances.has(b)),
  );
  const ofEachService = harnessFirst.filter(
    ([nodeId], at) =>
      harnessFirst.findIndex(([other]) => serviceOf(other) === serviceOf(nodeId)) === at,
  );
  return new Map([...ofEachService, ...harnessFirst].slice(0, CLIENT_COUNT_MAX));
}

export async function askWitnesses<Params>(
  context: FaultContext<Params>,
  network: Network,
  witnesses: readonly Witness[],
): Promise<readonly Answer[]> {
  const answers = await Promise.all(
    witnesses.map(async ({ nodeId, addresses, elapsedMs }) => {
      const attempts = await network.attempt(nodeId, addresses, context.signal);
      return attempts.map((attempt, index) => ({
        ...attempt,
        nodeId,
        address: addresses[index] ?? "",
        beforeMs: elapsedMs[index] ?? 0,
      }));
    }),
  );
  return answers.flat();
}

/**
 * Waits until every witness is answered again, if only by a host whose program still starts; undefined when that
 * does not happen.
 */
export async function witnessesBack<Params>(
  context: FaultContext<Params>,
  network: Network,
  witnesses: readonly Witness[],
): Promise<readonly Answer[] | undefined> {
  const deadlineMs = host.monotonicMs() + BACK_MS_MAX;
  for (;;) {
    const answers = await askWitnesses(context, network, witnesses);
    const back = answers.every(({ result }) => result === "connected" || result === "refused");
    if (back) return answers;
    if (host.monotonicMs() >= deadlineMs) return undefined;
    await host.sleep(RETRY_MS, context.signal);
  }
}

/** "lakeproof to 10.77.4.12:9092 timeout, …" */
export function answersText(answers: readonly Answer[]): string {
  return answers
    .map(({ nodeId, address, result }) => `${nodeId} to ${address} ${result}`)
    .join(", ");
}
