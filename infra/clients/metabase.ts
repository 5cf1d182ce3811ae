/**
 * Metabase's REST interface: first set-up or login, a Trino database, questions, dashboards and their refresh.
 * Written from Metabase's own sources (setup, session, dashboard and card interfaces); see the component.
 */
import { z } from "zod";
import { LakeproofError } from "../../core/errors.ts";
import { requestJson } from "./http.ts";

const USER = "admin@lakeproof.invalid";

interface MetabaseQuestion {
  readonly name: string;
  readonly display: string;
  readonly sql: string;
}

interface MetabaseDashboard {
  readonly name: string;
  readonly questions: readonly MetabaseQuestion[];
}

export interface MetabaseContent {
  readonly trino: {
    readonly host: string;
    readonly port: number;
    readonly catalog: string;
    readonly schema: string;
  };
  readonly dashboards: readonly MetabaseDashboard[];
}

interface MetabaseClient {
  /** Rejects while Metabase initialises, and when it cannot reach its own database. */
  health(signal: AbortSignal): Promise<void>;
  /** Creates the first user, or logs in where there is one. Every later call carries the session. */
  enter(signal: AbortSignal): Promise<void>;
  /** Creates what is missing: the database, the questions and the dashboards. */
  ensureContent(content: MetabaseContent, signal: AbortSignal): Promise<void>;
  dashboardIds(signal: AbortSignal): Promise<readonly number[]>;
  /** Runs every question of a dashboard as its page does; the number of rows that came. */
  refreshDashboard(id: number, signal: AbortSignal): Promise<number>;
}

const Session = z.object({ id: z.string() });
const Properties = z.object({ "has-user-setup": z.boolean(), "setup-token": z.string().nullish() });
const Named = z.object({ id: z.number(), name: z.string() });
const Databases = z.object({ data: z.array(Named) });
const Dashcards = z.object({
  dashcards: z.array(z.object({ id: z.number(), card_id: z.number().nullish() })),
});
const QueryResult = z.object({
  status: z.string(),
  row_count: z.number().optional(),
  error: z.unknown().optional(),
});

export function openMetabase(address: string, password: string): MetabaseClient {
  return new RestClient(address, password);
}

class RestClient implements MetabaseClient {
  readonly #base: string;
  readonly #password: string;
  #session = "";

  constructor(address: string, password: string) {
    this.#base = `http://${address}/api`;
    this.#password = password;
  }

  async health(signal: AbortSignal): Promise<void> {
    await requestJson(`${this.#base}/health`, { signal });
  }

  async enter(signal: AbortSignal): Promise<void> {
    const properties = Properties.parse(await this.#get("/session/properties", signal));
    if (!properties["has-user-setup"]) {
      try {
        await this.#setUp(properties["setup-token"] ?? "", signal);
        return;
      } catch (error) {
        // Another instance on the same database was first: then there is a user to log in as.
        const now = Properties.parse(await this.#get("/session/properties", signal));
        if (!now["has-user-setup"]) throw error;
      }
    }
    const credentials = { username: USER, password: this.#password };
    this.#session = Session.parse(await this.#send("POST", "/session", credentials, signal)).id;
  }

  async #setUp(token: string, signal: AbortSignal): Promise<void> {
    const body = {
      token,
      user: {
        first_name: "Lake",
        last_name: "Proof",
        email: USER,
        password: this.#password,
      },
      prefs: { site_name: "lakeproof", allow_tracking: false },
    };
    this.#session = Session.parse(await this.#send("POST", "/setup", body, signal)).id;
  }

  async ensureContent(content: MetabaseContent, signal: AbortSignal): Promise<void> {
    const databaseId = await this.#ensureDatabase(content.trino, signal);
    const known = z.array(Named).parse(await this.#get("/dashboard", signal));
    for (const dashboard of content.dashboards) {
      if (known.some(({ name }) => name === dashboard.name)) continue;
      await this.#createDashboard(dashboard, databaseId, signal);
    }
  }

  async #ensureDatabase(trino: MetabaseContent["trino"], signal: AbortSignal): Promise<number> {
    const name = "Lakehouse";
    const { data } = Databases.parse(await this.#get("/database", signal));
    const known = data.find((database) => database.name === name);
    if (known !== undefined) return known.id;
    // The driver for Trino is called after the company that keeps it.
    const details = { ...trino, user: "lakeproof", ssl: false, "prepared-optimized": true };
    const body = { name, engine: "starburst", details };
    return Named.parse(await this.#send("POST", "/database", body, signal)).id;
  }

  async #createDashboard(
    dashboard: MetabaseDashboard,
    databaseId: number,
    signal: AbortSignal,
  ): Promise<void> {
    const cardIds: number[] = [];
    for (const question of dashboard.questions) {
      cardIds.push(await this.#createCard(question, databaseId, signal));
    }
    const { id } = Named.parse(
      await this.#send("POST", "/dashboard", { name: dashboard.name }, signal),
    );
    // A negative id stands for a card that is new on the dashboard.
    const dashcards = cardIds.map((cardId, index) => ({
      id: -1 - index,
      card_id: cardId,
      row: index * 6,
      col: 0,
      size_x: 12,
      size_y: 6,
    }));
    await this.#send("PUT", `/dashboard/${String(id)}`, { dashcards }, signal);
  }

  async #createCard(
    question: MetabaseQuestion,
    databaseId: number,
    signal: AbortSignal,
  ): Promise<number> {
    const body = {
      name: question.name,
      display: question.display,
      visualization_settings: {},
      dataset_query: { database: databaseId, type: "native", native: { query: question.sql } },
    };
    return Named.parse(await this.#send("POST", "/card", body, signal)).id;
  }

  async dashboardIds(signal: AbortSignal): Promise<readonly number[]> {
    return z
      .array(Named)
      .parse(await this.#get("/dashboard", signal))
      .map(({ id }) => id);
  }

  async refreshDashboard(id: number, signal: AbortSignal): Promise<number> {
    const path = `/dashboard/${String(id)}`;
    const { dashcards } = Dashcards.parse(await this.#get(path, signal));
    const counts = await Promise.all(
      dashcards.flatMap(({ id: dashcardId, card_id: cardId }) =>
        typeof cardId === "number"
          ? [
              this.#rowCountOf(
                `${path}/dashcard/${String(dashcardId)}/card/${String(cardId)}/query`,
                signal,
              ),
            ]
          : [],
      ),
    );
    return counts.reduce((sum, count) => sum + count, 0);
  }

  /** A query that failed is answered with 202 all the same: its status tells. */
  async #rowCountOf(path: string, signal: AbortSignal): Promise<number> {
    const result = QueryResult.parse(await this.#send("POST", path, { parameters: [] }, signal));
    if (result.status === "completed") return result.row_count ?? 0;
    throw new LakeproofError(
      "CLIENT_FAILED",
      `Metabase: ${path} ended ${result.status}: ${JSON.stringify(result.error ?? null).slice(0, 300)}`,
      { hint: "Read the logs of Metabase and of Trino." },
    );
  }

  #get(path: string, signal: AbortSignal): Promise<unknown> {
    return requestJson(`${this.#base}${path}`, { headers: this.#headers(), signal });
  }

  #send(
    method: "POST" | "PUT",
    path: string,
    body: unknown,
    signal: AbortSignal,
  ): Promise<unknown> {
    return requestJson(`${this.#base}${path}`, { method, body, headers: this.#headers(), signal });
  }

  #headers(): Readonly<Record<string, string>> {
    return this.#session === "" ? {} : { "x-metabase-session": this.#session };
  }
}
