/** One drain: connectors that stand still, a backlog that is written, and the looks while they catch up. */
import type { CurveDrain } from "../../core/contracts/connector-curve.ts";
import { LakeproofError } from "../../core/errors.ts";
import { host } from "../../core/host.ts";
import type { Lab } from "../../infra/provision.ts";
import { drainFigures, type DrainLook } from "../../slo/capacity/connector-curve.ts";
import { cpuByStage } from "../capacity/cores.ts";
import { makePublications, primeTables, writeBacklog } from "./backlog.ts";
import {
  createConnectors,
  eventsIn,
  removeConnectors,
  startConnectors,
  stopConnectors,
  untilStreaming,
  type CurveConnectors,
} from "./connectors.ts";

/** A look costs a connection: often enough for a drain of seconds, seldom enough not to be its limit. */
const LOOK_MS = 200;
const PRIME_MS_MAX = 30_000;
/** A connector that has stalled for so long has ended for this purpose. */
const STALL_MS_MAX = 60_000;
/** What came twice would come right behind the rest. */
const EXTRA_MS = 500;
const CLEANUP_MS_MAX = 60_000;

export interface DrainWish {
  readonly transactionRowCount: number;
  readonly slotCount: number;
  readonly eventCount: number;
  readonly tableCount: number;
}

/** What it made for the drain is removed also when it fails or is stopped. */
export async function measureDrain(
  lab: Lab,
  wish: DrainWish,
  signal: AbortSignal,
): Promise<CurveDrain> {
  const { slotCount, tableCount } = wish;
  await makePublications(lab.endpoints.address("postgres"), slotCount, tableCount, signal);
  const connectors = await createConnectors(lab, slotCount, tableCount, signal);
  try {
    await untilStreaming(lab, connectors, signal);
    return await drain(lab, connectors, wish, signal);
  } finally {
    await removeConnectors(lab, connectors, host.deadline(CLEANUP_MS_MAX));
  }
}

async function drain(
  lab: Lab,
  connectors: CurveConnectors,
  { transactionRowCount, slotCount, eventCount, tableCount }: DrainWish,
  signal: AbortSignal,
): Promise<CurveDrain> {
  const postgres = lab.endpoints.address("postgres");
  const before = await eventsIn(lab, connectors.topics, signal);
  await primeTables(postgres, tableCount, signal);
  const limit = host.deadline(PRIME_MS_MAX, signal);
  const begin = before + tableCount;
  while ((await eventsIn(lab, connectors.topics, limit)) < begin) await host.sleep(LOOK_MS, limit);
  await stopConnectors(lab, connectors, signal);
  const walBytes = await writeBacklog(
    postgres,
    eventCount,
    transactionRowCount,
    tableCount,
    signal,
  );
  const startMs = host.monotonicMs();
  await startConnectors(lab, connectors, signal);
  const looks = await lookUntilDrained(lab, connectors, begin, eventCount, signal);
  await host.sleep(EXTRA_MS, signal);
  const figures = drainFigures(looks, eventCount);
  if (figures === undefined) {
    throw new LakeproofError(
      "CLIENT_FAILED",
      `${String(eventCount)} changes went through within one look: too few to tell a rate.`,
      { hint: "Give --changes a larger number." },
    );
  }
  const first = looks.find((look) => look.eventCount > 0);
  return {
    ...{ transactionRowCount, slotCount, eventCount },
    extraEventCount: (await eventsIn(lab, connectors.topics, signal)) - begin - eventCount,
    ...figures,
    firstEventMs: Math.round((first?.atMs ?? startMs) - startMs),
    walBytesPerEvent: walBytes / eventCount,
  };
}

async function lookUntilDrained(
  lab: Lab,
  { topics }: CurveConnectors,
  begin: number,
  eventCount: number,
  signal: AbortSignal,
): Promise<readonly DrainLook[]> {
  const looks: DrainLook[] = [];
  let movedMs = host.monotonicMs();
  for (;;) {
    const seen = (await eventsIn(lab, topics, signal)) - begin;
    const atMs = host.monotonicMs();
    if (seen > (looks.at(-1)?.eventCount ?? 0)) movedMs = atMs;
    looks.push({ atMs, eventCount: seen, cpuMs: cpuByStage(lab) });
    if (seen >= eventCount) return looks;
    if (atMs - movedMs > STALL_MS_MAX) {
      throw new LakeproofError(
        "CLIENT_FAILED",
        `The connector stands still at ${String(seen)} of ${String(eventCount)} changes.`,
        { hint: "Read the log of Connect." },
      );
    }
    await host.sleep(LOOK_MS, signal);
  }
}
