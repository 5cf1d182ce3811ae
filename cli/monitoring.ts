/** `lakeproof monitoring`: the boards and alerts of a topology as files, for a Grafana and a Prometheus of one's own. */
import { mkdirSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { host } from "../core/host.ts";
import { planLab } from "../infra/lab-plan.ts";
import { dashboardFiles } from "../infra/monitoring/dashboards.ts";
import { promtoolYaml } from "../infra/monitoring/promtool/tests.ts";
import { rulesYaml } from "../infra/monitoring/rules.ts";
import { SUBNET_DEFAULT } from "./lab.ts";
import { topologyNamed } from "./up.ts";

export interface MonitoringOptions {
  readonly topology: string;
  readonly outDir: string;
  readonly json: boolean;
}

const RULES_FILE = "alerts.yml";
const TESTS_FILE = "alerts.test.yml";

/** Needs no lab; overwrites what is there under the same names. */
export function writeMonitoring({ topology, outDir, json }: MonitoringOptions): number {
  const shape = topologyNamed(topology);
  const { specs } = planLab(
    shape,
    { id: "plan", subnet: SUBNET_DEFAULT, secret: "", isolation: shape.isolation },
    {},
  );
  const files = {
    ...dashboardFiles(),
    [RULES_FILE]: rulesYaml(specs),
    [TESTS_FILE]: promtoolYaml(RULES_FILE),
  };
  const directory = resolve(host.cwd, outDir);
  mkdirSync(directory, { recursive: true });
  const paths = Object.entries(files).map(([name, body]) => {
    const path = join(directory, name);
    writeFileSync(path, body);
    return path;
  });
  if (json) host.out(`${JSON.stringify({ schema: "lakeproof.monitoring/1", paths })}\n`);
  else {
    for (const path of paths) host.out(`${path}\n`);
    host.err(
      "Grafana: Dashboards, New, Import, one file at a time; choose your Prometheus there.\n",
    );
    host.err(
      `Prometheus: name ${RULES_FILE} under rule_files. Its tests: promtool test rules ${TESTS_FILE}\n`,
    );
  }
  return 0;
}
