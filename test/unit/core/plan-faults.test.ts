/** What `plan` makes of faults: classes from the topology, leases, budgets, and what it refuses and why. */
import { describe, expect, it } from "vitest";
import type { FaultEntry } from "../../../core/contracts/fault.ts";
import type { Scenario } from "../../../core/contracts/scenario.ts";
import { LEASE_MS_MAX } from "../../../core/lease.ts";
import { supportFrom } from "../../../infra/drivers/network-support.ts";
import { machineSupportFrom, type MachineSupport } from "../../../infra/drivers/machine/support.ts";
import { mini as miniTopology, miniVolumes, production } from "../../../infra/topologies/index.ts";
import { planned, support, wholeMachine } from "../../fixtures/planned-fault.ts";

const cut = (
  service: string,
  count: number,
  params: Readonly<Record<string, string>>,
): FaultEntry => planned({ fault: "partition", service, count, holdMs: 20_000, params });

describe("the class of a partition follows from the topology", () => {
  it.for([
    // Five brokers with two copies to confirm of three: one may go.
    ["kafka", 1, { shape: "full" }, "W"],
    ["kafka", 2, { shape: "full" }, "X"],
    ["kafka", 1, { shape: "one-way" }, "B"],
    ["kafka", 2, { shape: "one-way" }, "X"],
    ["kafka", 1, { shape: "partial" }, "B"],
    // The smaller side is what is cut off, whoever was named.
    ["kafka", 4, { shape: "partial" }, "B"],
    ["kafka", 2, { shape: "partial" }, "X"],
    ["kafka", 1, { shape: "ring" }, "B"],
    ["postgres", 1, { shape: "full" }, "W"],
    ["postgres", 1, { shape: "partial", from: "etcd" }, "B"],
    ["postgres", 2, { shape: "partial", from: "etcd" }, "X"],
    ["postgres", 1, { shape: "client-only" }, "B"],
    ["minio", 1, { shape: "zone" }, "X"],
  ] as const)("%s × %i %j is %s", ([service, count, params, faultClass]) => {
    const entry = cut(service, count, params);
    expect(entry.faultClass).toBe(faultClass);
    // Others take over from what is gone for everybody, and from nothing less.
    expect(entry.takesOver).toBe(faultClass === "W");
  });

  it("a zone has the largest budget of all that is in it", () => {
    const zone = cut("minio", 1, { shape: "zone" });
    for (const service of ["minio", "postgres", "etcd"]) {
      const alone = cut(service, 1, { shape: "one-way" });
      expect(zone.recoveryBudgetMs).toBeGreaterThanOrEqual(alone.recoveryBudgetMs);
    }
    expect(zone.duplicateEventCountMax).toBeGreaterThan(0);
  });
});

it("classes the others by how many they touch", () => {
  const classOf = (fault: string, count: number, params = {}): string =>
    planned({ fault, service: "kafka", count, holdMs: 5000, params }).faultClass;
  expect(classOf("half-open", 1)).toBe("B");
  expect(classOf("half-open", 2)).toBe("X");
  expect(classOf("connection-reset", 1)).toBe("B");
  expect(classOf("packet-loss", 2, { lossRatio: 0.01 })).toBe("W");
  expect(classOf("packet-loss", 1, { lossRatio: 0.1 })).toBe("B");
  expect(classOf("packet-loss", 2, { lossRatio: 0.1 })).toBe("X");
  expect(classOf("bandwidth-cap", 2)).toBe("B");
  expect(classOf("node-power-off", 1)).toBe("W");
  expect(classOf("node-power-off", 2)).toBe("X");
  expect(classOf("graceful-stop", 1)).toBe("W");
  // All five, but never two at a time.
  expect(classOf("rolling-restart", 5)).toBe("W");
});

it("refuses rates of faults or services there are not, and rates that are none", () => {
  const declare = (fault: string, service: string, countPerMonth: number): (() => FaultEntry) => {
    const kill = { fault: "process-kill", service: "kafka", holdMs: 5000 };
    const faultRates = [{ fault, service, countPerMonth }];
    return () => planned(kill, support, production, wholeMachine, true, { faultRates });
  };
  expect(declare("process-kill", "minio", 0.5)).not.toThrow();
  expect(declare("process-kil", "minio", 1)).toThrow("did you mean process-kill?");
  expect(declare("process-kill", "mini", 1)).toThrow("did you mean minio?");
  expect(declare("process-kill", "minio", -1)).toThrow("countPerMonth is -1");
});

describe("leases", () => {
  it("outlive the hold and the time others may take to take over", () => {
    const entry = cut("postgres", 1, { shape: "full" });
    expect(entry.leaseMs).toBeGreaterThan(2 * entry.recoveryBudgetMs);
    expect(cut("kafka", 2, { shape: "full" }).leaseMs).toBeGreaterThan(20_000);
  });

  it("belong to the network alone", () => {
    expect(planned({ fault: "process-kill", service: "kafka", holdMs: 5000 })).not.toHaveProperty(
      "leaseMs",
    );
  });

  it("longer than the kernel is asked for are refused", () => {
    const long = { service: "kafka", count: 2, holdMs: LEASE_MS_MAX - 1000 };
    expect(() => planned({ ...long, fault: "partition" })).toThrow(
      /may last 629000 ms; the kernel ends it after 600000 ms at most/,
    );
    expect(planned({ ...long, fault: "process-kill" }).holdMs).toBe(LEASE_MS_MAX - 1000);
    expect(() => planned({ ...long, fault: "partition", holdMs: LEASE_MS_MAX + 1 })).toThrow(
      /holdMs is 600001/,
    );
  });
});

describe("what cannot be done is refused with the reason and the nearest that can", () => {
  it.for([
    ["network-latency", support, /lacks netem\).* nearest that it can do is link-latency/],
    ["partition", "none", /needs networkCut .*isolation loopback.* process-pause/],
    ["node-power-off", "none", /needs nodePower .* process-kill/],
    ["packet-loss", "none", /needs networkLoss .* link-latency/],
    ["connection-reset", supportFrom(new Set()), /lacks reset.* process-kill/],
    // Without nft there is still a power switch.
    ["partition", supportFrom(new Set()), /lacks drop, half-open.* node-power-off/],
  ] as const)("%s", ([fault, network, message]) => {
    expect(() => planned({ fault, service: "kafka", holdMs: 5000 }, network)).toThrow(message);
  });

  it("a ring of three, a partition from nobody, a zone that holds the harness", () => {
    expect(() =>
      planned(
        { fault: "partition", service: "kafka", holdMs: 5000, params: { shape: "ring" } },
        support,
        miniTopology,
      ),
    ).toThrow(/a ring needs 4 instances, kafka has 3/);
    expect(() => cut("kafka", 5, { shape: "partial" })).toThrow(/no instance left/);
    expect(() => cut("kafka", 1, { shape: "partial", from: "kafak" })).toThrow(
      /from is "kafak"; services are .*kafka/,
    );
    expect(() => cut("prometheus", 1, { shape: "zone" })).toThrow(/where the harness itself sits/);
  });

  it("a target that is neither an instance nor a role", () => {
    const at = (service: string, target: string): FaultEntry =>
      planned({ fault: "partition", service, target, holdMs: 5000 });
    expect(at("kafka", "kafka-3").instanceId).toBe("kafka-3");
    expect(at("postgres", "leader").instanceId).toBe("the leader of postgres");
    expect(() => at("kafka", "kafka-5")).toThrow(
      /did you mean kafka-\d\? Known: controller, kafka-0/,
    );
    expect(() => at("postgres", "leadr")).toThrow(/did you mean leader/);
  });

  it("parameters out of range, all at once", () => {
    const faults = [
      { fault: "packet-loss", service: "kafka", holdMs: 5000, params: { lossRatio: 2 } },
      { fault: "partition", service: "kafka", holdMs: 5000, params: { shape: "star" } },
    ];
    for (const fault of faults) expect(() => planned(fault)).toThrow(/params of/);
  });
});

describe("damage to disks and machines", () => {
  const on = (
    fault: string,
    service: string,
    count: number,
    topology: Scenario["topology"] = production,
    machine: MachineSupport = wholeMachine,
  ): FaultEntry => planned({ fault, service, count, holdMs: 10_000 }, support, topology, machine);

  /** The production topology with volumes for one service. */
  const withVolume = (service: string): Scenario["topology"] => {
    const spec = production.services[service as keyof typeof production.services];
    return {
      ...production,
      services: { ...production.services, [service]: { ...spec, volumeMiB: 512 } },
    };
  };

  it.for([
    // 16 drives on eight nodes, four of them parity: four drives may go, two nodes.
    ["drive-loss", "minio", 4, "W"],
    ["drive-loss", "minio", 5, "X"],
    ["object-bitrot", "minio", 4, "W"],
    ["object-bitrot", "minio", 5, "X"],
    ["object-truncate", "minio", 5, "X"],
    ["disk-read-only", "kafka", 1, "B"],
    ["disk-read-only", "kafka", 2, "X"],
    ["disk-slow", "postgres", 1, "B"],
    ["cpu-pressure", "trino-worker", 9, "B"],
    ["memory-pressure", "postgres", 2, "X"],
    ["none", "kafka", 1, "W"],
  ] as const)("%s on %s × %i is %s", ([fault, service, count, faultClass]) => {
    expect(on(fault, service, count).faultClass).toBe(faultClass);
  });

  it("spoilt objects are read around by those that are there: nobody takes over", () => {
    expect(on("object-bitrot", "minio", 1).takesOver).toBe(false);
    expect(on("drive-loss", "minio", 1).takesOver).toBe(true);
  });

  it("has a lease, and one that is too long is refused", () => {
    expect(on("disk-slow", "postgres", 1).leaseMs).toBeGreaterThan(10_000);
    expect(on("none", "kafka", 1)).not.toHaveProperty("leaseMs");
    expect(() =>
      planned({ fault: "disk-read-only", service: "kafka", holdMs: LEASE_MS_MAX - 1000 }),
    ).toThrow(/may last 629000 ms; its lease ends it after 600000 ms at most/);
  });

  it("fills nothing but a volume of the instance's own", () => {
    expect(on("disk-full", "kafka", 1, withVolume("kafka")).faultClass).toBe("B");
    expect(() => on("disk-full", "kafka", 1)).toThrow(
      /kafka keeps its data on the machine's disk.* volumeMiB .* disk-read-only, the nearest/,
    );
  });

  it("fills the WAL of the primary where the servers have volumes", () => {
    const wanted = { fault: "wal-disk-full", service: "postgres", holdMs: 10_000 };
    const entry = planned(wanted, support, miniVolumes);
    expect(entry).toMatchObject({
      ...{ fault: "disk-full", composition: "wal-disk-full", target: "leader", faultClass: "B" },
    });
    expect(() => planned(wanted, support, miniTopology)).toThrow(
      /postgres keeps its data on the machine's disk/,
    );
  });

  it("says what is no object store", () => {
    expect(() => on("object-bitrot", "kafka", 1)).toThrow(/kafka is no object store/);
  });

  it("is refused with the reason and the nearest where the machine cannot do it", () => {
    const poor = machineSupportFrom(new Set(["cpu"]), (controller) =>
      controller === "cpu" ? 1 : undefined,
    );
    expect(() => on("disk-slow", "kafka", 1, production, poor)).toThrow(
      /needs diskSlow \(not possible: no control groups for io here\).* nearest that it can do is cpu-pressure/,
    );
    expect(() => on("disk-read-only", "kafka", 1, production, poor)).toThrow(
      /cannot be made immutable here.* nearest that it can do is process-pause/,
    );
  });
});

describe("a clock that is wrong", () => {
  const shifted = (
    service: string,
    count: number,
    params: Readonly<Record<string, number>> = {},
    clock: { readonly clock?: "shiftable" } = { clock: "shiftable" },
  ): FaultEntry => {
    const spec = production.services[service as keyof typeof production.services];
    const services = { ...production.services, [service]: { ...spec, ...clock } };
    const fault = { fault: "clock-offset", service, count, holdMs: 10_000, params };
    return planned(fault, support, { ...production, services });
  };

  it.for([
    ["postgres", 1, "B"],
    ["postgres", 2, "X"],
    ["kafka", 1, "B"],
    ["redis", 1, "B"],
    ["trino-worker", 9, "B"],
    ["flink-jobmanager", 1, "X"],
  ] as const)("on %s × %i is %s, and nobody takes over", ([service, count, faultClass]) => {
    const entry = shifted(service, count);
    expect(entry).toMatchObject({ faultClass, takesOver: false });
    expect(entry.leaseMs).toBeGreaterThan(10_000);
    expect(entry.params).toEqual({ offsetMs: 60_000, driftMsPerS: 0 });
  });

  it("is refused where the clock is everybody's, and where no library can be put in", () => {
    expect(() => shifted("postgres", 1, {}, {})).toThrow(
      /postgres: its instances have the clock of the machine: give it clock: "shiftable"/,
    );
    for (const service of ["etcd", "minio"]) {
      expect(() => shifted(service, 1)).toThrow(/is a Go program.* nearest is process-pause/);
    }
    expect(() => shifted("superset", 1)).toThrow(/only that of postgres, kafka, .*redis/);
    const poor = machineSupportFrom(new Set(), () => undefined);
    const fault = { fault: "clock-offset", service: "postgres", holdMs: 5000 };
    expect(() => planned(fault, support, production, poor)).toThrow(
      /needs clockShift \(not possible: .*GNU C library\).* nearest that it can do is process-pause/,
    );
  });

  it("is refused when it is too little to be told, or more than a clock is wrong", () => {
    for (const params of [
      { offsetMs: 0 },
      { offsetMs: 1999 },
      { offsetMs: -1999 },
      { offsetMs: 1e12 },
      { driftMsPerS: 201 },
    ]) {
      expect(() => shifted("postgres", 1, params)).toThrow(/params of clock-offset/);
    }
    expect(shifted("postgres", 1, { offsetMs: -2000 }).params).toMatchObject({ offsetMs: -2000 });
  });
});

describe("names that are another fault, aimed", () => {
  it.for([
    // Patroni's leader stays in its failsafe mode.
    ["dcs-loss", "etcd", { fault: "process-pause", count: 2, faultClass: "B" }],
    ["dcs-total-loss", "etcd", { fault: "process-pause", count: 3, faultClass: "B" }],
    ["controller-kill", "kafka", { fault: "process-kill", target: "controller", faultClass: "W" }],
    ["min-isr-loss", "kafka", { fault: "process-kill", count: 2, faultClass: "X" }],
    ["primary-loss", "postgres", { target: "leader", faultClass: "W" }],
    ["zone-loss", "minio", { fault: "partition", params: { shape: "zone" }, faultClass: "X" }],
  ] as const)("%s on %s", ([fault, service, expected]) => {
    const entry = planned({ fault, service, holdMs: 20_000 });
    expect(entry).toMatchObject({ composition: fault, ...expected });
  });

  it("are refused for another kind of component, and when they are too short to be that", () => {
    expect(() => planned({ fault: "dcs-loss", service: "kafka", holdMs: 5000 })).toThrow(
      /dcs-loss is about etcd, not kafka/,
    );
    expect(() => planned({ fault: "connector-zombie", service: "connect", holdMs: 5000 })).toThrow(
      /holdMs is 5000: connector-zombie has to last 20000 ms at least/,
    );
  });
});

it("counts by words", () => {
  const countOfKafka = (count: "one" | "minority" | "majority" | "all"): number =>
    planned({ fault: "process-kill", service: "kafka", count, holdMs: 5000 }).count;
  expect(countOfKafka("one")).toBe(1);
  expect(countOfKafka("minority")).toBe(2);
  expect(countOfKafka("majority")).toBe(3);
  expect(countOfKafka("all")).toBe(5);
});

it("refuses what is beyond the design, unless it is asked for", () => {
  const kill = { fault: "process-kill", service: "kafka", holdMs: 5000 } as const;
  const within = (count: number): FaultEntry =>
    planned({ ...kill, count }, support, production, wholeMachine, false);
  expect(within(1).faultClass).toBe("W");
  expect(() => within(2)).toThrow(
    /process-kill on kafka-0 to kafka-1 is beyond .* --beyond-design/,
  );
  expect(planned({ ...kill, count: 2 }).faultClass).toBe("X");
});

describe("a trigger", () => {
  const kill = { fault: "process-kill", service: "kafka", holdMs: 5000 } as const;

  it("goes into the plan as it is", () => {
    const after = { event: "checkpoint-completed", delayMs: 100 } as const;
    expect(planned({ ...kill, after }).after).toEqual(after);
  });

  it("that nobody could tell, or that waits too long, is refused", () => {
    const after = { event: "checkpoint-completed", delayMs: 60_001 } as const;
    expect(() => planned({ ...kill, after })).toThrow(/after.delayMs is 60001/);
    const { kafka } = production.services;
    const topology = { ...production, services: { kafka } };
    expect(() =>
      planned({ ...kill, after: { event: "checkpoint-started" } }, support, topology),
    ).toThrow(/has no Flink to tell it/);
    expect(() =>
      planned({ ...kill, after: { event: "maintenance-started" } }, support, topology),
    ).toThrow(/has no lake-maintenance/);
  });
});
