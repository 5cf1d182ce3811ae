/**
 * A lock between processes: a file that names its owner by pid and kernel start time, so that a lock whose
 * owner has died is known as such and taken over. It saves work, it does not carry correctness: entries of
 * the cache appear by one atomic rename, whoever holds what.
 */
import { link, readFile, rename, rm, writeFile } from "node:fs/promises";
import { LakeproofError } from "../../core/errors.ts";
import { host } from "../../core/host.ts";
import { isAlive, processFacts } from "../drivers/processes.ts";

const POLL_MS = 250;

export interface Owner {
  readonly pid: number;
  readonly startTicks: string;
}

export function thisProcess(): Owner {
  return { pid: host.pid, startTicks: processFacts(host.pid)?.startTicks ?? "0" };
}

export function ownerIsAlive(owner: Owner): boolean {
  return isAlive(owner.pid, owner.startTicks);
}

/** "pid ticks nonce" or undefined for anything else. */
export function parseOwner(text: string): Owner | undefined {
  const match = /^(\d+) (\d+) [0-9a-f]+\n?$/.exec(text);
  if (match?.[1] === undefined || match[2] === undefined) return undefined;
  return { pid: Number(match[1]), startTicks: match[2] };
}

/** Waits until the lock is ours. `onWait` is called once, with the owner that is waited for. */
export async function acquireLock(
  path: string,
  signal: AbortSignal,
  onWait: (owner: Owner) => void = () => undefined,
): Promise<AsyncDisposable> {
  const owner = thisProcess();
  const text = `${String(owner.pid)} ${owner.startTicks} ${host.randomHex(8)}\n`;
  let told = false;
  for (;;) {
    signal.throwIfAborted();
    if (await createWhole(path, text)) return { [Symbol.asyncDispose]: () => release(path, text) };
    const found = await readIfThere(path);
    if (found === undefined) continue;
    const other = parseOwner(found);
    if (other === undefined || !ownerIsAlive(other)) {
      await takeAway(path, found);
      continue;
    }
    if (!told) onWait(other);
    told = true;
    await host.sleep(POLL_MS, signal);
  }
}

/** Creates the file with its content in one step: a reader never sees a lock without an owner. */
async function createWhole(path: string, text: string): Promise<boolean> {
  const draft = `${path}.${host.randomHex(8)}`;
  await writeFile(draft, text, { flag: "wx" });
  try {
    await link(draft, path);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "EEXIST") return false;
    throw new LakeproofError("ARTIFACT_FAILED", `Cannot create the lock ${path}.`, {
      hint: "Point LAKEPROOF_CACHE_DIR at a directory on a local disk that you may write.",
      cause: error,
    });
  } finally {
    await rm(draft, { force: true });
  }
}

/**
 * Removes a dead owner's lock. Two processes may try at once: renaming gives the file to one of them, and
 * one that finds it has caught a newer, living lock puts it back.
 */
async function takeAway(path: string, expected: string): Promise<void> {
  const aside = `${path}.${host.randomHex(8)}`;
  try {
    await rename(path, aside);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return;
    throw error;
  }
  const caught = await readIfThere(aside);
  if (caught !== expected) await link(aside, path).catch(() => undefined);
  await rm(aside, { force: true });
}

async function release(path: string, text: string): Promise<void> {
  if ((await readIfThere(path)) === text) await rm(path, { force: true });
}

async function readIfThere(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, "utf8");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw error;
  }
}
