/** `lakeproof preflight`: would figures measured on these nodes be certifiable? Looks at hardware, starts nothing. */
import { readdirSync, readFileSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { LakeproofError, reasonOf, type ExitCode } from "../core/errors.ts";
import { host } from "../core/host.ts";
import { environmentOf } from "../infra/environment.ts";
import type { LineStatus } from "../infra/spec/compare.ts";
import { exampleNodes, inventoryText } from "../infra/spec/example.ts";
import { parseInventory } from "../infra/spec/inventory.ts";
import { preflightOf } from "../infra/spec/preflight.ts";
import type { Preflight, PreflightInput } from "../infra/spec/preflight.ts";
import { thisMachine } from "../infra/spec/this-machine.ts";
import type { KernelFiles } from "../infra/spec/this-machine.ts";
import { tellTogether } from "../infra/spec/wording.ts";
import type { Told } from "../infra/spec/wording.ts";
import { plural, wrap } from "../reports/format.ts";
import { VERSION } from "./version.ts";

export interface PreflightInventoryOptions {
  /** A file, or "this-machine". */
  readonly inventory: string | undefined;
  /** Print an inventory that meets the specification, and compare nothing. */
  readonly example: boolean;
  readonly json: boolean;
}

const THIS_MACHINE = "this-machine";

/** The exit code: 0 certifiable, 10 not. */
export async function preflightInventory(options: PreflightInventoryOptions): Promise<ExitCode> {
  if (options.example) {
    if (options.inventory !== undefined) throw usage("--example takes no inventory.");
    host.out(inventoryText(exampleNodes()));
    return 0;
  }
  if (options.inventory === undefined) throw usage("An inventory is missing.");
  const preflight = preflightOf(await inputOf(options.inventory));
  host.out(options.json ? `${JSON.stringify(preflight, null, 2)}\n` : preflightText(preflight));
  return preflight.certifiable ? 0 : 10;
}

function usage(message: string): LakeproofError {
  return new LakeproofError("USAGE", message, {
    hint: `Name a file, or \`${THIS_MACHINE}\`; \`lakeproof preflight --example\` prints a file to start from.`,
  });
}

async function inputOf(inventory: string): Promise<PreflightInput> {
  if (inventory === THIS_MACHINE) {
    const facts = environmentOf(host.cwd, {}, {}, VERSION);
    return { inventory, nodes: thisMachine(facts, KERNEL_FILES), shared: true };
  }
  return { inventory, nodes: parseInventory(await contentOf(inventory), inventory), shared: false };
}

async function contentOf(path: string): Promise<string> {
  try {
    return await readFile(path, "utf8");
  } catch (error) {
    throw new LakeproofError("CONFIG_INVALID", `${path} cannot be read: ${reasonOf(error)}`, {
      hint: "Name a file that is there; `lakeproof preflight --example` prints one to start from.",
      cause: error,
    });
  }
}

const KERNEL_FILES: KernelFiles = {
  list: (folder) => {
    try {
      return readdirSync(folder);
    } catch {
      return [];
    }
  },
  text: (path) => {
    try {
      return readFileSync(path, "utf8");
    } catch {
      return undefined;
    }
  },
};

/** Columns of a terminal nobody has widened. */
const COLUMNS = 80;
const WHO_WIDTH = 23;
const CELL_WIDTHS = [10, 11, 12] as const;

const MARKS: Readonly<Record<LineStatus, string>> = {
  ok: "✔ ok",
  more: "✔ more",
  less: "✘ less",
  missing: "✘ missing",
  "not specified": "· not specified",
};

/** A table of every line, then the sums, and the verdict last, where a terminal shows it. */
export function preflightText(preflight: Preflight): string {
  const { inventory, certifiable, reasons, better } = preflight;
  const lines = [
    ...introOf(inventory),
    "",
    row("Nodes", ["Item", "Seed asks", "There is"], "Fits?"),
    ...rows(rolesTold(preflight)),
    "",
    ...rows(tellTogether(preflight.totals)),
    "",
  ];
  if (better.length > 0) lines.push("Better than asked, which fits:", ...listed(better), "");
  lines.push(
    ...(certifiable
      ? wrap("✔ CERTIFIABLE: this hardware is what the seed specifies, or better.", COLUMNS)
      : [`✘ NOT CERTIFIABLE, for ${plural(reasons.length, "reason")}:`, ...listed(reasons)]),
  );
  return `${lines.join("\n")}\n`;
}

function introOf(inventory: string): readonly string[] {
  const about =
    inventory === THIS_MACHINE
      ? "This machine against the seed's specification, as if every role ran on it: each line compares the whole machine with one node of that role. Disks and links are as the kernel tells them; a virtual one may hide what is beneath."
      : `${inventory} against the seed's specification, per node.`;
  return wrap(about, COLUMNS);
}

/** Role by role: how many there are, then what each is. */
function rolesTold({ counts, nodes }: Preflight): readonly Told[] {
  return counts.flatMap((count) =>
    tellTogether([count, ...nodes.filter(({ role }) => role === count.role)]),
  );
}

function rows(told: readonly Told[]): readonly string[] {
  return told.flatMap(({ who, item, wanted, found, status, note }, index) => {
    const repeated = told[index - 1]?.who === who;
    const [first = "", ...more] = repeated ? [] : wrap(who, WHO_WIDTH);
    return [
      row(first, [item, wanted, found], MARKS[status]),
      ...more.map((part) => `  ${part}`),
      ...(note === undefined ? [] : wrap(note, COLUMNS - WHO_WIDTH - 2).map(indented)),
    ];
  });
}

function row(who: string, cells: readonly string[], last: string): string {
  const padded = cells.map((cell, index) => cell.padEnd(CELL_WIDTHS[index] ?? 0));
  return [who.padEnd(WHO_WIDTH), ...padded, last].join("  ").trimEnd();
}

function indented(line: string): string {
  return `${" ".repeat(WHO_WIDTH + 2)}${line}`;
}

function listed(sentences: readonly string[]): readonly string[] {
  return sentences.flatMap((sentence) =>
    wrap(sentence, COLUMNS - 4).map((line, index) => `${index === 0 ? "  - " : "    "}${line}`),
  );
}
