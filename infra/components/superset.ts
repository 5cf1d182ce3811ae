/**
 * Superset, the open BI program that can be had everywhere: instances that share a metadata database and, where
 * the topology has one, a Redis cluster as their cache. Its dashboards read the lake through Trino.
 */
import { join } from "node:path";
import type { Component, ComponentContext } from "../../core/contracts/component.ts";
import { pythonCommand, pythonEnvironment } from "../artifacts/python.ts";
import {
  openSuperset,
  supersetHealth,
  type ChartQuery,
  type ChartSpec,
  type SupersetClient,
} from "../clients/superset.ts";
import { addressOf, eachOrdinal, type InstanceDraft } from "./shape.ts";
import {
  gunicornConfig,
  SUPERSET_ADMIN,
  SUPERSET_PORT,
  supersetConfig,
  WSGI_MODULE,
  wsgiModule,
  type SupersetSettings,
} from "./superset-files.ts";

/** Cold, three at once on two cores, and the first of them sets up the database. */
const READY_MS_MAX = 300_000;
const PASSWORD_VARIABLE = "LAKEPROOF_SUPERSET_PASSWORD";

/** What dashboards are called, for those who refresh them. */
const SUPERSET_DASHBOARDS = ["Bank operations", "Bank balance"] as const;

export const superset: Component = {
  kind: "superset",
  artifacts: ["superset"],
  // It sets up the database that all share, behind a lock.
  firstStartsAlone: true,
  instances: (context) => {
    const settings = settingsOf(context);
    return eachOrdinal(context, (id, ordinal): InstanceDraft => {
      const host = context.host(context.service, ordinal);
      const dataDir = context.dataDir(id);
      return {
        id,
        service: context.service,
        component: "superset",
        ordinal,
        host,
        ports: { main: SUPERSET_PORT },
        dataDir,
        readyMsMax: READY_MS_MAX,
        // It runs what it finds in its cache: whoever could write there must not become root by it.
        unprivileged: true,
        prepare: [],
        files: {
          "superset_config.py": supersetConfig(settings),
          "gunicorn.conf.py": gunicornConfig(host),
          [`${WSGI_MODULE}.py`]: wsgiModule(settings),
        },
        command: {
          argv: [
            ...[...pythonCommand(), "-m", "gunicorn", "-c", join(dataDir, "gunicorn.conf.py")],
            ...["--pythonpath", dataDir, `${WSGI_MODULE}:application`],
          ],
          env: {
            ...pythonEnvironment(context.artifact("superset")),
            SUPERSET_CONFIG_PATH: join(dataDir, "superset_config.py"),
            SUPERSET_HOME: dataDir,
            [PASSWORD_VARIABLE]: context.secret,
          },
        },
      };
    });
  },
  // Healthy says only that a thread answers: the list of databases is read from the metadata, as a user's page is.
  probe: async (spec, signal) => {
    await supersetHealth(addressOf(spec), signal);
    const password = spec.command.env?.[PASSWORD_VARIABLE] ?? "";
    const client = openSuperset(addressOf(spec), SUPERSET_ADMIN, password);
    await client.login(signal);
    await client.databaseNames(signal);
  },
};

/** The dashboards: made once the tables they show are there, so that Superset need not wait for the lake. */
export const supersetContent: Component = {
  kind: "superset-content",
  artifacts: [],
  instances: () => [],
  configure: async (context, signal) => {
    const [address = ""] = context.endpoints.addresses("superset");
    const client = openSuperset(address, SUPERSET_ADMIN, context.secret);
    await client.login(signal);
    await ensureContent(client, context.endpoints.address("trino"), signal);
  },
};

function settingsOf(context: ComponentContext): SupersetSettings {
  const cache = context.config["cache"] ?? "redis";
  return {
    postgres: context.endpoints.address("postgres"),
    redis:
      typeof cache === "string" && context.endpoints.has(cache)
        ? context.endpoints.addresses(cache)
        : [],
    secret: context.secret,
  };
}

async function ensureContent(
  client: SupersetClient,
  trino: string,
  signal: AbortSignal,
): Promise<void> {
  const databaseId = await client.ensureDatabase(
    { name: "Lakehouse", uri: `trino://lakeproof@${trino}/iceberg`, source: "lakeproof-superset" },
    signal,
  );
  const datasetId = await client.ensureDataset(databaseId, "raw_data", "accounts", signal);
  for (const title of SUPERSET_DASHBOARDS) {
    const chartIds: number[] = [];
    for (const chart of CHARTS[title]) {
      chartIds.push(await client.ensureChart(datasetId, chart, signal));
    }
    await client.ensureDashboard(title, chartIds, signal);
  }
}

function counted(label: string, sqlExpression: string): ChartQuery["metrics"][number] {
  return { expressionType: "SQL", sqlExpression, label };
}

const changes = counted("changes", "COUNT(*)");
const minute = {
  expressionType: "SQL",
  label: "minute",
  sqlExpression: "date_trunc('minute', from_unixtime(ts_ms / 1000))",
};

const byOperation: ChartSpec = {
  name: "Changes by operation",
  vizType: "table",
  query: { columns: ["op"], metrics: [changes], orderby: [[changes, false]], row_limit: 10 },
};

const perMinute: ChartSpec = {
  name: "Changes per minute",
  vizType: "table",
  query: { columns: [minute], metrics: [changes], orderby: [[changes, false]], row_limit: 1000 },
};

const balance: ChartSpec = {
  name: "Balance in the lake",
  vizType: "big_number_total",
  query: { columns: [], metrics: [counted("balance", "SUM(balance)")], row_limit: 1 },
};

const largest: ChartSpec = {
  name: "Accounts with most changes",
  vizType: "table",
  query: { columns: ["id"], metrics: [changes], orderby: [[changes, false]], row_limit: 100 },
};

const CHARTS: Readonly<Record<(typeof SUPERSET_DASHBOARDS)[number], readonly ChartSpec[]>> = {
  "Bank operations": [byOperation, perMinute],
  "Bank balance": [balance, largest],
};
