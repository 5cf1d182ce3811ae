/** Lines in words: figures with their units, equal lines of several nodes as one, and sentences of what differs. */
import { DISK_KIND_TEXTS, ROLE_NAMES } from "../../core/seed-spec.ts";
import type { Figure, Line, LineStatus } from "./compare.ts";

const NONE = "–";

/** "4 TB NVMe", "480 GB SSD", "8 cores", "25 Gbps". */
function figureText(figure: Figure | null): string {
  if (figure === null) return NONE;
  const { value, unit, kind, approximate } = figure;
  const size =
    unit === "GB" && value >= 1000 ? { value: value / 1000, unit: "TB" } : { value, unit };
  const name = size.value === 1 ? size.unit.replace(/^(node|core)s$/, "$1") : size.unit;
  const amount = `${String(Math.round(size.value * 1000) / 1000)} ${name}`;
  if (approximate === true) return `~${amount}`;
  return kind === undefined ? amount : `${amount} ${DISK_KIND_TEXTS[kind]}`;
}

/** [0, 1, 2, 4] → "0–2, 4". */
function rangesText(numbers: readonly number[]): string {
  const runs: { first: number; last: number }[] = [];
  for (const number of numbers.toSorted((one, other) => one - other)) {
    const run = runs.at(-1);
    if (run?.last === number - 1) run.last = number;
    else runs.push({ first: number, last: number });
  }
  return runs
    .map(({ first, last }) => (first === last ? String(first) : `${String(first)}–${String(last)}`))
    .join(", ");
}

/** What several nodes have alike, told once. */
export interface Told {
  /** "kafka-broker 0–4", "minio", "all roles". */
  readonly who: string;
  /** "memory", "disk 0–7". */
  readonly item: string;
  readonly wanted: string;
  readonly found: string;
  readonly status: LineStatus;
  readonly note: string | undefined;
}

/** Role by role as the seed names them, each in the order of ITEMS; what is about all roles comes last. */
export function tellTogether(lines: readonly Line[]): readonly Told[] {
  const ofNodes = Map.groupBy(
    lines,
    (line) => `${String(line.role)} ${String(line.ordinal)} ${factsOf(line)}`,
  );
  const folded = [...ofNodes.values()].flatMap((same) => {
    const disks = same.flatMap(({ disk }) => disk ?? []);
    const [line] = same;
    return line === undefined ? [] : [{ line, item: itemText(line, disks) }];
  });
  const ofRoles = Map.groupBy(
    folded.toSorted((one, other) => placeOf(one.line) - placeOf(other.line)),
    ({ line, item }) => `${String(line.role)} ${item} ${factsOf(line)}`,
  );
  return [...ofRoles.values()].flatMap(toldOf);
}

const ITEMS = [
  "count",
  "nodes",
  "cores",
  "memory",
  "disk",
  "NIC",
  "raw",
  "usable",
] as const satisfies readonly Line["item"][];

function placeOf({ role, item }: Line): number {
  const ofRole = role === null ? ROLE_NAMES.length : ROLE_NAMES.indexOf(role);
  return ofRole * ITEMS.length + ITEMS.indexOf(item);
}

function toldOf(same: readonly { readonly line: Line; readonly item: string }[]): readonly Told[] {
  const [first] = same;
  if (first === undefined) return [];
  const ordinals = same.flatMap(({ line }) => line.ordinal ?? []);
  const { role, item, wanted, found, status, note } = first.line;
  return [
    {
      who: `${role ?? "all roles"} ${rangesText(ordinals)}`.trim(),
      item: first.item,
      wanted: figureText(wanted),
      // A link without a known speed is there all the same.
      found: item === "NIC" && found === null ? "unknown" : figureText(found),
      status,
      note,
    },
  ];
}

function factsOf({ item, wanted, found, status, note }: Line): string {
  return JSON.stringify([item, wanted, found, status, note]);
}

function itemText({ item }: Line, disks: readonly number[]): string {
  return disks.length === 0 ? item : `disk ${rangesText(disks)}`;
}

/** "kafka-broker 0–4, memory: 16 GiB instead of 32 GiB". */
export function sentencesOf(lines: readonly Line[]): readonly string[] {
  return tellTogether(lines).map(({ who, item, wanted, found, note }) => {
    const had = found === NONE ? "none" : found;
    const instead =
      wanted === NONE ? `${had} that the seed does not ask for` : `${had} instead of ${wanted}`;
    return `${who}, ${item}: ${instead}${note === undefined ? "" : ` (${note})`}`;
  });
}
