/** Which lab a command is about, told from what is on disk. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { labsMeant, labThatIsUp, newLabState, refuseStale } from "../../../cli/lab.ts";
import { down } from "../../../cli/down.ts";
import { status } from "../../../cli/status.ts";
import { watchLab, whyNot } from "../../../cli/watch-lab.ts";
import { LakeproofError } from "../../../core/errors.ts";
import { host } from "../../../core/host.ts";
import type { InstanceSpec } from "../../../core/contracts/component.ts";
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

function lab(
  id: string,
  subnet: string,
  state: LabState["state"] = "up",
  changes: Partial<LabState> = {},
): LabState {
  const made: LabState = {
    ...{ schema: "lakeproof.lab/1", id, topology: "dev", subnet, isolation: "loopback", state },
    ...{ held: true, owner: { pid: 1, startTicks: "0" }, createdAtEpochMs: 0 },
    ...{ logsDir: join(stateDir, "logs"), secret: "s", instances: {}, endpoints: {} },
    ...changes,
  };
  writeLab(made);
  return made;
}

function refusal(action: () => unknown): Pick<LakeproofError, "message" | "hint" | "exitCode"> {
  try {
    action();
  } catch (error) {
    if (!(error instanceof LakeproofError)) throw error;
    return { message: error.message, hint: error.hint, exitCode: error.exitCode };
  }
  throw new Error("nothing was refused");
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

describe("a lab that is named", () => {
  it("is the one with that id, or the one of that topology", () => {
    const dev = lab("dev-1", "127.77.0");
    const mini = lab("mini-1", "127.77.1", "up", { topology: "mini" });
    expect(labThatIsUp(undefined, "dev-1")).toEqual(dev);
    expect(labThatIsUp(undefined, "mini")).toEqual(mini);
    expect(labThatIsUp("127.77.1", "mini")).toEqual(mini);
  });

  it("has to be told from others of its topology, by its id or its addresses", () => {
    lab("dev-1", "127.77.0");
    const second = lab("dev-2", "127.77.1");
    expect(() => labThatIsUp(undefined, "dev")).toThrow("2 labs called dev are up.");
    expect(labThatIsUp(undefined, "dev-2")).toEqual(second);
    expect(labThatIsUp("127.77.1", "dev")).toEqual(second);
    expect(labsMeant({ name: "dev" }).map(({ id }) => id)).toEqual(["dev-1", "dev-2"]);
  });

  it("is refused where there is none, with those that there are", () => {
    lab("dev-1", "127.77.0");
    lab("mini-1", "127.77.1", "starting", { topology: "mini", held: false });
    expect(refusal(() => labsMeant({ name: "minni" }))).toEqual({
      message: 'There is no lab "minni".',
      exitCode: 2,
      hint:
        "Did you mean mini? A lab is called by its id or its topology; " +
        "there are dev-1 (dev on 127.77.0.x, up), mini-1 (mini on 127.77.1.x, starting, of a run).",
    });
    expect(() => labsMeant({ name: "dev", subnet: "127.77.1" })).toThrow(
      "No lab dev is on 127.77.1.x.",
    );
    // One that starts is there for `status`, and not for whoever wants to use it.
    expect(labsMeant({ name: "mini" })).toHaveLength(1);
    expect(() => labThatIsUp(undefined, "mini")).toThrow("No lab mini is up.");
  });

  it("is refused where there is no lab at all, with how to start one", () => {
    expect(refusal(() => labsMeant({ name: "mini" })).hint).toBe(
      "No lab is there: start one with `lakeproof up mini`.",
    );
    expect(labsMeant({})).toEqual([]);
  });

  it("is refused in the network of another", () => {
    const first = lab("dev-1", "127.77.0");
    lab("mini-1", "127.77.1", "up", { topology: "mini" });
    vi.stubEnv("LAKEPROOF_INSIDE", "dev-1");
    expect(labThatIsUp(undefined, "dev")).toEqual(first);
    expect(() => labThatIsUp(undefined, "mini")).toThrow(
      "This is the network of lab dev-1, which is not mini.",
    );
  });

  it("is not taken down where a run has it, and not shown with others", async () => {
    lab("dev-1", "127.77.0", "up", { held: false });
    lab("mini-1", "127.77.1", "up", { topology: "mini" });
    await expect(down({ name: "dev", json: true, subnet: undefined })).rejects.toThrow(
      "Nobody holds a lab called dev.",
    );
    await expect(down({ name: "prod", json: true, subnet: undefined })).rejects.toThrow(
      'There is no lab "prod".',
    );
    const out = vi.spyOn(host, "out").mockImplementation(() => undefined);
    expect(status({ name: "mini", json: true })).toBe(0);
    const [text = ""] = out.mock.calls[0] ?? [];
    out.mockRestore();
    expect(JSON.parse(text)).toMatchObject({ labs: [{ id: "mini-1" }] });
    expect(() => status({ name: "broker", json: true })).toThrow('There is no lab "broker".');
  });

  it("takes down what is named, and nothing else", async () => {
    lab("dev-1", "127.77.0");
    lab("mini-1", "127.77.1", "up", { topology: "mini" });
    const out = vi.spyOn(host, "out").mockImplementation(() => undefined);
    await down({ name: "mini", json: false, subnet: undefined });
    out.mockRestore();
    expect(labsMeant({}).map(({ id }) => id)).toEqual(["dev-1"]);
  });
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

describe("a lab of which only the record is left", () => {
  const wanted = {
    topology: "dev",
    subnet: "127.77.0",
    isolation: "loopback",
    held: true,
  } as const;

  it("keeps its addresses, and says who takes it away: a held one, whose processes are gone", () => {
    const [instance] = Object.values(planned());
    const left: LabState = {
      ...lab("dev-1", "127.77.0"),
      instances: instance === undefined ? {} : { [instance.spec.id]: instance },
    };
    writeLab(left);
    expect(() => {
      refuseStale(left);
    }).toThrow("127.77.0.x is taken by lab dev-1 (dev, up), of which every process is gone.");
    expect(() => newLabState(wanted)).toThrow("every process is gone");
  });

  it("one that never came up, because its starter died", () => {
    lab("dev-1", "127.77.0", "starting");
    expect(() => newLabState(wanted)).toThrow("whoever started it is gone");
  });

  it("one in a network that is gone is none to work in", () => {
    const { fabric } = withoutNetwork(lab("mini-1", "127.77.0"));
    expect(fabric.pid).toBeGreaterThan(0);
    expect(() => labThatIsUp(undefined)).toThrow("Lab mini-1 has lost its network.");
    expect(() => newLabState(wanted)).toThrow("the network is gone");
  });

  it("one that is there is told from it", () => {
    const there = lab("dev-1", "127.77.0");
    expect(() => {
      refuseStale(there);
    }).not.toThrow();
    expect(() => newLabState(wanted)).toThrow(/is taken by lab dev-1 \(dev, up\)\.$/);
  });
});

/** A process that was never there: its number is taken, by one that began at another time. */
const GONE = { pid: process.pid, startTicks: "0" } as const;

function planned(): LabState["instances"] {
  const id = "redis-0";
  const spec: InstanceSpec = {
    ...{ id, service: "redis", component: "redis", ordinal: 0 },
    ...{
      host: "127.77.0.20",
      ports: { main: 6379 },
      command: { argv: [] },
      prepare: [],
      files: {},
    },
    ...{ zone: "application", dataDir: stateDir, readyMsMax: 1 },
  };
  const facts = { startedAtEpochMs: 0, readyMs: 1, logPath: join(stateDir, "redis-0.log") };
  return { [id]: { spec, ...GONE, ...facts } };
}

function withoutNetwork(state: LabState): { readonly fabric: NonNullable<LabState["fabric"]> } {
  const fabric = { ...GONE, nodes: [], directory: stateDir } as unknown as NonNullable<
    LabState["fabric"]
  >;
  writeLab({ ...state, fabric });
  return { fabric };
}

describe("a lab that is taken down while somebody works on it", () => {
  it("is told apart from one that is up", () => {
    const up = lab("dev-1", "127.77.0");
    expect(whyNot(up)).toBeUndefined();
    expect(whyNot({ ...up, state: "stopping" })).toBe("was being taken down");
    expect(whyNot(undefined)).toBe("was taken down");
    const fabric = { pid: 1, startTicks: "none" } as unknown as NonNullable<LabState["fabric"]>;
    expect(whyNot({ ...up, fabric })).toBe("lost its network");
  });

  it("tells whoever watches it, once", async () => {
    const up = lab("dev-1", "127.77.0");
    const told: LakeproofError[] = [];
    using _watch = watchLab(up, (error) => void told.push(error));
    await vi.waitFor(
      () => {
        writeLab({ ...up, state: "stopping" });
        expect(told).toHaveLength(1);
      },
      { timeout: 10_000, interval: 100 },
    );
    expect(told[0]).toMatchObject({ code: "LAB_NOT_UP", exitCode: 2 });
    expect(told[0]?.message).toBe("Lab dev-1 was being taken down while it was worked on.");
  });

  it("is nobody's place to begin work in", () => {
    lab("dev-1", "127.77.0", "stopping");
    vi.stubEnv("LAKEPROOF_INSIDE", "dev-1");
    expect(() => labThatIsUp(undefined)).toThrow(
      "This is the network of lab dev-1, which is gone.",
    );
  });
});
