/** One connection to PostgreSQL for short administrative work. */
import pg from "pg";
import type { Outcome } from "../../core/contracts/values.ts";
import { host } from "../../core/host.ts";
import { untilAborted } from "../../core/until-aborted.ts";

const GOODBYE_MS_MAX = 2000;

export async function withPostgres<T>(
  address: string,
  database: string,
  signal: AbortSignal,
  work: (client: pg.Client) => Promise<T>,
): Promise<T> {
  const client = openPostgres(address, database);
  try {
    return await untilAborted(
      client.connect().then(() => work(client)),
      signal,
    );
  } finally {
    void client.end().catch(() => undefined);
  }
}

/** A client that is not connected yet. Errors between queries surface on the next query. */
export function openPostgres(address: string, database: string): pg.Client {
  const [name, port] = address.split(":");
  const client = new pg.Client({
    host: name ?? "",
    port: Number(port),
    user: "lakeproof",
    database,
    connectionTimeoutMillis: 5000,
    application_name: "lakeproof",
  });
  client.on("error", () => undefined);
  return client;
}

/**
 * A connection that writes transactions and can tell whether they happened. A refused statement is a
 * definite fail; a connection that broke while the statement was under way is unknown.
 */
export class WriterConnection {
  readonly #address: string;
  readonly #database: string;
  #client: pg.Client | undefined;

  constructor(address: string, database: string) {
    this.#address = address;
    this.#database = database;
  }

  /** The connected client, made anew after a break. Rejects while the server cannot be reached. */
  async client(): Promise<pg.Client> {
    if (this.#client !== undefined) return this.#client;
    const client = openPostgres(this.#address, this.#database);
    await client.connect();
    this.#client = client;
    return client;
  }

  async apply(sql: string): Promise<Outcome> {
    let client: pg.Client;
    try {
      client = await this.client();
    } catch {
      return "fail";
    }
    try {
      await client.query(sql);
      return "ok";
    } catch (error) {
      // A SQLSTATE came from a server that is alive and has rolled back; class 57 is a server going down.
      const state = error instanceof pg.DatabaseError ? (error.code ?? "") : "";
      if (state !== "" && !state.startsWith("57")) return "fail";
      await this.close();
      return "unknown";
    }
  }

  /** Ends what is under way on it. Takes no longer than a server takes that is there. */
  async close(): Promise<void> {
    const client = this.#client;
    this.#client = undefined;
    if (client === undefined) return;
    const ended = client.end().catch(() => undefined);
    await Promise.race([ended, host.sleep(GOODBYE_MS_MAX)]);
    // Across a network that is gone the goodbye would never be answered.
    client.connection.stream.destroy();
  }
}
