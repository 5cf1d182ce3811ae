/**
 * A file system of an instance's own: an ext4 image beside its data directory, mounted there. It can be full
 * without the machine's disk being full, and takes no more of that than its size.
 */
import { spawnSync } from "node:child_process";
import { existsSync, readFileSync, truncateSync, writeFileSync } from "node:fs";
import type { InstanceSpec } from "../../../core/contracts/component.ts";
import { LakeproofError } from "../../../core/errors.ts";
import { host } from "../../../core/host.ts";

const RUN_MS_MAX = 60_000;

/** Mounts the instance's volume where its data directory is. Does nothing when it is there already. */
export function mountVolume(spec: InstanceSpec, volumeMiB: number, labId: string): void {
  if (volumeAt(spec.dataDir)) return;
  const image = imageOf(spec);
  if (!existsSync(image)) {
    writeFileSync(image, "");
    truncateSync(image, volumeMiB * 1024 * 1024);
    // No blocks kept back: what is full is full for root too.
    command(spec, labId, ["mkfs.ext4", "-q", "-F", "-m", "0", image]);
  }
  command(spec, labId, ["mount", "-o", "loop", image, spec.dataDir]);
}

function imageOf(spec: InstanceSpec): string {
  return `${spec.dataDir}.ext4`;
}

function command(
  spec: InstanceSpec,
  labId: string,
  [program = "", ...args]: readonly string[],
): void {
  // It carries the lab's mark: should we be killed meanwhile, it must not mount anything behind our reaper's back.
  const env = { PATH: `${host.env["PATH"] ?? ""}:/usr/sbin:/sbin`, LAKEPROOF_LAB: labId };
  const ended = spawnSync(program, args, { encoding: "utf8", timeout: RUN_MS_MAX, env });
  if (ended.status === 0) return;
  const said = ended.error?.message ?? ended.stderr.trim();
  throw new LakeproofError("PROVISIONING_FAILED", `${spec.id}: ${program} failed: ${said}`, {
    hint: "A volume of its own (volumeMiB) needs root, a loop device and mkfs.ext4.",
  });
}

/** True where something is mounted just there. */
export function volumeAt(directory: string): boolean {
  return mountsBelow(directory).includes(directory);
}

/** Mount points at or below a directory, the deepest first. */
function mountsBelow(directory: string): readonly string[] {
  return readFileSync("/proc/self/mounts", "utf8")
    .split("\n")
    .map((line) => (line.split(" ")[1] ?? "").replaceAll("\\040", " "))
    .filter((path) => path === directory || path.startsWith(`${directory}/`))
    .sort((a, b) => b.length - a.length);
}

/** Before a lab's directory is removed. A mount that something still uses goes when that ends. */
export function unmountBelow(directory: string): void {
  for (const path of mountsBelow(directory)) {
    if (spawnSync("umount", [path], { timeout: RUN_MS_MAX }).status === 0) continue;
    spawnSync("umount", ["--lazy", path], { timeout: RUN_MS_MAX });
  }
}
