/**
 * Faults of disk, processor and memory on real processes: each bites, is proven, and is gone after its undo, after its
 * lease, and after `heal` when nobody is left to do either.
 */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { FAULTS, openUndoLog, type FaultName } from "../../chaos/index.ts";
import { heal, residueOf, UNDO_FILE } from "../../cli/heal.ts";
import type { Fault, FaultContext } from "../../core/contracts/fault.ts";
import type { Capability } from "../../core/contracts/values.ts";
import { labDir } from "../../infra/drivers/lab.ts";
import { machineSupport } from "../../infra/drivers/machine/support.ts";
import { smallMachineHere, type SmallProgram } from "../fixtures/small-machine.ts";

const here = smallMachineHere("127.77.14");
const faultNamed = (name: FaultName): Fault => FAULTS[name];
const PATIENCE = { timeout: 60_000, interval: 250 } as const;

/** Why it cannot be done here; undefined where it can. */
function lack(capability: Capability): string | undefined {
  const { capabilities, notes } = machineSupport();
  return capabilities.includes(capability) ? undefined : (notes[capability] ?? "not there");
}

const groupsOf = (program: SmallProgram): string => {
  const pid = here().driver.instance(`${program}-0`)?.pid ?? 0;
  return readFileSync(`/proc/${String(pid)}/cgroup`, "utf8");
};

/** No evidence before, some while it lasts, none that it lasts afterwards; healed twice on purpose. */
async function lifeOf(
  fault: Fault,
  context: FaultContext<unknown>,
  during: () => Promise<void> = () => Promise.resolve(),
): Promise<string> {
  expect(await fault.evidence(context)).toBeUndefined();
  let evidence: string | undefined;
  try {
    await fault.inject(context);
    evidence = await fault.evidence(context);
    expect(residueOf(here().state.id)).not.toEqual([]);
    await during();
  } finally {
    await fault.recover(context);
    await fault.recover(context);
  }
  expect(await fault.evidenceAfter?.(context)).toEqual(expect.any(String));
  expect(residueOf(here().state.id)).toEqual([]);
  return evidence ?? "";
}

describe("a share of the machine", () => {
  it.for([
    ["cpu-pressure", "cpuLimit", "busy", { coreRatio: 0.05 }, /made its processes wait in \d+/],
    ["memory-pressure", "memoryLimit", "reader", { headroomMiB: 8 }, /allocation\(s\) met/],
    [
      "memory-pressure",
      "memoryLimit",
      "writer",
      { headroomMiB: 64 },
      /allocation\(s\) met the limit when \d+ MiB were taken from inside/,
    ],
    [
      "disk-slow",
      "diskSlow",
      "reader",
      { rateKBytesPerS: 512 },
      /KiB from its control group (took|did not end within) \d/,
    ],
  ] as const)("%s (%s of the %s)", async ([name, capability, program, params, sign], context) => {
    const why = lack(capability);
    context.skip(why !== undefined, why);
    const fault = faultNamed(name);
    const before = groupsOf(program);
    const facts = here().context(`t-${name}-${program}`, program, fault.params.parse(params));
    const evidence = await lifeOf(fault, facts, () => {
      expect(groupsOf(program)).not.toBe(before);
      return Promise.resolve();
    });
    expect(evidence).toMatch(sign);
    expect(groupsOf(program)).toBe(before);
  });
});

describe("the disk", () => {
  it("is full for its owner alone, who writes again afterwards", async (context) => {
    const why = lack("diskFull");
    context.skip(why !== undefined, why);
    const fault = faultNamed("disk-full");
    const facts = here().context("t-full", "writer", fault.params.parse({}));
    await expect.poll(() => here().beats(), PATIENCE).toBeGreaterThan(0);
    const evidence = await lifeOf(fault, facts);
    expect(evidence).toMatch(/writing to writer-0 is answered ENOSPC/);
    const beats = here().beats();
    await expect.poll(() => here().beats(), PATIENCE).not.toBe(beats);
  });

  it("refuses writes, and the process that cannot do without is started again", async (context) => {
    const why = lack("diskReadOnly");
    context.skip(why !== undefined, why);
    const fault = faultNamed("disk-read-only");
    const facts = here().context("t-ro", "writer", {});
    const old = here().driver.instance("writer-0");
    const evidence = await lifeOf(fault, facts, async () => {
      await expect.poll(() => here().driver.processStates("writer-0"), PATIENCE).toEqual([]);
    });
    expect(evidence).toMatch(/answered EPERM/);
    expect(here().driver.instance("writer-0")?.startTicks).not.toBe(old?.startTicks);
  });

  it("is writable again when its lease has run out, with nobody there to undo it", async (context) => {
    const why = lack("diskReadOnly");
    context.skip(why !== undefined, why);
    const fault = faultNamed("disk-read-only");
    const facts = here().context("t-lease", "reader", {}, 1500);
    try {
      await fault.inject(facts);
      expect(await fault.evidence(facts)).toMatch(/answered EPERM/);
      await expect.poll(() => residueOf(here().state.id), PATIENCE).toEqual([]);
      expect(await fault.evidence(facts)).toBeUndefined();
    } finally {
      await fault.recover(facts);
    }
  });

  it("is healed from what is on disk alone, twice", async (context) => {
    const why = lack("diskReadOnly");
    context.skip(why !== undefined, why);
    const fault = faultNamed("disk-read-only");
    const facts = here().context("t-heal", "writer", {});
    {
      using log = openUndoLog(join(labDir(here().state.id), UNDO_FILE));
      log.intend({ id: facts.id, fault: fault.name, undo: fault.undo(facts) });
    }
    await fault.inject(facts);
    await expect.poll(() => here().driver.processStates("writer-0"), PATIENCE).toEqual([]);
    expect(residueOf(here().state.id)).toEqual([
      "disk-read-only was not undone",
      "damage t-heal is not repaired",
    ]);
    expect(await heal({ json: true })).toBe(0);
    expect(residueOf(here().state.id)).toEqual([]);
    expect(await heal({ json: true })).toBe(0);
    const beats = here().beats();
    await expect.poll(() => here().beats(), PATIENCE).not.toBe(beats);
  });
});

describe("no fault at all", () => {
  it("is proven by processes that are the same as before", async () => {
    const fault = faultNamed("none");
    const facts = here().context("t-none", "busy", {});
    await fault.inject(facts);
    expect(await fault.evidence(facts)).toBeUndefined();
    await fault.recover(facts);
    expect(await fault.evidenceAfter?.(facts)).toMatch(/all \d instances run in the processes/);
  });

  it("is not proven when somebody touched one of them meanwhile", async () => {
    const fault = faultNamed("none");
    const facts = here().context("t-touched", "busy", {});
    await fault.inject(facts);
    await here().driver.act("busy-0", "pause");
    try {
      await expect
        .poll(() => here().driver.processStates("busy-0"), PATIENCE)
        .toEqual(expect.arrayContaining(["T"]));
      expect(await fault.evidenceAfter?.(facts)).toBeUndefined();
    } finally {
      await here().driver.act("busy-0", "resume");
    }
  });
});
