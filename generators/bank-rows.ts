/** What the bank's tables and changes look like. Types and constants only. */

import type { OperationKind } from "../core/bank-profile.ts";

export { CANARY_LANE, FENCE_LANE } from "../core/bank-schema.ts";
export type { BankTable } from "../core/bank-schema.ts";

interface RowIdentity {
  readonly id: number;
  readonly lane: number;
  /** Position among all changes of the lane, from 1, both tables together. */
  readonly seq: number;
  /** Stretch of time the change was issued in; not part of the fingerprint. */
  readonly bucket: number;
  /** 48-bit fingerprint of the business columns, lane and seq. */
  readonly fp: number;
}

export interface UserRow extends RowIdentity {
  readonly email: string;
  readonly name: string;
  readonly status: string;
  /** JSON text. */
  readonly data: string;
}

export interface AccountRow extends RowIdentity {
  readonly userId: number;
  /** Cents. */
  readonly balance: number;
  readonly status: string;
  /** JSON text. */
  readonly data: string;
}

/**
 * A new version of a row. c: the id is not in the table before; u: it is. `before` is the row as it was,
 * where an update carries it.
 */
export type Upsert =
  | {
      readonly table: "users";
      readonly op: "c" | "u";
      readonly row: UserRow;
      readonly before?: UserRow;
    }
  | {
      readonly table: "accounts";
      readonly op: "c" | "u";
      readonly row: AccountRow;
      readonly before?: AccountRow;
    };

/**
 * The end of a row. `row` is the row as it was. A delete carries no sequence number of its own on the
 * wire, so it always follows an update of the same row in the same transaction: seq = row.seq + 1,
 * and its fingerprint is row.fp.
 */
export type Deletion =
  | {
      readonly table: "users";
      readonly op: "d";
      readonly id: number;
      readonly row: UserRow;
      readonly seq: number;
    }
  | {
      readonly table: "accounts";
      readonly op: "d";
      readonly id: number;
      readonly row: AccountRow;
      readonly seq: number;
    };

export type Change = Upsert | Deletion;

/** batch: several operations in one. */
export type TxnKind = OperationKind | "populate" | "batch" | "fence" | "canary";

/** Changes that commit together, in this order. */
export interface Txn {
  readonly kind: TxnKind;
  readonly changes: readonly Change[];
  readonly seqMin: number;
  readonly seqMax: number;
}

/** Sequence number of any change. */
export function seqOf(change: Change): number {
  return change.op === "d" ? change.seq : change.row.seq;
}
