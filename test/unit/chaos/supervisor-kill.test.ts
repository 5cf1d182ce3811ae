/** Patroni dies alone: what that means for a topology, and what proves that two primaries were there. */
import { describe, expect, it } from "vitest";
import { FAULTS } from "../../../chaos/index.ts";
import { reignOf, reignText, type Look } from "../../../chaos/two-primaries.ts";
import type { DatabaseServer, Fault, FaultContext } from "../../../core/contracts/fault.ts";
import type { Services } from "../../../core/contracts/topology.ts";
import { reachOf } from "../../../core/fault-plan.ts";
import { toleranceOf } from "../../../infra/tolerance.ts";
import { dev, knownBad, mini } from "../../../infra/topologies/index.ts";
import { planned, support } from "../../fixtures/planned-fault.ts";

const fault: Fault = FAULTS["supervisor-kill"];

const reach = (
  service: string,
  count = 1,
  services: Services = mini.services,
): ReturnType<typeof reachOf> =>
  reachOf(fault, { ...{ params: fault.params.parse({}), service, count, services, toleranceOf } });

describe("its class", () => {
  it("is the boundary while a standby confirms every commit, and others take over", () => {
    const expected = { faultClass: "B", takesOver: true, services: ["postgres"] };
    expect(reach("postgres")).toEqual(expected);
    expect(reach("postgres", 2)).toMatchObject({ faultClass: "X", takesOver: false });
  });

  it("is beyond the design where the old primary acknowledges what is thrown away", () => {
    const { services } = knownBad.asyncStandby;
    expect(reach("postgres", 1, services)).toMatchObject({ faultClass: "X", takesOver: true });
  });

  it("is refused where there is no Patroni, or no standby", () => {
    expect(reach("postgres", 1, dev.services).problem).toMatch(/^postgres is no PostgreSQL with/);
    expect(reach("kafka").problem).toMatch(/^kafka is no PostgreSQL/);
    const postgres = { ...mini.services.postgres, replicaCount: 1 };
    expect(reach("postgres", 1, { ...mini.services, postgres }).problem).toMatch(/no PostgreSQL/);
  });

  it("has the budget of a leader that is killed whole", () => {
    const on = (name: string): ReturnType<typeof planned> =>
      planned({ fault: name, service: "postgres", target: "leader", holdMs: 9000 }, support, mini);
    const { recoveryBudgetFormula } = on("supervisor-kill");
    expect(recoveryBudgetFormula).toMatch(/^Patroni ttl 20 s \+ one Patroni loop 5 s \+ /);
    expect(recoveryBudgetFormula).toBe(on("process-kill").recoveryBudgetFormula);
  });
});

describe("who took writes when", () => {
  const looks = (...ids: readonly (readonly string[])[]): readonly Look[] =>
    ids.map((primaryIds, at) => ({ atMs: at * 1000, primaryIds }));

  it("has two primaries only where both answered at the same look", () => {
    expect(reignOf("a", looks(["a"], ["a"], [], ["b"]))).toEqual({ untilMs: 1000 });
    expect(reignOf("a", looks(["a"], ["a", "b"], ["a", "b"], ["b"]))).toEqual({
      ...{ untilMs: 2000, beside: { id: "b", sinceMs: 1000, untilMs: 2000 } },
    });
    expect(reignOf("a", looks([], ["b", "c"]))).toEqual({});
  });

  it("is said in words", () => {
    expect(reignText("a", reignOf("a", looks(["a"], ["b", "a"], ["a", "b"])))).toBe(
      "a answered as a primary until 2.0 s after it, from 1.0 s to 2.0 s beside b",
    );
    expect(reignText("a", reignOf("a", looks(["a"], ["b"])))).toMatch(/with no other beside it$/);
    expect(reignText("a", reignOf("a", looks(["b"])))).toBe(
      "a never answered as a primary after it",
    );
  });
});

/** A cluster of two as the fault meets it; what is given replaces the behaviour that the finding describes. */
interface Behaviour {
  readonly killMain: (cluster: Cluster) => void;
  readonly services: Services;
  readonly write: (signal: AbortSignal) => Promise<void>;
  readonly target: string;
}

interface Cluster {
  /** Process ids of postgres-0: Patroni 10, its postmaster 11. */
  pids: readonly number[];
  main: number;
  startedAt: string;
  primaryIds: readonly string[];
}

const never = (signal: AbortSignal): Promise<void> =>
  new Promise((_, reject) => {
    signal.addEventListener("abort", () => {
      reject(signal.reason as Error);
    });
  });

function clusterWith(behaviour: Partial<Behaviour> = {}): {
  readonly context: FaultContext<unknown>;
  readonly acts: string[];
  readonly cluster: Cluster;
} {
  const { write = never, services = mini.services, target = "postgres-0" } = behaviour;
  const cluster: Cluster = {
    ...{ pids: [10, 11], main: 10, startedAt: "noon", primaryIds: ["postgres-0"] },
  };
  const acts: string[] = [];
  const ids = ["postgres-0", "postgres-1"];
  const driver: Partial<FaultContext<unknown>["driver"]> = {
    instance: (id) =>
      ({ spec: { id }, pid: cluster.main, startTicks: String(cluster.main) }) as never,
    processIds: () => cluster.pids,
    killMain: () => {
      cluster.pids = cluster.pids.filter((pid) => pid !== cluster.main);
      cluster.primaryIds = ids;
      behaviour.killMain?.(cluster);
      return Promise.resolve();
    },
    act: (id, action) => {
      acts.push(`${action} ${id}`);
      cluster.pids = [];
      return Promise.resolve();
    },
  };
  const openServer = (id: string): DatabaseServer => ({
    isPrimary: () => Promise.resolve(cluster.primaryIds.includes(id)),
    postmaster: () => Promise.resolve({ pid: 11, startedAt: cluster.startedAt }),
    write: (table, signal) => write(signal).finally(() => acts.push(`write ${table} to ${id}`)),
    slot: () => Promise.resolve(undefined),
  });
  const known: Partial<FaultContext<unknown>> = {
    ...{ id: "f1", instanceIds: [target], services, openServer },
    ...{ params: fault.params.parse({ takeOverMsMax: 1000, writeMsMax: 100 }) },
    driver: driver as FaultContext<unknown>["driver"],
    endpoints: {
      all: () => ids.map((id) => ({ id, service: "postgres" })),
      instanceIds: () => ids,
    } as unknown as FaultContext<unknown>["endpoints"],
    signal: new AbortController().signal,
    restart: (id) => {
      acts.push(`restart ${id}`);
      cluster.main = 20;
      cluster.pids = [20, 21];
      cluster.primaryIds = ["postgres-1"];
      return Promise.resolve();
    },
  };
  return { context: known as FaultContext<unknown>, acts, cluster };
}

async function evidenceOf(behaviour: Partial<Behaviour>): Promise<string | undefined> {
  const { context } = clusterWith(behaviour);
  try {
    await fault.inject(context);
    return await fault.evidence(context);
  } finally {
    await fault.recover(context);
  }
}

/** What it says once it is over, whatever the evidence said. */
async function evidenceAfterOf(behaviour: Partial<Behaviour>): Promise<string | undefined> {
  const { context } = clusterWith(behaviour);
  await fault.inject(context);
  await fault.evidence(context).catch(() => undefined);
  await fault.recover(context);
  return fault.evidenceAfter?.(context);
}

describe("its evidence", () => {
  it("is who is gone, who is not, who else leads, and what became of a write", async () => {
    const { context, acts } = clusterWith();
    await fault.inject(context);
    expect(await fault.evidence(context)).toMatch(
      /^process 10 of postgres-0, its Patroni, is gone and its postmaster 11, started noon, is not; pg_is_in_recovery\(\) = f on postgres-0 and on postgres-1 at once, [\d.]+ s after the kill; a write to postgres-0 was not acknowledged within 0\.1 s$/,
    );
    await fault.recover(context);
    const write = "write lakeproof_probe_f1 to postgres-0";
    expect(acts).toEqual([write, "kill postgres-0", "restart postgres-0"]);
    expect(await fault.evidenceAfter?.(context)).toMatch(
      /^postgres-0 answered as a primary until .* beside postgres-1; process 10 of postgres-0 was replaced by 20$/,
    );
  });

  it("of a standby is that it lives on alone", async () => {
    const killMain = (cluster: Cluster): void => {
      cluster.primaryIds = ["postgres-0"];
    };
    const text = await evidenceOf({ target: "postgres-1", killMain });
    expect(text).toMatch(/is not; none of them was the primary$/);
  });

  it.for<readonly [string, (cluster: Cluster) => void]>([
    ["whose postmaster died with it", (cluster) => (cluster.pids = [])],
    ["that is still there", (cluster) => (cluster.pids = [10, 11])],
    ["whose postmaster is another one", (cluster) => (cluster.startedAt = "one o'clock")],
    ["after which nobody was promoted", (cluster) => (cluster.primaryIds = ["postgres-0"])],
    ["whose postmaster gave up first", (cluster) => (cluster.primaryIds = ["postgres-1"])],
  ])("is missing for a Patroni %s", async ([, killMain]) => {
    expect(await evidenceOf({ killMain })).toBeUndefined();
    // That there is another process afterwards must not stand in for it.
    expect(await evidenceAfterOf({ killMain })).toBeUndefined();
  });

  it("fails the fault where the old primary acknowledges, unless nobody has to confirm", async () => {
    const write = (): Promise<void> => Promise.resolve();
    await expect(evidenceOf({ write })).rejects.toThrow(/though synchronous_mode is on/);
    // It did bite: the verdict is VIOLATED, not INVALID.
    expect(await evidenceAfterOf({ write })).toMatch(/beside postgres-1; process 10 /);
    const { services } = knownBad.asyncStandby;
    expect(await evidenceOf({ write, services })).toMatch(
      /acknowledged after 0\.0 s, into a history/,
    );
  });

  it("tells a write that was refused from one that waits", async () => {
    const write = (): Promise<void> => Promise.reject(new Error("read-only"));
    expect(await evidenceOf({ write })).toMatch(/a write to postgres-0 was refused: read-only$/);
  });
});

it("leaves alone on its way back what still has its Patroni", async () => {
  const { context, acts } = clusterWith();
  await fault.recover(context);
  expect(acts).toEqual([]);
});
