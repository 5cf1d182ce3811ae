/** A night on paper: every part is there, both totals, and nobody can take the extrapolation for a measurement. */
import { Ajv } from "ajv";
import { describe, expect, it } from "vitest";
import type { NightlyReport, NightRerun } from "../../../core/contracts/nightly.ts";
import { eventCosts, rightSizing } from "../../../core/right-sizing.ts";
import { nightAnnotations } from "../../../reports/github.ts";
import { renderNightlyPage } from "../../../reports/html-nightly.ts";
import { renderNightly, renderNightlyMarkdown } from "../../../reports/nightly.ts";
import { nightExit } from "../../../slo/capacity/night.ts";
import { seriesHistory } from "../../../slo/regression/history.ts";
import { renderSchemas } from "../../../tools/schemas.ts";
import { randomOf } from "../../fixtures/comparisons.ts";
import { nightEntry, nightReport, stepOf } from "../../fixtures/nights.ts";

const RERUN: NightRerun = {
  ...{ changeId: "cp-1", metricId: "capacity.end-to-end", title: "capacity of end-to-end" },
  ...{ target: "end-to-end", ratePerS: 1430, asks: { kind: "rate-holds" }, status: "confirmed" },
  ...{ because: "1430 a second broke again in 2 of 2 windows: <b>lag</b> | 9 %", steps: [] },
};

function report(reruns: readonly NightRerun[] = []): NightlyReport {
  const capacity = nightReport({ kneePerS: 1500, postgresPerCore: 500, night: 11 });
  const entries = Array.from({ length: 12 }, (_, night) =>
    nightEntry(nightReport({ kneePerS: 1500, postgresPerCore: 500, night }), night),
  );
  const sizing = rightSizing(capacity);
  return {
    schema: "lakeproof.nightly/1",
    ...{ runId: capacity.runId, scenario: "nightly-capacity", purpose: "The rates of a night." },
    ...{ startedAtEpochMs: 0, effectRatioMin: 0.05, capacity, reruns },
    kept: { path: "history/runs/nightly-capacity/x.json" },
    history: seriesHistory(entries, { effectRatioMin: 0.05, randomOf, acknowledgements: [] }),
    costs: eventCosts(capacity),
    ...(sizing === undefined ? {} : { sizing }),
    exit: nightExit(capacity, reruns, undefined),
    rerun: "npx lakeproof run nightly-capacity --seed 1",
  };
}

const SCREEN = { color: false, columns: 100 };

describe.each([
  ["the screen", (night: NightlyReport) => renderNightly(night, SCREEN)],
  ["Markdown", renderNightlyMarkdown],
  ["HTML", renderNightlyPage],
] as const)("%s", (_, render) => {
  it("shows the stages, the history, both totals and the right-sizing, and says what it is", () => {
    const text = render(report());
    for (const part of ["end-to-end", "per core of postgres", "$14,500", "$15,700"]) {
      expect(text).toContain(part);
    }
    expect(text).toContain("PASSED");
    expect(text).toContain("An extrapolation and no measurement");
    expect(text).toContain("PostgreSQL primary");
    expect(text).not.toMatch(/NaN|undefined|\[object/);
  });

  it("says what was looked at again and why the night failed", () => {
    const text = render(report([RERUN]));
    expect(text).toContain("REGRESSED");
    expect(text).toContain("confirmed");
    expect(text).toContain("1430 a second broke again");
  });
});

describe("the page", () => {
  it("turns what a stage said into text and never into markup", () => {
    expect(renderNightlyPage(report([RERUN]))).not.toContain("<b>lag</b>");
    expect(renderNightlyMarkdown(report([RERUN]))).not.toContain("<b>lag");
    expect(renderNightlyMarkdown(report([RERUN]))).toContain("\\| 9 %");
  });

  it("draws the ladder and each metric over the nights", () => {
    const page = renderNightlyPage(report());
    expect(page).toContain("chart-capacity-0");
    expect(page).toContain("chart-history-0-0");
    expect(page.match(/<h1/g)).toHaveLength(1);
  });

  it("is the same twice", () => {
    expect(renderNightlyPage(report([RERUN]))).toBe(renderNightlyPage(report([RERUN])));
  });
});

it("a job's page is told the verdict, and an error for each reason", () => {
  const lines = nightAnnotations(report([RERUN]))
    .trimEnd()
    .split("\n");
  expect(lines[0]).toMatch(/^::notice title=lakeproof nightly-capacity%3A REGRESSED::/);
  expect(lines[1]).toMatch(/^::error /);
  expect(lines).toHaveLength(2);
});

it("nightly.json is what its schema says", () => {
  const schema = JSON.parse(renderSchemas().get("nightly.schema.json") ?? "{}") as object;
  const validate = new Ajv({ strict: true, allowUnionTypes: true }).compile(schema);
  const steps = [stepOf("end-to-end", 1430, { status: "breaks" })];
  const night = report([{ ...RERUN, steps }]);
  const asRead: unknown = JSON.parse(JSON.stringify(night));
  expect(validate(asRead), JSON.stringify(validate.errors)).toBe(true);
  expect(validate({ ...(asRead as object), schema: "lakeproof.nightly/0" })).toBe(false);
});
