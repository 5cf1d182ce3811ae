/**
 * Everything k6 does. It begins only when the reader has seen its first canary: on a cold engine, dozens of
 * queries at once would wait for a compiler that gets no time to run.
 */
import { startBiLoad } from "./bi-load.ts";
import type { Books } from "./books.ts";
import type { RunningLoad } from "./k6-load.ts";
import { startQueryLoad } from "./query-load.ts";
import { startScriptLoad } from "./script-load.ts";
import type { Session } from "./session.ts";

export class LateLoads {
  readonly #session: Session;
  readonly #books: Books;
  #loads: RunningLoad[] = [];

  constructor(session: Session, books: Books) {
    this.#session = session;
    this.#books = books;
  }

  get pids(): readonly number[] {
    return this.#loads.map((load) => load.pid).filter((pid) => pid > 0);
  }

  async start(): Promise<void> {
    const session = this.#session;
    if (session.plan.queries.length > 0) this.#loads.push(startQueryLoad(session, this.#books));
    const bi = await startBiLoad(session);
    if (bi !== undefined) this.#loads.push(bi);
    const script = startScriptLoad(session);
    if (script !== undefined) this.#loads.push(script);
  }

  async stop(): Promise<void> {
    const loads = this.#loads;
    this.#loads = [];
    await Promise.all(loads.map((load) => load.stop()));
  }
}
