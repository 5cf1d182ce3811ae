/** The manifest for the k6 operator: two documents that parse, with the fields the operator reads. */
import { describe, expect, it } from "vitest";
import { parseAllDocuments } from "yaml";
import { testRunManifest } from "../../../../cli/k6/manifest.ts";

const SCRIPT =
  'import http from "k6/http";\nexport default () => { http.get(`${__ENV.A}: "x"`); };\n';
const options = {
  ...{ name: "nightly", namespace: "load", parallelism: "4" },
  env: ["TARGET=http://bi:3001/?a=b"],
};

describe("testRunManifest", () => {
  it("holds the script as it is and names it", () => {
    const [configMap, testRun, ...rest] = parseAllDocuments(
      testRunManifest("own.ts", SCRIPT, options),
    ).map((document) => document.toJS() as Record<string, unknown>);
    expect(rest).toEqual([]);
    const metadata = { name: "nightly", namespace: "load" };
    expect(configMap).toEqual({
      ...{ apiVersion: "v1", kind: "ConfigMap", metadata },
      data: { "own.ts": SCRIPT },
    });
    expect(testRun).toEqual({
      ...{ apiVersion: "k6.io/v1alpha1", kind: "TestRun", metadata },
      spec: {
        parallelism: 4,
        separate: true,
        script: { configMap: { name: "nightly", file: "own.ts" } },
        runner: {
          image: "grafana/k6:2.2.0",
          env: [{ name: "TARGET", value: "http://bi:3001/?a=b" }],
        },
      },
    });
  });

  it("refuses everything that is wrong at once", () => {
    const bad = { name: "Not_a_name", namespace: "-", parallelism: "0", env: ["x"] };
    const text = 'import { a } from "./beside.ts";';
    expect(() => testRunManifest("own.ts", text, bad)).toThrow(
      /--name.*--namespace.*--parallelism.*--env.*imports files/s,
    );
    expect(() => testRunManifest("my script.ts", SCRIPT, options)).toThrow('"my script.ts"');
    const long = "/".repeat(1_048_577);
    expect(() => testRunManifest("own.ts", long, options)).toThrow("1048577 bytes");
  });

  it.each(["1-load", "x".repeat(52), "a-"])(
    "refuses the name %s, of which no service can be made",
    (name) => {
      expect(() => testRunManifest("own.ts", SCRIPT, { ...options, name })).toThrow(/--name/);
    },
  );

  it("takes a namespace that begins with a digit, and the longest name there is", () => {
    const edge = { ...options, namespace: "1-load", name: "x".repeat(51) };
    expect(parseAllDocuments(testRunManifest("own.ts", SCRIPT, edge))).toHaveLength(2);
  });
});
