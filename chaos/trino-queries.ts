/**
 * What becomes of the queries of everybody while something is done to Trino: the engine's own list of them is read
 * again and again, and a query that needs every worker is sent beside it.
 */
import type { FaultContext } from "../core/contracts/fault.ts";
import { LakeproofError, reasonOf } from "../core/errors.ts";
import { host } from "../core/host.ts";

const QUERY_MS_MAX = 60_000;
const PAUSE_MS = 1000;

/** All queries the coordinator remembers. Each stays for half a minute after its end at least. */
const LIST =
  "SELECT query_id, state, coalesce(error_code, ''), coalesce(source, '') FROM system.runtime.queries";
/** Every node reports its own tasks, so each has one of this query. */
const ON_EVERY_WORKER = "SELECT count(DISTINCT node_id) FROM system.runtime.tasks";

/** Trino's error codes of a query that lost a node or could not reach one. */
const NODE_LOSS_CODES: ReadonlySet<string> = new Set([
  "NO_NODES_AVAILABLE",
  "PAGE_TRANSPORT_ERROR",
  "PAGE_TRANSPORT_TIMEOUT",
  "REMOTE_BUFFER_CLOSE_FAILED",
  "REMOTE_HOST_GONE",
  "REMOTE_TASK_ERROR",
  "REMOTE_TASK_FAILED",
  "REMOTE_TASK_MISMATCH",
  "SERVER_SHUTTING_DOWN",
  "TOO_MANY_REQUESTS_FAILED",
]);

export interface EndedQuery {
  readonly id: string;
  /** Empty where it succeeded. */
  readonly errorCode: string;
  readonly source: string;
}

export interface QueryWatch {
  /** Ends the watch with a last look. Returns what ended since it began, the same at each call. Never rejects. */
  stop(): Promise<WatchedQueries>;
}

export interface WatchedQueries {
  readonly ended: readonly EndedQuery[];
  /** Why looks failed, if any did: what ended and was forgotten meanwhile is not known. */
  readonly lookFailures: readonly string[];
}

/** Pure: the rows of the list that have ended. */
export function endedIn(rows: readonly (readonly unknown[])[]): readonly EndedQuery[] {
  return rows
    .filter(([, state]) => state === "FINISHED" || state === "FAILED")
    .map(([id, , errorCode, source]) => ({
      id: String(id),
      errorCode: String(errorCode),
      source: String(source),
    }));
}

/** Pure. Throws FAULT_FAILED where a query failed because a node went away, or where nothing was seen. */
export function watchText({ ended, lookFailures }: WatchedQueries): string {
  const lost = ended.filter(({ errorCode }) => NODE_LOSS_CODES.has(errorCode));
  const [first] = lost;
  if (first !== undefined) {
    throw new LakeproofError(
      "FAULT_FAILED",
      `${String(lost.length)} of ${String(ended.length)} queries failed because a worker went away: ` +
        `${first.id} of ${first.source || "nobody"} with ${first.errorCode}.`,
      { hint: "Its grace period must be longer than the coordinator takes to see that it leaves." },
    );
  }
  if (ended.length === 0) {
    throw new LakeproofError(
      "FAULT_FAILED",
      `No query was seen to end meanwhile: ${lookFailures[0] ?? "there was none"}.`,
      { hint: "Read the log of the coordinator." },
    );
  }
  const others = ended.filter(({ errorCode }) => errorCode !== "");
  const codes = [...new Set(others.map(({ errorCode }) => errorCode))].join(", ");
  return (
    `${String(ended.length)} queries ended meanwhile, none failed because of it` +
    (others.length === 0 ? "" : `, ${String(others.length)} for other reasons (${codes})`) +
    (lookFailures.length === 0 ? "" : `; ${String(lookFailures.length)} looks at them failed`)
  );
}

/** Throws FAULT_FAILED when the first look fails: then nobody could say what the fault has changed. */
export async function watchQueries<Params>(context: FaultContext<Params>): Promise<QueryWatch> {
  const { query } = context;
  if (query === undefined) {
    throw new LakeproofError("FAULT_FAILED", "There is nobody to ask Trino for its queries.", {
      hint: "Inject it in a run of lakeproof.",
    });
  }
  const ask = (sql: string): Promise<readonly (readonly unknown[])[]> =>
    query(sql, host.deadline(QUERY_MS_MAX, context.signal));
  const before = new Set(endedIn(await ask(LIST)).map(({ id }) => id));
  const ended = new Map<string, EndedQuery>();
  const lookFailures: string[] = [];
  const stopper = new AbortController();
  const look = async (): Promise<void> => {
    try {
      for (const one of endedIn(await ask(LIST))) if (!before.has(one.id)) ended.set(one.id, one);
    } catch (error) {
      lookFailures.push(reasonOf(error));
    }
  };
  const watching = (async () => {
    while (!stopper.signal.aborted && !context.signal.aborted) {
      // Where it fails, the list says why.
      await ask(ON_EVERY_WORKER).catch(() => undefined);
      await look();
      await host.sleep(PAUSE_MS);
    }
  })();
  let last: Promise<WatchedQueries> | undefined;
  return {
    stop: () => {
      stopper.abort();
      last ??= watching.then(look).then(() => ({ ended: [...ended.values()], lookFailures }));
      return last;
    },
  };
}
