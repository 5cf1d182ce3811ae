/** House rules that hold for every file, whatever it does. */
import { basename } from "node:path";
import { describe, expect, test } from "vitest";
import { houseFiles, isSource, isTest, linesMatching, readText } from "./house.ts";

const LINE_COUNT_MAX = 400;
const NAMES_THAT_SAY_NOTHING = [
  "src",
  "utils",
  "util",
  "common",
  "helpers",
  "misc",
  "lib",
  "shared",
];

const files = houseFiles();

// Put together here, so that this file does not find itself.
const REGISTRIES = [
  ["npm", "js"],
  ["pypi", ".org"],
  ["maven", ".org"],
  ["proxy", ".golang"],
]
  .map((parts) => parts.join("").replace(".", "\\."))
  .join("|");
const RUNNERS = "(?:it|test|describe|suite|bench)";

describe("files", () => {
  test("git lists the house", () => {
    expect(files).toContain("package.json");
    expect(files).toContain("core/errors.ts");
  });

  test(`no source file has more than ${String(LINE_COUNT_MAX)} lines`, () => {
    const long = files.filter(isSource).flatMap((path) => {
      const lineCount = (readText(path) ?? "").trimEnd().split("\n").length;
      return lineCount > LINE_COUNT_MAX ? [`${path}: ${String(lineCount)} lines`] : [];
    });
    expect(long).toEqual([]);
  });

  test("each source file opens by saying what it is", () => {
    const silent = files
      .filter((path) => path.endsWith(".ts") && !isTest(path))
      .filter((path) => !/^(#!.*\n)?\s*\/[*/]/.test(readText(path) ?? ""));
    expect(silent).toEqual([]);
  });

  test("no folder has a name that says nothing", () => {
    const vague = files.filter((path) =>
      path
        .split("/")
        .slice(0, -1)
        .some((folder) => NAMES_THAT_SAY_NOTHING.includes(folder)),
    );
    expect(vague).toEqual([]);
  });

  test("no file that only one machine could need is committed", () => {
    const stray = files.filter((path) => /\.(log|whl|jar|tgz|orig|rej)$/.test(basename(path)));
    expect(stray).toEqual([]);
  });
});

describe("lines", () => {
  test("no path of a machine stands in the product", () => {
    const source = files.filter((path) => isSource(path) && !isTest(path));
    expect(linesMatching(source, /(?<![\w.$}-])\/(?:work|root)\b|\/tmp\//)).toEqual([]);
  });

  test("no registry's address is committed", () => {
    expect(linesMatching(files, new RegExp(REGISTRIES, "i"))).toEqual([]);
  });

  test("no test is singled out, or passed over without a reason that is printed", () => {
    const tests = files.filter((path) => isTest(path) && path.endsWith(".ts"));
    const forbidden = new RegExp(
      `\\b${RUNNERS}(?:\\.\\w+)*\\.(?:only|skip|skipIf|runIf|todo|fails)\\b|\\.skip\\(\\s*\\)`,
    );
    // `context.skip(condition, "reason")` is the way to say that this machine cannot run a test.
    expect(linesMatching(tests, forbidden)).toEqual([]);
  });
});
