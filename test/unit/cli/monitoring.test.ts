/** The boards and alerts as the verb writes them, and Prometheus's own tool over them where it is there. */
import { spawnSync } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, expect, it } from "vitest";
import { writeMonitoring } from "../../../cli/monitoring.ts";
import { ALERT_RULES, ALERTS } from "../../../infra/monitoring/alerts/index.ts";
import { promtool } from "../../fixtures/promtool.ts";
import { newDirectory, removeMade } from "../../fixtures/run-directory.ts";

afterAll(removeMade);

it("writes every board and every alert of production", () => {
  const outDir = join(newDirectory("monitoring"), "new");
  expect(writeMonitoring({ topology: "production", outDir, json: true })).toBe(0);
  expect(readdirSync(outDir).sort()).toEqual([
    "alerts.test.yml",
    "alerts.yml",
    "lakeproof-bi.json",
    "lakeproof-cdc.json",
    "lakeproof-lake.json",
  ]);
  const rules = readFileSync(join(outDir, "alerts.yml"), "utf8");
  for (const alert of Object.keys(ALERTS)) expect(rules).toContain(alert);
  // The tests beside them hold for all rules together: production leaves none out.
  for (const { expr } of ALERT_RULES) expect(rules).toContain(JSON.stringify(expr));
  const tests = readFileSync(join(outDir, "alerts.test.yml"), "utf8");
  expect(tests).toContain("alerts.yml");
});

it("leaves out what a topology has nothing to say of", () => {
  const outDir = newDirectory("monitoring");
  writeMonitoring({ topology: "dev", outDir, json: true });
  const rules = readFileSync(join(outDir, "alerts.yml"), "utf8");
  expect(rules).not.toContain("BiBelowTwoInstances");
});

it("knows no other topology", () => {
  expect(() =>
    writeMonitoring({ topology: "prod", outDir: newDirectory("monitoring"), json: true }),
  ).toThrow('There is no topology "prod".');
});

it("passes promtool as it is", (context) => {
  context.skip(promtool === undefined, "promtool is neither on PATH nor in the cache");
  const outDir = newDirectory("monitoring");
  writeMonitoring({ topology: "production", outDir, json: true });
  const ran = spawnSync(promtool ?? "", ["test", "rules", "alerts.test.yml"], { cwd: outDir });
  expect(ran.stdout.toString() + ran.stderr.toString()).toContain("SUCCESS");
});
