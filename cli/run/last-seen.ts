/**
 * Where a change was last seen: its place in Kafka with the LSN it came from, or between which two it is missing, and
 * the snapshots of the lake that were looked at. Only asked when something is wrong, because Kafka is read again for it.
 */
import { BANK_TABLES, topicOf, type BankTable } from "../../core/bank-schema.ts";
import { reasonOf } from "../../core/errors.ts";
import type { LedgerFinding } from "../../core/ledger.ts";
import { host } from "../../core/host.ts";
import { isAborted } from "../../core/until-aborted.ts";
import { readEnvelope } from "../../generators/envelope.ts";
import { openTap, type TapMessage } from "../../infra/clients/kafka.ts";
import type { Session } from "./session.ts";
import type { KafkaTap } from "./tap.ts";

const READ_MS_MAX = 120_000;
const LOOK_MS = 100;

export interface KafkaPlace {
  /** "users/3@1042" */
  readonly position: string;
  /** As PostgreSQL writes it, "0/16B3748"; absent where the record does not say it. */
  readonly lsn?: string;
}

/** By "lane/seq"; of a repeated change the first. */
export type KafkaPlaces = ReadonlyMap<string, KafkaPlace>;

function keyOf(lane: number, seq: number): string {
  return `${String(lane)}/${String(seq)}`;
}

/** Reads the run's part of both topics again. Empty where that cannot be done: the journal says why. */
export async function placesInKafka(
  session: Session,
  tap: KafkaTap,
  findings: readonly LedgerFinding[],
): Promise<KafkaPlaces> {
  const places = new Map<string, KafkaPlace>();
  // Its neighbours too: what is not there itself lies between them.
  const wanted = new Set(
    findings.flatMap(({ lane, seq }) => [-1, 0, 1].map((by) => keyOf(lane, seq + by))),
  );
  if (wanted.size === 0) return places;
  try {
    await readAgain(session, tap, (message) => {
      const json: unknown = JSON.parse(message.value.toString("utf8"));
      const event = readEnvelope(json);
      if (event === undefined) return;
      const key = keyOf(event.lane, event.seq);
      if (!wanted.has(key) || places.has(key)) return;
      const position = `${event.table}/${String(message.partition)}@${String(message.offset)}`;
      const lsn = lsnOf(json);
      places.set(key, { position, ...(lsn === undefined ? {} : { lsn }) });
    });
  } catch (error) {
    if (isAborted(session.signal)) throw error;
    const reason = `where changes were last seen: ${reasonOf(error)}`.slice(0, 200);
    session.journal.append({ kind: "probe.blind", probe: "kafka.places", reason });
  }
  return places;
}

async function readAgain(
  session: Session,
  tap: KafkaTap,
  onMessage: (message: TapMessage) => void,
): Promise<void> {
  const limit = host.deadline(READ_MS_MAX, session.signal);
  const left = new Map(
    [...tap.offsets].filter(([key, end]) => end > (tap.startOffsets.get(key) ?? 0)),
  );
  let failure: string | undefined;
  const again = openTap({
    addresses: session.lab.endpoints.addresses("kafka"),
    topics: BANK_TABLES.map(topicOf),
    partitionCount: session.plan.topology.topicPartitionCount,
    startOffsets: tap.startOffsets,
    onMessage: (message) => {
      const key = `${message.topic}/${String(message.partition)}`;
      onMessage(message);
      if (message.offset + 1 >= (left.get(key) ?? Infinity)) left.delete(key);
    },
    onError: (reason) => {
      failure = reason;
    },
  });
  try {
    while (left.size > 0 && failure === undefined) await host.sleep(LOOK_MS, limit);
  } finally {
    await again.close();
  }
}

function lsnOf(json: unknown): string | undefined {
  if (typeof json !== "object" || json === null || !("source" in json)) return undefined;
  const { source } = json;
  if (typeof source !== "object" || source === null || !("lsn" in source)) return undefined;
  return typeof source.lsn === "number" ? lsnText(source.lsn) : undefined;
}

/** Pure: the two halves in hexadecimal, as PostgreSQL writes them. */
export function lsnText(lsn: number): string {
  const half = 0x1_0000_0000;
  const text = (value: number): string => value.toString(16).toUpperCase();
  return `${text(Math.floor(lsn / half))}/${text(lsn % half)}`;
}

/** Pure: the finding with what is known of its way; `snapshots` by table, as the lake was looked at. */
export function withLastSeen(
  finding: LedgerFinding,
  places: KafkaPlaces,
  snapshots: ReadonlyMap<BankTable, string>,
): LedgerFinding {
  const { lane, seq, detail } = finding;
  const at = (number: number): KafkaPlace | undefined => places.get(keyOf(lane, number));
  const own = at(seq);
  const table = BANK_TABLES.find((name) => own?.position.startsWith(`${name}/`) === true);
  const looked = BANK_TABLES.filter((name) => table === undefined || name === table).flatMap(
    (name) => snapshots.get(name) ?? [],
  );
  const where =
    own === undefined
      ? betweenText(at(seq - 1), at(seq + 1))
      : `last seen at ${placeText(own)}${lookedText(finding, looked)}`;
  return where === "" ? finding : { ...finding, detail: `${detail}; ${where}` };
}

function lookedText({ anomaly }: LedgerFinding, snapshots: readonly string[]): string {
  if (snapshots.length === 0) return "";
  const verb = anomaly === "lost" ? "absent from" : "looked at in";
  return `, ${verb} snapshot ${snapshots.join(" and ")}`;
}

function placeText({ position, lsn }: KafkaPlace): string {
  return lsn === undefined ? position : `${position}, LSN ${lsn}`;
}

function betweenText(before: KafkaPlace | undefined, after: KafkaPlace | undefined): string {
  const parts = [
    ...(before === undefined ? [] : [`the one before is at ${placeText(before)}`]),
    ...(after === undefined ? [] : [`the one after at ${placeText(after)}`]),
  ];
  return parts.join(", ");
}
