/** Connectors of the curve beside the lab's own: the same settings, another database, a slot and topics each. */
import { z } from "zod";
import { LakeproofError } from "../../core/errors.ts";
import { host } from "../../core/host.ts";
import { createTopics, deleteTopics, endOffsets } from "../../infra/clients/kafka.ts";
import { requestJson } from "../../infra/clients/http.ts";
import { CONNECTOR, connectorStatus } from "../../infra/clients/connect.ts";
import { replicationOf } from "../../infra/components/kafka.ts";
import type { Lab } from "../../infra/provision.ts";
import { activeSlotCount, CURVE_DATABASE, dropSlots, slotOf, tablesOf } from "./backlog.ts";

const READY_MS_MAX = 90_000;
const LOOK_MS = 200;

const Config = z.record(z.string(), z.string());

/** So many connectors over the tables; named anew for each drain, because Connect keeps offsets by name. */
export interface CurveConnectors {
  readonly names: readonly string[];
  readonly topics: readonly string[];
}

export async function createConnectors(
  lab: Lab,
  slotCount: number,
  tableCount: number,
  signal: AbortSignal,
): Promise<CurveConnectors> {
  const connect = lab.endpoints.address("connect");
  const own = Config.parse(
    await requestJson(`http://${connect}/connectors/${CONNECTOR}/config`, { signal }),
  );
  const topics = Array.from({ length: slotCount }, (_, slot) =>
    tablesOf(slot, slotCount, tableCount).map((table) => `${slotOf(slot)}.${table}`),
  ).flat();
  const brokers = lab.endpoints.addresses("kafka");
  const replication = replicationOf(brokers.length);
  await createTopics(
    brokers,
    topics.map((name) => ({
      name,
      partitionCount: 1,
      replicationFactor: replication.factor,
      config: { "compression.type": "lz4" },
    })),
    signal,
  );
  const series = host.randomHex(3);
  const names: string[] = [];
  for (let slot = 0; slot < slotCount; slot += 1) {
    const name = `lakeproof-curve-${series}-${String(slot)}`;
    const body = configOf(own, lab.endpoints.address("postgres"), slot, slotCount, tableCount);
    const url = `http://${connect}/connectors/${name}/config`;
    await requestJson(url, { method: "PUT", body, signal });
    names.push(name);
  }
  return { names, topics };
}

/** The lab's own settings, except for what has to differ. Straight to PostgreSQL: no proxy in between. */
function configOf(
  own: Readonly<Record<string, string>>,
  postgres: string,
  slot: number,
  slotCount: number,
  tableCount: number,
): Readonly<Record<string, string>> {
  const [hostname = "", port = ""] = postgres.split(":");
  const dropped = new Set(["name", "heartbeat.interval.ms", "heartbeat.action.query"]);
  return {
    ...Object.fromEntries(Object.entries(own).filter(([key]) => !dropped.has(key))),
    "database.hostname": hostname,
    "database.port": port,
    "database.dbname": CURVE_DATABASE,
    "topic.prefix": slotOf(slot),
    "slot.name": slotOf(slot),
    "publication.name": slotOf(slot),
    "publication.autocreate.mode": "disabled",
    "snapshot.mode": "no_data",
    "table.include.list": tablesOf(slot, slotCount, tableCount).join(","),
  };
}

/** Resolves when every task runs and every slot is read. */
export async function untilStreaming(
  lab: Lab,
  { names }: CurveConnectors,
  signal: AbortSignal,
): Promise<void> {
  const postgres = lab.endpoints.address("postgres");
  await until(signal, "The curve's connectors do not stream", async () => {
    const states = (await Promise.all(names.map((name) => statesOf(lab, name, signal)))).flat();
    const active = await activeSlotCount(postgres, signal);
    const running = states.length >= 2 * names.length && states.every((one) => one === "RUNNING");
    if (running && active >= names.length) return undefined;
    return `${states.join(", ")}; ${String(active)} of ${String(names.length)} slots are read`;
  });
}

/** Their tasks end and write down how far they were; slots and offsets stay. */
export async function stopConnectors(
  lab: Lab,
  { names }: CurveConnectors,
  signal: AbortSignal,
): Promise<void> {
  await ask(lab, names, "stop", signal);
  const postgres = lab.endpoints.address("postgres");
  await until(signal, "The curve's connectors do not stop", async () => {
    const active = await activeSlotCount(postgres, signal);
    return active === 0 ? undefined : `${String(active)} slots are still read`;
  });
}

export async function startConnectors(
  lab: Lab,
  { names }: CurveConnectors,
  signal: AbortSignal,
): Promise<void> {
  await ask(lab, names, "resume", signal);
}

/** Connectors, slots and topics go; the lab's own are not touched. */
export async function removeConnectors(
  lab: Lab,
  { names, topics }: CurveConnectors,
  signal: AbortSignal,
): Promise<void> {
  const connect = lab.endpoints.address("connect");
  for (const name of names) {
    await requestJson(`http://${connect}/connectors/${name}`, { method: "DELETE", signal });
  }
  const postgres = lab.endpoints.address("postgres");
  await until(signal, "The curve's slots are still read", async () => {
    const active = await activeSlotCount(postgres, signal);
    return active === 0 ? undefined : `${String(active)} of them`;
  });
  await dropSlots(postgres, signal);
  await deleteTopics(lab.endpoints.addresses("kafka"), topics, signal);
}

export async function eventsIn(
  lab: Lab,
  topics: readonly string[],
  signal: AbortSignal,
): Promise<number> {
  const offsets = await endOffsets(lab.endpoints.addresses("kafka"), topics, signal);
  return offsets.values().reduce((sum, offset) => sum + offset, 0);
}

async function ask(
  lab: Lab,
  names: readonly string[],
  what: "stop" | "resume",
  signal: AbortSignal,
): Promise<void> {
  const connect = lab.endpoints.address("connect");
  await Promise.all(
    names.map((name) =>
      requestJson(`http://${connect}/connectors/${name}/${what}`, { method: "PUT", signal }),
    ),
  );
}

async function statesOf(lab: Lab, name: string, signal: AbortSignal): Promise<readonly string[]> {
  const status = await connectorStatus(lab.endpoints.address("connect"), signal, name);
  const failed = status.tasks.find(({ state }) => state === "FAILED");
  if (failed !== undefined) {
    const trace = (failed.trace ?? "").slice(0, 400);
    throw new LakeproofError("PROVISIONING_FAILED", `${name} failed: ${trace}`, {
      hint: "Read the log of Connect.",
    });
  }
  return [status.connector.state, ...status.tasks.map((task) => task.state)];
}

/** `look` says what is still missing. An answer that does not come yet is asked for again. */
async function until(
  signal: AbortSignal,
  problem: string,
  look: () => Promise<string | undefined>,
): Promise<void> {
  const deadlineMs = host.monotonicMs() + READY_MS_MAX;
  let missing: string | undefined = "no answer";
  while (host.monotonicMs() < deadlineMs) {
    try {
      missing = await look();
      if (missing === undefined) return;
    } catch (error) {
      signal.throwIfAborted();
      // A task that has failed does not come back by itself.
      if (error instanceof LakeproofError && error.code === "PROVISIONING_FAILED") throw error;
      missing = error instanceof Error ? error.message : String(error);
    }
    await host.sleep(LOOK_MS, signal);
  }
  throw new LakeproofError("CLIENT_FAILED", `${problem}: ${missing}.`, {
    hint: "Read the log of Connect.",
  });
}
