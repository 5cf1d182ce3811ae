/** Rules of the error budgets, and promtool's own opinion of them over what a run recorded. */
import { spawnSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { recordedObjectives } from "../../../cli/rules.ts";
import { burnRulesYaml, burnTestsYaml } from "../../../infra/monitoring/burn-rules.ts";
import { healthyEvents, journalOf } from "../../../slo/checks/synthetic.ts";
import { burnRateHistory } from "../../../slo/maths/burn-rate.ts";
import { smokeJournal } from "../../fixtures/journals.ts";
import { promtool } from "../../fixtures/promtool.ts";
import { newDirectory, removeMade } from "../../fixtures/run-directory.ts";

afterAll(removeMade);

/** An outage of a minute after ten good ones, and ten more in which the shortest window passes. */
function outage(secondCount = 1_300): ReturnType<typeof recordedObjectives> {
  const seconds = Array.from({ length: secondCount }, (_, index) => ({
    fromMs: index * 1_000,
    toMs: (index + 1) * 1_000,
    n: 10,
    bad: index >= 600 && index < 660 ? 10 : 0,
  }));
  const alerts = burnRateHistory(seconds, 0.001).map(({ alert, firings }) => ({
    ...alert,
    firings,
  }));
  return [{ id: "errors.writes", workload: "bank", badRatioMax: 0.001, seconds, alerts }];
}

const RUNS = [
  ["a smoke run", recordedObjectives(smokeJournal())],
  ["a run whose queries fail for 20 s", recordedObjectives(journalOf(healthyEvents()))],
  ["an outage that passes", outage()],
] as const;

/** promtool's verdict on rules, over what was recorded. */
function promtoolOn(
  rules: string,
  recorded: ReturnType<typeof recordedObjectives>,
): { readonly code: number | null; readonly output: string } {
  const directory = newDirectory("rules");
  writeFileSync(join(directory, "rules.yml"), rules);
  writeFileSync(join(directory, "rules.test.yml"), burnTestsYaml(recorded, "rules.yml"));
  const { status, stdout, stderr } = spawnSync(
    promtool ?? "",
    ["test", "rules", join(directory, "rules.test.yml")],
    { encoding: "utf8" },
  );
  return { code: status, output: stdout + stderr };
}

describe.each(RUNS)("the rules of %s", { timeout: 120_000 }, (_, recorded) => {
  it("fire and end in the seconds in which the run's own arithmetic says so", (context) => {
    context.skip(promtool === undefined, "promtool is neither on PATH nor in the artifact cache");
    const { code, output } = promtoolOn(burnRulesYaml(recorded), recorded);
    expect(output).toContain("SUCCESS");
    expect(code).toBe(0);
  });
});

// The outage as far as its alerts fire: promtool prints every second in which it disagrees.
const FIRING = [...RUNS.slice(0, 2), ["an outage", outage(640)] as const];

it.for(FIRING)("the rules of %s are refused with another limit", ([, recorded], context) => {
  context.skip(promtool === undefined, "promtool is neither on PATH nor in the artifact cache");
  const fires = recorded.some(({ alerts }) => alerts.some(({ firings }) => firings.length > 0));
  // With the limit out of reach no alert fires; with none at all each does.
  const changed = burnRulesYaml(recorded).replaceAll(/>= [\d.e-]+/g, fires ? ">= 1e9" : ">= 0");
  expect(promtoolOn(changed, recorded).code).toBe(1);
});

it("there are alerts that fire and alerts that end, else the above says little", () => {
  const [, [, failing], [, passed]] = RUNS;
  const queries = failing.find(({ id }) => id === "errors.queries");
  expect(queries?.alerts.map(({ firings }) => firings.length)).toEqual([1, 1, 1, 1]);
  const page = passed[0]?.alerts.find(({ name }) => name === "page-1h");
  // 1.44 % are 9 bad seconds of 609; of the last 300 there are but four, and no longer five, at 956 s.
  expect(page?.firings).toEqual([{ fromMs: 609_000, toMs: 956_000 }]);
});
