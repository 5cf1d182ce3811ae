import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import {
  askCalibration,
  calibrationPath,
  readCalibration,
  thisMachine,
  writeCalibration,
} from "../../../cli/calibrate-store.ts";
import type { GeneratorLimits } from "../../../core/contracts/generator-limits.ts";
import { LakeproofError } from "../../../core/errors.ts";
import { host } from "../../../core/host.ts";
import { PLAN } from "../../fixtures/plan.ts";

let dir = "";
let told = "";

beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), "lakeproof-calibration-"));
  vi.stubEnv("LAKEPROOF_STATE_DIR", dir);
  told = "";
  vi.spyOn(host, "err").mockImplementation((text) => {
    told += text;
  });
});

afterEach(() => {
  vi.restoreAllMocks();
  vi.unstubAllEnvs();
  rmSync(dir, { recursive: true, force: true });
});

function calibrated(ratePerS: number): GeneratorLimits {
  const figures = {
    ratePerS,
    isLimit: true,
    limitedBy: "generator",
    because: "busy 92 %",
  } as const;
  const limit = {
    sink: "sql",
    threadCount: 1,
    stepCount: 12,
    measuredAtEpochMs: 0,
    ...figures,
  } as const;
  return {
    schema: "lakeproof.generator-limits/1",
    lakeproofVersion: "0.1.0",
    machine: thisMachine(),
    limits: [limit],
    notMeasured: [],
  };
}

function thrownBy(act: () => void): unknown {
  try {
    act();
  } catch (error) {
    return error;
  }
  return undefined;
}

describe("a plan and the generator's calibration", () => {
  it("goes on with a note where there is none", () => {
    askCalibration(PLAN, false);
    expect(told).toMatch(/^note: .*lakeproof calibrate/);
  });

  it("goes on without a word where the rate fits", () => {
    writeCalibration(calibrated(PLAN.bank.rateEventsPerS));
    askCalibration(PLAN, false);
    expect(told).toBe("");
  });

  it("is refused above it with exit code 2, both figures and the ways out", () => {
    const ratePerS = PLAN.bank.rateEventsPerS - 1;
    writeCalibration(calibrated(ratePerS));
    const error = thrownBy(() => {
      askCalibration(PLAN, false);
    });
    expect(error).toBeInstanceOf(LakeproofError);
    const { exitCode, message, hint } = error as LakeproofError;
    expect(exitCode).toBe(2);
    expect(message).toContain(String(PLAN.bank.rateEventsPerS));
    expect(message).toContain(`${String(ratePerS)} (sink sql, 1970-01-01: busy 92 %)`);
    expect(hint).toContain(`--rate ${String(ratePerS)}`);
    expect(hint).toContain("--above-calibration");
  });

  it("goes on above it when that is wished, and says so", () => {
    writeCalibration(calibrated(1));
    askCalibration(PLAN, true);
    expect(told).toContain("as wished");
  });

  it("goes on with a note where it is of another machine", () => {
    const other = { ...thisMachine(), cpuModel: "another" };
    writeCalibration({ ...calibrated(1), machine: other });
    askCalibration(PLAN, false);
    expect(told).toContain("of another machine (cpuModel another then");
  });
});

describe("readCalibration", () => {
  it("reads what was written", () => {
    writeCalibration(calibrated(1234));
    expect(readCalibration()).toEqual(calibrated(1234));
  });

  it.for([
    ["half a file", '{"schema":"lakeproof.generator-limits/1"'],
    [
      "another schema",
      JSON.stringify({ ...calibrated(1), schema: "lakeproof.generator-limits/2" }),
    ],
    ["a rate that is none", JSON.stringify({ ...calibrated(1), limits: [{ ratePerS: -1 }] })],
  ] as const)("takes %s for none, and says so", ([, text]) => {
    writeFileSync(calibrationPath(), text);
    expect(readCalibration()).toBeUndefined();
    expect(told).toContain("is not a calibration");
  });
});
