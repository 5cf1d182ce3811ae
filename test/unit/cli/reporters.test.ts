/** Where reports go, and what is refused before anything starts. */
import { describe, expect, it } from "vitest";
import { takesStdout, wantedReports } from "../../../cli/reporters.ts";
import type { Judgement, Verdict } from "../../../core/contracts/slo.ts";
import { githubAnnotations } from "../../../reports/github.ts";
import { smokeJudgement } from "../../fixtures/judgements.ts";

describe("--reporter", () => {
  it("is repeatable: a name, a path, or the job's page", () => {
    const wanted = wantedReports(["markdown", "junit=/tmp/a=b.xml", "github"], false);
    expect(wanted).toEqual([
      { name: "markdown", path: undefined },
      { name: "junit", path: "/tmp/a=b.xml" },
      { name: "github", path: undefined },
    ]);
    expect(takesStdout(wanted)).toBe(true);
    expect(takesStdout(wantedReports(["junit=/tmp/j.xml", "github"], true))).toBe(false);
    expect(wantedReports(undefined, true)).toEqual([]);
  });

  it.each([
    [["junitt"], false, 'There is no reporter "junitt".'],
    [["junit="], false, '--reporter is "junit=".'],
    [["github=x"], false, '--reporter is "github=x".'],
    [
      ["junit", "markdown"],
      false,
      "--reporter junit and --reporter markdown both want standard output.",
    ],
    [["junit"], true, "--reporter junit and --json both want standard output."],
  ])("refuses %j (json: %j)", (values, json, message) => {
    expect(() => wantedReports(values, json)).toThrow(message);
  });
});

describe("githubAnnotations", () => {
  const template: Verdict = {
    id: "objective.o",
    kind: "objective",
    title: "a, b: c",
    status: "VIOLATED",
    claimed: true,
    because: "100 %\nor more",
    exitCode: 10,
  };
  const open = (count: number): Judgement => ({
    ...smokeJudgement,
    verdicts: Array.from({ length: count }, (_, index): Verdict => ({
      ...template,
      id: `objective.o${String(index)}`,
      status: index === 0 ? "INCONCLUSIVE" : "VIOLATED",
    })),
  });

  it("keeps a run's outcome in one line, and its text from ending a command", () => {
    const lines = githubAnnotations(open(1)).trimEnd().split("\n");
    expect(lines).toHaveLength(2);
    expect(lines[0]).toMatch(/^::notice title=lakeproof smoke%3A /);
    expect(lines[1]).toBe("::warning title=INCONCLUSIVE%3A a%2C b%3A c::100 %25 or more");
  });

  it("stays within what a step may have, and counts the rest", () => {
    const lines = githubAnnotations(open(30)).trimEnd().split("\n");
    expect(lines.filter((line) => line.startsWith("::error")).length).toBeLessThanOrEqual(10);
    expect(lines.at(-1)).toContain("21 more claimed verdicts are not PROVEN.");
  });
});
