/**
 * Writes infra/artifacts/locks: every package of each Python environment, with the digests of all files of its
 * release, so that the lock serves other processors and Pythons too. `node tools/lock-python.ts [name…]`;
 * versions that are locked already stay, unless `--upgrade` is given. Prints the digests for the table.
 */
import { execFileSync } from "node:child_process";
import { existsSync } from "node:fs";
import { copyFile, mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { sha256OfText } from "../infra/artifacts/manifest.ts";
import { BUILD_TOOLS, PYTHON_ARTIFACTS } from "../infra/artifacts/python-table.ts";

const LOCK_DIR = join(import.meta.dirname, "../infra/artifacts/locks");
/** The oldest Python that is served; markers in the lock tell what others need besides. */
const PYTHON_VERSION_MIN = "3.10";

const upgrade = process.argv.includes("--upgrade");
const wanted = process.argv.slice(2).filter((argument) => !argument.startsWith("-"));
const locks: readonly (readonly [name: string, requirements: readonly string[]])[] = [
  ["build-tools", BUILD_TOOLS],
  ...Object.entries(PYTHON_ARTIFACTS).map(
    ([name, { requirements }]) => [name, requirements] as const,
  ),
];

function run(program: string, args: readonly string[]): void {
  execFileSync(program, args, { stdio: ["ignore", "ignore", "inherit"] });
}

async function lock(
  uv: string,
  workDir: string,
  name: string,
  requirements: readonly string[],
): Promise<string> {
  const input = join(workDir, `${name}.in`);
  const output = join(workDir, `${name}.txt`);
  const path = join(LOCK_DIR, `${name}.txt`);
  await writeFile(input, `${requirements.join("\n")}\n`);
  // What is there holds its versions: a new requirement must not move all the others.
  if (existsSync(path)) await copyFile(path, output);
  run(uv, [
    ...["pip", "compile", input, "-o", output, "-q", "--universal", "--generate-hashes"],
    ...["--python-version", PYTHON_VERSION_MIN, "--no-header", "--no-annotate"],
    ...(upgrade ? ["--upgrade"] : []),
  ]);
  const header = `# Written by tools/lock-python.ts for: ${requirements.join(", ")}\n`;
  const text = header + (await readFile(output, "utf8")).replace(/^#.*\n/gm, "");
  await writeFile(path, text);
  return sha256OfText(text);
}

const workDir = await mkdtemp(join(tmpdir(), "lakeproof-lock-"));
try {
  await mkdir(LOCK_DIR, { recursive: true });
  // The one resolver that answers for other Pythons than the one it runs under.
  run("python3", ["-m", "pip", "install", "-q", "--target", workDir, "uv"]);
  for (const [name, requirements] of locks) {
    if (wanted.length > 0 && !wanted.includes(name)) continue;
    const sha256 = await lock(join(workDir, "bin/uv"), workDir, name, requirements);
    console.log(`${sha256}  ${name}.txt`);
  }
} finally {
  await rm(workDir, { recursive: true, force: true });
}
