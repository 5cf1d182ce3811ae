/**
 * The end of every process of a lab. All are stopped before the first is killed: none of them starts another
 * meanwhile, and what has to be removed after them is known.
 */
import type { Instance } from "../../core/contracts/component.ts";
import { host } from "../../core/host.ts";
import { labMark } from "./lab.ts";
import { removeSharedMemory, sharedMemoryOf, together } from "./machine/shared-memory.ts";
import {
  familyOf,
  isAlive,
  markedProcesses,
  signalProcess,
  type ProcessFacts,
} from "./processes.ts";

const END_MS_MAX = 10_000;
/** A process that waits for a disk stops only afterwards; it is killed as it is. */
const STOP_MS_MAX = 1000;
const LOOK_MS = 10;

/** Ends them, whatever they are doing, and removes the memory they shared. Returns how many there were. */
export async function endProcesses(labId: string, instances: readonly Instance[]): Promise<number> {
  const ended = new Set<string>();
  let shared = together(instances.flatMap(({ sharedMemory }) => sharedMemory ?? []));
  const deadlineMs = host.monotonicMs() + END_MS_MAX;
  for (;;) {
    const found = await stopped(() => processesOf(labId, instances));
    if (found.length === 0 || host.monotonicMs() > deadlineMs) break;
    shared = together([shared, sharedMemoryOf(found.map(({ pid }) => pid))]);
    for (const facts of found) {
      ended.add(`${String(facts.pid)}:${facts.startTicks}`);
      signalIfThere(facts, "SIGKILL");
    }
    await host.sleep(LOOK_MS);
  }
  removeSharedMemory(shared);
  return ended.size;
}

/** Of its instances, and whatever else carries its mark: just started, or a load generator. Never this process. */
function processesOf(labId: string, instances: readonly Instance[]): readonly ProcessFacts[] {
  const roots = instances.filter(({ pid, startTicks }) => isAlive(pid, startTicks));
  const all = [...familyOf(...roots.map(({ pid }) => pid)), ...markedProcesses(labMark(labId))];
  const byPid = new Map(all.map((facts) => [facts.pid, facts]));
  return [...byPid.values()].filter(({ pid, state }) => pid !== host.pid && !/[ZX]/.test(state));
}

async function stopped(find: () => readonly ProcessFacts[]): Promise<readonly ProcessFacts[]> {
  const deadlineMs = host.monotonicMs() + STOP_MS_MAX;
  for (;;) {
    const found = find();
    const running = found.filter(({ state }) => !/[Tt]/.test(state));
    if (running.length === 0 || host.monotonicMs() > deadlineMs) return found;
    for (const facts of running) signalIfThere(facts, "SIGSTOP");
    await host.sleep(LOOK_MS);
  }
}

function signalIfThere({ pid, startTicks }: ProcessFacts, signal: "SIGSTOP" | "SIGKILL"): void {
  if (isAlive(pid, startTicks)) signalProcess(pid, signal);
}
