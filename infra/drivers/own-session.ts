/**
 * Linux shares the processors out by session first (autogroup), and each instance of a lab has one of its own: on a
 * small machine a generator would get one part in eighty and measure its own waiting. In a session of its own it can
 * be put before them, and nothing of that outlives it.
 */
import { readFileSync, writeFileSync } from "node:fs";
import { host } from "../../core/host.ts";

/** As `nice` counts: weighs nine times as much as an instance. */
const SESSION_NICE = -10;

/**
 * False where nothing was changed: the session is somebody else's too, the kernel knows no autogroups, or this user
 * may not raise a priority.
 */
export function putOwnSessionFirst(): boolean {
  if (!leadsItsSession()) return false;
  try {
    writeFileSync("/proc/self/autogroup", String(SESSION_NICE));
    return true;
  } catch {
    return false;
  }
}

/** The fields after the name, which may hold anything, are state, parent, group and session. */
function leadsItsSession(): boolean {
  try {
    const stat = readFileSync("/proc/self/stat", "utf8");
    const session = stat.slice(stat.lastIndexOf(")") + 2).split(" ")[3];
    return session === String(host.pid);
  } catch {
    return false;
  }
}
