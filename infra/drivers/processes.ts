/** What the kernel says about processes: identity, family, state. Read from /proc, never guessed. */
import { readdirSync, readFileSync } from "node:fs";
import { host } from "../../core/host.ts";

export interface ProcessFacts {
  readonly pid: number;
  readonly parentPid: number;
  readonly groupId: number;
  readonly state: string;
  /** Start time in clock ticks since boot: with the pid, a unique identity. */
  readonly startTicks: string;
}

export function processFacts(pid: number): ProcessFacts | undefined {
  let text: string;
  try {
    text = readFileSync(`/proc/${String(pid)}/stat`, "utf8");
  } catch {
    return undefined;
  }
  // The command name may hold spaces and parentheses: fields start after the last one.
  const fields = text.slice(text.lastIndexOf(")") + 2).split(" ");
  return {
    pid,
    state: fields[0] ?? "?",
    parentPid: Number(fields[1]),
    groupId: Number(fields[2]),
    startTicks: fields[19] ?? "0",
  };
}

function allProcesses(): readonly ProcessFacts[] {
  return readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .flatMap((name) => processFacts(Number(name)) ?? []);
}

/** True while the process that was started then is still the one with this pid, and not a zombie. */
export function isAlive(pid: number, startTicks: string): boolean {
  const facts = processFacts(pid);
  return facts?.startTicks === startTicks && facts.state !== "Z" && facts.state !== "X";
}

/**
 * The processes, their groups and all their descendants. The group alone is not enough: PostgreSQL's
 * backends call setsid and leave it.
 */
export function familyOf(...pids: readonly number[]): readonly ProcessFacts[] {
  const everyone = allProcesses().filter((facts) => facts.state !== "Z");
  const roots = new Set(pids);
  const family = new Set<number>();
  for (const facts of everyone)
    if (roots.has(facts.pid) || roots.has(facts.groupId)) family.add(facts.pid);
  let grown = true;
  while (grown) {
    grown = false;
    for (const facts of everyone) {
      if (!family.has(facts.pid) && family.has(facts.parentPid)) {
        family.add(facts.pid);
        grown = true;
      }
    }
  }
  return everyone.filter((facts) => family.has(facts.pid));
}

/** A variable of the environment that a process was started with. */
export function startedWith(pid: number, name: string): string | undefined {
  const start = `${name}=`;
  const entry = environmentEntries(pid).find((candidate) => candidate.startsWith(start));
  return entry?.slice(start.length);
}

/** What the environment of a process was when it started; empty when it is gone or not ours to read. */
function environmentEntries(pid: number): readonly string[] {
  try {
    return readFileSync(`/proc/${String(pid)}/environ`, "utf8").split("\0");
  } catch {
    return [];
  }
}

/** Processes that were started with all of these `NAME=value` marks in their environment. */
export function markedProcesses(...marks: readonly string[]): readonly ProcessFacts[] {
  return allProcesses().filter(({ pid }) => {
    const entries = environmentEntries(pid);
    return marks.every((mark) => entries.includes(mark));
  });
}

export function signalProcess(pid: number, signal: NodeJS.Signals): void {
  try {
    host.signal(pid, signal);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ESRCH") throw error;
  }
}

export function rssBytes(pid: number): number {
  return familyOf(pid).reduce((sum, facts) => sum + ownRssBytes(facts.pid), 0);
}

function ownRssBytes(pid: number): number {
  try {
    // Anonymous memory only where the kernel tells: PostgreSQL's shared buffers would be counted per backend.
    const status = readFileSync(`/proc/${String(pid)}/status`, "utf8");
    const anonymous = /RssAnon:\s+(\d+) kB/.exec(status)?.[1];
    const file = /RssFile:\s+(\d+) kB/.exec(status)?.[1];
    return (Number(anonymous ?? 0) + Number(file ?? 0)) * 1024;
  } catch {
    return 0;
  }
}

const TICK_MS = 10;
/** utime and stime; after them the same of children that have ended and were waited for. */
const OWN_TIMES = [11, 12] as const;
const ENDED_TIMES = [13, 14] as const;

/** CPU time used by a process family so far. */
export function cpuMs(pid: number): number {
  return timesMs(pid, OWN_TIMES);
}

/** The same with that of its children that have ended. */
export function cpuMsWithEnded(pid: number): number {
  return timesMs(pid, [...OWN_TIMES, ...ENDED_TIMES]);
}

function timesMs(pid: number, fieldNumbers: readonly number[]): number {
  const ticks = familyOf(pid).reduce((sum, facts) => {
    try {
      const text = readFileSync(`/proc/${String(facts.pid)}/stat`, "utf8");
      const fields = text.slice(text.lastIndexOf(")") + 2).split(" ");
      return fieldNumbers.reduce((all, field) => all + Number(fields[field]), sum);
    } catch {
      return sum;
    }
  }, 0);
  return ticks * TICK_MS;
}
