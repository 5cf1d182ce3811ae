import { expect, it } from "vitest";
import { lsnText, withLastSeen, type KafkaPlaces } from "../../../../cli/run/last-seen.ts";
import type { LedgerFinding } from "../../../../core/ledger.ts";

const LOST: LedgerFinding = {
  ...{ anomaly: "lost", lane: 3, seq: 812, bucket: 7 },
  detail: "in Kafka, not in the lake",
};
const SNAPSHOTS = new Map([
  ["users", "11"],
  ["accounts", "22"],
] as const);

it("writes an LSN as PostgreSQL does", () => {
  expect(lsnText(0x16b3748)).toBe("0/16B3748");
  expect(lsnText(0x2_0000_00ff)).toBe("2/FF");
});

it("names the record, its LSN, and the snapshot of its own table", () => {
  const places: KafkaPlaces = new Map([
    ["3/812", { position: "accounts/4@1042", lsn: "0/16B3748" }],
    ["3/813", { position: "users/1@7" }],
  ]);
  expect(withLastSeen(LOST, places, SNAPSHOTS).detail).toBe(
    "in Kafka, not in the lake; last seen at accounts/4@1042, LSN 0/16B3748, absent from snapshot 22",
  );
});

it("names the neighbours of what is not in Kafka", () => {
  const places: KafkaPlaces = new Map([
    ["3/811", { position: "users/1@6", lsn: "0/A" }],
    ["3/813", { position: "users/1@7", lsn: "0/C" }],
  ]);
  const finding = { ...LOST, detail: "acknowledged by PostgreSQL, not in Kafka" };
  expect(withLastSeen(finding, places, SNAPSHOTS).detail).toBe(
    "acknowledged by PostgreSQL, not in Kafka; the one before is at users/1@6, LSN 0/A, the one after at users/1@7, LSN 0/C",
  );
  expect(withLastSeen(finding, new Map(), SNAPSHOTS)).toBe(finding);
});
