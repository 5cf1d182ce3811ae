/** Queries against Trino, with a deadline: the client library has none of its own. */
import { BasicAuth, Trino } from "trino-client";
import { LakeproofError } from "../../core/errors.ts";
import { untilAborted } from "../../core/until-aborted.ts";

export interface TrinoClient {
  /** All rows of one statement. Rejects with the engine's message, or when `signal` aborts. */
  query(sql: string, signal: AbortSignal): Promise<readonly (readonly unknown[])[]>;
}

export function openTrino(address: string, source: string): TrinoClient {
  const client = Trino.create({
    server: `http://${address}`,
    catalog: "iceberg",
    schema: "raw_data",
    source,
    auth: new BasicAuth("lakeproof"),
  });
  return {
    query: async (sql, signal) => {
      const running: Running = { id: undefined };
      try {
        return await untilAborted(collect(client, sql, running), signal);
      } catch (error) {
        // Left alone, an abandoned query would go on taking time from those that are measured.
        if (running.id !== undefined) void client.cancel(running.id).catch(() => undefined);
        throw error;
      }
    },
  };
}

interface Running {
  id: string | undefined;
}

async function collect(
  client: ReturnType<typeof Trino.create>,
  sql: string,
  running: Running,
): Promise<readonly (readonly unknown[])[]> {
  const rows: (readonly unknown[])[] = [];
  for await (const page of await client.query(sql)) {
    running.id = page.id;
    if (page.error !== undefined) {
      throw new LakeproofError(
        "CLIENT_FAILED",
        `Trino refused the query: ${page.error.message} (${page.error.errorName})`,
        { hint: `The statement was: ${sql.slice(0, 300)}` },
      );
    }
    for (const row of page.data ?? []) rows.push(row as readonly unknown[]);
  }
  running.id = undefined;
  return rows;
}
