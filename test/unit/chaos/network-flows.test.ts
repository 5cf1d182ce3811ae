/** Who is cut from whom, for each shape, on the production topology. */
import { describe, expect, it } from "vitest";
import {
  partitionFlows,
  trafficFlows,
  type PartitionParams,
  type Surroundings,
} from "../../../chaos/network-flows.ts";
import type { NetworkFlow, NetworkNode } from "../../../core/contracts/network.ts";
import { planLab } from "../../../infra/lab-plan.ts";
import { production } from "../../../infra/topologies/index.ts";
import { HARNESS_NODE, OUTSIDE_NODE } from "../../../infra/zones.ts";

const LAB = { id: "x", subnet: "127.77.0", secret: "s", isolation: "namespaces" } as const;
const { specs } = planLab(production, LAB, {});
const nodes: readonly NetworkNode[] = [
  HARNESS_NODE,
  OUTSIDE_NODE,
  ...specs.map(({ id, zone, host }) => ({ id, place: zone, host })),
];

function around(...targetIds: readonly string[]): Surroundings {
  const serviceOf = new Map(specs.map(({ id, service }) => [id, service]));
  return { nodes, serviceOf, services: production.services, targetIds };
}

function cut(targetIds: readonly string[], params: Partial<PartitionParams>): Set<string> {
  const whole: PartitionParams = { shape: "full", direction: "out", from: "", ...params };
  return names(partitionFlows(around(...targetIds), whole));
}

function names(flows: readonly NetworkFlow[]): Set<string> {
  const all = flows.map(({ from, to }) => `${from.id} > ${to.id}`);
  expect(new Set(all).size).toBe(all.length);
  return new Set(all);
}

describe("every shape", () => {
  it("full: the targets and nobody else, both ways, and they keep each other", () => {
    const flows = cut(["kafka-0", "kafka-1"], {});
    expect(flows.size).toBe(2 * 2 * (nodes.length - 2));
    expect(flows).toContain("kafka-0 > lakeproof");
    expect(flows).toContain("connect-0 > kafka-1");
    expect(flows).not.toContain("kafka-0 > kafka-1");
  });

  it("one-way: a direction at a time", () => {
    const out = cut(["kafka-0"], { shape: "one-way" });
    const back = cut(["kafka-0"], { shape: "one-way", direction: "in" });
    expect(out.size).toBe(nodes.length - 1);
    expect(out).toContain("kafka-0 > connect-0");
    expect(out).not.toContain("connect-0 > kafka-0");
    expect(back).toEqual(new Set([...out].map((flow) => flow.split(" > ").reverse().join(" > "))));
  });

  it("partial: from the rest of the service, or from another one alone", () => {
    expect(cut(["kafka-0"], { shape: "partial" })).toEqual(
      new Set(
        ["kafka-1", "kafka-2", "kafka-3", "kafka-4"].flatMap((peer) => [
          `kafka-0 > ${peer}`,
          `${peer} > kafka-0`,
        ]),
      ),
    );
    const fromEtcd = cut(["postgres-0"], { shape: "partial", from: "etcd" });
    expect(fromEtcd.size).toBe(6);
    expect(fromEtcd).toContain("postgres-0 > etcd-2");
  });

  it("client-only: peers and what the service needs stay, everybody else goes", () => {
    const flows = cut(["postgres-0"], { shape: "client-only" });
    expect(flows).toContain("postgres-leader-0 > postgres-0");
    expect(flows).toContain("lakeproof > postgres-0");
    for (const kept of ["postgres-1", "etcd-0", "etcd-2"]) {
      expect(flows).not.toContain(`${kept} > postgres-0`);
    }
  });

  it("zone: nothing passes its edge, all passes inside", () => {
    const flows = cut(["minio-0"], { shape: "zone" });
    const place = new Map(nodes.map((node) => [node.id, node.place]));
    for (const flow of flows) {
      const [from = "", to = ""] = flow.split(" > ");
      expect([place.get(from), place.get(to)].filter((zone) => zone === "storage")).toHaveLength(1);
    }
    const inside = nodes.filter((node) => node.place === "storage").length;
    expect(flows.size).toBe(2 * inside * (nodes.length - inside));
  });
});

it.for([4, 5, 6, 7, 8, 9])("a ring of %i: each sees a majority, no two the same", (count) => {
  const members: readonly NetworkNode[] = Array.from({ length: count }, (_, at) => ({
    id: `m-${String(at)}`,
    place: "storage",
    host: `10.77.4.${String(at)}`,
  }));
  const flows = names(
    partitionFlows(
      {
        nodes: members,
        serviceOf: new Map(members.map(({ id }) => [id, "m"])),
        services: {},
        targetIds: ["m-0"],
      },
      { shape: "ring", direction: "out", from: "" },
    ),
  );
  const seenBy = members.map(({ id }) =>
    members
      .filter((other) => !flows.has(`${id} > ${other.id}`))
      .map((other) => other.id)
      .join(),
  );
  for (const seen of seenBy) {
    expect(seen.split(",").length).toBeGreaterThan(count / 2);
    expect(seen.split(",").length).toBeLessThan(count);
  }
  expect(new Set(seenBy).size).toBe(count);
  for (const flow of flows) expect(flows).toContain(flow.split(" > ").reverse().join(" > "));
});

it("traffic goes in, out or both, as seen from the targets", () => {
  const target = around("minio-0");
  const [into, out, both] = (["in", "out", "both"] as const).map((direction) =>
    names(trafficFlows(target, direction)),
  );
  expect(into).toContain("lakeproof > minio-0");
  expect(out).toContain("minio-0 > lakeproof");
  expect(both).toEqual(new Set([...(into ?? []), ...(out ?? [])]));
});
