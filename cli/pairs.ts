/** `lakeproof plan <scenario> --pairs`: which faults to meet which, so that every pair of two services is met once. */
import { coveringRows, FAULTS } from "../chaos/index.ts";
import type { Fault, FaultClass } from "../core/contracts/fault.ts";
import type { Services } from "../core/contracts/topology.ts";
import type { Capability } from "../core/contracts/values.ts";
import { reachOf } from "../core/fault-plan.ts";
import { host } from "../core/host.ts";
import { clockProblem } from "../infra/clock/shiftable.ts";
import { drivesThatMayGo, toleranceOf } from "../infra/tolerance.ts";

interface Level {
  readonly fault: string;
  readonly faultClass: FaultClass;
}

interface PairsOptions {
  readonly services: Services;
  readonly capabilities: ReadonlySet<Capability>;
  readonly json: boolean;
}

export function printPairs(options: PairsOptions): number {
  const factors = factorsOf(options);
  // Level 0 of each service is no fault: every fault also has to be met by itself.
  const rows = coveringRows(factors.map(({ levels }) => levels.length + 1));
  const named = rows.map((row) =>
    factors.flatMap(({ service, levels }, at) => {
      const level = levels[(row[at] ?? 0) - 1];
      return level === undefined ? [] : [{ service, ...level }];
    }),
  );
  if (options.json) {
    host.out(`${JSON.stringify({ schema: "lakeproof.pairs/1", rows: named }, null, 2)}\n`);
    return 0;
  }
  const lines = named.map((entries, at) => {
    const texts = entries.map(
      ({ service, fault, faultClass }) => `${service}: ${fault} (${faultClass})`,
    );
    return `${String(at + 1).padStart(4)}  ${texts.length === 0 ? "no fault" : texts.join(", ")}`;
  });
  host.out(
    `${String(rows.length)} combinations in which every two faults of two services meet once, each on one instance, ` +
      `with its class when it is alone:\n${lines.join("\n")}\n`,
  );
  return 0;
}

/** Within the design or at its boundary, and possible here. */
function factorsOf({
  services,
  capabilities,
}: PairsOptions): readonly { readonly service: string; readonly levels: readonly Level[] }[] {
  return Object.keys(services)
    .map((service) => ({
      service,
      levels: Object.values<Fault>(FAULTS).flatMap((fault): readonly Level[] => {
        if (fault.name === "none" || fault.needs.some((need) => !capabilities.has(need))) return [];
        const params = fault.params.parse({});
        const { faultClass, problem } = reachOf(fault, {
          ...{ params, service, count: 1, services, toleranceOf, drivesThatMayGo, clockProblem },
        });
        return problem !== undefined || faultClass === "X"
          ? []
          : [{ fault: fault.name, faultClass }];
      }),
    }))
    .filter(({ levels }) => levels.length > 0);
}
