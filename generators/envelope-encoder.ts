/**
 * Writes the bank's changes as the PostgreSQL connector's records: key and value as Connect's JsonConverter
 * writes them with schemas switched off, field by field in the connector's order, into memory shared by many
 * records. Templates are made once; an event costs no object, no join and no JSON.stringify.
 */
import { BANK_DATABASE, BANK_TABLES, TOPIC_PREFIX } from "../core/bank-schema.ts";
import { LakeproofError } from "../core/errors.ts";
import type { AccountRow, BankTable, Change, Txn, UserRow } from "./bank-rows.ts";
import { seqOf } from "./bank-rows.ts";
import {
  BYTES_PER_CHARACTER_MAX,
  BYTES_PER_INTEGER_MAX,
  putInteger,
  putPiece,
  putText,
} from "./json-bytes.ts";

/** Records share memory in pieces of this size: an allocation each would cost more than the writing. */
const CHUNK_BYTES = 1 << 20;
/** More than all templates of one record together. */
const TEMPLATE_BYTES_MAX = 1_200;
const INTEGERS_PER_RECORD_MAX = 32;

/** Where a change stands in the write-ahead log, and when. */
export interface SourcePosition {
  /** End of the transaction before; undefined for the first one a connector sees. */
  readonly lastCommitLsn: number | undefined;
  readonly lsn: number;
  readonly txId: number;
  /** Commit of the transaction, microseconds since 1970. */
  readonly commitUs: number;
  /** When the connector handled it, microseconds since 1970. */
  readonly processedUs: number;
}

export interface EnvelopeRecord {
  readonly table: BankTable;
  readonly key: Buffer;
  /** Null for a tombstone. */
  readonly value: Buffer | null;
}

export interface EnvelopeEncoderOptions {
  /** As in `source.version`, e.g. "3.7.0.Final". */
  readonly connectorVersion: string;
  /** The connector's tombstones.on.delete: a record without value after each delete. */
  readonly tombstonesOnDelete: boolean;
  /**
   * Memory for many records, at least of this size. Default: fresh memory, which the collector takes back;
   * who knows when records are done with hands out the same again.
   */
  readonly allocate?: (byteCount: number) => Buffer;
}

/** Where a lane's transactions stand in a log that no server wrote. */
export interface LaneLog {
  readonly lane: number;
  readonly laneCount: number;
  /** Every position is above it: a later run into the same topics takes a higher one. */
  readonly startLsn: number;
  readonly startTxId: number;
}

/** About what PostgreSQL writes for an update with the whole old row. */
const LSN_STEP = 448;
/** A commit record, and the alignment before it. */
const COMMIT_BYTES = 56;

/** Headers the connector puts on every record. `runId` is a UUID of its own for every start of its task. */
export function connectorHeaders(runId: string): ReadonlyMap<string, string> {
  return new Map([
    ["__debezium.context.connectorLogicalName", TOPIC_PREFIX],
    ["__debezium.context.taskId", "0"],
    ["__debezium.context.connectorName", "postgresql"],
    ["__debezium.context.runId", runId],
  ]);
}

/**
 * Position of one change of a transaction, by arithmetic on its seq: ascending in its lane and met by no
 * other lane, so that the newest version of a row is the one with the highest LSN, as from one server.
 */
export function positionIn(
  log: LaneLog,
  txn: Txn,
  seq: number,
  times: Pick<SourcePosition, "commitUs" | "processedUs">,
): SourcePosition {
  const lsnOf = (at: number): number =>
    log.startLsn + (at * log.laneCount + log.lane + 1) * LSN_STEP;
  return {
    lastCommitLsn: lsnOf(txn.seqMin) - COMMIT_BYTES,
    lsn: lsnOf(seq),
    txId: log.startTxId + txn.seqMin * log.laneCount + log.lane,
    commitUs: times.commitUs,
    processedUs: times.processedUs,
  };
}

export class EnvelopeEncoder {
  readonly #tombstones: boolean;
  readonly #sources: Readonly<Record<BankTable, SourcePieces>>;
  readonly #tails: Readonly<Record<Change["op"], TimedPiece>>;
  readonly #allocate: (byteCount: number) => Buffer;
  #chunk: Buffer = Buffer.alloc(0);
  #at = 0;

  constructor(options: EnvelopeEncoderOptions) {
    this.#tombstones = options.tombstonesOnDelete;
    this.#allocate = options.allocate ?? ((byteCount) => Buffer.allocUnsafeSlow(byteCount));
    const [users, accounts] = BANK_TABLES;
    this.#sources = {
      users: sourcePieces(users, options.connectorVersion),
      accounts: sourcePieces(accounts, options.connectorVersion),
    };
    this.#tails = { c: recordTail("c"), u: recordTail("u"), d: recordTail("d") };
  }

  /** The records of a transaction in their order. What `take` is given lasts as long as its memory. */
  encodeTxn(
    txn: Txn,
    log: LaneLog,
    times: Pick<SourcePosition, "commitUs" | "processedUs">,
    take: (record: EnvelopeRecord) => void,
  ): void {
    for (const change of txn.changes) {
      const record = this.encode(change, positionIn(log, txn, seqOf(change), times));
      take(record);
      if (change.op === "d" && this.#tombstones) {
        take({ table: record.table, key: record.key, value: null });
      }
    }
  }

  /** One record. The `before` of an update is null where the change does not carry it. */
  encode(change: Change, position: SourcePosition): EnvelopeRecord {
    const byteCountMax = bytesMax(change);
    if (this.#chunk.length - this.#at < byteCountMax) {
      this.#chunk = this.#allocate(Math.max(CHUNK_BYTES, byteCountMax));
      this.#at = 0;
    }
    const chunk = this.#chunk;
    const start = this.#at;
    const keyEnd = putKey(chunk, start, change);
    this.#at = this.putValue(chunk, keyEnd, change, position);
    return {
      table: change.table,
      key: chunk.subarray(start, keyEnd),
      value: chunk.subarray(keyEnd, this.#at),
    };
  }

  /** The value alone, for who lays out records himself. Needs `bytesMax` of room; gives back where it ends. */
  putValue(bytes: Uint8Array, start: number, change: Change, position: SourcePosition): number {
    const rowsEnd = putRows(bytes, start, change);
    const sourceEnd = putSource(bytes, rowsEnd, this.#sources[change.table], position);
    const tail = this.#tails[change.op];
    tail.stamp(position.processedUs);
    return putPiece(bytes, sourceEnd, tail.bytes);
  }
}

/** Key and value of the change together take at most so many bytes. */
export function bytesMax(change: Change): number {
  const before = change.op === "d" ? undefined : change.before;
  const characters = charactersOf(change.row) + (before === undefined ? 0 : charactersOf(before));
  return (
    TEMPLATE_BYTES_MAX +
    INTEGERS_PER_RECORD_MAX * BYTES_PER_INTEGER_MAX +
    characters * BYTES_PER_CHARACTER_MAX
  );
}

function charactersOf(row: UserRow | AccountRow): number {
  const texts = row.status.length + row.data.length;
  return "email" in row ? texts + row.email.length + row.name.length : texts;
}

/** The key alone; gives back where it ends. */
export function putKey(bytes: Uint8Array, start: number, change: Change): number {
  const at = putPiece(bytes, start, KEY_HEAD);
  return putPiece(bytes, putInteger(bytes, at, change.row.id), KEY_TAIL);
}

function putRows(bytes: Uint8Array, start: number, change: Change): number {
  let at = putPiece(bytes, start, BEFORE);
  if (change.table === "users") {
    const before = change.op === "d" ? change.row : change.before;
    at = before === undefined ? putPiece(bytes, at, NULL) : putUser(bytes, at, before);
    at = putPiece(bytes, at, AFTER);
    return change.op === "d" ? putPiece(bytes, at, NULL) : putUser(bytes, at, change.row);
  }
  const before = change.op === "d" ? change.row : change.before;
  at = before === undefined ? putPiece(bytes, at, NULL) : putAccount(bytes, at, before);
  at = putPiece(bytes, at, AFTER);
  return change.op === "d" ? putPiece(bytes, at, NULL) : putAccount(bytes, at, change.row);
}

function putUser(bytes: Uint8Array, start: number, row: UserRow): number {
  let at = putPiece(bytes, start, ROW_HEAD);
  at = putInteger(bytes, at, row.id);
  at = putPiece(bytes, at, EMAIL);
  at = putText(bytes, at, row.email);
  at = putPiece(bytes, at, NAME);
  at = putText(bytes, at, row.name);
  at = putPiece(bytes, at, STATUS_AFTER_TEXT);
  return putRowTail(bytes, at, row);
}

function putAccount(bytes: Uint8Array, start: number, row: AccountRow): number {
  let at = putPiece(bytes, start, ROW_HEAD);
  at = putInteger(bytes, at, row.id);
  at = putPiece(bytes, at, USER_ID);
  at = putInteger(bytes, at, row.userId);
  at = putPiece(bytes, at, BALANCE);
  at = putInteger(bytes, at, row.balance);
  at = putPiece(bytes, at, STATUS_AFTER_INTEGER);
  return putRowTail(bytes, at, row);
}

function putRowTail(bytes: Uint8Array, start: number, row: UserRow | AccountRow): number {
  let at = putText(bytes, start, row.status);
  at = putPiece(bytes, at, DATA);
  at = putText(bytes, at, row.data);
  at = putPiece(bytes, at, LANE);
  at = putInteger(bytes, at, row.lane);
  at = putPiece(bytes, at, SEQ);
  at = putInteger(bytes, at, row.seq);
  at = putPiece(bytes, at, BUCKET);
  at = putInteger(bytes, at, row.bucket);
  at = putPiece(bytes, at, FP);
  at = putInteger(bytes, at, row.fp);
  return putPiece(bytes, at, ROW_TAIL);
}

function putSource(
  bytes: Uint8Array,
  start: number,
  pieces: SourcePieces,
  position: SourcePosition,
): number {
  const { lastCommitLsn, lsn, commitUs } = position;
  pieces.head.stamp(commitUs);
  pieces.tail.stamp(commitUs);
  let at = putPiece(bytes, start, pieces.head.bytes);
  if (lastCommitLsn === undefined) at = putPiece(bytes, at, NULL);
  else {
    at = putPiece(bytes, at, ESCAPED_QUOTE);
    at = putInteger(bytes, at, lastCommitLsn);
    at = putPiece(bytes, at, ESCAPED_QUOTE);
  }
  at = putPiece(bytes, at, SEQUENCE_MIDDLE);
  at = putInteger(bytes, at, lsn);
  at = putPiece(bytes, at, pieces.tail.bytes);
  at = putInteger(bytes, at, position.txId);
  at = putPiece(bytes, at, LSN);
  return putInteger(bytes, at, lsn);
}

/** Digits of a time in microseconds and in milliseconds, from 2001 to 2286. */
const US_DIGITS = 16;
const MS_DIGITS = 13;
const US_MIN = 10 ** (US_DIGITS - 1);
const US_MAX = 10 ** US_DIGITS - 1;

/** A template with the same moment in several places: written into it once, copied with it from then on. */
class TimedPiece {
  readonly bytes: Uint8Array;
  readonly #msPlaces: readonly number[];
  readonly #usPlaces: readonly number[];
  #us = Number.NaN;

  /** `%m` stands for the moment in milliseconds, `%u` in microseconds. */
  constructor(template: string) {
    const text = template
      .replaceAll("%m", "m".repeat(MS_DIGITS))
      .replaceAll("%u", "u".repeat(US_DIGITS));
    this.bytes = bytesOf(text);
    this.#msPlaces = [...text.matchAll(new RegExp(`m{${String(MS_DIGITS)}}`, "g"))].map(
      (match) => match.index,
    );
    this.#usPlaces = [...text.matchAll(new RegExp(`u{${String(US_DIGITS)}}`, "g"))].map(
      (match) => match.index,
    );
  }

  stamp(us: number): void {
    if (us === this.#us) return;
    if (!(us >= US_MIN && us <= US_MAX)) {
      throw new LakeproofError("INTERNAL", `${String(us)} is no time in microseconds.`, {
        hint: "Give microseconds since 1970, between 2001 and 2286.",
      });
    }
    this.#us = us;
    for (const place of this.#msPlaces) putInteger(this.bytes, place, Math.floor(us / 1000));
    for (const place of this.#usPlaces) putInteger(this.bytes, place, us);
  }
}

interface SourcePieces {
  readonly head: TimedPiece;
  readonly tail: TimedPiece;
}

/** `sequence` is a text with a JSON array of texts in it. No more than microseconds are known, hence the zeros. */
function sourcePieces(table: BankTable, version: string): SourcePieces {
  const field = (name: string, value: string): string => `"${name}":${JSON.stringify(value)}`;
  const connector = [
    field("version", version),
    field("connector", "postgresql"),
    field("name", TOPIC_PREFIX),
  ].join(",");
  const database = [field("snapshot", "false"), field("db", BANK_DATABASE)].join(",");
  const place = [field("schema", "bank"), field("table", table)].join(",");
  return {
    head: new TimedPiece(`,"source":{${connector},"ts_ms":%m,${database},"sequence":"[`),
    tail: new TimedPiece(String.raw`\"]","ts_us":%u,"ts_ns":%u000,${place},"txId":`),
  };
}

function recordTail(op: Change["op"]): TimedPiece {
  const none = '"xmin":null,"origin":null,"origin_lsn":null},"transaction":null';
  return new TimedPiece(`,${none},"op":"${op}","ts_ms":%m,"ts_us":%u,"ts_ns":%u000}`);
}

function bytesOf(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}

const KEY_HEAD = bytesOf('{"id":');
const KEY_TAIL = bytesOf("}");
const NULL = bytesOf("null");
const BEFORE = bytesOf('{"before":');
const AFTER = bytesOf(',"after":');
const ROW_HEAD = bytesOf('{"id":');
const EMAIL = bytesOf(',"email":"');
const NAME = bytesOf('","name":"');
const USER_ID = bytesOf(',"user_id":');
const BALANCE = bytesOf(',"balance":');
const STATUS_AFTER_TEXT = bytesOf('","status":"');
const STATUS_AFTER_INTEGER = bytesOf(',"status":"');
const DATA = bytesOf('","data":"');
const LANE = bytesOf('","lane":');
const SEQ = bytesOf(',"seq":');
const BUCKET = bytesOf(',"bucket":');
const FP = bytesOf(',"fp":');
const ROW_TAIL = bytesOf("}");
const ESCAPED_QUOTE = bytesOf(String.raw`\"`);
const SEQUENCE_MIDDLE = bytesOf(String.raw`,\"`);
const LSN = bytesOf(',"lsn":');
