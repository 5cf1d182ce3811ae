/** `lakeproof manifest k6 <script>`: the script and a TestRun for the k6 operator, to be applied to a cluster. */
import { readFileSync } from "node:fs";
import { basename } from "node:path";
import type { Command } from "commander";
import { stringify } from "yaml";
import { LakeproofError } from "../../core/errors.ts";
import { host } from "../../core/host.ts";
import { ARTIFACTS } from "../../infra/artifacts/table.ts";
import { scriptAt } from "../run/script-load.ts";

/** What one ConfigMap may hold. */
const CONFIG_MAP_BYTES_MAX = 1_048_576;
const PARALLELISM_MAX = 500;
/** Names of Kubernetes end here. */
const LABEL_CHARS_MAX = 63;
/** What the operator adds for a runner's service and the initializer's job: "-service-500", "-initializer". */
const ADDED_CHARS = 12;

/** The k6 that every other script is run by. */
const K6_IMAGE = `grafana/k6:${ARTIFACTS.k6.version.replace(/^v/, "")}`;

interface ManifestOptions {
  readonly name: string;
  readonly namespace: string;
  readonly parallelism: string;
  readonly env: readonly string[];
}

export function addManifest(
  verb: (name: string, about: string) => Command,
  exit: (code: number) => void,
): void {
  const each = (value: string, all: readonly string[]): readonly string[] => [...all, value];
  verb("manifest <kind> <script>", "k6: a ConfigMap and a TestRun for the k6 operator, as YAML")
    .option("--name <name>", "of the TestRun and its ConfigMap", "lakeproof")
    .option("--namespace <name>", "where they go", "default")
    .option("--parallelism <number>", "runners, each with an equal part of the load", "2")
    .option("--env <name=value>", "for the script's __ENV; repeatable", each, [])
    .action((kind: string, script: string, options: ManifestOptions) => {
      if (kind !== "k6") {
        throw new LakeproofError("USAGE", `There is no manifest ${JSON.stringify(kind)}.`, {
          hint: "Manifests are k6.",
        });
      }
      const { path } = scriptAt({ path: script });
      host.out(testRunManifest(basename(path), readFileSync(path, "utf8"), options));
      exit(0);
    });
}

/** Throws USAGE with every problem. The fields are those of the operator's TestRun, version v1alpha1. */
export function testRunManifest(file: string, text: string, options: ManifestOptions): string {
  const parallelism = Number(options.parallelism);
  const problems = [
    ...nameProblems("--name", options.name, /^[a-z]/, LABEL_CHARS_MAX - ADDED_CHARS),
    ...nameProblems("--namespace", options.namespace, /^[a-z0-9]/, LABEL_CHARS_MAX),
    ...(/^[-._a-zA-Z0-9]+$/.test(file)
      ? []
      : [
          `the script is called ${JSON.stringify(file)}, and a key of a ConfigMap has letters, digits, ., - and _ only`,
        ]),
    ...(Number.isInteger(parallelism) && parallelism >= 1 && parallelism <= PARALLELISM_MAX
      ? []
      : [
          `--parallelism is ${JSON.stringify(options.parallelism)}: allowed are 1 to ${String(PARALLELISM_MAX)}`,
        ]),
    ...options.env
      .filter((pair) => !/^[A-Za-z_]\w*=/.test(pair))
      .map((pair) => `--env is ${JSON.stringify(pair)}: write NAME=value`),
    ...(Buffer.byteLength(text) <= CONFIG_MAP_BYTES_MAX
      ? []
      : [
          `the script has ${String(Buffer.byteLength(text))} bytes, a ConfigMap holds ${String(CONFIG_MAP_BYTES_MAX)}`,
        ]),
    ...(/^\s*(?:import|export)[^"'\n]*from\s*["']\.{1,2}\//m.test(text)
      ? ["the script imports files beside it, and a ConfigMap holds one: bundle it first"]
      : []),
  ];
  if (problems.length > 0) {
    throw new LakeproofError("USAGE", `${problems.join("; ")}.`, {
      hint: "Correct them all; nothing was written.",
    });
  }
  const metadata = { name: options.name, namespace: options.namespace };
  const configMap = { apiVersion: "v1", kind: "ConfigMap", metadata, data: { [file]: text } };
  const testRun = {
    apiVersion: "k6.io/v1alpha1",
    kind: "TestRun",
    metadata,
    spec: {
      parallelism,
      // Runners that share a node measure each other.
      separate: true,
      script: { configMap: { name: options.name, file } },
      // The operator's default is whatever is newest when a node pulls it.
      runner: { image: K6_IMAGE, env: options.env.map(envEntry) },
    },
  };
  return [configMap, testRun].map((document) => `---\n${stringify(document)}`).join("");
}

function envEntry(pair: string): { readonly name: string; readonly value: string } {
  const at = pair.indexOf("=");
  return { name: pair.slice(0, at), value: pair.slice(at + 1) };
}

/** Kubernetes' names: lower case, digits and hyphens. A service's begins with a letter. */
function nameProblems(
  option: string,
  name: string,
  first: RegExp,
  charsMax: number,
): readonly string[] {
  const isName = /^[a-z0-9](?:[-a-z0-9]*[a-z0-9])?$/.test(name);
  if (isName && first.test(name) && name.length <= charsMax) return [];
  const begins = first.test("0") ? "" : ", a letter first";
  return [
    `${option} is ${JSON.stringify(name)}: lower-case letters, digits and hyphens${begins}, up to ${String(charsMax)}`,
  ];
}
