/**
 * Writes docs/reference from the typed tables and contracts. `--check` writes nothing and fails when a page
 * on disk differs from what the tables say: nobody edits a reference page by hand.
 */
import { mkdir, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { COMPOSITIONS } from "../chaos/index.ts";
import type { CapacityScenario } from "../core/contracts/capacity.ts";
import type { Component } from "../core/contracts/component.ts";
import type { Composition, Fault } from "../core/contracts/fault.ts";
import type { Objective } from "../core/contracts/objective.ts";
import type { Probe } from "../core/contracts/probe.ts";
import type { Reporter } from "../core/contracts/report.ts";
import type { Scenario } from "../core/contracts/scenario.ts";
import type { Check } from "../core/contracts/slo.ts";
import type { Services, Topology } from "../core/contracts/topology.ts";
import type { Json } from "../core/contracts/values.ts";
import { ERROR_CODES, EXIT_CODES, EXIT_GRAVITY } from "../core/errors.ts";
import { aimOf } from "../core/fault-aim.ts";
import { reachOf } from "../core/fault-plan.ts";
import { clockProblem } from "../infra/clock/shiftable.ts";
import { drivesThatMayGo, goOnWithout, toleranceOf } from "../infra/tolerance.ts";
import { dashboardFiles } from "../infra/monitoring/dashboards.ts";
import type { LintRule } from "../infra/lint/rule.ts";
import type { Artifact } from "../infra/artifacts/artifact.ts";
import { coveragePage } from "./coverage-page.ts";
import { renderSchemas } from "./schemas.ts";
import { ROOT, TABLES } from "./tables.ts";
import type { TableName } from "./tables.ts";

const REFERENCE_DIR = join(ROOT, "docs/reference");

type Row = readonly string[];

function cell(text: string): string {
  return text.replaceAll("|", "\\|").replaceAll("\n", " ");
}

function markdownTable(head: Row, rows: readonly Row[]): string {
  const line = (row: Row): string => `| ${row.map(cell).join(" | ")} |\n`;
  return line(head) + line(head.map(() => "---")) + rows.map(line).join("");
}

function page(title: string, source: string, body: string): string {
  return `# ${title}\n\nGenerated from \`${source}\` by \`npm run docs\`.\n\n${body}`;
}

const codes = (words: readonly string[]): string =>
  words.length === 0 ? "–" : words.map((word) => `\`${word}\``).join(", ");

function exitCodesPage(): string {
  const rows = Object.entries(EXIT_CODES).map(([code, about]) => [code, about]);
  const gravity = EXIT_GRAVITY.map(String).join(" > ");
  return page(
    "Exit codes",
    "core/errors.ts",
    `${markdownTable(["Code", "Meaning"], rows)}\nWhere several reasons stand, the gravest wins: ${gravity}.\n`,
  );
}

function errorCodesPage(): string {
  const rows = Object.entries(ERROR_CODES).map(([code, { exit, about }]) => [
    `\`${code}\``,
    String(exit),
    about,
  ]);
  return page(
    "Error codes",
    "core/errors.ts",
    `Every error says its code, what happened with the values in it, and what to do.\n\n${markdownTable(["Code", "Exit", "About"], rows)}`,
  );
}

function tablePage<Entry>(
  name: TableName,
  entries: Readonly<Record<string, Entry>>,
  head: Row,
  row: (entry: Entry) => Row,
): [file: string, text: string] {
  const rows = Object.entries(entries).map(([key, entry]) => [`\`${key}\``, ...row(entry)]);
  const title = `${name.charAt(0).toUpperCase()}${name.slice(1)}`.replace("-", " ");
  return [`${name}.md`, page(title, TABLES[name].file, markdownTable(["Name", ...head], rows))];
}

function artifactSource(artifact: Artifact): string {
  if (artifact.client === "maven") return codes(artifact.coordinates);
  return codes("packages" in artifact ? artifact.packages : [artifact.package]);
}

function paramsOf(fault: Fault): string {
  const params = Object.entries(fault.paramsHelp);
  return params.length === 0
    ? "–"
    : params.map(([name, meaning]) => `\`${name}\`: ${meaning}`).join("; ");
}

function faultsPage(): [file: string, text: string] {
  const [file, text] = tablePage<Fault>(
    "faults",
    TABLES.faults.entries,
    ["Purpose", "Needs", "Target stops serving", "Where that cannot be done", "Parameters"],
    (fault) => [
      fault.purpose,
      codes(fault.needs),
      fault.stopsTarget ? "yes" : "no",
      codes(fault.nearest ?? []),
      paramsOf(fault),
    ],
  );
  const compositions = Object.entries<Composition>(COMPOSITIONS).map(([name, composition]) => [
    `\`${name}\``,
    composition.purpose,
    `\`${composition.fault}\``,
    codes(composition.components ?? []),
    [composition.target, composition.count].filter((word) => word !== undefined).join(" "),
  ]);
  return [
    file,
    `${text}\n## Names that are another fault, aimed\n\n` +
      `From \`chaos/compositions.ts\`. A scenario names them like any other; \`plan\` says what they come down to.\n\n` +
      `${markdownTable(["Name", "Purpose", "Fault", "Components", "Aim"], compositions)}\n` +
      `## Classes by topology\n\n` +
      `W: within the design, the objectives hold. B: at its boundary, degraded but safe. X: beyond it, refused without ` +
      `\`--beyond-design\`. Computed from the topology with default parameters, for so many instances at once; ` +
      `– where it makes no sense.\n\n${classTable()}`,
  ];
}

function coverageText(): string {
  const { source, head, rows, notes } = coveragePage();
  return page(
    "What of the catalogue was injected",
    `${source}\` (which \`lakeproof coverage <runs> --json\` writes) and \`chaos/index.ts`,
    `${markdownTable(head, rows)}\n${notes.join("\n\n")}\n`,
  );
}

/** "1: W, 2: X" for each fault on the services that keep data or do the work. */
function classTable(): string {
  const { services }: Topology = TABLES.topologies.entries.production;
  const shown = ["postgres", "etcd", "kafka", "connect", "minio", "trino-worker", "redis"].filter(
    (service) => services[service] !== undefined,
  );
  const rows = Object.values<Fault>(TABLES.faults.entries).map((fault) => [
    `\`${fault.name}\``,
    ...shown.map((service) => classesOf(fault, service, services)),
  ]);
  return markdownTable(["production", ...shown.map((service) => `\`${service}\``)], rows);
}

function classesOf(fault: Fault, service: string, services: Services): string {
  const spec = services[service];
  const params = fault.params.parse({}) as Json;
  const ports = { toleranceOf, drivesThatMayGo, clockProblem, goOnWithout };
  const classes: string[] = [];
  for (let count = 1; count <= (spec?.replicaCount ?? 0); count += 1) {
    const reach = reachOf(fault, aimOf(service, params, count, services, ports));
    const last = classes.at(-1);
    if (reach.problem === undefined && last?.endsWith(reach.faultClass) !== true) {
      classes.push(`${String(count)}: ${reach.faultClass}`);
    }
  }
  return classes.length === 0 ? "–" : classes.join(", ");
}

/** In their order; one that comes several times with how often. */
function faultsOf({ faults, pairs }: Scenario): string {
  if (pairs !== undefined) return `${String(pairs.count)} pairs, drawn by the seed`;
  const byTarget = Map.groupBy(faults, ({ fault, service }) => `${fault} → ${service}`);
  return codes(
    [...byTarget].map(([name, { length }]) =>
      length === 1 ? name : `${name} × ${String(length)}`,
    ),
  );
}

function scenariosPage(): [file: string, text: string] {
  const [file, text] = tablePage<Scenario>(
    "scenarios",
    TABLES.scenarios.entries,
    ["Purpose", "Topology", "Faults", "Claims"],
    (scenario) => [
      scenario.purpose,
      `\`${scenario.topology.name}\``,
      faultsOf(scenario),
      codes(scenario.claims),
    ],
  );
  const searches = Object.values<CapacityScenario>(TABLES["capacity scenarios"].entries).map(
    ({ name, purpose, topology, targets, windowMs, settleMs }) => [
      `\`${name}\``,
      purpose,
      `\`${topology.name}\``,
      codes(targets),
      `${String(windowMs / 1000)} s after ${String(settleMs / 1000)} s`,
    ],
  );
  return [
    file,
    `${text}\n## Searches for a limit\n\n` +
      `\`run\` takes them as well; docs/capacity.md says what they do.\n\n` +
      markdownTable(["Name", "Purpose", "Topology", "Stages", "Window"], searches),
  ];
}

const TABLE_PAGES = [
  tablePage<Component>(
    "components",
    TABLES.components.entries,
    ["Artifacts", "Readiness probe", "Configured after start"],
    (component) => [
      codes(component.artifacts),
      component.probe === undefined ? "–" : "yes",
      component.configure === undefined ? "–" : "yes",
    ],
  ),
  tablePage<Topology>(
    "topologies",
    TABLES.topologies.entries,
    ["Purpose", "Services (component × count, memory)", "Capacity in the specification"],
    (topology) => [
      topology.purpose,
      Object.entries(topology.services)
        .map(
          ([service, { component, replicaCount, memoryMiB }]) =>
            `\`${service}\` (${component} × ${String(replicaCount)}, ${String(memoryMiB)} MiB)`,
        )
        .join(", "),
      `${String(topology.capacity.rateEventsPerS)} events/s, ${String(topology.capacity.queriesPerHour)} queries/h`,
    ],
  ),
  tablePage<Artifact>(
    "artifacts",
    TABLES.artifacts.entries,
    ["About", "Version", "Client", "Package"],
    (artifact) => [artifact.about, artifact.version, artifact.client, artifactSource(artifact)],
  ),
  faultsPage(),
  tablePage<Objective>(
    "objectives",
    TABLES.objectives.entries,
    ["Title", "Threshold", "Bad share allowed", "Window", "Source"],
    (objective) => [
      objective.title,
      `${String(objective.threshold.value)} ${objective.threshold.unit}`,
      String(objective.badRatioMax),
      objective.window,
      objective.source,
    ],
  ),
  tablePage<Probe>("probes", TABLES.probes.entries, ["Purpose", "Unit", "Every"], (probe) => [
    probe.purpose,
    probe.unit,
    `${String(probe.intervalMs)} ms`,
  ]),
  tablePage<Check>("checks", TABLES.checks.entries, ["Purpose"], (check) => [check.purpose]),
  tablePage<Reporter>("reports", TABLES.reports.entries, ["Purpose"], (report) => [report.purpose]),
  scenariosPage(),
  tablePage<LintRule>(
    "lint-rules",
    TABLES["lint-rules"].entries,
    ["What it computes", "Has nothing to say without"],
    (rule) => [rule.purpose, codes(rule.needs)],
  ),
];

/** File name below docs/reference → content. */
const PAGES: ReadonlyMap<string, string> = new Map([
  ["exit-codes.md", exitCodesPage()],
  ["error-codes.md", errorCodesPage()],
  ["coverage.md", coverageText()],
  ...renderSchemas(),
  ...Object.entries(dashboardFiles()),
  ...TABLE_PAGES,
]);

async function readOrUndefined(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, "utf8");
  } catch {
    return undefined;
  }
}

/** One sentence for each file that is not what the tables say. */
async function differences(): Promise<readonly string[]> {
  const found: string[] = [];
  for (const [file, text] of PAGES) {
    const onDisk = await readOrUndefined(join(REFERENCE_DIR, file));
    if (onDisk === undefined) found.push(`docs/reference/${file} is missing.`);
    else if (onDisk !== text) found.push(`docs/reference/${file} is out of date.`);
  }
  for (const file of await strayFiles()) {
    found.push(`docs/reference/${file} belongs to nothing that exists.`);
  }
  return found;
}

async function strayFiles(): Promise<readonly string[]> {
  await mkdir(REFERENCE_DIR, { recursive: true });
  return (await readdir(REFERENCE_DIR)).filter((file) => !PAGES.has(file));
}

async function write(): Promise<void> {
  for (const file of await strayFiles()) await rm(join(REFERENCE_DIR, file));
  for (const [file, text] of PAGES) await writeFile(join(REFERENCE_DIR, file), text);
}

if (process.argv.includes("--check")) {
  const found = await differences();
  for (const sentence of found) console.error(sentence);
  if (found.length > 0) {
    console.error("Run `npm run docs` and commit the result.");
    process.exitCode = 1;
  }
} else {
  await write();
  console.log(`Wrote ${String(PAGES.size)} files to docs/reference.`);
}
