#!/usr/bin/env node
// Plain JavaScript on purpose: it must start on an older Node to hand over to the one lakeproof needs.
import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import module, { createRequire } from "node:module";
import { homedir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const NODE_MAJOR_MIN = 24;
const here = dirname(fileURLToPath(import.meta.url));

/**
 * What was compiled once is kept: half of the time a command takes to begin. Beside the artifacts, and below root's
 * own directory for root, so that nobody else decides what it runs. A directory that cannot be written is done without.
 */
function keepCompiled() {
  const { LAKEPROOF_CACHE_DIR: named, XDG_CACHE_HOME: home } = process.env;
  const own = join(home || join(homedir(), ".cache"), "lakeproof");
  const cache = named || (process.getuid?.() === 0 ? "/var/cache/lakeproof" : own);
  module.enableCompileCache(join(cache, "node"));
}

async function main() {
  keepCompiled();
  const compiled = join(here, "..", "dist", "cli", "main.js");
  const source = join(here, "main.ts");
  const { main: start } = await import(existsSync(source) ? source : compiled);
  await start();
}

/** The `node` package carries the right version; signals and exit code pass through. */
function handOver() {
  let node;
  try {
    const require = createRequire(import.meta.url);
    node = join(dirname(require.resolve("node/package.json")), "bin", "node");
  } catch {
    process.stderr.write(
      `lakeproof needs Node ${NODE_MAJOR_MIN} and found ${process.version}: run \`npm ci\` in its folder.\n`,
    );
    process.exit(2);
  }
  const child = spawn(node, [fileURLToPath(import.meta.url), ...process.argv.slice(2)], {
    stdio: "inherit",
  });
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"])
    process.on(signal, () => child.kill(signal));
  child.on("exit", (code, signal) => process.exit(code ?? (signal === "SIGINT" ? 130 : 143)));
}

if (Number(process.versions.node.split(".")[0]) < NODE_MAJOR_MIN) handOver();
else await main();
