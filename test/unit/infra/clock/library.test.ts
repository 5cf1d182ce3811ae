/** The library in real processes of this machine: what they take for the time follows the page, and nothing else does. */
import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { InstanceSpec } from "../../../../core/contracts/component.ts";
import { withShiftableClock } from "../../../../infra/clock/library.ts";
import { readShift, writeShift, writeStill } from "../../../../infra/clock/page.ts";

const compilerTree = "/usr";
const able =
  spawnSync("cc", ["--version"]).status === 0 && spawnSync("python3", ["-V"]).status === 0;

const UNABLE = "This machine has no C compiler, or no Python, to try the library with.";

const dataDir = mkdtempSync(join(tmpdir(), "lakeproof-clock-"));
const spec: InstanceSpec = {
  ...{ id: "x-0", service: "x", component: "x", ordinal: 0, zone: "storage", host: "127.0.0.1" },
  ...{ ports: {}, command: { argv: ["x"], env: { OWN: "kept" } }, readyMsMax: 1, dataDir },
  prepare: [{ argv: ["first"] }],
  files: { other: "kept" },
};
const shiftable = withShiftableClock(spec, compilerTree);
const page = shiftable.clockPage ?? "";

/** Seconds by every call there is, what a wait took, and the monotonic clock. */
const PROGRAM = `
import ctypes, json, os, threading, time
libc = ctypes.CDLL(None)
class T(ctypes.Structure): _fields_ = [("s", ctypes.c_long), ("f", ctypes.c_long)]
t = T(); libc.gettimeofday(ctypes.byref(t), None); day = t.s + t.f / 1e6
t = T(); libc.timespec_get(ctypes.byref(t), 1); get = t.s + t.f / 1e9
libc.time.restype = ctypes.c_long
m = time.monotonic()
sem = ctypes.create_string_buffer(64); libc.sem_init(sem, 0, 0)
libc.clock_gettime(0, ctypes.byref(t)); t.f += 200_000_000
if t.f >= 1_000_000_000: t.s += 1; t.f -= 1_000_000_000
a = time.monotonic(); libc.sem_timedwait(sem, ctypes.byref(t)); sem_s = time.monotonic() - a
a = time.monotonic(); threading.Event().wait(0.2); event_s = time.monotonic() - a
a = time.monotonic(); time.sleep(0.2); sleep_s = time.monotonic() - a
child, parent = os.pipe()
if os.fork() == 0: os.write(parent, str(time.time()).encode()); os._exit(0)
print(json.dumps(dict(wall=[time.time(), day, get, libc.time(None), float(os.read(child, 64))], mono=m,
    waits=[sem_s, event_s, sleep_s])))
`;

interface Told {
  readonly wall: readonly number[];
  readonly mono: number;
  readonly waits: readonly number[];
}

function told(): Told & { readonly aheadS: readonly number[] } {
  const beforeS = Date.now() / 1000;
  const { env } = shiftable.command;
  const ended = spawnSync("python3", ["-c", PROGRAM], { env: { ...process.env, ...env } });
  const text = ended.stdout.toString();
  expect(ended.stderr.toString()).toBe("");
  const answer = JSON.parse(text) as Told;
  return { ...answer, aheadS: answer.wall.map((seconds) => seconds - beforeS) };
}

describe("an instance with a clock of its own", () => {
  it("keeps what it had, and has the library compiled before anything else runs", () => {
    expect(shiftable.files).toMatchObject({ other: "kept" });
    expect(shiftable.prepare.map(({ argv }) => argv.at(-1))).toEqual([
      join(dataDir, "clock.c"),
      "first",
    ]);
    expect(shiftable.command.env).toMatchObject({ OWN: "kept", LAKEPROOF_CLOCK_PAGE: page });
    expect(spec.clockPage).toBeUndefined();
  });
});

afterAll(() => {
  rmSync(dataDir, { recursive: true, force: true });
});

describe("a process with the library", () => {
  beforeAll(() => {
    if (!able) return;
    for (const [name, content] of Object.entries(shiftable.files)) {
      writeFileSync(join(dataDir, name), content);
    }
    const [program = "", ...args] = shiftable.prepare[0]?.argv ?? [];
    const compiled = spawnSync(program, args);
    expect(compiled.stderr.toString()).toBe("");
    expect(compiled.status).toBe(0);
  });

  const near = (values: readonly number[], expected: number, slack: number): void => {
    for (const value of values) expect(Math.abs(value - expected)).toBeLessThan(slack);
  };

  it.for([0, 3_600_000, -90_500, 2_592_000_000])(
    "takes %i ms ahead for the time",
    (offsetMs, context) => {
      context.skip(!able, UNABLE);
      const monotonicS = Number(process.hrtime.bigint()) / 1e9;
      writeShift(page, { offsetMs, driftMsPerS: 0 }, Date.now());
      const { aheadS, mono, waits } = told();
      // A start of Python and three waits lie between.
      near(aheadS, offsetMs / 1000, 30);
      near([mono], monotonicS, 30);
      for (const waitedS of waits) expect(waitedS).toBeGreaterThan(0.19);
      for (const waitedS of waits) expect(waitedS).toBeLessThan(20);
      writeStill(page);
      near(told().aheadS, 0, 30);
    },
  );

  it("gets further away with a drift, from the moment it began", (context) => {
    context.skip(!able, UNABLE);
    writeShift(page, { offsetMs: 0, driftMsPerS: 200 }, Date.now() - 600_000);
    near(told().aheadS, 120, 30);
    writeStill(page);
  });
});

describe("a page", () => {
  it("says what was written, and nothing once it is still", () => {
    const path = join(dataDir, "own.page");
    writeFileSync(path, shiftable.files["clock.page"] ?? "");
    expect(readShift(path)).toEqual({ offsetMs: 0, driftMsPerS: 0 });
    for (const shift of [
      { offsetMs: -31_536_000_000, driftMsPerS: -0.5 },
      { offsetMs: 2000, driftMsPerS: 200 },
    ]) {
      writeShift(path, shift, Date.now());
      expect(readShift(path)).toEqual(shift);
    }
    writeStill(path);
    writeStill(path);
    expect(readShift(path)).toEqual({ offsetMs: 0, driftMsPerS: 0 });
    expect(readFileSync(path)).toHaveLength(24);
    writeStill(join(dataDir, "not there"));
  });
});
