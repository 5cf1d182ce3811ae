/** What lint says of availability zones: of the topologies as they are, and of placements that are planted. */
import { describe, expect, it } from "vitest";
import type { AvailabilityZone, Services, Topology } from "../../../../core/contracts/topology.ts";
import { planLab } from "../../../../infra/lab-plan.ts";
import { collectSpecs, NOTHING_DECLARED } from "../../../../infra/lint/collect.ts";
import { lintFacts } from "../../../../infra/lint/index.ts";
import type { Finding } from "../../../../infra/lint/rule.ts";
import { zoneLossesOf } from "../../../../infra/lint/zone-losses.ts";
import { dev, mini, production, slimKafka } from "../../../../infra/topologies/index.ts";
import { factsOf, SOUND } from "./system.ts";

const findings = (topology: Pick<Topology, "services" | "isolation">): readonly Finding[] =>
  lintFacts(factsOf([], { zoneLosses: zoneLossesOf(topology) })).findings.filter(
    ({ rule }) => rule === "availability-zones",
  );

const stopping = (topology: Pick<Topology, "services" | "isolation">): readonly string[] =>
  findings(topology).flatMap(({ severity, key }) => (severity === "warning" ? [key] : []));

const placed = (
  service: keyof typeof mini.services,
  zones: readonly AvailabilityZone[],
): Pick<Topology, "services" | "isolation"> => {
  const services: Services = {
    ...mini.services,
    [service]: { ...mini.services[service], availabilityZones: zones },
  };
  return { ...mini, services };
};

describe("the topologies", () => {
  it("mini: half of its object store stands in one zone", () => {
    expect(stopping(mini)).toEqual(["services.minio.availabilityZones"]);
    const [finding] = findings(mini);
    expect(finding).toMatchObject({ value: "az-a has minio-0, minio-3" });
    expect(finding?.consequence).toMatch(
      /^az-a: 2 of 4 gone: it bears the loss of 1\. With that zone checkpoints/,
    );
    expect(finding?.change).toBe(
      "Let it bear the loss of 2 (4 in 3 zones are 2 in one; now it bears 1), or stand in 4 zones.",
    );
  });

  it("production: three nodes of eight are more than parity bears, and two TaskManagers more than are spare", () => {
    expect(stopping(production)).toEqual([
      "services.minio.availabilityZones",
      "services.flink-taskmanager.availabilityZones",
    ]);
    const minio = findings(production).find(({ key }) => key.includes("minio"));
    expect(minio?.value).toBe(
      "az-a has minio-0, minio-3, minio-6; az-b has minio-1, minio-4, minio-7",
    );
  });

  it("say which zone has all there is of a service", () => {
    const note = findings(mini).find(({ severity }) => severity === "note");
    expect(note?.value).toMatch(/^all there is of .*trino/);
    expect(note?.value).not.toContain("flink-sql");
    expect(note?.consequence).toContain("beyond the design");
  });

  it("without places to stand in are not judged", () => {
    for (const topology of [dev, slimKafka]) {
      expect(zoneLossesOf(topology)).toEqual([]);
    }
    const { notApplied } = lintFacts(factsOf([]));
    expect(notApplied).toContainEqual({ rule: "availability-zones", missing: ["zoneLosses"] });
  });
});

describe("planted placements", () => {
  it.for([
    ["etcd", ["az-a", "az-b", "az-b"], "writes stop"],
    ["postgres", ["az-c", "az-c", "az-c"], "writes stop"],
    ["kafka", ["az-a", "az-a", "az-b"], "the slot keeps 10,000 events/s in WAL"],
    ["connect", ["az-b", "az-b"], "no worker runs the connector"],
    ["trino-worker", ["az-b", "az-b"], "no worker is left for queries"],
    ["superset", ["az-b", "az-b"], "nobody gets to a dashboard"],
    ["waf", ["az-b", "az-b"], "nobody gets through the door"],
    ["flink-taskmanager", ["az-b", "az-b"], "10,000 events/s pile up in Kafka"],
    ["redis", ["az-a", "az-b", "az-c", "az-a", "az-b", "az-c"], "CLUSTERDOWN"],
  ] as const)("%s in %j", ([service, zones, says]) => {
    const found = findings(placed(service, zones)).find(
      ({ key }) => key === `services.${service}.availabilityZones`,
    );
    expect(found?.severity).toBe("warning");
    expect(found?.consequence).toContain(says);
    expect(found?.consequence).not.toMatch(/NaN|undefined|\{rate\}/);
    expect(found?.change).toMatch(
      /^(Spread them, at most \d of \d in a zone: move some out of az-|Put no two masters|Spread the brokers)/,
    );
  });

  it("brokers that are not told their zone", () => {
    const kafka = { ...production.services.kafka, config: { rackAware: false } };
    const services = { ...production.services, kafka };
    const found = findings({ ...production, services }).find(({ key }) => key.includes("kafka"));
    expect(found?.consequence).toContain("brokers without broker.rack may keep two");
  });
});

describe("broker.rack", () => {
  it("is the zone of each broker of mini and production, and of no other topology's", () => {
    const racksOf = (topology: Topology): readonly (string | undefined)[] => {
      const lab = { id: "lint", subnet: "127.77.0", secret: "", isolation: topology.isolation };
      const { specs } = planLab(topology, lab, {});
      return collectSpecs(specs, NOTHING_DECLARED).lists.kafka.map(
        ({ values }) => values["broker.rack"],
      );
    };
    expect(racksOf(mini)).toEqual(["az-a", "az-b", "az-c"]);
    expect(racksOf(production)).toEqual(["az-a", "az-b", "az-c", "az-a", "az-b"]);
    expect(racksOf(slimKafka)).toEqual([undefined, undefined, undefined]);
  });

  const racked = (rackOf: (broker: number) => string): readonly Finding[] =>
    lintFacts(
      factsOf(
        SOUND.map((given) => {
          const [, broker] = /^kafka-(\d+)\/server\.properties$/.exec(given.file) ?? [];
          return broker === undefined
            ? given
            : { ...given, text: `${given.text}${rackOf(Number(broker))}` };
        }),
      ),
    ).findings.filter(({ rule }) => rule === "kafka-racks");

  it("says nothing where nobody has one, or where three zones hold a copy each", () => {
    expect(racked(() => "")).toEqual([]);
    expect(racked((broker) => `broker.rack=az-${String(broker % 3)}\n`)).toEqual([]);
  });

  it("planted: two racks for three copies of which two have to confirm", () => {
    const [finding] = racked((broker) => `broker.rack=az-${String(broker % 2)}\n`);
    expect(finding?.severity).toBe("warning");
    expect(finding?.consequence).toContain(
      "3 copies in 2 racks are 2 in one: with that rack 1 of 3 are left, below min.insync.replicas 2",
    );
    expect(finding?.change).toBe("Spread the brokers over 3 racks.");
  });

  it("planted: one broker that does not say where it stands", () => {
    const [finding] = racked((broker) =>
      broker === 2 ? "" : `broker.rack=az-${String(broker % 3)}\n`,
    );
    expect(finding?.consequence).toContain("1 of 5 brokers do not say where they stand");
  });
});
