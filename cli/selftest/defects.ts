/** One defect of each kind at each hop where it can occur, planted into a pipeline that was healthy. */
import { LakeproofError } from "../../core/errors.ts";
import type { CheckName } from "../../slo/checks/index.ts";
import { healthyPipeline, type Piece, type Pipeline, type ChangePiece } from "./pipeline.ts";

export type PlantedHop = "PostgreSQL" | "Kafka" | "Iceberg" | "Trino" | "second reader";

export interface PipelineDefect {
  readonly defect: string;
  readonly hop: PlantedHop;
  /** Checks of which each must turn VIOLATED. */
  readonly by: readonly CheckName[];
  /** Texts, of which one finding of these checks must hold all: where the defect is. */
  readonly place: readonly string[];
  readonly pipeline: Pipeline;
}

const BUCKET = 1;
const LANE = 1;

export function plantedDefects(): readonly PipelineDefect[] {
  const healthy = healthyPipeline();
  return [
    ...atPostgres(healthy),
    ...onTheWay(healthy, "Kafka"),
    ...onTheWay(healthy, "Iceberg"),
    ...wrongAnswers(healthy, "Trino"),
    ...wrongAnswers(healthy, "second reader"),
  ];
}

function atPostgres(healthy: Pipeline): readonly PipelineDefect[] {
  const [leg] = transferLegs(healthy);
  const unmoved = versionBefore(changesOf(healthy.kafka), leg);
  const account = healthy.postgres.find(
    (row) => row.table === "accounts" && row.lane === LANE && row.id === leg.event.id,
  );
  const removed = healthy.txns
    .filter(({ lane }) => lane === LANE)
    .flatMap(({ txn }) => txn.changes)
    .findLast((change) => change.op === "d");
  if (account === undefined || unmoved === undefined || removed === undefined) {
    throw unusable("a row of the lane");
  }
  const planted = (
    defect: string,
    by: readonly CheckName[],
    postgres: Pipeline["postgres"],
  ): PipelineDefect => ({
    defect,
    hop: "PostgreSQL",
    by,
    place: [`lane ${String(LANE)}`],
    pipeline: { ...healthy, postgres },
  });
  const others = healthy.postgres.filter((row) => row !== account);
  const back = { ...removed.row, table: removed.table };
  return [
    planted("one lost", ["postgres-state"], others),
    planted("one corrupted", ["postgres-state"], [...others, { ...account, fp: account.fp + 1 }]),
    planted(
      "one torn",
      ["postgres-state", "balance-constant"],
      [...others, { ...unmoved.event.row, table: "accounts" }],
    ),
    planted("one resurrected delete", ["postgres-state"], [...healthy.postgres, back]),
  ];
}

type Stream = readonly Piece[];

/** Plants at a hop of the way; whatever comes behind it holds the same. */
interface Plant {
  readonly defect: string;
  readonly by: readonly CheckName[];
  /** What is damaged: its place must be found. */
  readonly victim: ChangePiece;
  readonly change: (pieces: Stream) => Stream;
  /** How near to it: the row by its number, its bucket by a sum, or its lane by the rows that are left. */
  readonly near?: "row" | "bucket" | "lane";
}

/** Planted where Kafka or the lake's files hold it. */
function onTheWay(healthy: Pipeline, hop: "Kafka" | "Iceberg"): readonly PipelineDefect[] {
  const own = hop === "Kafka" ? inKafka(healthy) : inIceberg(healthy);
  return [...inBoth(healthy), ...own].map(({ defect, by, victim, change, near }) => {
    const stream = change(healthy.kafka);
    const { lane, bucket, seq } = victim.event;
    const place = [`lane ${String(lane)}`, `bucket ${String(bucket)}`, `seq ${String(seq)}`];
    return {
      defect,
      hop,
      by,
      place: place.slice(0, near === "lane" ? 1 : near === "bucket" ? 2 : 3),
      pipeline: {
        ...healthy,
        ...{ files: stream, trino: stream },
        ...(hop === "Kafka" ? { kafka: stream } : {}),
      },
    };
  });
}

function inBoth(healthy: Pipeline): readonly Plant[] {
  const victim = victimOf(healthy.kafka);
  const [leg] = transferLegs(healthy);
  return [
    {
      defect: "one lost",
      by: ["no-lost-change"],
      victim,
      change: (all) => all.filter((one) => one !== victim),
    },
    {
      defect: "one torn",
      by: ["no-lost-change", "balance-constant"],
      victim: leg,
      change: (all) => all.filter((one) => one !== leg),
    },
  ];
}

function inKafka(healthy: Pipeline): readonly Plant[] {
  const victim = victimOf(healthy.kafka);
  const second = secondOf(healthy.kafka, victim);
  const last = lastOf(healthy.kafka);
  const { update, removal } = removalOf(healthy.kafka);
  const twice = (all: Stream): Stream => doubled(doubled(all, victim), second);
  return [
    { defect: "two duplicated", by: ["no-duplicate"], victim, change: twice, near: "bucket" },
    {
      defect: "two swapped",
      by: ["no-reorder"],
      victim,
      change: (all) => swap(all, victim, second),
    },
    {
      defect: "one corrupted",
      by: ["no-corruption"],
      victim,
      change: (all) => replace(all, victim, alteredColumn(victim)),
    },
    {
      defect: "one delayed",
      by: ["no-reorder"],
      victim: last,
      change: (all) => behindFence(all, last),
    },
    {
      defect: "one resurrected delete",
      by: ["no-corruption"],
      victim: update,
      change: (all) => swap(all, update, removal),
    },
  ];
}

function inIceberg(healthy: Pipeline): readonly Plant[] {
  const victim = victimOf(healthy.kafka);
  const second = secondOf(healthy.kafka, victim);
  const last = lastOf(healthy.kafka);
  const { removal } = removalOf(healthy.kafka);
  const twice = (all: Stream): Stream => doubled(doubled(all, victim), second);
  return [
    { defect: "two duplicated", by: ["no-duplicate"], victim, change: twice },
    {
      defect: "one corrupted",
      by: ["no-corruption"],
      victim,
      change: (all) => replace(all, victim, alteredFingerprint(victim)),
      near: "bucket",
    },
    {
      defect: "one delayed",
      by: ["no-reorder"],
      victim: last,
      change: (all) => behindFence(all, last),
      near: "bucket",
    },
    {
      defect: "one resurrected delete",
      by: ["lake-state"],
      victim: removal,
      change: (all) => replace(all, removal, revived(removal)),
      near: "lane",
    },
  ];
}

/** Rows that are there, and an answer in which they are not as they are. */
function wrongAnswers(
  healthy: Pipeline,
  hop: "Trino" | "second reader",
): readonly PipelineDefect[] {
  const victim = victimOf(healthy.kafka);
  const { lane, bucket } = victim.event;
  const culprit = hop === "Trino" ? "Trino is wrong" : "the reader of the files is wrong";
  const planted = (defect: string, change: (pieces: Stream) => Stream): PipelineDefect => ({
    defect,
    hop,
    by: ["readers-agree"],
    place: [culprit, `bucket ${String(bucket)}`, `lane ${String(lane)}`],
    pipeline:
      hop === "Trino"
        ? { ...healthy, trino: change(healthy.kafka) }
        : { ...healthy, files: change(healthy.kafka) },
  });
  return [
    planted("wrong result: a row is missing", (all) => all.filter((one) => one !== victim)),
    planted("wrong result: a row comes twice", (all) => doubled(all, victim)),
    planted("wrong result: a value is altered", (all) =>
      replace(all, victim, alteredFingerprint(victim)),
    ),
  ];
}

function changesOf(pieces: Stream): readonly ChangePiece[] {
  return pieces.filter((piece) => piece.kind === "change");
}

function isPlanted({ event }: ChangePiece): boolean {
  return event.lane === LANE && event.bucket === BUCKET;
}

function victimOf(pieces: Stream): ChangePiece {
  const found = changesOf(pieces).find((one) => isPlanted(one) && one.event.op === "u");
  if (found === undefined) throw unusable("an update");
  return found;
}

/** The next of the same partition and lane. */
function secondOf(pieces: Stream, first: ChangePiece): ChangePiece {
  const found = changesOf(pieces).find(
    (one) => isPlanted(one) && one.partition === first.partition && one.event.seq > first.event.seq,
  );
  if (found === undefined) throw unusable("a second change");
  return found;
}

/** Behind it nothing of its lane comes in its partition and bucket: moved away, it overtakes nobody. */
function lastOf(pieces: Stream): ChangePiece {
  const found = changesOf(pieces).findLast(isPlanted);
  if (found === undefined) throw unusable("a last change");
  return found;
}

function removalOf(pieces: Stream): {
  readonly update: ChangePiece;
  readonly removal: ChangePiece;
} {
  const own = changesOf(pieces).filter(({ event }) => event.lane === LANE);
  // For good: an account that is opened again is alive whatever became of its end.
  const removal = own.findLast(
    ({ event }) =>
      event.op === "d" && !own.some((one) => sameRow(one, event) && one.event.seq > event.seq),
  );
  const update = own.find(
    (one) =>
      removal !== undefined &&
      sameRow(one, removal.event) &&
      one.event.seq === removal.event.seq - 1,
  );
  if (removal === undefined || update === undefined) throw unusable("a closed account");
  return { update, removal };
}

function sameRow({ event }: ChangePiece, other: ChangePiece["event"]): boolean {
  return event.table === other.table && event.id === other.id;
}

/** The last transfer whose account nobody touches again, so that its missing leg stays missing. */
function transferLegs(healthy: Pipeline): readonly [ChangePiece, ChangePiece] {
  const changes = changesOf(healthy.kafka);
  for (const { lane, txn } of healthy.txns.toReversed()) {
    if (lane !== LANE || txn.kind !== "transfer") continue;
    const seqs = new Set(
      txn.changes.map((change) => (change.op === "d" ? change.seq : change.row.seq)),
    );
    const legs = changes.filter(({ event }) => event.lane === lane && seqs.has(event.seq));
    const [first, second] = legs.filter(
      ({ event }) => event.table === "accounts" && event.op === "u",
    );
    if (first === undefined || second === undefined) continue;
    const isLast = !changes.some(
      ({ event }) =>
        event.table === "accounts" && event.id === first.event.id && event.seq > first.event.seq,
    );
    if (isLast && versionBefore(changes, first) !== undefined) return [first, second];
  }
  throw unusable("a transfer");
}

/** The row as it was before, where the change moved money. */
function versionBefore(
  changes: readonly ChangePiece[],
  { event }: ChangePiece,
): ChangePiece | undefined {
  const before = changes.findLast((one) => sameRow(one, event) && one.event.seq < event.seq);
  if (before?.event.table !== "accounts" || event.table !== "accounts") return undefined;
  return before.event.row.balance === event.row.balance ? undefined : before;
}

function replace(pieces: Stream, old: Piece, piece: Piece): Stream {
  return pieces.map((one) => (one === old ? piece : one));
}

function doubled(pieces: Stream, victim: Piece): Stream {
  return pieces.flatMap((one) => (one === victim ? [one, one] : [one]));
}

function swap(pieces: Stream, one: Piece, other: Piece): Stream {
  return pieces.map((piece) => (piece === one ? other : piece === other ? one : piece));
}

function behindFence(pieces: Stream, late: ChangePiece): Stream {
  const { bucket } = late.event;
  const fence = pieces.findLastIndex((one) => one.kind === "fence" && one.bucket === bucket);
  return [
    ...pieces.slice(0, fence + 1).filter((one) => one !== late),
    late,
    ...pieces.slice(fence + 1),
  ];
}

/** A column changes on the way and the fingerprint does not. */
function alteredColumn(record: ChangePiece): ChangePiece {
  const { event } = record;
  const status = `${event.row.status}?`;
  return {
    ...record,
    event:
      event.table === "users"
        ? { ...event, row: { ...event.row, status } }
        : { ...event, row: { ...event.row, status } },
  };
}

function alteredFingerprint(record: ChangePiece): ChangePiece {
  const fp = record.event.fp + 1;
  return { ...record, event: { ...record.event, fp } };
}

/** The end of a row, told as one more version of it. */
function revived(record: ChangePiece): ChangePiece {
  return { ...record, event: { ...record.event, op: "u" } };
}

function unusable(what: string): LakeproofError {
  return new LakeproofError("INTERNAL", `The self-test's bank has no ${what} to damage.`, {
    hint: "Change the seed or the size of the pipeline in cli/selftest/pipeline.ts.",
  });
}
