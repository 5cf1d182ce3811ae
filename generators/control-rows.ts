/**
 * Rows that measure instead of bank: fences (one per Kafka partition and bucket, tell that a bucket
 * is complete) and canaries (tell how fresh the lake is). Their ids are negative and stay the same
 * for a partition, so every write after the first is an update.
 */
import { CANARY_LANE, FENCE_LANE } from "./bank-rows.ts";
import type { AccountRow, BankTable, Change, Txn, UserRow } from "./bank-rows.ts";
import { fingerprintAccount, fingerprintUser } from "./fingerprint.ts";
import { idForPartition } from "./kafka-partition.ts";

const FENCE_START_ID = -1;
/** Far below any fence id, which lie within a few times the partition count of -1. */
const CANARY_START_ID = -1_000_001;

export interface ControlRowSpec {
  readonly partition: number;
  readonly partitionCount: number;
  readonly bucket: number;
}

interface RowOf {
  readonly users: UserRow;
  readonly accounts: AccountRow;
}

/** Fence of one partition: its seq is the bucket it closes. */
export function fenceRow<T extends BankTable>(table: T, spec: ControlRowSpec): RowOf[T] {
  const id = idForPartition(table, spec.partition, spec.partitionCount, FENCE_START_ID);
  return ROW_BUILDERS[table](id, "fence", FENCE_LANE, spec.bucket, spec.bucket);
}

/** Canary of one partition: its seq is the number of the canary. */
export function canaryRow<T extends BankTable>(
  table: T,
  spec: ControlRowSpec & { readonly canary: number },
): RowOf[T] {
  const id = idForPartition(table, spec.partition, spec.partitionCount, CANARY_START_ID);
  return ROW_BUILDERS[table](id, "canary", CANARY_LANE, spec.canary, spec.bucket);
}

/** One transaction with the fences of all partitions of both tables. The connector may see c or u. */
export function fenceTxn(bucket: number, partitionCount: number): Txn {
  const specs = Array.from({ length: partitionCount }, (_, partition) => ({
    partition,
    partitionCount,
    bucket,
  }));
  const changes: readonly Change[] = [
    ...specs.map((spec) => userChange(fenceRow("users", spec))),
    ...specs.map((spec) => accountChange(fenceRow("accounts", spec))),
  ];
  return { kind: "fence", changes, seqMin: bucket, seqMax: bucket };
}

/** One transaction with one canary. The connector may see c or u. */
export function canaryTxn(
  table: BankTable,
  spec: ControlRowSpec & { readonly canary: number },
): Txn {
  const change =
    table === "users"
      ? userChange(canaryRow("users", spec))
      : accountChange(canaryRow("accounts", spec));
  return { kind: "canary", changes: [change], seqMin: spec.canary, seqMax: spec.canary };
}

/**
 * The transaction as the connector reports it: each row with the version it replaces, which an earlier
 * transaction wrote, and as an insert where there is none.
 */
export function replacing(txn: Txn, earlier: Txn | undefined): Txn {
  const users = new Map<number, UserRow>();
  const accounts = new Map<number, AccountRow>();
  for (const change of earlier?.changes ?? []) {
    if (change.table === "users") users.set(change.row.id, change.row);
    else accounts.set(change.row.id, change.row);
  }
  const changes = txn.changes.map((change): Change => {
    if (change.op === "d") return change;
    if (change.table === "users") {
      const before = users.get(change.row.id);
      return before === undefined ? { ...change, op: "c" } : { ...change, op: "u", before };
    }
    const before = accounts.get(change.row.id);
    return before === undefined ? { ...change, op: "c" } : { ...change, op: "u", before };
  });
  return { ...txn, changes };
}

function userChange(row: UserRow): Change {
  return { table: "users", op: "u", row };
}

function accountChange(row: AccountRow): Change {
  return { table: "accounts", op: "u", row };
}

type RowBuilder<Row> = (
  id: number,
  purpose: string,
  lane: number,
  seq: number,
  bucket: number,
) => Row;

const ROW_BUILDERS: { readonly [T in BankTable]: RowBuilder<RowOf[T]> } = {
  users: (id, purpose, lane, seq, bucket) => {
    const email = `${purpose}@lakeproof.invalid`;
    const content = { id, email, name: purpose, status: purpose, data: "{}", lane, seq };
    return { ...content, bucket, fp: fingerprintUser(content) };
  },
  accounts: (id, purpose, lane, seq, bucket) => {
    const content = { id, userId: id, balance: 0, status: purpose, data: "{}", lane, seq };
    return { ...content, bucket, fp: fingerprintAccount(content) };
  },
};
