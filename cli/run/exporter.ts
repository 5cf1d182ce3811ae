/**
 * What only the harness knows, for Prometheus: how old a committed row is before a reader sees it. Prometheus learns of
 * the harness by a file that is there while a run lasts, so that between runs nobody is missed.
 */
import { renameSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type Server } from "node:http";
import { join } from "node:path";
import { reasonOf } from "../../core/errors.ts";
import { HARNESS_TARGET_FILE, harnessTarget } from "../../infra/monitoring/scrape.ts";
import { harnessHost } from "../../infra/zones.ts";
import type { Session } from "./session.ts";

const PORT = 9464;

/** `freshnessMs`: the age now of what is not readable yet, or of what became readable last. */
export async function startExporter(
  session: Session,
  freshnessMs: () => number | undefined,
): Promise<Disposable> {
  const prometheus = session.lab.specs.find(({ component }) => component === "prometheus");
  if (prometheus === undefined) return { [Symbol.dispose]: () => undefined };
  const address = harnessHost(session.lab.driver.network !== undefined, prometheus.host);
  const file = join(prometheus.dataDir, HARNESS_TARGET_FILE);
  const server = createServer((_, response) => {
    response.setHeader("content-type", "text/plain; version=0.0.4; charset=utf-8");
    response.end(exposition(freshnessMs()));
  });
  try {
    await listening(server, address);
    writeFileSync(`${file}.new`, harnessTarget(`${address}:${String(PORT)}`));
    renameSync(`${file}.new`, file);
  } catch (error) {
    // A run that shares its address with another one still measures everything it judges.
    const text = `Prometheus does not learn the freshness of this run: ${reasonOf(error)}`;
    session.journal.append({ kind: "note", text });
  }
  return {
    [Symbol.dispose]: () => {
      rmSync(file, { force: true });
      server.close();
      server.closeAllConnections();
    },
  };
}

function listening(server: Server, address: string): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen(PORT, address, resolve);
  });
}

/** Without a canary under way or seen there is no series: no figure is not 0. */
export function exposition(freshnessMs: number | undefined): string {
  const name = "lakeproof_freshness_seconds";
  const head = `# HELP ${name} From the commit of a row until a reader sees it\n# TYPE ${name} gauge\n`;
  return freshnessMs === undefined ? head : `${head}${name} ${String(freshnessMs / 1000)}\n`;
}
