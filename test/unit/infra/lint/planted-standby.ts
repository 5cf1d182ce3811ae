/** Defects of PostgreSQL's standbys, and of a Patroni that dies alone. */
import type { GivenFile } from "../../../../infra/lint/parse/read.ts";
import { collectFiles } from "../../../../infra/lint/collect.ts";
import type { Facts } from "../../../../infra/lint/facts.ts";
import type { Defect } from "./system.ts";

const PATRONI = "patroni.yml";

/** Three servers without Patroni, the same list on each. */
function plainServers(list: string): Partial<Facts> {
  const files = ["a", "b", "c"].map((name): GivenFile => ({
    file: `${name}/postgresql.conf`,
    text: `wal_level = logical\nmax_connections = 200\n${list}\n`,
  }));
  const { postgres } = collectFiles(files).lists;
  return { patroni: [], postgres };
}

/** What is spoilt is the facts; the edit stands for nothing but a change. */
const NOTHING = { file: "maintenance.sql", from: "'128MB'", to: "'256MB'" } as const;

export const STANDBY_DEFECTS: readonly Defect[] = [
  {
    rule: "postgres-standby-slots",
    file: "postgres-2/patroni.yml",
    from: "synchronized_standby_slots: postgres_0",
    to: "synchronized_standby_slots: postgres_2",
    severity: "error",
    says: "After a failover to the node behind postgres_2 that slot does not exist there",
  },
  {
    rule: "postgres-standby-slots",
    file: PATRONI,
    from: /synchronized_standby_slots: .*/,
    to: "synchronized_standby_slots: postgres_1",
    severity: "error",
    says: "the slot keeps 36 GB of WAL an hour",
    also: [{ file: PATRONI, from: /name: postgres-.*/, to: "namespace: /service/" }],
  },
  {
    rule: "postgres-standby-slots",
    file: "postgres-0/patroni.yml",
    from: "synchronized_standby_slots: postgres_1",
    to: "synchronized_standby_slots: postgres_1, postgres_2",
    severity: "warning",
    says: "All 2 have to confirm what the connector may read: 0 of them may be away",
  },
  {
    ...NOTHING,
    rule: "postgres-synchronous",
    severity: "error",
    says: "whatever the 2 standbys have: promoting one loses 10,000 acknowledged changes for each second",
    facts: plainServers("synchronous_standby_names = ''"),
  },
  {
    ...NOTHING,
    rule: "postgres-synchronous",
    severity: "warning",
    says: "2 of 2 standbys have to confirm each commit: 0 may be away",
    facts: plainServers("synchronous_standby_names = 'ANY 2 (b, c)'"),
  },
  {
    rule: "postgres-idle-slots",
    file: PATRONI,
    from: "wal_sender_timeout: 20s",
    to: "wal_sender_timeout: 20s\n        idle_replication_slot_timeout: 1h",
    severity: "warning",
    // An hour, and five minutes to the next checkpoint.
    says: "after 65 min at the latest: the connector fails for good, and by then 39,000,000 changes",
  },
  {
    rule: "postgres-idle-slots",
    file: PATRONI,
    from: "wal_sender_timeout: 20s",
    to: "wal_sender_timeout: 20s\n        idle_replication_slot_timeout: 30",
    severity: "error",
    says: "A slot that nobody reads for 30 s is invalidated",
  },
  {
    rule: "patroni-watchdog",
    file: PATRONI,
    from: "mode: required",
    to: "mode: automatic",
    severity: "warning",
    says: "where no device is found, none is used: 23 s later (ttl 20 s and promotion) there are two primaries",
  },
  {
    rule: "patroni-watchdog",
    file: PATRONI,
    from: "mode: required",
    to: 'mode: "off"',
    severity: "error",
    says: "acknowledges up to 10,000 changes for each second that clients still reach it, 600,000 a minute",
    also: [{ file: PATRONI, from: "synchronous_mode: true", to: "synchronous_mode: false" }],
  },
];
