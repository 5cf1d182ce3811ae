/** Python environments: the locks pin every file, and the interpreter is one that anybody can run. */
import { accessSync, constants, readFileSync, statSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { LakeproofError } from "../../../../core/errors.ts";
import { differingContent, lockPath } from "../../../../infra/artifacts/environment.ts";
import { sha256OfText } from "../../../../infra/artifacts/manifest.ts";
import { BUILD_TOOLS, PYTHON_ARTIFACTS } from "../../../../infra/artifacts/python-table.ts";
import {
  pythonEnvironment,
  pythonMinor,
  pythonProgram,
  pythonTag,
} from "../../../../infra/artifacts/python.ts";

const LOCKS = [
  ["build-tools", BUILD_TOOLS, PYTHON_ARTIFACTS.patroni.buildToolsSha256] as const,
  ...Object.entries(PYTHON_ARTIFACTS).map(
    ([name, { requirements, lockSha256 }]) => [name, requirements, lockSha256] as const,
  ),
];

describe.each(LOCKS)("the lock %s", (name, requirements, sha256) => {
  const text = readFileSync(lockPath(name), "utf8");
  const [header = "", ...entries] = text
    .replaceAll(/ \\\n +/g, " ")
    .trimEnd()
    .split("\n");

  it("is the one the table names, made from its requirements", () => {
    expect(sha256OfText(text)).toBe(sha256);
    expect(header).toBe(`# Written by tools/lock-python.ts for: ${requirements.join(", ")}`);
  });

  it("pins each package to one version with digests and says nothing else", () => {
    expect(entries.length).toBeGreaterThan(requirements.length);
    for (const entry of entries) {
      expect(entry).toMatch(
        /^[a-z0-9-]+==[\w.+!]+( ; [^;]*[^;\s])?( --hash=sha256:[0-9a-f]{64})+$/,
      );
    }
  });
});

describe("the interpreter", () => {
  it("is one that exists and can be run, by its absolute path", () => {
    const python = pythonProgram();
    expect(python).toMatch(/^\/.*python3$/);
    expect(statSync(python).isFile()).toBe(true);
    accessSync(python, constants.X_OK);
    expect(pythonTag()).toMatch(/^cp3\d+$/);
  });

  it.each([
    ["/usr/bin/python3.11", 11],
    ["/usr/local/bin/python3.9", 9],
    ["/opt/shims/python3", undefined],
    ["/usr/bin/pypy3.10", undefined],
  ])("%s is minor version %s", (path, minor) => {
    expect(pythonMinor(path)).toBe(minor);
  });

  it("finds the packages in the tree and writes nothing into it", () => {
    expect(pythonEnvironment("/tree")).toMatchObject({
      PYTHONPATH: "/tree",
      PYTHONDONTWRITEBYTECODE: "1",
    });
  });
});

describe("a failure of pip", () => {
  const failure = (text: string): LakeproofError =>
    new LakeproofError("ARTIFACT_FAILED", `Artifact patroni: \`…\` ended.\n${text}`, { hint: "h" });

  it("over content is told as such, with the artifact and what to do", () => {
    const told = differingContent(failure("ERROR: THESE PACKAGES DO NOT MATCH THE HASHES FROM"));
    expect(told).toMatchObject({
      code: "ARTIFACT_DIGEST",
      message: expect.stringMatching(/^Artifact patroni: /) as string,
      hint: expect.stringContaining("pip cache purge") as string,
    });
  });

  it("of any other kind stays what it is", () => {
    expect(differingContent(failure("no route to host"))).toBeUndefined();
    expect(differingContent("aborted")).toBeUndefined();
  });
});
