/** What the two readers of the lake say, side by side: Trino at the hop "reader", the files at the hop "iceberg". */
import type { EventOf, JournalReader } from "../../../core/contracts/journal.ts";

type Changes = EventOf<"ledger.changes">;
type State = EventOf<"ledger.state">;

export interface LakeCell {
  readonly bucket: number;
  readonly lane: number;
  readonly trino: Changes | undefined;
  readonly files: Changes | undefined;
  /** Also where one of the two was never asked. */
  readonly agree: boolean;
  /** As Kafka holds it: number, copies and sum. */
  readonly trinoIsRight: boolean;
  readonly filesAreRight: boolean;
}

/** Buckets of lanes after the drain, as far as one of the two readers was asked. */
export function lakeCells(journal: JournalReader): readonly LakeCell[] {
  const final = journal.of("ledger.changes").filter((row) => row.when === "final");
  const rowsAt = (hop: Changes["hop"]): ReadonlyMap<string, Changes> =>
    new Map(final.filter((row) => row.hop === hop).map((row) => [keyOf(row), row]));
  const [kafka, files, trino] = [rowsAt("kafka"), rowsAt("iceberg"), rowsAt("reader")];
  const bothAsked = files.size > 0 && trino.size > 0;
  return [...new Set([...files.keys(), ...trino.keys()])].map((key) => {
    const [bucket = 0, lane = 0] = key.split("/").map(Number);
    const [inTrino, inFiles] = [trino.get(key), files.get(key)];
    return {
      ...{ bucket, lane, trino: inTrino, files: inFiles },
      agree: !bothAsked || sameChanges(inTrino, inFiles),
      trinoIsRight: sameChanges(inTrino, kafka.get(key)),
      filesAreRight: sameChanges(inFiles, kafka.get(key)),
    };
  });
}

function keyOf(row: { readonly bucket: number; readonly lane: number }): string {
  return `${String(row.bucket)}/${String(row.lane)}`;
}

function sameChanges(one: Changes | undefined, other: Changes | undefined): boolean {
  return (
    (one?.eventCount ?? 0) === (other?.eventCount ?? 0) &&
    (one?.distinctCount ?? 0) === (other?.distinctCount ?? 0) &&
    (one?.fingerprintSum ?? "0") === (other?.fingerprintSum ?? "0")
  );
}

export interface LakeState {
  readonly bucket: number;
  readonly lane: number;
  readonly trino: State | undefined;
  readonly files: State | undefined;
  readonly agree: boolean;
}

/** Rows of each lane after the drain, where both readers were asked for them. */
export function finalStates(journal: JournalReader): readonly LakeState[] {
  const final = journal.of("ledger.state").filter((row) => row.when === "final");
  const rowsAt = (hop: State["hop"]): ReadonlyMap<string, State> =>
    new Map(final.filter((row) => row.hop === hop).map((row) => [keyOf(row), row]));
  const [files, trino] = [rowsAt("iceberg"), rowsAt("reader")];
  if (files.size === 0 || trino.size === 0) return [];
  return [...new Set([...files.keys(), ...trino.keys()])].map((key) => {
    const [bucket = 0, lane = 0] = key.split("/").map(Number);
    const [inTrino, inFiles] = [trino.get(key), files.get(key)];
    const agree =
      inTrino?.rowCount === inFiles?.rowCount &&
      inTrino?.fingerprintSum === inFiles?.fingerprintSum &&
      inTrino?.balanceSum === inFiles?.balanceSum;
    return { bucket, lane, trino: inTrino, files: inFiles, agree };
  });
}

/** Without the lanes about which the two readers differ: one of them is wrong there, and readers-agree says so. */
export function undisputedStates(journal: JournalReader): readonly State[] {
  const disputed = new Set(
    finalStates(journal)
      .filter((state) => !state.agree)
      .map(keyOf),
  );
  return journal
    .of("ledger.state")
    .filter((row) => row.hop === "postgres" || row.when !== "final" || !disputed.has(keyOf(row)));
}
