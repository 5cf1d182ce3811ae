/** The agent that makes a JVM's beans readable for Prometheus, for those that have no other way. */
import { readdirSync } from "node:fs";
import { join } from "node:path";
import type { ComponentContext } from "../../core/contracts/component.ts";
import { jmxYaml, type JmxReading } from "../monitoring/jmx.ts";

const METRICS_PORT = 9404;
const CONFIG_FILE = "jmx.yml";

export interface JmxAgent {
  readonly ports: Readonly<Record<string, number>>;
  readonly files: Readonly<Record<string, string>>;
  readonly flags: readonly string[];
}

/** Nothing in a topology that nobody watches: an agent costs each start a second of CPU. */
export function jmxAgent(
  context: ComponentContext,
  id: string,
  host: string,
  readings: readonly JmxReading[],
): JmxAgent {
  if (!context.endpoints.has("prometheus")) return { ports: {}, files: {}, flags: [] };
  const config = join(context.dataDir(id), CONFIG_FILE);
  const jar = jarIn(context.artifact("jmx-exporter"));
  return {
    ports: { metrics: METRICS_PORT },
    files: { [CONFIG_FILE]: jmxYaml(readings) },
    flags: [`-javaagent:${jar}=${host}:${String(METRICS_PORT)}:${config}`],
  };
}

function jarIn(directory: string): string {
  try {
    const jar = readdirSync(directory).find((name) => name.endsWith(".jar"));
    return join(directory, jar ?? "jmx_prometheus_javaagent.jar");
  } catch {
    // Planned before it was fetched.
    return join(directory, "jmx_prometheus_javaagent.jar");
  }
}
