/** A night on paper: every part is there, both totals, and nobody can take the extrapolation for a measurement. */
import { Ajv } from "ajv";
import { describe, expect, it } from "vitest";
import type { NightlyReport, NightRerun } from "../../../core/contracts/nightly.ts";
import { nightAnnotations } from "../../../reports/github.ts";
import { renderNightlyPage } from "../../../reports/html-nightly.ts";
import { renderNightly, renderNightlyMarkdown } from "../../../reports/nightly.ts";
import { renderSchemas } from "../../../tools/schemas.ts";
import { nightlyReport, stepOf } from "../../fixtures/nights.ts";

const RERUN: NightRerun = {
  ...{ changeId: "cp-1", metricId: "capacity.end-to-end", title: "capacity of end-to-end" },
  ...{ target: "end-to-end", ratePerS: 1430, asks: { kind: "rate-holds" }, status: "confirmed" },
  ...{ because: "1430 a second broke again in 2 of 2 windows: <b>lag</b> | 9 %", steps: [] },
};

const SCREEN = { color: false, columns: 100 };

describe.each([
  ["the screen", (night: NightlyReport) => renderNightly(night, SCREEN)],
  ["Markdown", renderNightlyMarkdown],
  ["HTML", renderNightlyPage],
] as const)("%s", (_, render) => {
  it("shows the stages, the history, both totals and the right-sizing, and says what it is", () => {
    const text = render(nightlyReport());
    for (const part of ["end-to-end", "per core of postgres", "$14,500", "$15,700"]) {
      expect(text).toContain(part);
    }
    expect(text).toContain("PASSED");
    expect(text).toContain("An extrapolation and no measurement");
    expect(text).toContain("PostgreSQL primary");
    expect(text).not.toMatch(/NaN|undefined|\[object/);
  });

  it("says what was looked at again and why the night failed", () => {
    const text = render(nightlyReport([RERUN]));
    expect(text).toContain("REGRESSED");
    expect(text).toContain("confirmed");
    expect(text).toContain("1430 a second broke again");
  });
});

describe("the page", () => {
  it("turns what a stage said into text and never into markup", () => {
    expect(renderNightlyPage(nightlyReport([RERUN]))).not.toContain("<b>lag</b>");
    expect(renderNightlyMarkdown(nightlyReport([RERUN]))).not.toContain("<b>lag");
    expect(renderNightlyMarkdown(nightlyReport([RERUN]))).toContain("\\| 9 %");
  });

  it("draws the ladder and each metric over the nights", () => {
    const page = renderNightlyPage(nightlyReport());
    expect(page).toContain("chart-capacity-0");
    expect(page).toContain("chart-history-0-0");
    expect(page.match(/<h1/g)).toHaveLength(1);
  });

  it("is the same twice", () => {
    expect(renderNightlyPage(nightlyReport([RERUN]))).toBe(
      renderNightlyPage(nightlyReport([RERUN])),
    );
  });
});

it("a job's page is told the verdict, and an error for each reason", () => {
  const lines = nightAnnotations(nightlyReport([RERUN]))
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
  const night = nightlyReport([{ ...RERUN, steps }]);
  const asRead: unknown = JSON.parse(JSON.stringify(night));
  expect(validate(asRead), JSON.stringify(validate.errors)).toBe(true);
  expect(validate({ ...(asRead as object), schema: "lakeproof.nightly/0" })).toBe(false);
});
