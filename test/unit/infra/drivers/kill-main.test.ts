/** A program that leaves another one behind, as Patroni does its postmaster: real processes, which only sleep. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { openUndoLog } from "../../../../chaos/index.ts";
import { heal, UNDO_FILE } from "../../../../cli/heal.ts";
import type { Instance, InstanceSpec } from "../../../../core/contracts/component.ts";
import type { Driver } from "../../../../core/contracts/driver.ts";
import { labDir, readLab, writeLab, type LabState } from "../../../../infra/drivers/lab.ts";
import { openLocalDriver } from "../../../../infra/drivers/local.ts";
import { processFacts } from "../../../../infra/drivers/processes.ts";

const LAB = "dev-kill-main";
const ID = "postgres-0";
let stateDir = "";
let driver: Driver;

beforeEach(() => {
  stateDir = mkdtempSync(join(tmpdir(), "lakeproof-kill-main-"));
  vi.stubEnv("LAKEPROOF_STATE_DIR", stateDir);
  const startTicks = processFacts(process.pid)?.startTicks ?? "0";
  const lab: LabState = {
    ...{ schema: "lakeproof.lab/1", id: LAB, topology: "dev", subnet: "127.77.98" },
    ...{ isolation: "loopback", state: "up", held: true, owner: { pid: process.pid, startTicks } },
    ...{ createdAtEpochMs: 0, logsDir: join(stateDir, "logs"), secret: "s" },
    ...{ instances: {}, endpoints: {} },
  };
  writeLab(lab);
  driver = openLocalDriver(lab);
});

afterEach(async () => {
  const state = readLab(LAB);
  if (state !== undefined) await openLocalDriver(state).act(ID, "kill");
  vi.unstubAllEnvs();
  rmSync(stateDir, { recursive: true, force: true });
});

/** The one it leaves behind has a session of its own. */
function start(): Promise<Instance> {
  const spec: InstanceSpec = {
    ...{ id: ID, service: "postgres", component: "patroni", ordinal: 0, zone: "storage" },
    ...{ host: "127.77.98.1", ports: {}, prepare: [], files: {}, readyMsMax: 10_000 },
    dataDir: join(stateDir, "data"),
    command: { argv: ["sh", "-c", "setsid sleep 600 & exec sleep 600"] },
  };
  const bothRun = (): Promise<void> =>
    driver.processIds(ID).length === 2 ? Promise.resolve() : Promise.reject(new Error("not yet"));
  return driver.start(spec, bothRun, AbortSignal.timeout(20_000));
}

it("kills the main process and nothing else, which still counts as the instance's", async () => {
  const { pid } = await start();
  const [left] = driver.processIds(ID).filter((one) => one !== pid);
  await driver.killMain(ID);
  expect(driver.processIds(ID)).toEqual([left]);
  await expect(driver.killMain(ID)).rejects.toThrow(/postgres-0 was not running/);
  await expect(driver.killMain("nobody")).rejects.toThrow(/nobody was not running/);
  // Gone when it returns: who is started next does not meet it.
  await driver.act(ID, "kill");
  expect(driver.processIds(ID)).toEqual([]);
});

it("is healed by ending what was left of it before it is started again", async () => {
  const { pid } = await start();
  const [left] = driver.processIds(ID).filter((one) => one !== pid);
  await driver.killMain(ID);
  {
    using log = openUndoLog(join(labDir(LAB), UNDO_FILE));
    const undo = { kind: "start-instances", instanceIds: [ID] } as const;
    log.intend({ id: "f1", fault: "supervisor-kill", undo });
  }
  expect(await heal({ json: true })).toBe(0);
  const state = readLab(LAB);
  const healed = state === undefined ? undefined : openLocalDriver(state);
  const main = healed?.instance(ID)?.pid;
  expect(main).not.toBe(pid);
  expect(healed?.processIds(ID)).toContain(main);
  expect(healed?.processIds(ID)).not.toContain(left);
});
