/** One inventory against the seed's hardware, line by line: what was asked, what is there, and whether it fits. */
import { DISK_KINDS, ROLE_NAMES, specRole } from "../../core/seed-spec.ts";
import type { DiskKind, RoleName, SpecDisks, SpecRole } from "../../core/seed-spec.ts";
import type { InventoryNode } from "./inventory.ts";

/** "more" fits as well as "ok"; "less" and "missing" do not. */
export type LineStatus = "ok" | "more" | "less" | "missing" | "not specified";

export interface Figure {
  readonly value: number;
  readonly unit: "nodes" | "cores" | "GiB" | "GB" | "TB" | "Gbps";
  /** Of a disk. */
  readonly kind?: DiskKind;
  /** The seed puts a "~" before it. */
  readonly approximate?: boolean;
}

export interface Line {
  /** Null where the line is about the whole inventory. */
  readonly role: RoleName | null;
  /** Position among the nodes of its role; null where the line is about all of them. */
  readonly ordinal: number | null;
  readonly node: string | null;
  readonly item: "count" | "cores" | "memory" | "disk" | "NIC" | "nodes" | "raw" | "usable";
  /** Number of the disk in its node. */
  readonly disk?: number;
  /** Null where the seed names no figure. */
  readonly wanted: Figure | null;
  /** Null where there is none, or none is known. */
  readonly found: Figure | null;
  readonly status: LineStatus;
  readonly note?: string;
}

export interface Drive {
  readonly sizeGB: number;
  readonly kind: DiskKind;
}

export function statusOf(wanted: number | undefined, found: number | undefined): LineStatus {
  if (wanted === undefined) return "not specified";
  if (found === undefined) return "missing";
  if (found === wanted) return "ok";
  return found > wanted ? "more" : "less";
}

/** How many nodes of each role there are. */
export function countLines(nodes: readonly InventoryNode[]): readonly Line[] {
  return ROLE_NAMES.map((role) => {
    const wanted = specRole(role).nodeCount;
    const found = nodes.filter((node) => node.role === role).length;
    return {
      role,
      ordinal: null,
      node: null,
      item: "count",
      wanted: { value: wanted, unit: "nodes" },
      found: found === 0 ? null : { value: found, unit: "nodes" },
      status: found === 0 ? "missing" : statusOf(wanted, found),
    };
  });
}

/** Every figure of every node, in the order of the seed. */
export function nodeLines(nodes: readonly InventoryNode[]): readonly Line[] {
  return ROLE_NAMES.flatMap((role) =>
    nodes
      .filter((node) => node.role === role)
      .flatMap((node, ordinal) => linesOf(node, ordinal, specRole(role))),
  );
}

function linesOf(node: InventoryNode, ordinal: number, spec: SpecRole): readonly Line[] {
  const about = { role: node.role, ordinal, node: node.name };
  const line = (
    item: Line["item"],
    unit: Figure["unit"],
    wanted: number | undefined,
    found: number | undefined,
  ): Line => ({
    ...about,
    item,
    wanted: wanted === undefined ? null : { value: wanted, unit },
    found: found === undefined ? null : { value: found, unit },
    status: statusOf(wanted, found),
  });
  return [
    line("cores", "cores", spec.cpuCount, node.cores),
    line("memory", "GiB", spec.memoryGiB, node.memoryGiB),
    ...diskLines(node, spec.disks).map((disk) => ({ ...about, ...disk })),
    line("NIC", "Gbps", spec.nicGbps, node.nicGbps),
  ];
}

type DiskLine = Pick<Line, "item" | "disk" | "wanted" | "found" | "status" | "note">;

function diskLines(node: InventoryNode, wanted: SpecDisks | undefined): readonly DiskLine[] {
  const drives = drivesOf(node);
  const { slots, spare } = dealDrives(drives, wanted);
  const apart = wanted === undefined ? undefined : togetherNote(drives, wanted);
  const asked = wanted === undefined ? [] : slots.map((drive) => diskLine(wanted, drive, apart));
  const rest = spare.map((drive): Omit<DiskLine, "disk"> => {
    // A small drive to boot from is nothing the seed asks for, and nothing better than that either.
    const better = wanted !== undefined && fits(drive, wanted);
    const status = better ? "more" : "not specified";
    return { item: "disk", wanted: null, found: figureOf(drive), status };
  });
  return [...asked, ...rest].map((line, disk) => ({ ...line, disk }));
}

function diskLine(
  wanted: SpecDisks,
  drive: Drive | undefined,
  apart: string | undefined,
): Omit<DiskLine, "disk"> {
  const status = diskStatus(wanted, drive);
  return {
    item: "disk",
    wanted: figureOf(wanted),
    found: drive === undefined ? null : figureOf(drive),
    status,
    ...(status === "less" && apart !== undefined ? { note: apart } : {}),
  };
}

function figureOf({ sizeGB, kind }: Drive): Figure {
  return { value: sizeGB, unit: "GB", kind };
}

function diskStatus(wanted: Drive, drive: Drive | undefined): LineStatus {
  if (drive === undefined) return "missing";
  if (!fits(drive, wanted)) return "less";
  return drive.sizeGB > wanted.sizeGB || drive.kind !== wanted.kind ? "more" : "ok";
}

const speedOf = (kind: DiskKind): number => DISK_KINDS.indexOf(kind);

function fits(drive: Drive, wanted: Drive): boolean {
  return drive.sizeGB >= wanted.sizeGB && speedOf(drive.kind) >= speedOf(wanted.kind);
}

function drivesOf(node: InventoryNode): readonly Drive[] {
  return node.disks.flatMap(({ sizeGB, kind, count }) =>
    Array.from({ length: count }, () => ({ sizeGB, kind })),
  );
}

interface Dealt {
  /** One a wanted disk; undefined where no drive is left for it. */
  readonly slots: readonly (Drive | undefined)[];
  readonly spare: readonly Drive[];
}

/** Closest fit first, so that what is spare is what is better; then the best of those that do not fit. */
function dealDrives(drives: readonly Drive[], wanted: SpecDisks | undefined): Dealt {
  if (wanted === undefined) return { slots: [], spare: drives };
  const byWorth = drives.toSorted(
    (one, other) => speedOf(one.kind) - speedOf(other.kind) || one.sizeGB - other.sizeGB,
  );
  const fitting = byWorth.filter((drive) => fits(drive, wanted));
  const others = byWorth.filter((drive) => !fits(drive, wanted)).toReversed();
  const chosen = [...fitting, ...others].slice(0, wanted.count);
  return {
    slots: Array.from({ length: wanted.count }, (_, index) => chosen[index]),
    spare: [...fitting, ...others].slice(wanted.count),
  };
}

/** Several small drives may be meant as one volume; only who listed them can know. */
function togetherNote(drives: readonly Drive[], wanted: SpecDisks): string | undefined {
  const fast = drives.filter(({ kind }) => speedOf(kind) >= speedOf(wanted.kind));
  const sumGB = fast.reduce((sum, { sizeGB }) => sum + sizeGB, 0);
  return wanted.count === 1 && sumGB >= wanted.sizeGB
    ? "drives joined to one volume are listed as one disk"
    : undefined;
}

/** The drives of a MinIO server that hold objects: not a small or slow one to boot from. */
export function dataDrives(node: InventoryNode, wanted: SpecDisks): readonly Drive[] {
  const { slots, spare } = dealDrives(drivesOf(node), wanted);
  return [
    ...slots.flatMap((drive) => drive ?? []),
    ...spare.filter((drive) => fits(drive, wanted)),
  ];
}
