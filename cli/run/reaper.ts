/**
 * A child that outlives us by a moment: its standard input ends when the harness does, for whatever
 * reason, and it then undoes what is left. A pipe needs no polling and cannot be forgotten.
 */
import { spawn } from "node:child_process";
import { host } from "../../core/host.ts";
import type { LabState } from "../../infra/drivers/lab.ts";

export interface Reaper {
  /** All is clean: let it go without acting. */
  dismiss(): void;
}

/**
 * For whoever uses a lab. Nobody's where the lab goes with a command that waits for us outside of its network: that
 * one takes it down, or its own reaper does, and two at once would be in each other's way.
 */
export function startReaperFor(lab: LabState): Reaper | undefined {
  return lab.held || lab.owner.pid === host.pid ? startReaper(lab.id) : undefined;
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
