/** `lakeproof list`: what can be named on the command line, from the typed tables. */
import { readdirSync } from "node:fs";
import { closest } from "fastest-levenshtein";
import { COMPOSITIONS, FAULTS } from "../chaos/index.ts";
import { LakeproofError } from "../core/errors.ts";
import { host } from "../core/host.ts";
import { COMPONENTS } from "../infra/components/index.ts";
import { TOPOLOGIES } from "../infra/topologies/index.ts";
import { CAPACITY_SCENARIOS, SCENARIOS } from "../scenarios/index.ts";
import { CHECKS } from "../slo/checks/index.ts";
import { OBJECTIVES } from "../slo/objectives/index.ts";

export interface ListOptions {
  readonly json: boolean;
  readonly runsDir: string;
}

interface Row {
  readonly name: string;
  readonly about: string;
}

const LISTS: Readonly<Record<string, (options: ListOptions) => readonly Row[]>> = {
  scenarios: () => purposes({ ...SCENARIOS, ...CAPACITY_SCENARIOS }),
  faults: () => purposes({ ...FAULTS, ...COMPOSITIONS }),
  topologies: () => purposes(TOPOLOGIES),
  checks: () => purposes(CHECKS),
  components: () =>
    Object.entries(COMPONENTS).map(([name, component]) => ({
      name,
      about: component.artifacts.join(", "),
    })),
  objectives: () => Object.values(OBJECTIVES).map(({ id, title }) => ({ name: id, about: title })),
  runs: ({ runsDir }) => runNames(runsDir).map((name) => ({ name, about: "" })),
};

export const LIST_NAMES = Object.keys(LISTS);

export function list(what: string, options: ListOptions): number {
  const make = LISTS[what];
  if (make === undefined) {
    throw new LakeproofError("USAGE", `There is no list of ${JSON.stringify(what)}.`, {
      hint: `Did you mean ${closest(what, LIST_NAMES)}? Lists are ${LIST_NAMES.join(", ")}.`,
    });
  }
  const rows = make(options);
  const width = Math.max(0, ...rows.map(({ name }) => name.length));
  host.out(
    options.json
      ? `${JSON.stringify(rows, null, 2)}\n`
      : rows.map(({ name, about }) => `${name.padEnd(width)}  ${about}`.trimEnd() + "\n").join(""),
  );
  return 0;
}

function purposes(table: Readonly<Record<string, { readonly purpose: string }>>): readonly Row[] {
  return Object.entries(table).map(([name, entry]) => ({ name, about: entry.purpose }));
}

function runNames(runsDir: string): readonly string[] {
  try {
    return readdirSync(runsDir).filter((name) => name !== "latest");
  } catch {
    return [];
  }
}
