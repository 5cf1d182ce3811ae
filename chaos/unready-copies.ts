/** Whether a failover now would take the slot along, by its rows on all servers: pure. */
import type { SlotCopy } from "../core/contracts/fault.ts";

/** The slot's row on each server; undefined where it has none. */
export interface SlotRows {
  readonly leader: SlotCopy | undefined;
  readonly standbys: ReadonlyMap<string, SlotCopy | undefined>;
}

/**
 * open: a failover now loses the slot. closed: a standby would keep it. not-yet: it is not on every standby, or its
 * reader has not come so far that it would miss it: `firstLsn` is what was confirmed when it was first read, and until
 * that moves a connector that starts again begins anew by itself.
 */
export function windowOf(
  { leader, standbys }: SlotRows,
  firstLsn: string | undefined,
): "not-yet" | "open" | "closed" {
  const copies = [...standbys.values()];
  if (copies.some((copy) => copy?.synced === true && !copy.temporary)) return "closed";
  const isRead =
    leader?.active === true && firstLsn !== undefined && leader.confirmedLsn !== firstLsn;
  const areThere = copies.length > 0 && copies.every((copy) => copy?.synced === true);
  return isRead && areThere ? "open" : "not-yet";
}

/** "postgres-1 synced=t temporary=t confirmed_flush_lsn=null". */
export function rowsText({ standbys }: SlotRows): string {
  return [...standbys].map(([id, copy]) => `${id} ${copyText(copy)}`).join(", ");
}

function copyText(copy: SlotCopy | undefined): string {
  if (copy === undefined) return "has none";
  const { synced, temporary, confirmedLsn } = copy;
  const letter = (yes: boolean): string => (yes ? "t" : "f");
  return `synced=${letter(synced)} temporary=${letter(temporary)} confirmed_flush_lsn=${confirmedLsn ?? "null"}`;
}
