/** The Python that installs an environment of packages and later runs it: any user must be able to. */
import { constants, accessSync, realpathSync, statSync } from "node:fs";
import { dirname, join } from "node:path";
import { LakeproofError } from "../../core/errors.ts";
import { host } from "../../core/host.ts";

/** The distribution's own: others on PATH often live below a home directory that nobody else may enter. */
const SYSTEM_PYTHON = "/usr/bin/python3";
const MINOR_MIN = 10;

interface Python {
  readonly program: string;
  readonly minor: number;
}

/** Absolute path of the interpreter for environments. Throws REQUIREMENT_MISSING where none fits. */
export function pythonProgram(): string {
  return findPython().program;
}

/**
 * How an environment's program is started: these, then "-m" and the module. Without the system's site
 * directories: their packages would fill gaps in a lock, and hooks in them have been seen to append
 * certificates to a package of the environment, which changed the cache.
 */
export function pythonCommand(): readonly string[] {
  return [pythonProgram(), "-S"];
}

/** What compiled packages are made for, "cp311": an environment serves no other minor version. */
export function pythonTag(): string {
  return `cp3${String(findPython().minor)}`;
}

/** Variables that make `pythonProgram()` use the environment at `tree`, and write nothing into it. */
export function pythonEnvironment(tree: string): Readonly<Record<string, string>> {
  return { PYTHONPATH: tree, PYTHONNOUSERSITE: "1", PYTHONDONTWRITEBYTECODE: "1" };
}

function findPython(): Python {
  const onPath = (host.env["PATH"] ?? "")
    .split(":")
    .flatMap((dir) => (dir.startsWith("/") ? [join(dir, "python3")] : []));
  for (const program of [SYSTEM_PYTHON, ...onPath]) {
    const minor = minorAt(program);
    if (minor !== undefined && minor >= MINOR_MIN) return { program, minor };
  }
  throw new LakeproofError(
    "REQUIREMENT_MISSING",
    `There is no Python 3.${String(MINOR_MIN)} or newer that every user can run.`,
    { hint: `Install one as ${SYSTEM_PYTHON} (\`apt-get install -y python3\`).` },
  );
}

/** By the name behind the link and without running it: version managers put scripts of that name on PATH. */
function minorAt(program: string): number | undefined {
  try {
    const real = realpathSync(program);
    accessSync(real, constants.X_OK);
    // Root starts programs as another user, who has to be able to reach this one.
    if (host.uid === 0 && !isOpenToAll(real)) return undefined;
    return pythonMinor(real);
  } catch {
    return undefined;
  }
}

/** "/usr/bin/python3.11" → 11. */
export function pythonMinor(realPath: string): number | undefined {
  const match = /\/python3\.(\d+)$/.exec(realPath);
  return match?.[1] === undefined ? undefined : Number(match[1]);
}

function isOpenToAll(path: string): boolean {
  for (let at = path; ; at = dirname(at)) {
    if ((statSync(at).mode & 0o001) === 0) return false;
    if (at === dirname(at)) return true;
  }
}
