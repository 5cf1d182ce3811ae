/** The pipelines of docs/ci.md: YAML that can be read, and commands that exist as they stand there. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { Command } from "commander";
import { describe, expect, it } from "vitest";
import { parse } from "yaml";
import { addVerbs } from "../../../cli/verbs.ts";
import { wantedReports } from "../../../cli/reporters.ts";
import { CAPACITY_SCENARIOS, SCENARIOS } from "../../../scenarios/index.ts";

const PAGES = ["ci.md", "objectives.md"].map((name) =>
  readFileSync(join(import.meta.dirname, "../../../docs", name), "utf8"),
);
const CI_PAGE = PAGES[0] ?? "";

const program = new Command();
addVerbs(program, () => {
  throw new RangeError("Nothing is run here.");
});

/** Words after `npx lakeproof`, up to whatever ends the command in a shell or in YAML. */
const COMMANDS = PAGES.flatMap((page) =>
  [...page.matchAll(/npx lakeproof ([^\n#|>`]*)/g)].map(([, text = ""]) =>
    text.replace(/\s*2$/, "").trim().split(/\s+/),
  ),
);

describe("docs/ci.md", () => {
  const blocks = [...CI_PAGE.matchAll(/```yaml\n([\s\S]*?)```/g)].map(([, text = ""]) => text);

  it("has a GitHub and a GitLab pipeline with the three jobs each", () => {
    const [github, gitlab] = blocks.map((text) => parse(text) as Record<string, unknown>);
    expect(Object.keys(github?.["jobs"] ?? {})).toEqual(["smoke", "night", "certify"]);
    expect(gitlab?.["stages"]).toEqual(["smoke", "night", "certify"]);
    for (const job of ["smoke", "night", "certify"]) expect(gitlab).toHaveProperty(job);
  });

  it("finds its commands", () => {
    expect(COMMANDS.length).toBeGreaterThan(15);
  });

  it.each(COMMANDS.map((words) => [words.join(" "), words] as const))(
    "knows `lakeproof %s`",
    (_, [name = "", ...rest]) => {
      const verb = program.commands.find((command) => command.name() === name);
      expect(verb?.name()).toBe(name);
      const parent = verb?.commands.find((command) => command.name() === rest[0]) ?? verb;
      const known = parent?.options.map(({ long }) => long) ?? [];
      for (const option of rest.filter((word) => word.startsWith("--"))) {
        expect(known).toContain(option);
      }
      for (const [index, word] of rest.entries()) {
        if (word === "--reporter")
          expect(wantedReports([rest[index + 1] ?? ""], false)).toHaveLength(1);
      }
      if (name === "run" || name === "plan") {
        expect(Object.keys({ ...SCENARIOS, ...CAPACITY_SCENARIOS })).toContain(rest[0]);
      }
    },
  );
});
