/**
 * Directories of Python packages, installed from lock files beside this one that hold the digest of every
 * file. The pip that installs, and what builds the packages that come as source, are locked as well.
 */
import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { LakeproofError } from "../../core/errors.ts";
import type { PipEnvironment } from "./artifact.ts";
import { sha256OfText } from "./manifest.ts";
import { pythonProgram } from "./python.ts";
import { CLIENT_HINTS, digestError, type FetchContext, runClient } from "./run-client.ts";

const INSTALL_TIMEOUT_MS = 60 * 60_000;
const BUILD_TOOLS = "build-tools";
const INSTALL = [
  ...["install", "-q", "--disable-pip-version-check", "--no-input", "--no-warn-script-location"],
  ...["--require-hashes", "--no-deps", "--no-compile"],
];
/**
 * Compiled once, without a look at the sources' time ever after: an interpreter that found something to
 * compile anew would write into the cache. Sources for other Pythons among them do not compile and need not.
 */
const COMPILE_PY = `
import compileall, py_compile, sys
compileall.compile_dir(
    sys.argv[1], quiet=2, workers=0, stripdir=sys.argv[1], maxlevels=99,
    invalidation_mode=py_compile.PycInvalidationMode.UNCHECKED_HASH,
)
`;

/** Installs the environment into `downloadDir`. pip verifies every file on the way. */
export async function installEnvironment(
  artifact: PipEnvironment,
  context: FetchContext,
): Promise<void> {
  const lock = await verifiedLock(context.name, context.name, artifact.lockSha256);
  const tools = await verifiedLock(context.name, BUILD_TOOLS, artifact.buildToolsSha256);
  const toolsDir = join(context.workDir, BUILD_TOOLS);
  const python = pythonProgram();
  const run = async (
    argv: readonly string[],
    env: Readonly<Record<string, string>>,
  ): Promise<void> => {
    const options = {
      cwd: context.workDir,
      env: { PIP_REQUIRE_VIRTUALENV: "0", PIP_USER: "0", ...env },
      timeoutMs: INSTALL_TIMEOUT_MS,
    };
    await runClient("pip", argv, context, options).catch((error: unknown) => {
      throw differingContent(error) ?? error;
    });
  };
  // Any Python with a pip will do for these: they are pure, and the right one may have no pip at all.
  const bootstrap = [...INSTALL, "--only-binary=:all:", "--target", toolsDir, "-r", tools];
  await run(["python3", "-m", "pip", ...bootstrap], {});
  const locked = { PYTHONPATH: toolsDir, PYTHONNOUSERSITE: "1" };
  const install = [...INSTALL, "--no-build-isolation", "--target", context.downloadDir, "-r", lock];
  await run([python, "-m", "pip", ...install], locked);
  context.onBuilding();
  await run([python, "-c", COMPILE_PY, context.downloadDir], locked);
}

/** pip's failure as ARTIFACT_DIGEST where a file was not what the lock says, else undefined. */
export function differingContent(error: unknown): LakeproofError | undefined {
  if (!(error instanceof LakeproofError) || !error.message.includes("DO NOT MATCH THE HASHES")) {
    return undefined;
  }
  return new LakeproofError("ARTIFACT_DIGEST", error.message, {
    hint: `${CLIENT_HINTS.pip.purge}; if it stays so, the index serves other content than was pinned.`,
    cause: error,
  });
}

/** Beside this file; from the compiled package, where only sources are compiled, in the source's folder. */
export function lockPath(lock: string): string {
  const name = `${lock}.txt`;
  const beside = fileURLToPath(new URL(`locks/${name}`, import.meta.url));
  if (existsSync(beside)) return beside;
  return fileURLToPath(new URL(`../../../infra/artifacts/locks/${name}`, import.meta.url));
}

/** The lock file's path. Throws ARTIFACT_DIGEST unless it is the one the table names. */
async function verifiedLock(name: string, lock: string, sha256: string): Promise<string> {
  const path = lockPath(lock);
  const actual = sha256OfText(await readFile(path, "utf8"));
  if (actual === sha256) return path;
  const regenerate = "Write the digest that `node tools/lock-python.ts` prints into the table";
  throw digestError(name, path, `sha256 ${sha256}`, `sha256 ${actual}`, regenerate);
}
