/** `lakeproof run nightly-capacity`: what is refused before anything starts, and what `plan` tells. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { searchOptionsText } from "../../../cli/capacity/search-options.ts";
import { planScenario, runScenario } from "../../../cli/scenario-kinds.ts";
import type { RunOptions } from "../../../cli/run.ts";
import { host } from "../../../core/host.ts";

let directory = "";
let printed = "";

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "lakeproof-nightly-"));
  printed = "";
  vi.spyOn(host, "out").mockImplementation((text) => {
    printed += text;
  });
});

afterEach(() => {
  vi.restoreAllMocks();
  rmSync(directory, { recursive: true, force: true });
});

const WISH: RunOptions = {
  ...{ scenario: "nightly-capacity", seed: undefined, rate: undefined, aboveCalibration: false },
  ...{ subnet: "127.77.0", isolation: "auto", runsDir: "runs", key: undefined, json: false },
};

/** Synchronous or not: both are refusals. */
async function refusal(outcome: () => Promise<number>): Promise<unknown> {
  try {
    return await outcome();
  } catch (error) {
    return error;
  }
}

describe("refused before anything starts, with 2", () => {
  it.each<readonly [string, Partial<RunOptions>, string]>([
    ["a rate", { rate: "500" }, "--rate"],
    ["a script", { script: "x.js" }, "--script"],
    ["a key", { key: "x.pem" }, "--key"],
    ["objectives", { objectives: "x.yaml" }, "--objectives"],
    ["fault rates", { faultRates: ["process-kill/kafka=1"] }, "--fault-rate"],
    ["faults beyond design", { beyondDesign: true }, "--beyond-design"],
    ["a seed that is none", { seed: "one" }, "--seed"],
    ["a report that says nothing of it", { reporters: ["junit=x.xml"] }, "junit"],
  ])("%s", async (_, options, text) => {
    const error = await refusal(() =>
      runScenario({ ...WISH, ...options }, { history: join(directory, "h") }),
    );
    expect(error).toMatchObject({ code: "USAGE", exitCode: 2 });
    expect((error as { message: string }).message).toContain(text);
  });

  it("a store that is not as it was written", async () => {
    const store = join(directory, "history");
    mkdirSync(join(store, "runs"), { recursive: true });
    writeFileSync(join(store, "runs", "x.json"), "{}");
    const error = await refusal(() => runScenario(WISH, { history: store }));
    expect(error).toMatchObject({ code: "HISTORY_INVALID", exitCode: 2 });
  });

  it("--history for a scenario that is no search", async () => {
    const error = await refusal(() =>
      runScenario({ ...WISH, scenario: "smoke" }, { history: directory }),
    );
    expect(error).toMatchObject({ code: "USAGE", exitCode: 2 });
  });
});

describe("a search of one's own", () => {
  it("is shorter in stages and windows, and says so", async () => {
    const search = { stages: "postgres,connector", window: "25", settle: "5", tolerance: "0.2" };
    expect(await planScenario(WISH, search)).toBe(0);
    expect(printed).toContain("stages postgres, connector:");
    expect(printed).toContain("to 20 %");
    expect(printed).toContain("windows of 25 s after 5 s of load");
    expect(printed).toMatch(/length: about \d+ to \d+ min, and the lab's start/);
    expect(searchOptionsText(search)).toBe(
      " --stages postgres,connector --window 25 --settle 5 --tolerance 0.2",
    );
  });

  it.each([
    [{ stages: "postgre" }, "postgre"],
    [{ window: "3" }, "--window"],
    [{ settle: "-1" }, "--settle"],
    [{ tolerance: "2" }, "--tolerance"],
  ])("%o is refused by name", async (search, text) => {
    const error = await refusal(() => planScenario(WISH, search));
    expect(error).toMatchObject({ code: "USAGE", exitCode: 2 });
    expect((error as { message: string }).message).toContain(text);
  });

  it("does not belong to a run with faults", async () => {
    const smoke = { ...WISH, scenario: "smoke" };
    for (const start of [planScenario, runScenario]) {
      const error = await refusal(() => start(smoke, { window: "60" }));
      expect(error).toMatchObject({ code: "USAGE", exitCode: 2 });
      expect((error as { message: string }).message).toContain("--window does not belong to smoke");
    }
  });
});

describe("plan", () => {
  it("says the stages, the windows and what can fail the night, and starts nothing", async () => {
    expect(await planScenario(WISH, {})).toBe(0);
    expect(printed).toContain("end-to-end, postgres, slot-decoding, connector, lake");
    expect(printed).toContain("looked at again");
  });

  it("is data on request", async () => {
    expect(await planScenario({ ...WISH, json: true }, {})).toBe(0);
    expect(JSON.parse(printed)).toMatchObject({ name: "nightly-capacity", effectRatioMin: 0.05 });
  });
});
