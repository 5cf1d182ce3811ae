/** Who stands in which availability zone, and what the loss of one takes: computed from the topology alone. */
import { describe, expect, it } from "vitest";
import type { AvailabilityZone, Services } from "../../../core/contracts/topology.ts";
import { AVAILABILITY_ZONES } from "../../../core/contracts/topology.ts";
import {
  availabilityZonesOf,
  fatesOf,
  instancesIn,
  placementProblems,
  spreadProblem,
  startWaves,
  type ServiceFate,
} from "../../../core/failure-domains.ts";
import { toleranceOf } from "../../../infra/tolerance.ts";
import { dev, mini, production } from "../../../infra/topologies/index.ts";

const fateIn = (services: Services, zone: AvailabilityZone, service: string): ServiceFate => {
  const found = fatesOf(services, zone, toleranceOf).find((fate) => fate.service === service);
  if (found === undefined) throw new RangeError(`${service} has nothing in ${zone}`);
  return found;
};

const stopping = (services: Services, zone: AvailabilityZone): readonly string[] =>
  fatesOf(services, zone, toleranceOf)
    .filter(({ fate }) => fate === "stops")
    .map(({ service }) => service);

const returning = (services: Services, zone: AvailabilityZone): readonly string[] =>
  fatesOf(services, zone, toleranceOf)
    .filter(({ fate, onPath }) => fate === "returns" && onPath)
    .map(({ service }) => service);

describe("the topologies spread what is highly available", () => {
  it.for(["etcd", "postgres", "redis", "superset", "connect", "trino-worker", "waf"] as const)(
    "%s goes on in mini and production whichever zone is lost",
    (service) => {
      for (const { services } of [mini, production]) {
        for (const zone of AVAILABILITY_ZONES)
          expect(stopping(services, zone)).not.toContain(service);
      }
    },
  );

  it("gives Kafka's three copies three zones, and its controllers too", () => {
    expect(availabilityZonesOf(mini.services.kafka)).toEqual(["az-a", "az-b", "az-c"]);
    for (const zone of AVAILABILITY_ZONES) {
      expect(fateIn(production.services, zone, "kafka").fate).toBe("takes-over");
    }
    expect(fateIn(production.services, "az-a", "kafka").lostIds).toEqual(["kafka-0", "kafka-3"]);
  });

  it("has no copy of a Redis shard beside its master", () => {
    const zones = availabilityZonesOf(mini.services.redis);
    for (const shard of [0, 1, 2]) expect(zones[shard]).not.toBe(zones[shard + 3]);
  });

  it("bears the loss of az-b on mini, and of az-a loses half of the object store and all single ones", () => {
    expect(stopping(mini.services, "az-b")).toEqual([]);
    expect(returning(mini.services, "az-b")).toEqual([]);
    expect(stopping(mini.services, "az-a")).toEqual(["minio"]);
    expect(returning(mini.services, "az-a")).toEqual(
      expect.arrayContaining(["trino", "flink-jobmanager", "postgres-leader", "minio-endpoint"]),
    );
  });

  it("says that eight nodes over three zones are too many in one for parity 4 of 16 drives", () => {
    expect(fateIn(production.services, "az-a", "minio").why).toBe(
      "3 of 8 gone: it bears the loss of 2",
    );
    expect(fateIn(production.services, "az-c", "minio").fate).toBe("takes-over");
  });
});

describe("planted: placements that a zone's loss takes apart", () => {
  const placed = (
    service: keyof typeof mini.services,
    zones: readonly AvailabilityZone[],
  ): Services => ({
    ...mini.services,
    [service]: { ...mini.services[service], availabilityZones: zones },
  });

  it.for([
    ["etcd", ["az-a", "az-a", "az-b"], "2 of 3 gone: it bears the loss of 1"],
    ["postgres", ["az-a", "az-a", "az-a"], "3 of 3 gone: it bears the loss of 1"],
    ["connect", ["az-a", "az-a"], "2 of 2 gone: it bears the loss of 1"],
    [
      "kafka",
      ["az-a", "az-a", "az-b"],
      "2 of 3 gone: 2 of 3 controllers, and a majority has to vote",
    ],
    // Masters 0 and 1 together.
    [
      "redis",
      ["az-a", "az-a", "az-b", "az-c", "az-c", "az-c"],
      "2 of 6 gone: 2 of 3 masters, and a majority has to vote",
    ],
    // Master 0 with its replica, number 3.
    [
      "redis",
      ["az-a", "az-b", "az-c", "az-a", "az-c", "az-b"],
      "2 of 6 gone: shard 0 has its master and its replica there",
    ],
  ] as const)("%s in %j", ([service, zones, why]) => {
    const fate = fateIn(placed(service, zones), "az-a", service);
    expect([fate.fate, fate.why]).toEqual(["stops", why]);
  });

  it("brokers that are not told where they stand may keep two copies in one zone", () => {
    const kafka = { ...production.services.kafka, config: { rackAware: false } };
    const services = { ...production.services, kafka };
    expect(fateIn(services, "az-a", "kafka").why).toContain("without broker.rack");
    expect(fateIn(services, "az-c", "kafka").fate).toBe("takes-over");
  });

  it("zones are named for each instance or for none", () => {
    expect(placementProblems(mini.services)).toEqual([]);
    expect(placementProblems(placed("etcd", ["az-a"]))).toEqual([
      "services.etcd.availabilityZones has 1 entries: allowed are 3, one for each instance, of az-a, az-b, az-c.",
    ]);
  });
});

describe("what is in a zone", () => {
  it("leaves out who watches, and what has no process", () => {
    const ids = instancesIn(mini.services, "az-a");
    expect(ids).not.toContain("prometheus-0");
    expect(ids).not.toContain("lakehouse-0");
    expect(ids).toContain("trino-0");
  });

  it("comes in the order of its start", () => {
    const ids = instancesIn(mini.services, "az-a");
    for (const [first, later] of [
      ["etcd-0", "postgres-0"],
      ["postgres-0", "postgres-leader-0"],
      ["kafka-0", "connect-0"],
      ["minio-0", "minio-endpoint-0"],
      ["flink-jobmanager-0", "flink-taskmanager-0"],
      ["superset-0", "bi-edge-0"],
    ] as const) {
      expect(ids.indexOf(first)).toBeGreaterThanOrEqual(0);
      expect(ids.indexOf(first)).toBeLessThan(ids.indexOf(later));
    }
  });

  it("waits also through services that are not in it", () => {
    const spec = { component: "any", zone: "storage", replicaCount: 1, memoryMiB: 1 } as const;
    const services = {
      one: spec,
      between: { ...spec, dependsOn: ["one"] },
      last: { ...spec, dependsOn: ["between"] },
    };
    expect(startWaves(services, ["last", "one"])).toEqual([["one"], ["last"]]);
  });

  it("makes no sense where nothing has three instances", () => {
    expect(spreadProblem(dev.services)).toContain("no service has 3 instances");
    expect(spreadProblem(mini.services)).toBeUndefined();
  });
});
