/** One holder at a time, and the dead hold nothing. */
import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import {
  acquireLock,
  ownerIsAlive,
  parseOwner,
  thisProcess,
} from "../../../../infra/artifacts/lock.ts";

let dir: string;
let path: string;
const never = new AbortController().signal;

beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), "lakeproof-lock-"));
  path = join(dir, "one.lock");
});
afterEach(() => rm(dir, { recursive: true }));

describe("a lock", () => {
  it("is a file while held and nothing afterwards", async () => {
    {
      await using _lock = await acquireLock(path, never);
      expect(parseOwner(await readFile(path, "utf8"))).toEqual(thisProcess());
      expect(await readdir(dir)).toEqual(["one.lock"]);
    }
    expect(await readdir(dir)).toEqual([]);
  });

  it("has one holder, however many want it", async () => {
    let holders = 0;
    let seenMax = 0;
    let turns = 0;
    const contender = async (): Promise<void> => {
      await using _lock = await acquireLock(path, never);
      holders += 1;
      seenMax = Math.max(seenMax, holders);
      await readdir(dir);
      holders -= 1;
      turns += 1;
    };
    await Promise.all(Array.from({ length: 6 }, contender));
    expect({ seenMax, turns }).toEqual({ seenMax: 1, turns: 6 });
  });

  it("tells once whom it waits for, and gives up when aborted", async () => {
    await using _held = await acquireLock(path, never);
    const stop = new AbortController();
    const waitedFor: number[] = [];
    const second = acquireLock(path, stop.signal, ({ pid }) => {
      waitedFor.push(pid);
      stop.abort(new Error("enough"));
    });
    await expect(second).rejects.toThrow("enough");
    expect(waitedFor).toEqual([process.pid]);
  });

  it.each([
    ["a process that is gone", "4194305 1 00"],
    ["an older process that had our pid", `${String(process.pid)} 1 00`],
    ["nobody", ""],
  ])("of %s is taken over", async (_who, text) => {
    await writeFile(path, text);
    await using _lock = await acquireLock(path, never);
    expect(parseOwner(await readFile(path, "utf8"))).toEqual(thisProcess());
  });

  it("of the dead is won by one of those who find it", async () => {
    await writeFile(path, "4194305 1 00\n");
    let holders = 0;
    const seen: number[] = [];
    const contender = async (): Promise<void> => {
      await using _lock = await acquireLock(path, never);
      seen.push(++holders);
      await readdir(dir);
      holders -= 1;
    };
    await Promise.all(Array.from({ length: 4 }, contender));
    expect(seen).toEqual([1, 1, 1, 1]);
  });
});

describe("an owner", () => {
  it("is alive by pid and start time together", () => {
    const self = thisProcess();
    expect(ownerIsAlive(self)).toBe(true);
    expect(ownerIsAlive({ ...self, startTicks: "1" })).toBe(false);
  });

  it.each(["", "12", "12 x 00", "12 13", "rm -rf"])("cannot be read from %j", (text) => {
    expect(parseOwner(text)).toBeUndefined();
  });
});
