/** A failover before the copies of the slot are permanent: when it is the moment, and what proves that it was. */
import { describe, expect, it } from "vitest";
import { FAULTS } from "../../../chaos/index.ts";
import { rowsText, windowOf } from "../../../chaos/unready-copies.ts";
import type {
  ChangeCapture,
  DatabaseServer,
  Fault,
  FaultContext,
  SlotCopy,
} from "../../../core/contracts/fault.ts";
import type { Services } from "../../../core/contracts/topology.ts";
import { reachOf } from "../../../core/fault-plan.ts";
import { duplicateBudget } from "../../../infra/budgets.ts";
import { toleranceOf } from "../../../infra/tolerance.ts";
import { dev, knownBad, mini } from "../../../infra/topologies/index.ts";
import { mini as miniScenario } from "../../../scenarios/mini.ts";
import { planned, support } from "../../fixtures/planned-fault.ts";

const fault: Fault = FAULTS["unready-slot-failover"];

describe("its class", () => {
  const problem = (service: string, services: Services): string | undefined =>
    reachOf(fault, { ...{ params: {}, service, count: 1, services, toleranceOf } }).problem;

  it("is beyond any design, with every row read again each time the slot is made anew", () => {
    const wanted = { fault: fault.name, service: "postgres", holdMs: 9000 };
    const entry = planned(wanted, support, mini);
    expect(entry).toMatchObject({ faultClass: "X", takesOver: false });
    expect(entry.recoveryBudgetFormula).toContain("the new slot is safe on the standbys");
    const repeats = duplicateBudget("patroni", miniScenario.bank.rateEventsPerS);
    const once = planned({ ...wanted, fault: "slot-drop" }, support, mini);
    const rows = (once.duplicateEventCountMax ?? 0) - repeats;
    expect(rows).toBeGreaterThan(0);
    expect(entry.duplicateEventCountMax).toBe(repeats + 4 * rows);
  });

  it("is refused where no standby copies a slot", () => {
    expect(problem("postgres", mini.services)).toBeUndefined();
    expect(problem("postgres", dev.services)).toMatch(/^postgres has no standby under Patroni/);
    expect(problem("kafka", mini.services)).toMatch(/^kafka is no PostgreSQL/);
    const { services } = knownBad.slotWithoutFailover;
    expect(problem("postgres", services)).toMatch(/^slot.failover is false/);
  });
});

const UNREADY: SlotCopy = { active: false, synced: true, temporary: true };
const READY: SlotCopy = { active: false, synced: true, temporary: false, confirmedLsn: "0/8" };
/** The slot itself, once its reader has confirmed something. */
const READ: SlotCopy = { active: true, synced: false, temporary: false, confirmedLsn: "0/9" };
const MADE: SlotCopy = { ...READ, active: false, confirmedLsn: "0/1" };

describe("the moment", () => {
  const at = (
    leader: SlotCopy | undefined,
    ...copies: readonly (SlotCopy | undefined)[]
  ): string => {
    const standbys = new Map(copies.map((copy, index) => [`postgres-${String(index)}`, copy]));
    return windowOf({ leader, standbys }, "0/1");
  };

  it("is when it is read, and every copy is temporary", () => {
    expect(at(READ, UNREADY, UNREADY)).toBe("open");
  });

  it("is not yet come without a slot, a reader, anything confirmed, or a copy", () => {
    expect(at(undefined, UNREADY)).toBe("not-yet");
    expect(at({ ...READ, active: false }, UNREADY)).toBe("not-yet");
    expect(at({ ...READ, confirmedLsn: "0/1" }, UNREADY)).toBe("not-yet");
    expect(at(READ, UNREADY, undefined)).toBe("not-yet");
    expect(at(READ, { ...UNREADY, synced: false })).toBe("not-yet");
    expect(at(READ)).toBe("not-yet");
    const standbys = new Map([["postgres-1", UNREADY]]);
    expect(windowOf({ leader: READ, standbys }, undefined)).toBe("not-yet");
  });

  it("is over once one copy is permanent", () => {
    expect(at(READ, UNREADY, READY)).toBe("closed");
    expect(at(undefined, READY)).toBe("closed");
  });

  it("is told by the rows themselves", () => {
    const standbys = new Map([
      ["postgres-1", UNREADY],
      ["postgres-2", READY],
      ["postgres-3", undefined],
    ]);
    expect(rowsText({ leader: READ, standbys })).toBe(
      "postgres-1 synced=t temporary=t confirmed_flush_lsn=null, " +
        "postgres-2 synced=t temporary=f confirmed_flush_lsn=0/8, postgres-3 has none",
    );
  });
});

/** What the fault meets; what is given replaces what the finding describes. */
interface Behaviour {
  /** Copies on the standbys, each time the slot is made anew; the last is met again. */
  readonly copies: readonly SlotCopy[];
  readonly promotedId: string;
  /** The slot on whoever is promoted. */
  readonly slotAfter: SlotCopy;
}

function clusterWith(behaviour: Partial<Behaviour> = {}): {
  readonly context: FaultContext<unknown>;
  readonly acts: string[];
} {
  const { copies = [UNREADY], promotedId = "postgres-1", slotAfter } = behaviour;
  const acts: string[] = [];
  const ids = ["postgres-0", "postgres-1", "postgres-2"];
  let leaderId = "postgres-0";
  let madeCount = 0;
  let lookCount = 0;
  const slotOn = (id: string): SlotCopy | undefined => {
    if (leaderId !== "postgres-0") return id === leaderId ? slotAfter : undefined;
    if (id !== leaderId) return copies[Math.min(madeCount, copies.length) - 1];
    lookCount += 1;
    // Made, then read, then confirmed.
    return [MADE, { ...READ, confirmedLsn: "0/1" }][lookCount - 1] ?? READ;
  };
  const openServer = (id: string): DatabaseServer => ({
    isPrimary: () => Promise.resolve(id === leaderId),
    postmaster: () => Promise.resolve({ pid: 1, startedAt: "noon" }),
    write: () => Promise.resolve(),
    slot: () => Promise.resolve(slotOn(id)),
  });
  const gone = new Set<string>();
  const capture: Partial<ChangeCapture> = {
    slotName: "lakeproof_bank",
    beginAnew: () => {
      madeCount += 1;
      acts.push("anew");
      lookCount = 0;
      return Promise.resolve();
    },
    slot: () => Promise.resolve({ active: true, walStatus: "reserved", confirmedLsn: "0/9" }),
    task: () => Promise.resolve({ state: "FAILED", reason: "no longer available on the server" }),
    renewSlot: () => Promise.resolve(void acts.push("renew")),
  };
  const driver: Partial<FaultContext<unknown>["driver"]> = {
    instance: () => undefined,
    processStates: (id) => (gone.has(id) ? [] : ["S"]),
    act: (id, action) => {
      acts.push(`${action} ${id}`);
      gone.add(id);
      leaderId = promotedId;
      return Promise.resolve();
    },
  };
  const known: Partial<FaultContext<unknown>> = {
    ...{ id: "f1", instanceIds: ["postgres-0"], services: mini.services, openServer },
    ...{ params: fault.params.parse({ openMsMax: 2000, takeOverMsMax: 1000 }) },
    driver: driver as FaultContext<unknown>["driver"],
    endpoints: {
      all: () => ids.map((id) => ({ id, service: "postgres" })),
      address: (service: string) => `${service}:1`,
      addresses: (service: string) => [`${service}:1`],
      instanceIds: () => ids,
    } as unknown as FaultContext<unknown>["endpoints"],
    signal: new AbortController().signal,
    openCapture: () => capture as ChangeCapture,
    replication: {
      replicaSets: () => {
        const followerIds = ids.filter((id) => id !== leaderId);
        const set = { name: "postgres", leaderId, followerIds, inSyncIds: [], voterIds: [] };
        return Promise.resolve([set]);
      },
    } as unknown as NonNullable<FaultContext<unknown>["replication"]>,
    progress: () => ({ acknowledgedCount: gone.size * 500, capturedCount: gone.size }),
    restart: (id) => {
      acts.push(`restart ${id}`);
      return Promise.resolve();
    },
  };
  return { context: known as FaultContext<unknown>, acts };
}

describe("the fault", () => {
  it("kills the leader while the copies are temporary, and tells what became of the slot", async () => {
    const { context, acts } = clusterWith();
    await fault.inject(context);
    expect(acts).toEqual(["anew", "kill postgres-0"]);
    expect(await fault.evidence(context)).toMatch(
      /^lakeproof_bank made anew: postgres-1 synced=t temporary=t confirmed_flush_lsn=null, postgres-2 .*, \d+ ms before postgres-0 was killed; postgres-1 was promoted [\d.]+ s after it and has no slot of that name; the connector failed loudly after [\d.]+ s: no longer available on the server; since the kill 500 changes were acknowledged and 1 came to Kafka$/,
    );
    await fault.recover(context);
    expect(acts).toEqual(["anew", "kill postgres-0", "restart postgres-0", "renew"]);
  });

  it("begins once more where a copy was permanent too soon", async () => {
    const { context, acts } = clusterWith({ copies: [READY, UNREADY] });
    await fault.inject(context);
    expect(acts).toEqual(["anew", "anew", "kill postgres-0"]);
    expect(await fault.evidence(context)).toMatch(/^lakeproof_bank made anew \(try 2\): /);
  });

  it("kills nobody where the copies are permanent every time", async () => {
    const { context, acts } = clusterWith({ copies: [READY] });
    await expect(fault.inject(context)).rejects.toThrow(/was permanent before .*, 3 times/);
    expect(acts).toEqual(["anew", "anew", "anew"]);
    expect(await fault.evidence(context)).toBeUndefined();
    await fault.recover(context);
    expect(acts.slice(3)).toEqual(["renew"]);
  });

  it("kills nobody where the slot is never copied", async () => {
    const { context, acts } = clusterWith({ copies: [{ ...UNREADY, synced: false }] });
    await expect(fault.inject(context)).rejects.toThrow(/was not read again, with a copy on every/);
    expect(acts).toEqual(["anew"]);
  });

  it("fails where the slot is on the new leader all the same", async () => {
    const { context } = clusterWith({ slotAfter: READY });
    await fault.inject(context);
    await expect(fault.evidence(context)).rejects.toThrow(
      /postgres-1 was promoted and has lakeproof_bank .* temporary=t .* kept after all, or made anew/,
    );
  });

  it("has no evidence where nobody was promoted", async () => {
    const { context } = clusterWith({ promotedId: "postgres-0" });
    await fault.inject(context);
    expect(await fault.evidence(context)).toBeUndefined();
  });

  it("leaves the runbook in the undo log, with all who may have been killed", () => {
    const { context } = clusterWith();
    expect(fault.undo(context)).toMatchObject({
      kind: "renew-slot",
      instanceIds: ["postgres-0", "postgres-1", "postgres-2"],
    });
  });
});
