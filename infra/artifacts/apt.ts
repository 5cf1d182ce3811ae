/**
 * Programs out of Debian packages. Nothing is installed: apt works on lists of our own and only downloads,
 * the packages are unpacked below `root/`, and `bin/` gets a script for each program that finds its libraries.
 */
import { chmod, mkdir, readdir, rm, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { LakeproofError, reasonOf } from "../../core/errors.ts";
import type { AptTools } from "./artifact.ts";
import type { CommandResult } from "./process.ts";
import { type FetchContext, runClient } from "./run-client.ts";
import { isOnPath, TOOLS } from "./tools.ts";

const FETCH_TIMEOUT_MS = 30 * 60_000;
const UNPACK_TIMEOUT_MS = 600_000;
/** The packages' file tree within the artifact. Apart from bin, which packages have as well. */
const ROOT = "root";
const PROGRAM_DIRS = ["usr/bin", "usr/sbin", "bin", "sbin"];
const LIBRARY_DIRS = ["usr/lib", "lib"];
/** Must be the machine's own: programs are started by the loader that belongs to it. */
const NEVER_TAKEN = /^libc6(-|$)|^libc-bin$/;

export interface PackageVersion {
  readonly name: string;
  readonly version: string;
}

/** Brings the packages and those libraries that this machine lacks into `downloadDir`. */
export async function fetchApt(artifact: AptTools, context: FetchContext): Promise<void> {
  const { clientDir, downloadDir, workDir } = context;
  if (!(await isOnPath("apt-get"))) {
    const what = `Artifact ${context.name} comes by apt-get, which is not on this machine.`;
    throw new LakeproofError("ARTIFACT_FAILED", what, { hint: ownToolHint(artifact) });
  }
  for (const dir of ["lists/partial", "archives/partial"]) {
    await mkdir(join(clientDir, dir), { recursive: true });
  }
  const configFile = join(workDir, "apt.conf");
  await writeFile(configFile, aptConfig(clientDir));
  const aptGet = (...args: string[]): Promise<CommandResult> =>
    runClient("apt", ["apt-get", "-qq", "-c", configFile, ...args], context, {
      cwd: downloadDir,
      env: { LC_ALL: "C", DEBIAN_FRONTEND: "noninteractive" },
      timeoutMs: FETCH_TIMEOUT_MS,
    });
  try {
    const { tail } = await aptGet("update");
    // Sources that cannot be reached are no failure to apt; where nothing is found, they are the reason.
    for (const line of tail) context.log(`${context.name}: ${line}`);
  } catch (error) {
    context.signal.throwIfAborted();
    // One broken source among many: whether the others have what is wanted is seen below.
    context.log(`${context.name}: goes on with the lists that came. ${reasonOf(error)}`);
  }
  const plan = await aptGet(
    "--simulate",
    "--no-install-recommends",
    "install",
    ...artifact.packages,
  );
  await aptGet("download", ...wantedOf(artifact.packages, plannedPackages(plan.stdout)));
}

/**
 * Read after the machine's own configuration, of which only what reaches the sources (proxies,
 * certificates, keys) is meant to stay: its hooks run programs for the system's own lists.
 */
export function aptConfig(clientDir: string): string {
  const hooks = ["Pre-Invoke", "Post-Invoke", "Post-Invoke-Success"];
  const targets = ["DEP-11", "CNF", "Contents-deb"];
  const options = {
    "Dir::State::Lists": `${clientDir}/lists`,
    "Dir::Cache": clientDir,
    "Dir::Cache::Archives": `${clientDir}/archives`,
    "Dir::Cache::pkgcache": "pkgcache.bin",
    "Dir::Cache::srcpkgcache": "srcpkgcache.bin",
    "Debug::NoLocking": "true",
    // Root's apt would fetch as a user of its own, who may not write here.
    "APT::Sandbox::User": "root",
    "APT::Get::Assume-Yes": "true",
    "APT::Get::AllowUnauthenticated": "false",
    "Acquire::AllowInsecureRepositories": "false",
    "Acquire::GzipIndexes": "true",
    "Acquire::Languages": "none",
    "Acquire::IndexTargets::deb-src::Sources::DefaultEnabled": "false",
    "Acquire::Retries": "3",
  };
  return [
    ...hooks.map((hook) => `#clear APT::Update::${hook};`),
    ...targets.map((target) => `#clear Acquire::IndexTargets::deb::${target};`),
    ...Object.entries(options).map(([name, value]) => `${name} "${value}";`),
    "",
  ].join("\n");
}

/** What `apt-get --simulate install` would install: lines "Inst name [old] (version source [arch])". */
export function plannedPackages(simulation: string): readonly PackageVersion[] {
  return simulation.split("\n").flatMap((line) => {
    const match = /^Inst (\S+) (?:\[[^\]]*\] )?\((\S+)/.exec(line);
    const [, name, version] = match ?? [];
    return name === undefined || version === undefined ? [] : [{ name, version }];
  });
}

/**
 * The wanted packages, and of their dependencies the libraries alone: the rest (users, init scripts, fonts)
 * serves an installation. A wanted package that is installed is in no plan and is fetched all the same.
 */
export function wantedOf(
  packages: readonly string[],
  planned: readonly PackageVersion[],
): readonly string[] {
  const taken = planned.filter(
    ({ name }) => !NEVER_TAKEN.test(name) && (packages.includes(name) || /^lib(?!js-)/.test(name)),
  );
  const installed = packages.filter((name) => !taken.some((other) => other.name === name));
  return [...installed, ...taken.map(({ name, version }) => `${name}=${version}`)];
}

/** "redis-server_5%3a7.0.15-1~deb12u6_amd64.deb" → its name and its version without the epoch. */
export function packageInFile(fileName: string): PackageVersion | undefined {
  const match = /^([^_]+)_(?:\d+%3a)?([^_]+)_[^_]+\.deb$/i.exec(fileName);
  const [, name, version] = match ?? [];
  return name === undefined || version === undefined ? undefined : { name, version };
}

/** True when the version begins with the prefix and the prefix does not end within a number. */
export function versionFits(version: string, prefix: string): boolean {
  return version.startsWith(prefix) && !/^[0-9]/.test(version.slice(prefix.length));
}

/** Throws unless each wanted package came, in a version the table allows. */
export function verifyPackages(name: string, artifact: AptTools, files: readonly string[]): void {
  const brought = files.flatMap((file) => packageInFile(file) ?? []);
  for (const wanted of artifact.packages) {
    const found = brought.find((one) => one.name === wanted);
    if (found === undefined) {
      throw new LakeproofError(
        "ARTIFACT_FAILED",
        `Artifact ${name}: apt brought ${files.join(", ") || "nothing"}, not ${wanted}.`,
        { hint: "Look at apt's configuration (sources, pins, architecture), then run again." },
      );
    }
    if (versionFits(found.version, artifact.version)) continue;
    throw new LakeproofError(
      "ARTIFACT_DIGEST",
      `Artifact ${name}: package ${wanted} should be version ${artifact.version} but is ${found.version}.`,
      { hint: ownToolHint(artifact) },
    );
  }
}

function ownToolHint(artifact: AptTools): string {
  const wanted =
    artifact.tool === undefined ? artifact.programs.join(", ") : TOOLS[artifact.tool].wanted;
  return `Install ${wanted} and put it on PATH: it is then used instead.`;
}

/** Unpacks the packages of `downloadDir`, removes them from there and makes a script for each program. */
export async function layOutPackages(
  artifact: AptTools,
  context: Pick<FetchContext, "name" | "mark" | "workDir" | "signal" | "log" | "downloadDir">,
  contentDir: string,
): Promise<void> {
  const root = join(contentDir, ROOT);
  for (const file of (await readdir(context.downloadDir)).sort()) {
    const path = join(context.downloadDir, file);
    const run = { timeoutMs: UNPACK_TIMEOUT_MS };
    await runClient("apt", ["dpkg-deb", "--extract", path, root], context, run);
    await rm(path);
  }
  const libraryDirs = await libraryDirsBelow(root);
  await mkdir(join(contentDir, "bin"));
  for (const program of artifact.programs) {
    const real = await firstThere(
      PROGRAM_DIRS.map((dir) => join(dir, program)),
      root,
    );
    if (real === undefined) {
      throw new LakeproofError(
        "ARTIFACT_FAILED",
        `Artifact ${context.name}: ${artifact.packages.join(" and ")} brought no program ${program}.`,
        { hint: ownToolHint(artifact) },
      );
    }
    const script = join(contentDir, "bin", program);
    await writeFile(script, startScript(real, libraryDirs));
    await chmod(script, 0o755);
  }
}

/** A script that becomes the program: the process id stays that of who was started. */
export function startScript(program: string, libraryDirs: readonly string[]): string {
  const libraries = libraryDirs.map((dir) => `$tree/${ROOT}/${dir}`).join(":");
  return [
    "#!/bin/sh",
    // The tree is moved after it was made, so its place is known only now.
    'self=$(readlink -f -- "$0")',
    "tree=${self%/bin/*}",
    ...(libraries === ""
      ? []
      : [
          `LD_LIBRARY_PATH="${libraries}\${LD_LIBRARY_PATH:+:$LD_LIBRARY_PATH}"`,
          "export LD_LIBRARY_PATH",
        ]),
    `exec "$tree/${ROOT}/${program}" "$@"`,
    "",
  ].join("\n");
}

/** Directories with shared libraries, relative to `root`: /usr/lib and its directory of the architecture. */
async function libraryDirsBelow(root: string): Promise<readonly string[]> {
  const found: string[] = [];
  for (const top of LIBRARY_DIRS) {
    const entries = await readdir(join(root, top), { withFileTypes: true }).catch(() => []);
    const nested = entries.filter((entry) => entry.isDirectory() && entry.name.includes("-linux-"));
    for (const dir of [...nested.map(({ name }) => join(top, name)), top]) {
      const names = await readdir(join(root, dir)).catch(() => []);
      if (names.some((name) => /\.so(\.|$)/.test(name))) found.push(dir);
    }
  }
  return found;
}

async function firstThere(paths: readonly string[], root: string): Promise<string | undefined> {
  for (const path of paths) {
    const facts = await stat(join(root, path)).catch(() => undefined);
    if (facts?.isFile() === true) return path;
  }
  return undefined;
}
