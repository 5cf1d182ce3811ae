/** Which lab a command is about, told from what is on disk. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { labThatIsUp } from "../../../cli/lab.ts";
import { writeLab, type LabState } from "../../../infra/drivers/lab.ts";

let stateDir = "";

beforeEach(() => {
  stateDir = mkdtempSync(join(tmpdir(), "lakeproof-labs-"));
  vi.stubEnv("LAKEPROOF_STATE_DIR", stateDir);
  vi.stubEnv("LAKEPROOF_INSIDE", "");
});

afterEach(() => {
  vi.unstubAllEnvs();
  rmSync(stateDir, { recursive: true, force: true });
});

function lab(id: string, subnet: string, state: LabState["state"] = "up"): LabState {
  const made: LabState = {
    ...{ schema: "lakeproof.lab/1", id, topology: "dev", subnet, isolation: "loopback", state },
    ...{ held: true, owner: { pid: 1, startTicks: "0" }, createdAtEpochMs: 0 },
    ...{ logsDir: join(stateDir, "logs"), secret: "s", instances: {}, endpoints: {} },
  };
  writeLab(made);
  return made;
}

it("is none where none is up", () => {
  lab("dev-1", "127.77.0", "starting");
  expect(() => labThatIsUp(undefined)).toThrow("No lab is up.");
});

it("is the only one that is up", () => {
  lab("dev-1", "127.77.0", "starting");
  const up = lab("dev-2", "127.77.1");
  expect(labThatIsUp(undefined)).toEqual(up);
  expect(() => labThatIsUp("127.77.0")).toThrow("No lab is up on 127.77.0.x.");
});

it("has to be chosen where several are up", () => {
  lab("dev-1", "127.77.0");
  const second = lab("dev-2", "127.77.1");
  expect(() => labThatIsUp(undefined)).toThrow("2 labs are up.");
  expect(labThatIsUp("127.77.1")).toEqual(second);
});

it("is the one whose network the process is in", () => {
  const first = lab("dev-1", "127.77.0");
  lab("dev-2", "127.77.1");
  vi.stubEnv("LAKEPROOF_INSIDE", "dev-1");
  expect(labThatIsUp(undefined)).toEqual(first);
});

it("is none, and says so, where the lab of the process's network is gone", () => {
  lab("dev-1", "127.77.0");
  vi.stubEnv("LAKEPROOF_INSIDE", "dev-2");
  expect(() => labThatIsUp(undefined)).toThrow("This is the network of lab dev-2, which is gone.");
});
