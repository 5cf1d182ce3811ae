/**
 * A pipeline of values: the bank's own changes on their way, kept apart at every hop, so that one of them can be damaged
 * anywhere. They are measured with the very books, sums and searches that measure a run; only servers are missing.
 */
import { BANK_TABLES, type BankTable } from "../../core/bank-schema.ts";
import type { Hop, JournalBody, JournalEvent } from "../../core/contracts/journal.ts";
import { ExactSum } from "../../core/exact-sum.ts";
import { ChangeLedger, type BucketTotals } from "../../core/ledger.ts";
import {
  buildDictionaries,
  openBankLane,
  type AccountRow,
  type Change,
  type Txn,
  type UserRow,
} from "../../generators/bank.ts";
import { seqOf } from "../../generators/bank-rows.ts";
import type { BankEvent } from "../../generators/envelope.ts";
import { healthyEvents } from "../../slo/checks/synthetic.ts";
import {
  ChangeSums,
  countSequences,
  StateSums,
  type BankRows,
} from "../../slo/probes/lake-files/sums.ts";
import { locateDifferences, type LakeAnswer } from "../run/locate.ts";
import { accountChange } from "../run/tap.ts";

const SEED = 20_261n;
/** As in the healthy journal that the measurements are put into. */
const LANE_COUNT = 2;
const USER_COUNT = 12;
const TXNS_PER_BUCKET = 40;
const BUCKETS = [0, 1, 2] as const;
const PARTITION_COUNT = 2;
const VERIFY_MS = 166_000;

/** One record on its way, or the fence that closes a bucket in one partition. */
export type Piece =
  | { readonly kind: "change"; readonly partition: string; readonly event: BankEvent }
  | { readonly kind: "fence"; readonly partition: string; readonly bucket: number };
export type ChangePiece = Extract<Piece, { kind: "change" }>;
export type Row = (UserRow | AccountRow) & { readonly table: BankTable };

export interface Pipeline {
  /** What PostgreSQL acknowledged, in the order of the commits. */
  readonly txns: readonly { readonly lane: number; readonly txn: Txn }[];
  readonly digests: readonly {
    readonly lane: number;
    readonly rowCount: number;
    readonly fingerprintSum: string;
    readonly balanceSum: string;
  }[];
  /** Rows in PostgreSQL in the end. */
  readonly postgres: readonly Row[];
  /** In the order of each partition. */
  readonly kafka: readonly Piece[];
  /** The lake: as its files hold it, and as Trino tells it. */
  readonly files: readonly Piece[];
  readonly trino: readonly Piece[];
}

export function healthyPipeline(): Pipeline {
  const dictionaries = buildDictionaries(SEED);
  const lanes = Array.from({ length: LANE_COUNT }, (_, lane) =>
    openBankLane({ seed: SEED, lane, laneCount: LANE_COUNT, userCount: USER_COUNT, dictionaries }),
  );
  const txns: { lane: number; txn: Txn }[] = [];
  const pieces: Piece[] = [];
  const commit = (lane: number, txn: Txn): void => {
    txns.push({ lane, txn });
    for (const change of txn.changes) {
      const event = eventOf(change);
      pieces.push({ kind: "change", partition: partitionOf(event), event });
    }
  };
  for (const bucket of BUCKETS) {
    for (const [index, lane] of lanes.entries()) {
      for (let txn = opening(lane, bucket); txn !== undefined; txn = opening(lane, bucket)) {
        commit(index, txn);
      }
      for (let count = 0; count < TXNS_PER_BUCKET; count += 1) commit(index, lane.next(bucket));
    }
    pieces.push(...fencesOf(bucket));
  }
  return {
    txns,
    digests: lanes.map((lane, index) => ({ lane: index, ...lane.digest() })),
    postgres: lanes.flatMap((lane) =>
      [...lane.rows()].map((row): Row => ({
        ...row,
        table: "email" in row ? "users" : "accounts",
      })),
    ),
    kafka: pieces,
    files: pieces,
    trino: pieces,
  };
}

function opening(lane: ReturnType<typeof openBankLane>, bucket: number): Txn | undefined {
  return bucket === BUCKETS[0] ? lane.populate(bucket, 400) : undefined;
}

function eventOf(change: Change): BankEvent {
  const { id, lane, bucket, fp } = change.row;
  const common = { op: change.op, id, lane, seq: seqOf(change), bucket, fp };
  return change.table === "users"
    ? { ...common, table: change.table, row: change.row }
    : { ...common, table: change.table, row: change.row };
}

function partitionOf(event: BankEvent): string {
  return `${event.table}/${String(event.id % PARTITION_COUNT)}`;
}

function fencesOf(bucket: number): readonly Piece[] {
  return BANK_TABLES.flatMap((table) =>
    Array.from({ length: PARTITION_COUNT }, (_, partition) => ({
      kind: "fence" as const,
      partition: `${table}/${String(partition)}`,
      bucket,
    })),
  );
}

/** The journal of a healthy run with what was measured here in the place of its books. */
export async function measuredJournal(pipeline: Pipeline): Promise<readonly JournalEvent[]> {
  const measured = await measure(pipeline);
  const frame = healthyEvents().filter(
    ({ kind }) => kind !== "ledger.changes" && kind !== "ledger.state",
  );
  const own = measured.map((body): JournalEvent => ({ atMs: VERIFY_MS, ...body }));
  return [...frame, ...own].sort((a, b) => a.atMs - b.atMs);
}

async function measure(pipeline: Pipeline): Promise<readonly JournalBody[]> {
  const acknowledged = new ChangeLedger();
  const order = acknowledged.partition("acknowledged");
  for (const { lane, txn } of pipeline.txns) {
    for (const change of txn.changes) {
      const { bucket, fp } = change.row;
      acknowledged.observe(lane, seqOf(change), bucket, fp, order, seqOf(change));
    }
  }
  const kafka = kafkaBooks(pipeline.kafka);
  const files = lakeAnswer(pipeline.files);
  const trino = lakeAnswer(pipeline.trino);
  const findings = await locateDifferences(
    { acknowledged, kafka: kafka.ledger },
    [files, trino],
    "iceberg",
  );
  const during = BUCKETS.flatMap((bucket) => [
    ...totalsAt("acknowledged", acknowledged.totals(bucket), "during"),
    ...totalsAt("kafka", kafka.atFence.get(bucket) ?? [], "during"),
    ...totalsAt("reader", lakeAtFence(pipeline.trino, bucket), "during"),
  ]);
  return [
    ...during,
    ...totalsAt("acknowledged", acknowledged.totals(), "final"),
    ...totalsAt("kafka", kafka.ledger.totals(), "final"),
    ...totalsAt("iceberg", files.totals, "final"),
    ...totalsAt("reader", trino.totals, "final"),
    ...statesOf(pipeline),
    ...[...findings, ["kafka", kafka.ledger.findings] as const].flatMap(([hop, found]) =>
      found.map((finding): JournalBody => ({ kind: "ledger.anomaly", hop, ...finding })),
    ),
  ];
}

function totalsAt(
  hop: Hop,
  totals: readonly BucketTotals[],
  when: "during" | "final",
): readonly JournalBody[] {
  return totals.map((total) => ({ kind: "ledger.changes", hop, ...total, when }));
}

interface KafkaBooks {
  readonly ledger: ChangeLedger;
  /** What was there when the last fence of a bucket had passed. */
  readonly atFence: ReadonlyMap<number, readonly BucketTotals[]>;
}

function kafkaBooks(pieces: readonly Piece[]): KafkaBooks {
  const ledger = new ChangeLedger();
  const gone = new Set<number>();
  const fences = new Map<string, number>();
  const offsets = new Map<string, number>();
  const atFence = new Map<number, readonly BucketTotals[]>();
  for (const piece of pieces) {
    const { partition } = piece;
    const offset = offsets.get(partition) ?? 0;
    offsets.set(partition, offset + 1);
    if (piece.kind === "change") {
      const fencedTo = fences.get(partition);
      const place = { partition: ledger.partition(partition), offset, fencedTo, gone };
      accountChange(ledger, piece.event, place);
      continue;
    }
    fences.set(partition, piece.bucket);
    const allPassed = fences.size === BANK_TABLES.length * PARTITION_COUNT;
    if (allPassed && Math.min(...fences.values()) === piece.bucket) {
      atFence.set(piece.bucket, ledger.totals(piece.bucket));
    }
  }
  return { ledger, atFence };
}

const EVERYTHING = { bucketMin: 0, bucketMax: Infinity } as const;

function lakeTotals(pieces: readonly Piece[]): readonly BucketTotals[] {
  const sums = new ChangeSums(EVERYTHING);
  const rows = lakeRows(pieces.filter((piece) => piece.kind === "change"));
  sums.add(rows);
  if (sums.hasRepeats) sums.addAgain(rows);
  return sums.totals();
}

function lakeAnswer(pieces: readonly Piece[]): LakeAnswer {
  const rows = lakeRows(pieces.filter((piece) => piece.kind === "change"));
  return {
    totals: lakeTotals(pieces),
    sequencesOf: (lane, bucket) => {
      const counts = new Map<number, number>();
      countSequences(counts, rows, lane, bucket);
      return Promise.resolve(counts);
    },
  };
}

/** The lake in the snapshot that first holds every fence of the bucket. */
function lakeAtFence(pieces: readonly Piece[], bucket: number): readonly BucketTotals[] {
  const last = pieces.findLastIndex((piece) => piece.kind === "fence" && piece.bucket === bucket);
  return lakeTotals(pieces.slice(0, last + 1)).filter((totals) => totals.bucket === bucket);
}

function lakeRows(records: readonly ChangePiece[]): BankRows {
  const column = (value: (event: BankEvent) => number): Float64Array =>
    Float64Array.from(records, ({ event }) => value(event));
  return {
    rowCount: records.length,
    hidden: new Set(),
    id: column((event) => event.id),
    lane: column((event) => event.lane),
    seq: column((event) => event.seq),
    bucket: column((event) => event.bucket),
    fp: column((event) => event.fp),
    op: column((event) => event.op.charCodeAt(0)),
    balance: column((event) => (event.table === "accounts" ? event.row.balance : 0)),
  };
}

function statesOf(pipeline: Pipeline): readonly JournalBody[] {
  const where = { kind: "ledger.state", bucket: BUCKETS.length - 1, when: "final" } as const;
  const inLake = (hop: Hop, pieces: readonly Piece[]): readonly JournalBody[] => {
    const sums = new StateSums(0);
    for (const table of BANK_TABLES) {
      const records = pieces.filter((piece) => piece.kind === "change");
      sums.add(table, lakeRows(records.filter(({ event }) => event.table === table)));
    }
    return sums.states().map((state) => ({ ...where, hop, ...state }));
  };
  return [
    ...pipeline.digests.map((digest) => ({ ...where, hop: "acknowledged" as const, ...digest })),
    ...pipeline.digests.map(({ lane }) => ({
      ...where,
      hop: "postgres" as const,
      ...rowSums(pipeline.postgres, lane),
    })),
    ...inLake("iceberg", pipeline.files),
    ...inLake("reader", pipeline.trino),
  ];
}

function rowSums(
  rows: readonly Row[],
  lane: number,
): { lane: number; rowCount: number; fingerprintSum: string; balanceSum: string } {
  const own = rows.filter((row) => row.lane === lane);
  const sum = new ExactSum();
  for (const { fp } of own) sum.add(fp);
  const balance = own.reduce((total, row) => total + ("balance" in row ? row.balance : 0), 0);
  return { lane, rowCount: own.length, fingerprintSum: sum.text(), balanceSum: String(balance) };
}
