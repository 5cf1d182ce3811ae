/** Finds a Java on this machine whose major version fits. */
import { constants } from "node:fs";
import { access, readdir, readFile, realpath } from "node:fs/promises";
import { dirname, join } from "node:path";
import { host } from "../../core/host.ts";
import { runCommand } from "./process.ts";

const SYSTEM_JVMS = "/usr/lib/jvm";

export interface Java {
  readonly home: string;
  readonly major: number;
  readonly version: string;
}

/** "17.0.15" → 17, "1.8.0_402" → 8, "25" → 25. */
export function javaMajor(version: string): number | undefined {
  const match = /^(\d+)(?:\.(\d+))?/.exec(version);
  if (match?.[1] === undefined) return undefined;
  const first = Number(match[1]);
  return first === 1 && match[2] !== undefined ? Number(match[2]) : first;
}

/** The version in a Java home's `release` file. */
export function versionInRelease(text: string): string | undefined {
  return /^JAVA_VERSION="([^"]+)"/m.exec(text)?.[1];
}

/** The version in what `java -version` prints. */
export function versionInBanner(text: string): string | undefined {
  return /version "([^"]+)"/.exec(text)?.[1];
}

/**
 * The first fit of JAVA_HOME, PATH and the system's JVM directory (newest first there).
 * `majorMax` is inclusive; left out, any newer one fits.
 */
export async function findJava(majorMin: number, majorMax?: number): Promise<Java | undefined> {
  for (const java of await allJavas()) {
    if (java.major >= majorMin && java.major <= (majorMax ?? Infinity)) return java;
  }
  return undefined;
}

async function allJavas(): Promise<readonly Java[]> {
  const named = await Promise.all([...homesNamed(), ...homesOnPath()].map(javaAt));
  const system = await Promise.all((await homesOfSystem()).map(javaAt));
  const newestFirst = system
    .filter((java) => java !== undefined)
    .sort((left, right) => right.major - left.major);
  return [...named.filter((java) => java !== undefined), ...newestFirst];
}

function homesNamed(): readonly string[] {
  const home = host.env["JAVA_HOME"];
  return home === undefined || home === "" ? [] : [home];
}

function homesOnPath(): readonly string[] {
  // A PATH entry ends in bin; its java may be a link, which javaAt follows.
  return (host.env["PATH"] ?? "").split(":").flatMap((dir) => (dir === "" ? [] : [dirname(dir)]));
}

async function homesOfSystem(): Promise<readonly string[]> {
  try {
    const names = await readdir(SYSTEM_JVMS);
    return names.filter((name) => !name.startsWith(".")).map((name) => join(SYSTEM_JVMS, name));
  } catch {
    return [];
  }
}

async function javaAt(candidateHome: string): Promise<Java | undefined> {
  let home: string;
  try {
    const program = await realpath(join(candidateHome, "bin", "java"));
    await access(program, constants.X_OK);
    home = dirname(dirname(program));
  } catch {
    return undefined;
  }
  const version = (await versionByRelease(home)) ?? (await versionByRunning(home));
  const major = version === undefined ? undefined : javaMajor(version);
  return version === undefined || major === undefined ? undefined : { home, major, version };
}

async function versionByRelease(home: string): Promise<string | undefined> {
  try {
    return versionInRelease(await readFile(join(home, "release"), "utf8"));
  } catch {
    return undefined;
  }
}

async function versionByRunning(home: string): Promise<string | undefined> {
  try {
    const result = await runCommand([join(home, "bin", "java"), "-version"], {
      signal: new AbortController().signal,
      timeoutMs: 15_000,
    });
    return versionInBanner(result.tail.join("\n"));
  } catch {
    return undefined;
  }
}
