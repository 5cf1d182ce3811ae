/**
 * What no configuration says and a consequence needs. Each figure with where it comes from; a finding that
 * uses one shows it, so that a reader with a better figure can redo the sum.
 */
import { DAY_MS } from "../../core/units.ts";

/** One Debezium envelope of the bank without schema; measured with unique payloads. */
export const EVENT_BYTES = 680;

/** What JsonConverter adds to a record while schemas.enable is on: eighteen row fields and the source block. */
export const SCHEMA_BYTES = 2300;

/** WAL of one changed row with REPLICA IDENTITY FULL: old and new row, index entry, share of the commit. An estimate. */
export const WAL_BYTES_PER_EVENT = 1000;

/** CPU of the one task of a PostgreSQL connector; measured over 500,000 rows. */
export const CONNECTOR_CPU_US_PER_EVENT = 66;

/** Election and promotion once the leader's key has expired; measured 18.2 s in all at a ttl of 20 s. */
export const PROMOTION_MS = 3000;

/** Start of a connector task and take-over of its slot. */
export const TASK_START_MS = 10_000;

/** Restore of a Flink job and replay up to where it was. */
export const RESTORE_MS = 10_000;

/** Commit of a finished checkpoint to the lake, and the next look of a reader. */
export const COMMIT_MS = 4000;

/** One snapshot in a table's metadata file, with its summary. An estimate. */
export const SNAPSHOT_BYTES = 1000;

/** A Trino coordinator from its start to its first answer; measured with a warm disk and a small heap. */
export const COORDINATOR_START_MS = 75_000;

/** Connections a browser opens to one host. */
export const CONNECTIONS_PER_USER = 6;

/** Longest pause of PostgreSQL's slot synchronisation worker between two looks at the primary. */
export const SLOT_SYNC_NAP_MS_MAX = 30_000;

/** Votes and delays of a Redis replica's election, after its master was declared failed. */
export const REDIS_ELECTION_MS = 2000;

/** Share of a machine's memory that Trino's heap should have; its documentation says 70 to 85 %. */
export const TRINO_HEAP_RATIO = 0.8;

/** The one further try that Iceberg's JDBC pool makes, and its pause. Read in ClientPoolImpl of 1.9.1 and 1.11.0. */
export const CATALOG_RETRY_MS = 1000;

export const MONTH_MS = 30 * DAY_MS;
