/** An inventory: the nodes somebody has, as a file. Read whole, and refused with every problem at once. */
import { closest } from "fastest-levenshtein";
import { z } from "zod";
import { LakeproofError, reasonOf } from "../../core/errors.ts";
import { DISK_KINDS, ROLE_NAMES } from "../../core/seed-spec.ts";
import type { DiskKind, RoleName } from "../../core/seed-spec.ts";

export const INVENTORY_SCHEMA = "lakeproof.inventory/1";

export interface InventoryDisks {
  readonly sizeGB: number;
  readonly kind: DiskKind;
  readonly count: number;
}

export interface InventoryNode {
  readonly name: string;
  readonly role: RoleName;
  readonly cores: number;
  readonly memoryGiB: number;
  /** As the operating system shows them: a RAID volume is one disk. */
  readonly disks: readonly InventoryDisks[];
  /** Undefined where a machine was asked and did not tell. */
  readonly nicGbps: number | undefined;
  readonly address: string;
  readonly os?: string | undefined;
  readonly kernel?: string | undefined;
}

/** Far beyond any server, and small enough that a slip of the finger cannot fill the memory. */
const DISK_COUNT_MAX = 1024;
const SHOWN_LENGTH_MAX = 40;

/** Enough of a value to recognise it. */
function shown(value: unknown): string {
  const whole = JSON.stringify(value);
  return whole.length <= SHOWN_LENGTH_MAX ? whole : `${whole.slice(0, SHOWN_LENGTH_MAX)}…`;
}

function expected(what: string): {
  readonly error: (issue: { readonly input?: unknown }) => string;
} {
  return {
    error: ({ input }) =>
      input === undefined ? `is missing; it is ${what}` : `is ${shown(input)}; it must be ${what}`,
  };
}

function oneOf(names: readonly string[], noun: string): ReturnType<typeof expected> {
  return {
    error: ({ input }) => {
      if (input === undefined) return `is missing; it is one of ${names.join(", ")}`;
      if (typeof input !== "string") return `is ${shown(input)}; it must be a text`;
      return `there is no ${noun} ${JSON.stringify(input)}; did you mean ${JSON.stringify(nearest(input, names))}?`;
    },
  };
}

/** A name that has the word in it comes before one that merely has few other letters. */
function nearest(word: string, names: readonly string[]): string {
  const lower = word.toLowerCase();
  return names.find((name) => name.split("-").includes(lower)) ?? closest(lower, names);
}

const positive = z.number(expected("a number above 0")).positive(expected("a number above 0"));
const whole = "a whole number above 0";
const count = z.int(expected(whole)).positive(expected(whole));
const text = z.string(expected("a text")).trim().min(1, expected("a text that is not empty"));

const Disks = z.strictObject(
  {
    sizeGB: positive,
    kind: z.enum(DISK_KINDS, oneOf(DISK_KINDS, "kind of disk")),
    count: count.max(DISK_COUNT_MAX, expected(`${String(DISK_COUNT_MAX)} at most`)).default(1),
  },
  expected("{sizeGB, kind, count}"),
);

const Node = z.strictObject(
  {
    name: text,
    role: z.enum(ROLE_NAMES, oneOf(ROLE_NAMES, "role")),
    cores: count,
    memoryGiB: positive,
    disks: z.array(Disks, expected("a list of {sizeGB, kind, count}, which may be empty")),
    nicGbps: positive,
    address: text,
    os: text.optional(),
    kernel: text.optional(),
  },
  expected("an object with name, role, cores, memoryGiB, disks, nicGbps and address"),
);

const Inventory = z.strictObject(
  {
    schema: z.literal(INVENTORY_SCHEMA, expected(JSON.stringify(INVENTORY_SCHEMA))),
    nodes: z.array(Node, expected("a list of nodes")).min(1, { error: "names no node" }),
  },
  expected("an object with schema and nodes"),
);

const KEYS = [Inventory, Node, Disks].flatMap(({ shape }) => Object.keys(shape));

/** As much as is needed to find twins in a file that has other problems too. */
const Twins = z.object({
  nodes: z.array(
    z
      .object({
        name: z.string().optional().catch(undefined),
        address: z.string().optional().catch(undefined),
      })
      .catch({}),
  ),
});

/** `source` is how messages call the file. Throws CONFIG_INVALID that lists everything that is wrong. */
export function parseInventory(content: string, source: string): readonly InventoryNode[] {
  let input: unknown;
  try {
    input = JSON.parse(content);
  } catch (error) {
    throw invalid(source, [`it is not JSON: ${reasonOf(error).replace(/\s+/g, " ")}`]);
  }
  const result = Inventory.safeParse(input);
  const problems = [
    ...(result.error?.issues ?? []).map((issue) => problemOf(issue, input)),
    ...twinsIn(input),
  ];
  if (!result.success || problems.length > 0) throw invalid(source, problems);
  return result.data.nodes;
}

function invalid(source: string, problems: readonly string[]): LakeproofError {
  const many = `${String(problems.length)} problem${problems.length === 1 ? "" : "s"}`;
  return new LakeproofError(
    "CONFIG_INVALID",
    [`${many} in ${source}; nothing was compared.`, ...problems.map((line) => `  ${line}`)].join(
      "\n",
    ),
    {
      hint: `Correct the file; \`lakeproof preflight --example\` prints a whole one. Roles are ${ROLE_NAMES.join(", ")}.`,
    },
  );
}

function problemOf(issue: z.core.$ZodIssue, input: unknown): string {
  const where = placeOf(issue.path, input);
  if (issue.code !== "unrecognized_keys") return `${where}: ${issue.message}`;
  const keys = issue.keys.map(
    (key) =>
      `${JSON.stringify(key)} is not known; did you mean ${JSON.stringify(nearest(key, KEYS))}?`,
  );
  return `${where}: ${keys.join(" ")}`;
}

/** "nodes[3].disks[0].kind of kafka-2"; people look for the name, editors for the path. */
function placeOf(path: readonly PropertyKey[], input: unknown): string {
  if (path.length === 0) return "the file";
  const place = path
    .map((key) => (typeof key === "number" ? `[${String(key)}]` : `.${String(key)}`))
    .join("")
    .slice(1);
  const index = path[0] === "nodes" ? path[1] : undefined;
  const parsed = Twins.safeParse(input);
  const name = typeof index === "number" ? parsed.data?.nodes[index]?.name : undefined;
  return name === undefined || path.at(-1) === "name" ? place : `${place} of ${name}`;
}

/** One machine listed twice would count twice. */
function twinsIn(input: unknown): readonly string[] {
  const nodes = Twins.safeParse(input).data?.nodes ?? [];
  return (["name", "address"] as const).flatMap((field) => {
    const groups = Map.groupBy(nodes.keys(), (index) => nodes[index]?.[field]?.trim());
    return [...groups].flatMap(([value, indexes]) =>
      value === undefined || value === "" || indexes.length === 1
        ? []
        : [
            `${indexes.map((index) => `nodes[${String(index)}]`).join(", ")}: all have the ${field} ` +
              `${JSON.stringify(value)}; each node is a machine of its own`,
          ],
    );
  });
}
