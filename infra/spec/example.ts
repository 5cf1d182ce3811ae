/** An inventory that meets the specification exactly, made from the specification itself. */
import { ZONES } from "../../core/contracts/topology.ts";
import { ROLE_NAMES, specRole } from "../../core/seed-spec.ts";
import type { SpecRole } from "../../core/seed-spec.ts";
import { INVENTORY_SCHEMA } from "./inventory.ts";
import type { InventoryNode } from "./inventory.ts";

/** Where the seed names no figure any will do; these are ordinary ones. */
const ORDINARY = {
  cores: 8,
  memoryGiB: 32,
  disks: { sizeGB: 500, kind: "ssd", count: 1 },
  nicGbps: 25,
} as const;

const FIRST_HOST = 10;

export function exampleNodes(): readonly InventoryNode[] {
  const hostsUsed = new Map<string, number>();
  return ROLE_NAMES.flatMap((role) => {
    const spec = specRole(role);
    return Array.from({ length: spec.nodeCount }, (_, ordinal): InventoryNode => {
      const host = hostsUsed.get(spec.zone) ?? FIRST_HOST;
      hostsUsed.set(spec.zone, host + 1);
      return {
        name: `${role}-${String(ordinal)}`,
        role,
        ...hardwareOf(spec),
        address: `10.20.${String(ZONES.indexOf(spec.zone) + 1)}.${String(host)}`,
      };
    });
  });
}

function hardwareOf(
  spec: SpecRole,
): Pick<InventoryNode, "cores" | "memoryGiB" | "disks" | "nicGbps"> {
  const { sizeGB, kind, count } = spec.disks ?? ORDINARY.disks;
  return {
    cores: spec.cpuCount ?? ORDINARY.cores,
    memoryGiB: spec.memoryGiB ?? ORDINARY.memoryGiB,
    disks: [{ sizeGB, kind, count }],
    nicGbps: spec.nicGbps ?? ORDINARY.nicGbps,
  };
}

/** As a file: one node a line, so that 43 of them can be read and edited. */
export function inventoryText(nodes: readonly InventoryNode[]): string {
  const lines = nodes.map((node) => `    ${JSON.stringify(node)}`);
  return `{\n  "schema": ${JSON.stringify(INVENTORY_SCHEMA)},\n  "nodes": [\n${lines.join(",\n")}\n  ]\n}\n`;
}
