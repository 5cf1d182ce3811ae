/** metrics.prom: what it says, that promtool takes it, and that no text can break its lines. */
import { spawnSync } from "node:child_process";
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { judge } from "../../../core/judge.ts";
import { defaultCacheDir } from "../../../infra/artifacts/cache.ts";
import { openmetrics } from "../../../reports/openmetrics.ts";
import { CHECKS } from "../../../slo/checks/index.ts";
import { abortedJournal, lossJournal, smokeJournal } from "../../fixtures/journals.ts";

function bodyOf(journal: ReturnType<typeof smokeJournal>): string {
  const [file] = openmetrics.render(journal, judge(journal, Object.values(CHECKS)));
  return file?.body ?? "";
}

const SAMPLE =
  /^[a-z_]+(?:\{[a-z_]+="(?:[^"\\\n]|\\[\\n"])*"(?:,[a-z_]+="(?:[^"\\\n]|\\[\\n"])*")*\})? -?\d[\d.e+-]*$/;

describe.each([
  ["a good run", smokeJournal()],
  ["a run with hostile text", lossJournal()],
  ["a run that was stopped", abortedJournal()],
])("metrics.prom of %s", (_, journal) => {
  const body = bodyOf(journal);
  const lines = body.trimEnd().split("\n");

  test("is well formed: every sample follows the type of its family, and the end is said", () => {
    expect(lines.at(-1)).toBe("# EOF");
    let family = "";
    for (const line of lines.slice(0, -1)) {
      const type = /^# TYPE (\S+) gauge$/.exec(line);
      if (type !== null) family = type[1] ?? "";
      else if (line.startsWith("#")) expect(line).toMatch(/^# (?:UNIT|HELP) /);
      else {
        expect(line).toMatch(SAMPLE);
        expect(line.split(/[ {]/, 1)[0]).toBe(family);
      }
    }
  });

  test("says the status of each verdict once", () => {
    const proven = lines.filter((line) => /^lakeproof_verdict\{.*\} 1$/.test(line));
    expect(proven).toHaveLength(judge(journal, Object.values(CHECKS)).verdicts.length);
  });

  test("passes promtool's check", (context) => {
    const promtool = promtoolHere();
    context.skip(promtool === undefined, "promtool is neither on PATH nor in the artifact cache");
    const { status, stderr, stdout } = spawnSync(promtool ?? "", ["check", "metrics"], {
      input: body,
      encoding: "utf8",
    });
    expect(stdout + stderr).toBe("");
    expect(status).toBe(0);
  });
});

function promtoolHere(): string | undefined {
  const cached = join(defaultCacheDir(), "artifacts");
  const places = ["promtool", ...inCache(cached)];
  return places.find((path) => spawnSync(path, ["--version"]).status === 0);
}

function inCache(directory: string): readonly string[] {
  try {
    return readdirSync(directory)
      .filter((name) => name.startsWith("prometheus-"))
      .map((name) => join(directory, name, "content", "bin", "promtool"));
  } catch {
    return [];
  }
}

test("recoveries are in seconds, and a fault never recovered has none", () => {
  expect(bodyOf(smokeJournal())).toMatch(
    /^lakeproof_fault_recovery_budget_seconds\{id="f2",fault="process-kill",service="kafka",class="X"\} 59$/m,
  );
  expect(bodyOf(lossJournal())).not.toMatch(/^lakeproof_fault_recovery_seconds\{id="f6"/m);
});
