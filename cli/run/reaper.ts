/**
 * A child that outlives us by a moment: its standard input ends when the harness does, for whatever
 * reason, and it then undoes what is left. A pipe needs no polling and cannot be forgotten.
 */
import { spawn } from "node:child_process";
import { host } from "../../core/host.ts";

export interface Reaper {
  /** All is clean: let it go without acting. */
  dismiss(): void;
}

export function startReaper(labId: string): Reaper {
  const child = spawn(host.nodePath, [host.launcherPath, "reap", labId], {
    stdio: ["pipe", "ignore", "ignore"],
    detached: true,
  });
  child.on("error", () => undefined);
  child.stdin.on("error", () => undefined);
  child.unref();
  return {
    dismiss: () => {
      child.stdin.end("done\n");
    },
  };
}
