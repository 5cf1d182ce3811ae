/** The whole comparison: every line, the sums, and whether figures measured there can be certified. */
import { SPEC_MINIO, specRole, specTotals } from "../../core/seed-spec.ts";
import type { SpecRole } from "../../core/seed-spec.ts";
import { countLines, dataDrives, nodeLines, statusOf } from "./compare.ts";
import type { Figure, Line } from "./compare.ts";
import { erasureOf } from "./erasure.ts";
import type { Erasure } from "./erasure.ts";
import type { InventoryNode } from "./inventory.ts";
import { sentencesOf } from "./wording.ts";

/** What `lakeproof preflight --json` prints. */
export interface Preflight {
  readonly schema: "lakeproof.preflight/1";
  /** The file, or "this-machine". */
  readonly inventory: string;
  readonly certifiable: boolean;
  /** Each shortfall; empty when certifiable. */
  readonly reasons: readonly string[];
  /** Lines with more than the seed asks for. They fit. */
  readonly better: readonly string[];
  readonly counts: readonly Line[];
  readonly nodes: readonly Line[];
  readonly totals: readonly Line[];
  readonly minio: Erasure;
}

export interface PreflightInput {
  readonly inventory: string;
  readonly nodes: readonly InventoryNode[];
  /** All nodes are one and the same machine: sums count it once. */
  readonly shared: boolean;
}

export function preflightOf({ inventory, nodes, shared }: PreflightInput): Preflight {
  const counts = countLines(nodes);
  const lines = nodeLines(nodes);
  const minio = erasureFound(nodes);
  const totals = [...sums(nodes, shared), ...minioLines(minio)];
  const all = [...counts, ...lines, ...totals];
  const reasons = sentencesOf(
    all.filter(({ status }) => status === "less" || status === "missing"),
  );
  const better = sentencesOf(all.filter(({ status }) => status === "more"));
  return {
    schema: "lakeproof.preflight/1",
    inventory,
    certifiable: reasons.length === 0,
    reasons,
    better,
    counts,
    nodes: lines,
    totals,
    minio,
  };
}

/** Only roles for which the seed names the figure: a large Flink node cannot make up for a small broker. */
function sums(nodes: readonly InventoryNode[], shared: boolean): readonly Line[] {
  const wanted = specTotals();
  const sum = (
    named: (role: SpecRole) => number | undefined,
    of: (node: InventoryNode) => number,
  ): number => {
    const figures = nodes.filter((node) => named(specRole(node.role)) !== undefined).map(of);
    return shared ? (figures[0] ?? 0) : figures.reduce((one, other) => one + other, 0);
  };
  return [
    totalLine(
      "nodes",
      "nodes",
      wanted.nodeCount,
      sum(
        ({ nodeCount }) => nodeCount,
        () => 1,
      ),
    ),
    totalLine(
      "cores",
      "cores",
      wanted.cpuCount,
      sum(
        ({ cpuCount }) => cpuCount,
        ({ cores }) => cores,
      ),
    ),
    totalLine(
      "memory",
      "GiB",
      wanted.memoryGiB,
      sum(
        ({ memoryGiB }) => memoryGiB,
        ({ memoryGiB }) => memoryGiB,
      ),
    ),
  ];
}

function totalLine(item: Line["item"], unit: Figure["unit"], wanted: number, found: number): Line {
  const about = { role: null, ordinal: null, node: null, item };
  const status = statusOf(wanted, found);
  return { ...about, wanted: { value: wanted, unit }, found: { value: found, unit }, status };
}

function erasureFound(nodes: readonly InventoryNode[]): Erasure {
  const { disks } = specRole("minio");
  if (disks === undefined) return erasureOf([]);
  return erasureOf(
    nodes.filter(({ role }) => role === "minio").map((node) => dataDrives(node, disks)),
  );
}

/** What the seed's own servers come to: more than its "~170 TB", which is right in TiB only. */
function erasureSpecified(): Erasure {
  const { nodeCount, disks } = specRole("minio");
  const drives = disks === undefined ? [] : Array.from({ length: disks.count }, () => disks);
  return erasureOf(Array.from({ length: nodeCount }, () => drives));
}

function minioLines(found: Erasure): readonly Line[] {
  const { rawTB, usableTB } = SPEC_MINIO;
  const raw = totalLine("raw", "TB", rawTB, found.rawTB);
  const usable = totalLine("usable", "TB", usableTB, found.usableTB);
  const asSpecified = usable.status === "more" && found.usableTB <= erasureSpecified().usableTB;
  return [
    { ...raw, role: "minio" },
    {
      ...usable,
      role: "minio",
      wanted: { value: usableTB, unit: "TB", approximate: true },
      ...(asSpecified ? { status: "ok" } : {}),
      note: noteOf(found),
    },
  ];
}

/** "174.6 TiB, in sets of 16 drives of which 4 hold parity" */
function noteOf({ usableTiB, setDriveCount, parityCount }: Erasure): string {
  const how =
    parityCount === 0
      ? "without parity"
      : `in sets of ${String(setDriveCount)} drives of which ${String(parityCount)} hold parity`;
  return `${usableTiB.toFixed(1)} TiB, ${how}`;
}
