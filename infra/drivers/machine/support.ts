/**
 * What can be done to disks and control groups on this machine, and by which means. Found out by trying each in
 * a directory, a mount namespace and control groups that go with the trial.
 */
import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Capability } from "../../../core/contracts/values.ts";
import { host } from "../../../core/host.ts";
import { stateDir } from "../lab.ts";
import { placeOf, type Controller } from "./control-groups.ts";

const TRY_MS_MAX = 20_000;

export interface MachineSupport {
  readonly capabilities: readonly Capability[];
  /** For people, by capability: by which means, or why not. */
  readonly notes: Readonly<Record<string, string>>;
}

export const MACHINE_FEATURES = [
  "loop-volume",
  "immutable",
  "cpu",
  "memory",
  "io",
  "glibc",
] as const;
export type MachineFeature = (typeof MACHINE_FEATURES)[number];

const LIMIT_FILES: Readonly<Record<Controller, readonly [v1: string, v2: string]>> = {
  cpu: ["cpu.cfs_quota_us", "cpu.max"],
  memory: ["memory.limit_in_bytes", "memory.max"],
  io: ["blkio.throttle.write_bps_device", "io.max"],
};

/** Pure: what follows from what the machine can do. `versionOf`: of the control groups that a controller is in. */
export function machineSupportFrom(
  features: ReadonlySet<MachineFeature>,
  versionOf: (controller: Controller) => 1 | 2 | undefined,
): MachineSupport {
  const group = (capability: Capability, controller: Controller): Found => {
    const version = versionOf(controller);
    const file = LIMIT_FILES[controller][version === 1 ? 0 : 1];
    return [
      capability,
      features.has(controller),
      `${file} of control groups, version ${String(version ?? "unknown")}`,
      version === undefined
        ? `not possible: no control groups for ${controller} here`
        : `not possible: control groups of version ${String(version)} without ${file} for us`,
    ];
  };
  type Found = readonly [Capability, boolean, string, string];
  const found: readonly Found[] = [
    ["diskFiles", true, "the files of the instances themselves", ""],
    [
      "diskFull",
      features.has("loop-volume"),
      "a filler in the instance's own volume, an ext4 image of bounded size (volumeMiB)",
      "not possible: volumes of their own need root, a loop device and mkfs.ext4",
    ],
    [
      "diskReadOnly",
      features.has("immutable"),
      "the immutable attribute on every file: writes end with EPERM, through open files too",
      "not possible: files cannot be made immutable here, or are written nevertheless",
    ],
    group("diskSlow", "io"),
    group("cpuLimit", "cpu"),
    group("memoryLimit", "memory"),
    [
      "clockShift",
      features.has("glibc"),
      'a preloaded library that adds to the wall clock of one instance (clock: "shiftable")',
      "not possible: a library to preload needs Linux of 64 bits with the GNU C library",
    ],
  ];
  return {
    capabilities: found.flatMap(([capability, there]) => (there ? [capability] : [])),
    notes: Object.fromEntries(
      found.map(([capability, there, means, reason]) => [capability, there ? means : reason]),
    ),
  };
}

let known: MachineSupport | undefined;

/** Tried once in the life of a process. */
export function machineSupport(): MachineSupport {
  known ??= machineSupportFrom(tryFeatures(), (controller) => placeOf("self", controller)?.version);
  return known;
}

function tryFeatures(): ReadonlySet<MachineFeature> {
  const base = existsSync(stateDir()) ? stateDir() : tmpdir();
  const tried = spawnSync("sh", ["-c", trialScript(), "trial", base], {
    timeout: TRY_MS_MAX,
    encoding: "utf8",
    env: { PATH: `${host.env["PATH"] ?? ""}:/usr/sbin:/sbin` },
  });
  const words = new Set(tried.stdout.split("\n"));
  return new Set(MACHINE_FEATURES.filter((feature) => words.has(feature)));
}

/**
 * Prints the name of each feature that works. Makes its own directory and removes it, also when nobody is left to
 * read what it prints.
 */
function trialScript(): string {
  const groups = (["cpu", "memory", "io"] as const).flatMap((controller) => {
    const place = placeOf("self", controller);
    if (place === undefined) return [];
    const group = join(place.dir, `lakeproof-trial-${String(host.pid)}`);
    const file = LIMIT_FILES[controller][place.version === 1 ? 0 : 1];
    return `if mkdir ${group} 2>/dev/null; then [ -w ${group}/${file} ] && echo ${controller}; rmdir ${group}; fi`;
  });
  return [
    'dir=$(mktemp -d "$1/trial-XXXXXX" 2>/dev/null) || exit 0',
    "trap '' PIPE",
    "trap 'exit 0' TERM",
    "trap 'cd /; rm -rf \"$dir\"' EXIT",
    'cd "$dir"',
    // A file that is open already is the case that matters: a read-only mount over it would not stop its writer.
    "exec 9>open; chattr +i open 2>/dev/null && { echo x >&9; } 2>/dev/null || immutable=yes",
    "lsattr open 2>/dev/null | grep -q '^[^ ]*i' && [ \"$immutable\" = yes ] && echo immutable",
    "chattr -i open 2>/dev/null",
    "mkdir v; truncate -s 4M image",
    "mkfs.ext4 -q -F -m 0 image >/dev/null 2>&1 && " +
      "unshare --mount --propagation private mount -o loop image v 2>/dev/null && echo loop-volume",
    '[ "$(getconf LONG_BIT)" = 64 ] && getconf GNU_LIBC_VERSION >/dev/null 2>&1 && echo glibc',
    ...groups,
    "exit 0",
    "",
  ].join("\n");
}
